package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/jujusim/conformance"
	"github.com/kube-control/kube-control/jujusim/lives"
)

func (s *session) conformanceCmd() *cobra.Command {
	var worlds string
	var asLives bool
	c := verb("conformance (--worlds FILE CASES... | --lives FILE...)", "Compare the simulator with recordings of Juju's own hook tools and agents", 1, -1,
		func(args []string) error {
			switch {
			case worlds == "" && !asLives:
				return usageError{errors.New("missing --worlds FILE or --lives")}
			case worlds != "" && asLives:
				return usageError{errors.New("--worlds and --lives exclude each other")}
			}
			var failed int
			var err error
			if asLives {
				failed, err = lives.Main(args, s.stdout)
			} else {
				failed, err = conformance.Main(worlds, args, s.stdout)
			}
			if err == nil && failed > 0 {
				err = silentError{1}
			}
			return err
		})
	c.Flags().StringVar(&worlds, "worlds", "", "file of the worlds that the cases name")
	c.Flags().BoolVar(&asLives, "lives", false, "the files are recorded lives of Juju's unit agents")
	return c
}

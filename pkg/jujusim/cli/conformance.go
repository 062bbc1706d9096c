package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/pkg/jujusim/conformance"
)

func (s *session) conformanceCmd() *cobra.Command {
	var worlds string
	c := verb("conformance --worlds FILE CASES...", "Hold the hook tools against recorded answers of Juju's own", 1, -1,
		func(args []string) error {
			if worlds == "" {
				return usageError{fmt.Errorf("missing --worlds FILE")}
			}
			failed, err := conformance.Main(worlds, args, s.stdout)
			if err == nil && failed > 0 {
				err = silentError{1}
			}
			return err
		})
	c.Flags().StringVar(&worlds, "worlds", "", "file of the worlds that the cases name")
	return c
}

package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/session"
)

func (a *app) getCohortKeys() *cobra.Command {
	return a.forWorker(a.withRelation(a.withFormat(&cobra.Command{
		Use:     "get-cohort-keys",
		GroupID: workerGroup,
		Short:   "Print the cohort keys of snaps, as the master publishes them",
		Args:    cobra.NoArgs,
	})), func(c *cobra.Command, w *session.Worker, _ []string) error {
		value, err := w.CohortKeys(c.Context())
		if err != nil {
			return err
		}
		return a.printCohortKeys(value)
	})
}

func (a *app) printCohortKeys(keys map[string]string) error {
	return a.print(keys, func(w io.Writer) {
		for _, snap := range slices.Sorted(maps.Keys(keys)) {
			fmt.Fprintf(w, "%s: %s\n", plain(snap), plain(keys[snap]))
		}
	})
}

package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/session"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

func (a *app) setCohortKeys() *cobra.Command {
	return a.withRelation(a.withDryRun(&cobra.Command{
		Use:     "set-cohort-keys",
		GroupID: masterGroup,
		Short:   "Publish the cohort keys of snaps",
		Long: `Publish the cohort keys of snaps, on every relation, later ones included. They are read from standard
input as a JSON object, {"SNAP": "KEY", ...}; null deletes them.`,
		Example: `  echo '{"kubelet": "KEY"}' | kube-control set-cohort-keys`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			keys, err := a.readCohortKeys()
			if err != nil {
				return fmt.Errorf("cannot read cohort keys from standard input: %w", err)
			}
			return a.master(c.Context(), func(m *session.Master) error {
				return m.Set(c.Context(), map[string]string{kubecontrol.KeyCohortKeys: keys})
			})
		},
	}))
}

// readCohortKeys reads the object as wire text, "" for null.
func (a *app) readCohortKeys() (string, error) {
	var object map[string]*string
	if err := decode(a.Stdin, &object); err != nil {
		return "", err
	}
	if object == nil {
		return "", nil
	}
	keys := make(map[string]string, len(object))
	for snap, key := range object {
		if key == nil {
			return "", fmt.Errorf("the key of %.64q is null", snap)
		}
		keys[snap] = *key
	}
	return kubecontrol.EncodeObject(keys), nil
}

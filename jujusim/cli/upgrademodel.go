package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/jujusim/tools"
)

// upgradeModelCmd imitates juju upgrade-model. Juju goes from one major version to the next by a migration to another
// controller, ahead of it; here it is one step.
func (s *session) upgradeModelCmd() *cobra.Command {
	var version string
	c := verb("upgrade-model --agent-version VERSION", "Bring the model to a newer Juju; every agent that runs starts again", 0, 0, func([]string) error {
		if version == "" {
			return usageError{errors.New("missing --agent-version: name the version of Juju")}
		}
		return s.upgrade(version)
	})
	c.Flags().StringVar(&version, "agent-version", "", "the version of Juju that the model imitates from now on")
	return c
}

// upgradeCmd is the same in short.
func (s *session) upgradeCmd() *cobra.Command {
	return verb("upgrade VERSION", "Bring controller and model to a newer Juju, such as 4.0.1", 1, 1, func(args []string) error { return s.upgrade(args[0]) })
}

func (s *session) upgrade(version string) error {
	to, err := tools.ParseVersion(version)
	if err != nil {
		return usageError{fmt.Errorf("invalid version of Juju: %w", err)}
	}
	if err := model.CheckVersion(version); err != nil {
		return usageError{err}
	}
	if err := s.change(); err != nil {
		return err
	}
	from, err := tools.ParseVersion(s.model.Version)
	if err != nil {
		return err
	}
	if to.Before(from) {
		return fmt.Errorf("cannot downgrade the model from Juju %s to %s", s.model.Version, version)
	}
	s.uniter.Upgrade(version)
	return nil
}

package tools

import (
	"fmt"

	"github.com/juju/gnuflag"
)

// Limits of one entry of the kept state, in bytes.
const (
	maxStateKey   = 256
	maxStateValue = 65536
)

type stateSet struct {
	ctx      Context
	settings settingsFlags
}

func newStateSet(ctx Context) command { return &stateSet{ctx: ctx} }

func (s *stateSet) usage() usage {
	return usage{args: "key=value [key=value ...]", purpose: "Set entries of the unit's kept state."}
}

func (s *stateSet) setFlags(f *gnuflag.FlagSet) { s.settings.setFlags(f) }

func (s *stateSet) setUp(args []string) (err error) {
	s.settings.args, err = keyValues(args)
	return err
}

func (s *stateSet) run(c *call) error {
	settings, err := s.settings.settings(c)
	if err != nil {
		return err
	}
	// One by one: what stands before a refused entry is kept.
	for _, key := range sortedKeys(settings) {
		if len(key) > maxStateKey {
			return fmt.Errorf("max allowed key length (%d) exceeded", maxStateKey)
		}
		if len(settings[key]) > maxStateValue {
			return fmt.Errorf("max allowed value length (%d) exceeded", maxStateValue)
		}
		s.ctx.SetState(key, settings[key])
	}
	return nil
}

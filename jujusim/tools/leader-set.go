package tools

import (
	"fmt"

	"github.com/juju/gnuflag"
)

type leaderSet struct {
	ctx      Context
	settings map[string]string
}

func newLeaderSet(ctx Context) command { return &leaderSet{ctx: ctx} }

func (l *leaderSet) usage() usage {
	return usage{args: "<key>=<value> [...]", purpose: "Share settings with all units at once; an empty value deletes the key."}
}

func (l *leaderSet) setFlags(*gnuflag.FlagSet) {}

func (l *leaderSet) setUp(args []string) (err error) {
	l.settings, err = keyValues(args)
	return err
}

func (l *leaderSet) run(*call) error {
	if err := l.ctx.SetLeaderSettings(l.settings); err != nil {
		return fmt.Errorf("cannot write leadership settings: %w", err)
	}
	return nil
}

package tools

import (
	"fmt"
	"strings"

	"github.com/juju/gnuflag"
)

type leaderGet struct {
	ctx    Context
	output output
	key    string // empty: all settings
}

func newLeaderGet(ctx Context) command { return &leaderGet{ctx: ctx, output: smartOutput()} }

func (l *leaderGet) usage() usage {
	return usage{args: "[<key>]", purpose: "Print the settings that the leader has shared."}
}

func (l *leaderGet) setFlags(f *gnuflag.FlagSet) { l.output.setFlags(f) }

func (l *leaderGet) setUp(args []string) error {
	if len(args) == 0 {
		return nil
	}
	if strings.Contains(args[0], "=") {
		return fmt.Errorf("invalid key %q", args[0])
	}
	if args[0] != "-" {
		l.key = args[0]
	}
	return noMore(args[1:])
}

func (l *leaderGet) run(c *call) error {
	settings := l.ctx.LeaderSettings()
	if l.key == "" {
		return l.output.write(c, settings)
	}
	if value, found := settings[l.key]; found {
		return l.output.write(c, value)
	}
	return l.output.write(c, nil)
}

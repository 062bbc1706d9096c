package tools

import (
	"fmt"

	"github.com/juju/gnuflag"
)

type configGet struct {
	ctx    Context
	output output
	all    bool
	key    string // empty: all options
}

func newConfigGet(ctx Context) command { return &configGet{ctx: ctx, output: smartOutput()} }

func (g *configGet) usage() usage {
	return usage{args: "[<key>]", purpose: "Print the application's configuration."}
}

func (g *configGet) setFlags(f *gnuflag.FlagSet) {
	g.output.setFlags(f)
	f.BoolVar(&g.all, "a", false, "print options without a value too")
	f.BoolVar(&g.all, "all", false, "print options without a value too")
}

func (g *configGet) setUp(args []string) error {
	if len(args) == 0 {
		return nil
	}
	g.key = args[0]
	if g.key != "" && g.all {
		return fmt.Errorf("cannot use argument --all together with key %q", g.key)
	}
	return noMore(args[1:])
}

func (g *configGet) run(c *call) error {
	config := g.ctx.Config()
	if g.key != "" {
		return g.output.write(c, config[g.key])
	}
	shown := map[string]any{}
	for key, value := range config {
		if value != nil || g.all {
			shown[key] = value
		}
	}
	return g.output.write(c, shown)
}

package tools

import (
	"fmt"

	"github.com/juju/gnuflag"
)

type statusGet struct {
	ctx    Context
	output output
	data   bool
	app    bool
}

func newStatusGet(ctx Context) command { return &statusGet{ctx: ctx, output: smartOutput()} }

func (s *statusGet) usage() usage {
	return usage{args: "[--include-data] [--application]", purpose: "Print the unit's or the application's status."}
}

func (s *statusGet) setFlags(f *gnuflag.FlagSet) {
	s.output.setFlags(f)
	f.BoolVar(&s.data, "include-data", false, "print the message and the data too")
	f.BoolVar(&s.app, "application", false, "print the application's status; for leaders only")
}

func (s *statusGet) setUp(args []string) error { return noMore(args) }

func (s *statusGet) run(c *call) error {
	if !s.app {
		status := s.ctx.UnitStatus()
		if s.output.format == "smart" && !s.data {
			return s.output.write(c, status.Status)
		}
		return s.output.write(c, s.details(status))
	}
	status, units, err := s.ctx.AppStatus()
	if err != nil {
		return fmt.Errorf("finding application status: %w", err)
	}
	if s.output.format == "smart" && !s.data {
		return s.output.write(c, status.Status)
	}
	byUnit := map[string]any{}
	for unit, status := range units {
		byUnit[unit] = s.details(status)
	}
	details := s.details(status)
	details["units"] = byUnit
	return s.output.write(c, map[string]any{"application-status": details})
}

func (s *statusGet) details(status Status) map[string]any {
	details := map[string]any{"status": status.Status}
	if s.data {
		details["message"] = status.Message
		details["status-data"] = map[string]any{}
	}
	return details
}

package tools

import (
	"errors"
	"fmt"

	"github.com/juju/gnuflag"
)

type secretAdd struct{ flags secretFlags }

func newSecretAdd(ctx Context) command { return &secretAdd{secretFlags{ctx: ctx}} }

func (s *secretAdd) usage() usage {
	return usage{args: "[key[#base64|#file]=value...]", purpose: "Add a secret when the hook has succeeded, and print its URI."}
}

func (s *secretAdd) setFlags(f *gnuflag.FlagSet) { s.flags.setFlags(f) }

func (s *secretAdd) setUp(args []string) error {
	if len(args) == 0 && s.flags.file == "" {
		return errors.New("missing secret value or filename")
	}
	return s.flags.setUp(args)
}

func (s *secretAdd) run(c *call) error {
	if len(s.flags.content) == 0 {
		return errors.New("empty secret value not valid")
	}
	id, err := s.flags.ctx.AddSecret(s.flags.owner == "unit", s.flags.update())
	if err == nil {
		fmt.Fprintf(&c.stdout, "secret:%s\n", id)
	}
	return err
}

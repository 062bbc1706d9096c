package tools

import (
	"strconv"

	"github.com/juju/gnuflag"
)

type secretRemove struct {
	ctx      Context
	revision revisionFlag
	id       string
}

func newSecretRemove(ctx Context) command { return &secretRemove{ctx: ctx} }

func (s *secretRemove) usage() usage {
	return usage{args: "<ID>", purpose: "Remove a secret, or one revision of it, when the hook has succeeded."}
}

func (s *secretRemove) setFlags(f *gnuflag.FlagSet) {
	f.Var(&s.revision, "revision", "the revision; below 1 for the secret")
}

func (s *secretRemove) setUp(args []string) (err error) {
	if s.id, args, err = firstSecretID(args); err != nil {
		return err
	}
	return noMore(args)
}

func (s *secretRemove) run(*call) error { return s.ctx.RemoveSecret(s.id, max(0, int(s.revision))) }

// revisionFlag is a number, whose errors name strconv.ParseInt as Juju's do.
type revisionFlag int

func (r *revisionFlag) Set(text string) error {
	n, err := strconv.ParseInt(text, 0, 64)
	*r = revisionFlag(n)
	return err
}

func (r *revisionFlag) String() string { return strconv.Itoa(int(*r)) }

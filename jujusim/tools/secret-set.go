package tools

import "github.com/juju/gnuflag"

type secretSet struct {
	flags secretFlags
	id    string
}

func newSecretSet(ctx Context) command { return &secretSet{flags: secretFlags{ctx: ctx}} }

func (s *secretSet) usage() usage {
	return usage{args: "<ID> [key[#base64]=value...]", purpose: "Give a secret a new revision, or new properties, when the hook has succeeded."}
}

func (s *secretSet) setFlags(f *gnuflag.FlagSet) { s.flags.setFlags(f) }

func (s *secretSet) setUp(args []string) (err error) {
	if s.id, args, err = firstSecretID(args); err != nil {
		return err
	}
	return s.flags.setUp(args)
}

func (s *secretSet) run(*call) error { return s.flags.ctx.UpdateSecret(s.id, s.flags.update()) }

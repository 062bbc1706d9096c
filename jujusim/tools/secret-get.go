package tools

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/juju/gnuflag"
)

type secretGet struct {
	ctx    Context
	output output
	read   SecretRead
	key    string // empty: the whole content
}

func newSecretGet(ctx Context) command { return &secretGet{ctx: ctx, output: plainOutput()} }

func (s *secretGet) usage() usage {
	return usage{args: "<ID> [key[#base64]]", purpose: "Print the content of a secret."}
}

func (s *secretGet) setFlags(f *gnuflag.FlagSet) {
	s.output.setFlags(f)
	f.StringVar(&s.read.Label, "label", "", "the secret's label, or with an ID the label to give it")
	f.BoolVar(&s.read.Peek, "peek", false, "print the latest revision this once")
	f.BoolVar(&s.read.Refresh, "refresh", false, "print the latest revision, and from now on")
}

func (s *secretGet) setUp(args []string) (err error) {
	if s.read.ID, args, err = secretToRead(args); err != nil {
		return err
	}
	if s.read.ID == "" && s.read.Label == "" {
		return errors.New("require either a secret URI or label")
	}
	if s.read.Peek && s.read.Refresh {
		return errors.New("specify one of --peek or --refresh but not both")
	}
	if len(args) > 0 {
		s.key, args = args[0], args[1:]
	}
	return noMore(args)
}

func (s *secretGet) run(c *call) error {
	content, err := s.ctx.ReadSecret(s.read)
	if err != nil {
		return err
	}
	values := map[string]string{}
	for _, name := range sortedKeys(content) { // one that does not decode fails the tool, whatever is asked for
		text, err := base64.StdEncoding.DecodeString(content[name])
		if err != nil {
			return err
		}
		values[name] = string(text)
	}
	if s.key == "" {
		return s.output.write(c, values)
	}
	key, coded := strings.CutSuffix(s.key, base64Suffix)
	if coded {
		values = content
	}
	value, found := values[key]
	if !found {
		return fmt.Errorf("secret key value %q not found", key)
	}
	return s.output.write(c, value)
}

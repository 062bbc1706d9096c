package tools

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/juju/gnuflag"
)

type secretInfoGet struct {
	ctx    Context
	output output
	id     string
	label  string
}

// secretInfo is what the tool prints of one secret.
type secretInfo struct {
	Revision    int            `json:"revision" yaml:"revision"`
	Label       string         `json:"label" yaml:"label"`
	Owner       string         `json:"owner" yaml:"owner"`
	Description string         `json:"description,omitempty" yaml:"description,omitempty"`
	Rotation    string         `json:"rotation,omitempty" yaml:"rotation,omitempty"`
	Expiry      *time.Time     `json:"expiry,omitempty" yaml:"expiry,omitempty"`
	Rotates     *time.Time     `json:"rotates,omitempty" yaml:"rotates,omitempty"`
	Access      []SecretAccess `json:"access,omitempty" yaml:"access,omitempty"`
}

func newSecretInfoGet(ctx Context) command { return &secretInfoGet{ctx: ctx, output: plainOutput()} }

func (s *secretInfoGet) usage() usage {
	return usage{args: "<ID>", purpose: "Print what is known of a secret that the unit may manage."}
}

func (s *secretInfoGet) setFlags(f *gnuflag.FlagSet) {
	s.output.setFlags(f)
	f.StringVar(&s.label, "label", "", "the secret's label")
}

func (s *secretInfoGet) setUp(args []string) (err error) {
	if s.id, args, err = secretToRead(args); err != nil {
		return err
	}
	if s.id == "" && s.label == "" {
		return errors.New("require either a secret URI or label")
	}
	if s.id != "" && s.label != "" {
		return errors.New("specify either a secret URI or label but not both")
	}
	return noMore(args)
}

func (s *secretInfoGet) run(c *call) error {
	for _, i := range s.ctx.OwnedSecrets() {
		if i.ID != s.id && (s.label == "" || i.Label != s.label) {
			continue
		}
		owner := "application"
		if i.UnitOwned() {
			owner = "unit"
		}
		return s.output.write(c, map[string]secretInfo{i.ID: {
			Revision: i.Revision, Label: i.Label, Owner: owner, Description: i.Description, Rotation: i.Rotate,
			Expiry: i.Expire, Rotates: i.NextRotate, Access: i.Access,
		}})
	}
	return fmt.Errorf("secret %q not found", cmp.Or(s.id, s.label))
}

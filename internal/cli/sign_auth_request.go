package cli

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/safefile"
	"github.com/kube-control/kube-control/internal/session"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// tokens is what sign-auth-request reads.
type tokens struct {
	Kubelet token `json:"kubelet_token"`
	Proxy   token `json:"proxy_token"`
	Client  token `json:"client_token"`
}

// token is a text or null; one that is left out is an empty text, which all peers read.
type token struct {
	text string
	null bool
}

// UnmarshalJSON implements json.Unmarshaler, which alone tells null from a token that is left out.
func (t *token) UnmarshalJSON(data []byte) error {
	t.null = string(data) == "null"
	return json.Unmarshal(data, &t.text)
}

func (t token) wire() kubecontrol.Token {
	if t.null {
		return kubecontrol.Token{}
	}
	return kubecontrol.NewToken(t.text)
}

// batchEntry is one element of --batch's array. The unit may also be called scope, as in the interface.
type batchEntry struct {
	Unit  kubecontrol.Unit `json:"unit"`
	Scope kubecontrol.Unit `json:"scope"`
	User  string           `json:"user"`
	tokens
}

// maxTokens bounds what is read: the tokens of 5,000 units are far below.
const maxTokens = 64 << 20

func (a *app) signAuthRequest() *cobra.Command {
	c := a.withRelation(a.withDryRun(&cobra.Command{
		Use:     "sign-auth-request UNIT [USER] | --batch",
		GroupID: masterGroup,
		Short:   "Publish the tokens for a unit that asks for credentials",
		Long: `Publish the tokens for UNIT and the USER that it asks for (or another one, if named). Only the leader
may sign; on another unit nothing is written and the exit code is 3. If one request cannot be signed, none is.

Tokens are never arguments. They are read as JSON from standard input, or from a file with --tokens:

  {"kubelet_token": "...", "proxy_token": "...", "client_token": "..."}

A missing token is an empty text. It may also be null, but a worker on ops-interface-kube-control reads nothing from a
relation with a null token.

With --batch it is an array, signed in one write, whose elements also have "unit" and, optionally, "user". "scope" is
another name for "unit".`,
		Example: `  kube-control sign-auth-request kubernetes-worker/0 --tokens /root/worker-0.json
  make-tokens | kube-control sign-auth-request --batch`,
		Args: cobra.MaximumNArgs(2),
	}))
	file := c.Flags().String("tokens", "", "read the JSON from this file")
	batch := c.Flags().Bool("batch", false, "read an array of requests to sign")
	c.RunE = func(c *cobra.Command, args []string) error {
		if *batch != (len(args) == 0) {
			return engine.Usagef("sign-auth-request takes UNIT [USER], or --batch alone")
		}
		signatures, err := a.readSignatures(*file, args)
		if err != nil {
			return err
		}
		return a.master(c.Context(), func(m *session.Master) error { return m.SignAuthRequests(c.Context(), signatures) })
	}
	return c
}

func (a *app) readSignatures(file string, args []string) ([]engine.Signature, error) {
	in, name := a.Stdin, "standard input"
	if file != "" {
		text, err := safefile.Read(file, maxTokens)
		if err != nil {
			return nil, fmt.Errorf("cannot read tokens: %w", err)
		}
		in, name = bytes.NewReader(text), file
	}
	var entries []batchEntry
	if len(args) == 0 {
		if err := decode(in, &entries); err != nil {
			return nil, fmt.Errorf("cannot read tokens from %s: %w; an array of {\"unit\", \"user\", \"kubelet_token\", \"proxy_token\", \"client_token\"} is expected", name, err)
		}
		if len(entries) == 0 {
			return nil, fmt.Errorf("cannot read tokens from %s: there is nothing to sign", name)
		}
	} else {
		unit, err := checkUnit(args[0])
		if err != nil {
			return nil, err
		}
		entry := batchEntry{Unit: unit}
		if len(args) == 2 {
			entry.User = args[1]
		}
		if err := decode(in, &entry.tokens); err != nil {
			return nil, fmt.Errorf("cannot read tokens from %s: %w; {\"kubelet_token\", \"proxy_token\", \"client_token\"} is expected", name, err)
		}
		entries = append(entries, entry)
	}
	signatures := make([]engine.Signature, 0, len(entries))
	for i, e := range entries {
		unit := cmp.Or(e.Unit, e.Scope)
		switch {
		case unit == "":
			return nil, fmt.Errorf("cannot read tokens from %s: element %d has no unit", name, i)
		case e.Scope != "" && e.Scope != unit:
			return nil, fmt.Errorf("cannot read tokens from %s: element %d has %s as its unit and %s as its scope", name, i, unit, e.Scope)
		}
		signatures = append(signatures, engine.Signature{
			Scope: unit, User: e.User,
			Kubelet: e.Kubelet.wire(), Proxy: e.Proxy.wire(), Client: e.Client.wire(),
		})
	}
	return signatures, nil
}

// decode reads one JSON value in UTF-8 and nothing behind it. Its errors quote nothing of the input, which holds tokens.
func decode(in io.Reader, to any) error {
	text, err := io.ReadAll(io.LimitReader(in, maxTokens))
	switch {
	case err != nil:
		return err
	case !utf8.Valid(text):
		return errors.New("it is not UTF-8 text") // the decoder would replace invalid bytes, and change the token
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err = d.Decode(to)
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("it is empty")
	case err == nil && d.Decode(new(json.RawMessage)) != io.EOF:
		return errors.New("something stands behind the JSON value")
	case err != nil:
		return fmt.Errorf("it is not the JSON expected, near byte %d", d.InputOffset())
	}
	return nil
}

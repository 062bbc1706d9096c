package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/safefile"
	"github.com/kube-control/kube-control/internal/session"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// credentials is how get-auth-credentials prints; tokens are fingerprints unless they are revealed.
type credentials struct {
	User    string  `json:"user"`
	Kubelet *string `json:"kubelet_token"`
	Proxy   *string `json:"proxy_token"`
	Client  *string `json:"client_token"`
}

func (a *app) getAuthCredentials() *cobra.Command {
	c := a.withRelation(a.withFormat(&cobra.Command{
		Use:     "get-auth-credentials USER",
		GroupID: workerGroup,
		Short:   "Print the tokens for a user, as fingerprints unless --reveal",
		Long: `Print the tokens that the master published for a user: fingerprints, or with --reveal the tokens themselves.
Outside a hook, where the output is kept by Juju, --reveal needs -o, which writes a file that only its owner may read.
Without credentials for USER the answer is null, nothing is written to a file, and the exit code is 3.`,
		Args: cobra.ExactArgs(1),
	}))
	reveal := c.Flags().Bool("reveal", false, "print the tokens themselves")
	file := c.Flags().StringP("output", "o", "", "write to this file, mode 0600, instead of standard output")
	c.RunE = func(c *cobra.Command, args []string) error {
		if *reveal && *file == "" && a.env.HookName == "" {
			return engine.Usagef("%s needs a file (%s) outside a hook, because Juju keeps what is printed", a.option("reveal"), a.option("output"))
		}
		return a.worker(c.Context(), func(w *session.Worker) error {
			credential, found, err := w.AuthCredentials(c.Context(), args[0])
			if err != nil {
				return err
			}
			var answer *credentials
			if found {
				answer = show(args[0], credential, *reveal)
			}
			if err := a.printCredentials(answer, *file); err != nil || found {
				return err
			}
			fmt.Fprintf(a.Stderr, "kube-control: no master has published credentials for user %s: explain says what is missing\n", plain(args[0]))
			return errNo
		})
	}
	return c
}

func show(user string, c kubecontrol.Credential, reveal bool) *credentials {
	text := func(t kubecontrol.Token) *string {
		s := t.Fingerprint()
		if reveal {
			s = t.Reveal()
		}
		if t.IsNull() {
			return nil
		}
		return &s
	}
	return &credentials{user, text(c.Kubelet), text(c.Proxy), text(c.Client)}
}

func (a *app) printCredentials(c *credentials, file string) error {
	out, err := a.encode(c, func(w io.Writer) {
		if c == nil {
			return
		}
		fmt.Fprintf(w, "user: %s\n", plain(c.User))
		for _, t := range []struct {
			name  string
			value *string
		}{{"kubelet_token", c.Kubelet}, {"proxy_token", c.Proxy}, {"client_token", c.Client}} {
			if t.value != nil {
				fmt.Fprintf(w, "%s: %s\n", t.name, *t.value)
			}
		}
	})
	switch {
	case err != nil:
		return err
	case file == "":
		return a.write(out)
	case c == nil:
		return nil
	}
	return safefile.Write(file, out)
}

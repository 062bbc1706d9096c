package cli

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/safefile"
	"github.com/kube-control/kube-control/internal/session"
)

// maxCertificate bounds what is read; a Juju secret holds less.
const maxCertificate = 1 << 20

func (a *app) setCACertificate() *cobra.Command {
	return a.withEndpoint(a.withDryRun(&cobra.Command{
		Use:     "set-ca-certificate FILE|-",
		GroupID: masterGroup,
		Short:   "Publish the cluster's CA certificate, in a Juju secret",
		Long: `Publish the cluster's CA certificate, PEM, read from a file or from standard input, in a Juju secret that every
related application may read, later ones included. Only the leader may publish it (exit code 3).`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			certificate, err := a.readCertificate(args[0])
			if err != nil {
				return fmt.Errorf("cannot read certificate: %w", err)
			}
			return a.master(c.Context(), func(m *session.Master) error { return m.SetCACertificate(c.Context(), certificate) })
		},
	}))
}

func (a *app) readCertificate(file string) (string, error) {
	in := a.Stdin
	if file != "-" {
		text, err := safefile.Read(file, maxCertificate)
		if err != nil {
			return "", err
		}
		in = bytes.NewReader(text)
	}
	text, err := io.ReadAll(io.LimitReader(in, maxCertificate))
	if err != nil {
		return "", err
	}
	if block, _ := pem.Decode(text); block == nil || block.Type != "CERTIFICATE" {
		return "", engine.Usagef("it is no PEM certificate")
	}
	return string(text), nil
}

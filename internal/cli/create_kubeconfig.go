package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/session"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

func (a *app) createKubeconfig() *cobra.Command {
	c := a.withRelation(a.withFormat(&cobra.Command{
		Use:     "create-kubeconfig FILE USER",
		GroupID: workerGroup,
		Short:   "Write a kubeconfig with a user's token, mode 0600",
		Long: `Write a kubeconfig with the token that the master published for USER, mode 0600, and print whether it differs from
the file that was there; an equal one is not written again. The API server is one of the master's endpoints, chosen by
this unit's number; the CA certificate comes from the master's secret, or else from --ca-file.`,
		Example: "  kube-control create-kubeconfig /root/cdk/kubeconfig system:node:node-1 --name kubelet --token kubelet --ca-file /root/cdk/ca.crt",
		Args:    cobra.ExactArgs(2),
	}))
	name := c.Flags().String("name", "", "the user's name in the file (default USER)")
	caFile := c.Flags().String("ca-file", "", "the CA certificate, where the master publishes none")
	token := c.Flags().String("token", "client", "which token: client, kubelet or proxy")
	c.PreRunE = func(*cobra.Command, []string) error {
		if tokenOf(*token) == nil {
			return engine.Usagef("there is no token %q: it is client, kubelet or proxy", *token)
		}
		return checkFormat(a.format)
	}
	return a.forWorker(c, func(c *cobra.Command, w *session.Worker, args []string) error {
		written, err := w.CreateKubeconfig(c.Context(), session.KubeconfigOptions{
			Path: args[0], User: args[1], Name: *name, CAFile: *caFile, Token: tokenOf(*token),
		})
		if err != nil {
			return err
		}
		return a.print(written, func(out io.Writer) {
			if written {
				fmt.Fprintf(out, "%s written\n", args[0])
			} else {
				fmt.Fprintf(out, "%s is as it should be\n", args[0])
			}
		})
	})
}

func tokenOf(name string) func(kubecontrol.Credential) kubecontrol.Token {
	return map[string]func(kubecontrol.Credential) kubecontrol.Token{
		"client":  func(c kubecontrol.Credential) kubecontrol.Token { return c.Client },
		"kubelet": func(c kubecontrol.Credential) kubecontrol.Token { return c.Kubelet },
		"proxy":   func(c kubecontrol.Credential) kubecontrol.Token { return c.Proxy },
	}[name]
}

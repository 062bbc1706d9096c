package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/session"
)

// dns is how get-dns prints: wire text, absent values null.
type dns struct {
	Domain         *string `json:"domain"`
	PrivateAddress *string `json:"private-address"`
	SDNIP          *string `json:"sdn-ip"`
	Port           *string `json:"port"`
	EnableKubeDNS  *string `json:"enable-kube-dns"`
}

func (a *app) getDNS() *cobra.Command {
	return a.forWorker(a.withRelation(a.withFormat(&cobra.Command{
		Use:     "get-dns",
		GroupID: workerGroup,
		Short:   "Print the cluster's DNS, as the master publishes it",
		Args:    cobra.NoArgs,
	})), func(c *cobra.Command, w *session.Worker, _ []string) error {
		d, err := w.DNS(c.Context())
		if err != nil {
			return err
		}
		return a.printDNS(dns(d))
	})
}

func (a *app) printDNS(d dns) error {
	return a.print(d, func(w io.Writer) {
		for _, line := range []struct {
			name  string
			value *string
		}{
			{"domain", d.Domain},
			{"private-address", d.PrivateAddress},
			{"sdn-ip", d.SDNIP},
			{"port", d.Port},
			{"enable-kube-dns", d.EnableKubeDNS},
		} {
			if line.value != nil {
				fmt.Fprintf(w, "%s: %s\n", line.name, plain(*line.value))
			}
		}
	})
}

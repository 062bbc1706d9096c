package cli

import (
	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/session"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// dnsFlags are the options of set-dns and the keys that they change.
var dnsFlags = [...]struct{ flag, key, usage string }{
	{"port", kubecontrol.KeyPort, "the DNS service's port"},
	{"domain", kubecontrol.KeyDomain, "the cluster's domain"},
	{"sdn-ip", kubecontrol.KeySDNIP, "the DNS service's address"},
	{"enable-kube-dns", kubecontrol.KeyEnableKubeDNS, "true or false"},
}

func (a *app) setDNS() *cobra.Command {
	c := a.withRelation(a.withDryRun(&cobra.Command{
		Use:     "set-dns [PORT DOMAIN [SDN_IP]]",
		GroupID: masterGroup,
		Short:   "Publish the cluster's DNS",
		Long: `Publish the cluster's DNS on every relation, later ones included.

With PORT and DOMAIN everything is set: enable-kube-dns is True unless --enable-kube-dns=false, and sdn-ip is deleted
if SDN_IP is not given. Without arguments each option changes its value alone, and an empty one deletes it.

A cluster without DNS still has a port and a domain here, because charms on the ops library read nothing without them.`,
		Example: `  kube-control set-dns 53 cluster.local 10.152.183.10
  kube-control set-dns --sdn-ip 10.152.183.11
  kube-control set-dns --enable-kube-dns=false --sdn-ip=`,
		Args: cobra.MaximumNArgs(3),
	}))
	for _, f := range dnsFlags {
		c.Flags().String(f.flag, "", f.usage)
	}
	c.Flags().Lookup("enable-kube-dns").NoOptDefVal = "true"
	c.RunE = func(c *cobra.Command, args []string) error {
		values, err := dnsValues(c, args)
		if err != nil {
			return err
		}
		return a.master(c.Context(), func(m *session.Master) error { return m.Set(c.Context(), values) })
	}
	return c
}

// dnsValues turns arguments and options into the keys to write.
func dnsValues(c *cobra.Command, args []string) (map[string]string, error) {
	values := map[string]string{}
	for _, f := range dnsFlags {
		if !c.Flags().Changed(f.flag) {
			continue
		}
		if len(args) > 0 && f.key != kubecontrol.KeyEnableKubeDNS {
			return nil, engine.Usagef("give --%s or arguments, not both", f.flag)
		}
		values[f.key] = c.Flags().Lookup(f.flag).Value.String()
	}
	if text := values[kubecontrol.KeyEnableKubeDNS]; text != "" {
		b, err := kubecontrol.ReadBool(text)
		if err != nil {
			return nil, engine.Usagef("%w", err)
		}
		values[kubecontrol.KeyEnableKubeDNS] = kubecontrol.FormatBool(b)
	}
	switch len(args) {
	case 0:
		if len(values) == 0 {
			return nil, engine.Usagef("set-dns takes PORT DOMAIN [SDN_IP], or options")
		}
		return values, nil
	case 1:
		if c.Flags().Changed("enable-kube-dns") {
			return nil, engine.Usagef("write --enable-kube-dns=%s, with an equals sign", args[0])
		}
		return nil, engine.Usagef("set-dns takes PORT DOMAIN [SDN_IP]: DOMAIN is missing")
	}
	if args[0] == "" || args[1] == "" {
		return nil, engine.Usagef("PORT and DOMAIN must not be empty: use --port= or --domain= to delete one")
	}
	values[kubecontrol.KeyPort], values[kubecontrol.KeyDomain], values[kubecontrol.KeySDNIP] = args[0], args[1], ""
	if len(args) == 3 {
		values[kubecontrol.KeySDNIP] = args[2]
	}
	if _, ok := values[kubecontrol.KeyEnableKubeDNS]; !ok {
		values[kubecontrol.KeyEnableKubeDNS] = kubecontrol.FormatBool(true)
	}
	return values, nil
}

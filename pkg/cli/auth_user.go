package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/pkg/charm"
	"github.com/kube-control/kube-control/pkg/engine"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// request is how auth-user prints a request. A group that the worker did not name is null.
type request struct {
	Unit  kubecontrol.Unit `json:"unit"`
	User  string           `json:"user"`
	Group *string          `json:"group"`
}

func (a *app) authUser() *cobra.Command {
	c := a.speaks(a.prints(&cobra.Command{
		Use:     "auth-user",
		GroupID: masterGroup,
		Short:   "List the units that ask for credentials, with user and group",
		Long: `List the units that ask for credentials, with user and group, by relation and unit number, signed or not.
A request for a user that another unit holds is left out and stands in the log.`,
		Args: cobra.NoArgs,
	}))
	pending := c.Flags().Bool("pending", false, "only those that wait to be signed")
	return a.forMaster(c, func(c *cobra.Command, m *charm.Master, _ []string) error {
		requests, err := m.AuthUser(c.Context())
		if err != nil {
			return err
		}
		return a.printRequests(slices.DeleteFunc(requests, func(q engine.Request) bool { return *pending && !q.Pending }))
	})
}

func (a *app) printRequests(requests []engine.Request) error {
	list := make([]request, 0, len(requests))
	for _, q := range requests {
		r := request{Unit: q.Unit, User: q.User}
		if q.Group != "" {
			r.Group = &q.Group
		}
		list = append(list, r)
	}
	return a.print(list, func(w io.Writer) {
		if len(list) == 0 {
			return
		}
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "Unit\tUser\tGroup")
		for _, q := range requests {
			fmt.Fprintf(t, "%s\t%s\t%s\n", q.Unit, plain(q.User), plain(q.Group))
		}
		t.Flush()
	})
}

// plain is a peer's text as it is, or quoted where it could fool a reader: spaces, control characters, quotes.
func plain(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == '"' || r == '\\' || r >= 0x7F }) {
		return fmt.Sprintf("%+q", s)
	}
	return s
}

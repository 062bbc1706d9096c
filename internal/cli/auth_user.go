package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/explain"
	"github.com/kube-control/kube-control/internal/session"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// request is how auth-user prints a request. A group that the worker did not name is null.
type request struct {
	Unit  kubecontrol.Unit `json:"unit"`
	User  string           `json:"user"`
	Group *string          `json:"group"`
	// Reason is why it is refused; there only with --refused.
	Reason string `json:"reason,omitempty"`
}

func (a *app) authUser() *cobra.Command {
	c := a.withRelation(a.withFormat(&cobra.Command{
		Use:     "auth-user",
		GroupID: masterGroup,
		Short:   "List the units that ask for credentials, with user and group",
		Long: `List the units that ask for credentials, with user and group, by relation and unit number, signed or not.
A request for a user that another unit holds is left out; --refused lists it, with those that the policy of the ready
charm does not sign.`,
		Example: "  kube-control auth-user\n  kube-control auth-user --refused",
		Args:    cobra.NoArgs,
	}))
	pending := c.Flags().Bool("pending", false, "only those that wait to be signed")
	refused := c.Flags().Bool("refused", false, "those that are not signed, and why, instead")
	c.PreRunE = func(c *cobra.Command, _ []string) error {
		if err := a.exclusive(c, false, "pending", "refused"); err != nil {
			return err
		}
		return checkFormat(a.format)
	}
	return a.forMaster(c, func(c *cobra.Command, m *session.Master, _ []string) error {
		if *refused {
			refusals, err := m.Refused(c.Context())
			if err != nil {
				return err
			}
			return a.printRefusals(refusals)
		}
		requests, err := m.AuthUser(c.Context())
		if err != nil {
			return err
		}
		return a.printRequests(slices.DeleteFunc(requests, func(q engine.Request) bool { return *pending && !q.Pending }))
	})
}

// newRequest is a request as it is printed.
func newRequest(q engine.Request) request {
	r := request{Unit: q.Unit, User: q.User}
	if q.Group != "" {
		r.Group = &q.Group
	}
	return r
}

func (a *app) printRefusals(refusals []engine.Refusal) error {
	list := make([]request, 0, len(refusals))
	for _, f := range refusals {
		r := newRequest(f.Request)
		r.Reason = explain.Reason(f)
		list = append(list, r)
	}
	return a.print(list, func(w io.Writer) {
		var rows [][]string
		for _, f := range refusals {
			rows = append(rows, []string{string(f.Unit), explain.Reason(f)})
		}
		writeTable(w, []string{"Unit", "Reason"}, rows)
	})
}

func (a *app) printRequests(requests []engine.Request) error {
	list := make([]request, 0, len(requests))
	for _, q := range requests {
		list = append(list, newRequest(q))
	}
	return a.print(list, func(w io.Writer) {
		var rows [][]string
		for _, q := range requests {
			rows = append(rows, []string{string(q.Unit), plain(q.User), plain(q.Group)})
		}
		writeTable(w, []string{"Unit", "User", "Group"}, rows)
	})
}

// plain is a peer's text as it is, or quoted where it could fool a reader: spaces, control characters, quotes.
func plain(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == '"' || r == '\\' || r >= 0x7F }) {
		return fmt.Sprintf("%+q", s)
	}
	return s
}

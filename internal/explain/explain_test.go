package explain_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/explain"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// What the policy refuses is named with the option that may allow it, and a request can't smuggle words into a command
// that is there to be copied.
func TestExplainRefusals(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		user, group              string
		why                      engine.RefusalCause
		reason, cause, key, next string
	}{
		"a group":             {"root", "system:masters", engine.RefusedGroup, "asks for group system:masters", "refused", "auth_group", `juju config kcp allowed-groups="$(juju config kcp allowed-groups) kw=system:masters"`},
		"the group of nodes":  {"root", "", engine.RefusedGroup, "asks for group system:nodes", "refused", "auth_group", `allowed-groups) kw=system:nodes"`},
		"a user":              {"root", "system:nodes", engine.RefusedUser, "asks for user root", "refused", "kubelet_user", `juju config kcp allowed-users="$(juju config kcp allowed-users) kw=root"; else juju exec --unit kw/0 `},
		"a user made of code": {"a$(reboot)", "g", engine.RefusedUser, "asks for user a$(reboot)", "refused", "kubelet_user", `allowed-users) kw=USER"`},
		"a name of no form":   {"a,b", "g", engine.RefusedInvalidUser, `asks for user "a,b", which has characters that are not allowed in a name`, "refused", "kubelet_user", "no option allows that: juju exec --unit kw/0 -- bin/kube-control set-auth-request USER --group GROUP"},
		"a group of 55 bytes": {"root", strings.Repeat("g", 55), engine.RefusedGroup, "asks for group " + strings.Repeat("g", 45) + "...", "refused", "auth_group", `allowed-groups) kw=` + strings.Repeat("g", 55) + `"`},
		"another unit's user": {"root", "g", engine.RefusedConflict, "asks for the user of kw/1", "conflict", "kubelet_user", "(another user)"},
		"revoked":             {"root", "g", engine.RefusedRevoked, "was revoked", "revoked", "kubelet_user", "juju exec --unit kcp/leader -- bin/kube-control revoke --undo kw/0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := engine.View{
				Unit: "kcp/0", Leader: true, Endpoints: []engine.Endpoint{{Name: "kc", Role: kubecontrol.Master}},
				Relations: []engine.Relation{{
					ID: "kc:1", Members: []kubecontrol.Unit{"kw/0"},
					Remote: map[kubecontrol.Unit]kubecontrol.Bag{"kw/0": {"kubelet_user": tt.user, "auth_group": tt.group}},
				}},
			}
			q := engine.Request{Relation: "kc:1", Unit: "kw/0", User: tt.user, Group: tt.group}
			refused := engine.Policy{Refused: []engine.Refusal{{Request: q, Cause: tt.why, Holder: "kw/1"}}}
			e := explain.Explain(explain.Input{View: v, Policy: refused, Operated: true}).Endpoints[0]
			if len(e.Problems) != 1 {
				t.Fatalf("problems are %+v", e.Problems)
			}
			p := e.Problems[0]
			if p.Cause != tt.cause || p.Key != tt.key || p.Unit != "kw/0" || !strings.Contains(p.Next, tt.next) || !strings.Contains(p.Text, tt.reason) {
				t.Errorf("got %+v", p)
			}
			if want := "1 request refused: kw/0 " + tt.reason; e.Status.Message != want || e.Status.Status != engine.Active {
				t.Errorf("status %+v, want %q", e.Status, want)
			}
			i := slices.IndexFunc(e.Flags, func(f explain.FlagReport) bool { return f.Name == "kc.auth.requested" })
			if f := e.Flags[i]; !f.Set || f.Because != "only requests that the policy refuses wait" {
				t.Errorf("flag %+v", f)
			}
		})
	}
}

// A ready charm's own trouble is named where the status shows it.
func TestExplainCharm(t *testing.T) {
	t.Parallel()
	v := engine.View{Unit: "kcp/0", Leader: true, Endpoints: []engine.Endpoint{{Name: "kc", Role: kubecontrol.Master}}}
	for _, tt := range []struct {
		status engine.Status
		want   string
	}{
		{engine.Status{Status: engine.Blocked, Message: "dns-ip is not an IP address"}, "juju config kcp dns-ip"},
		{engine.Status{Status: engine.Waiting, Message: "Waiting for the seed"}, "juju debug-log"},
		{engine.Status{Status: engine.Active, Message: "1 request refused"}, ""},
		{engine.Status{Status: engine.Active}, ""},
	} {
		e := explain.Explain(explain.Input{View: v, Workload: explain.Workload{Current: tt.status}, Remedy: tt.want}).Endpoints[0]
		problems := e.Problems
		if tt.want != "" && engine.Status(e.Status) != tt.status {
			t.Errorf("status %+v, want %+v", e.Status, tt.status)
		}
		if tt.want == "" && len(problems) == 0 {
			continue
		}
		if len(problems) != 1 || problems[0].Cause != "charm" || !strings.Contains(problems[0].Text, tt.status.Message) || !strings.Contains(problems[0].Next, tt.want) {
			t.Errorf("%+v: %+v", tt.status, problems)
		}
	}
}

// An unit of another model can't be named in a command here.
func TestExplainOtherModel(t *testing.T) {
	t.Parallel()
	v := engine.View{
		Unit: "kcp/0", Leader: true, Endpoints: []engine.Endpoint{{Name: "kc", Role: kubecontrol.Master}},
		Relations: []engine.Relation{{
			ID: "kc:1", Members: []kubecontrol.Unit{"remote-0f/3"},
			Remote: map[kubecontrol.Unit]kubecontrol.Bag{"remote-0f/3": {}},
		}},
	}
	u := explain.Explain(explain.Input{View: v}).Endpoints[0].Units[0]
	if want := "in the other model, on its unit 3: bin/kube-control set-auth-request USER"; u.State != "no-request" || !strings.HasPrefix(u.Next, want) {
		t.Errorf("got %+v", u)
	}
}

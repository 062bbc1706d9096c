package ready

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/printable"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Policy says which requests a master signs, and what the third token, the client's, may do.
type Policy struct {
	groups, users []allowed
	client        string // per-unit, admin or none
	clientGroup   string
}

// allowed is an entry [APP=]PATTERN; without an application it is for all.
type allowed struct{ app, pattern string }

// unitPattern stands in allowed-users for the name of the unit that asks.
const unitPattern = "$UNIT"

// Modes of the client token.
const (
	clientPerUnit = "per-unit"
	clientAdmin   = "admin"
	clientNone    = "none"
)

// policy reads the options of the signing policy; nil if one of them can't be used, and then nothing new is signed.
func (r *reader) policy() *Policy {
	before := len(r.problems)
	p := &Policy{groups: r.allowed("allowed-groups"), users: r.allowed("allowed-users")}
	p.client, _ = r.text("client-token", oneOf(clientPerUnit, clientAdmin, clientNone))
	p.clientGroup, _ = r.text("client-group", or(kubecontrol.CheckName))
	if len(r.problems) > before {
		return nil
	}
	return p
}

// BadPolicy is the first option of the signing policy that can't be used, "" if all can.
func (o MasterOptions) BadPolicy() string {
	for _, p := range o.Problems {
		if slices.Contains([]string{"allowed-groups", "allowed-users", "client-token", "client-group"}, p.Option) {
			return p.Option
		}
	}
	return ""
}

// allowed reads a list of entries [APP=]PATTERN.
func (r *reader) allowed(option string) []allowed {
	words, _ := r.words(option)
	var entries []allowed
	for _, word := range words {
		app, pattern, found := strings.Cut(word, "=")
		if !found {
			app, pattern = "", word
		}
		plain := strings.ReplaceAll(strings.ReplaceAll(pattern, unitPattern, "u"), "*", "u")
		if kubecontrol.CheckName(plain) != nil || found && kubecontrol.CheckName(app) != nil {
			r.bad(option, fmt.Errorf("has %s, which is not [APP=]NAME", printable.Brief(word)))
			return nil
		}
		entries = append(entries, allowed{app, pattern})
	}
	return entries
}

// covers reports whether an entry allows a name to a unit. A * in the pattern stands for any text.
func (a allowed) covers(unit kubecontrol.Unit, name string) bool {
	if a.app != "" && a.app != unit.App() {
		return false
	}
	return matches(strings.ReplaceAll(a.pattern, unitPattern, string(unit)), name)
}

// matches compares a name with a pattern in which each * stands for any text, the empty one too.
func matches(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == name
	}
	name, ok := strings.CutPrefix(name, parts[0])
	last := parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(name, part)
		if ok = ok && i >= 0; !ok {
			return false
		}
		name = name[i+len(part):]
	}
	return ok && strings.HasSuffix(name, last)
}

// group is the group that a request asks for.
func group(q engine.Request) string {
	if q.Group == "" {
		return kubecontrol.DefaultGroup
	}
	return q.Group
}

// check says why a request is not signed, "" if it may be. In spite of the options, no request gets the name of a part of
// Kubernetes, or the name of a token that is in the file already for something else.
func (p *Policy) check(q engine.Request, taken []string) engine.RefusalCause {
	user := kubecontrol.NormalUser(q.User)
	node, isNode := strings.CutPrefix(user, kubecontrol.NodeUserPrefix)
	switch {
	case kubecontrol.CheckName(q.User) != nil:
		return engine.RefusedInvalidUser
	case kubecontrol.CheckName(group(q)) != nil:
		return engine.RefusedInvalidGroup
	case isNode && checkNode(node) != nil:
		return engine.RefusedNoNode
	case !isNode && isReserved(user), slices.Contains(taken, user) && !isNode:
		return engine.RefusedReserved
	case !covered(p.groups, q.Unit, group(q)):
		return engine.RefusedGroup
	case !covered(p.users, q.Unit, user) && !covered(p.users, q.Unit, q.User):
		return engine.RefusedUser
	}
	return ""
}

// CheckSigned judges a person's own tokens for a request: the policy and the grammar of tokens are the same for every way
// to be signed. The error is about the tokens or an option; the cause is the policy's, "" if it refuses nothing.
func (o MasterOptions) CheckSigned(q engine.Request, s engine.Signature, taken []string) (engine.RefusalCause, error) {
	for _, t := range []struct {
		name  string
		token kubecontrol.Token
	}{{"kubelet", s.Kubelet}, {"proxy", s.Proxy}, {"client", s.Client}} {
		if !t.token.IsEmpty() && !isToken(t.token.Reveal()) {
			return "", fmt.Errorf("its %s token is not 8 to 4096 letters, digits and ._:/+=~- as a token file needs them", t.name)
		}
	}
	if o.Policy == nil {
		return "", fmt.Errorf("option %s is invalid, and nothing is signed before it is fixed", o.BadPolicy())
	}
	return o.Policy.check(q, taken), nil
}

func covered(entries []allowed, unit kubecontrol.Unit, name string) bool {
	return slices.ContainsFunc(entries, func(a allowed) bool { return a.covers(unit, name) })
}

// isReserved reports whether a name is that of a part of Kubernetes, of the administrator, or of our own making.
func isReserved(user string) bool {
	return user == "admin" || strings.HasPrefix(user, "system:") || strings.HasPrefix(user, ownPrefix)
}

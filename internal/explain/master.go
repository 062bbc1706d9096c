package explain

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/internal/printable"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// explainMaster explains a master's endpoint: its remote units, then the flags that follow from them.
func (x explainer) explainMaster(out *EndpointReport) {
	var waiting []kubecontrol.Unit
	for _, rel := range x.view.RelationsOf(out.Endpoint) {
		for _, u := range rel.Members {
			if x.Unit != "" && x.Unit != u {
				continue
			}
			p := x.explainMember(rel, u)
			record := x.state.Seen[rel.ID][u]
			out.Units = append(out.Units, UnitReport{
				Unit: u, Relation: rel.ID, State: p.Cause, User: printable.Cut(record.User, 64), Group: printable.Cut(record.Group, 64), Text: p.Text, Next: p.Next,
			})
			if p.Cause != "signed" && p.Cause != "no-request" {
				out.Problems = append(out.Problems, p)
			}
		}
		out.Problems = append(out.Problems, x.otherPublishers(rel)...)
	}
	for _, q := range x.facts.Requests(out.Endpoint, "") {
		if q.Pending {
			waiting = append(waiting, q.Unit)
		}
	}
	out.Flags = x.masterWhy(out.Endpoint, waiting)
}

// explainMember explains the progress of one worker unit. The cause is "signed" or "no-request" if nothing is wrong.
func (x explainer) explainMember(rel engine.Relation, u kubecontrol.Unit) Problem {
	v, now := x.facts.Verdict(rel.ID, u), x.now.Seen[rel.ID][u]
	p := Problem{Relation: rel.ID, Unit: u, Key: kubecontrol.KeyKubeletUser}
	asks, other := asking(u, v.Record), execOn(u, "set-auth-request USER")
	switch {
	case now.Bad != "":
		return x.badData(p, u, now)
	case now.User != v.User || now.Group != v.Group || v.Standing == engine.RequestInvalid:
		p.Cause, p.Text = "overlooked", asking(u, now)+", which no hook here has noticed: it is still to come, or was skipped"
		p.Next = execOn(x.view.Unit, "refresh")
		return p
	case v.Waits() && !x.view.Leader:
		x.explainAsFollower(&p, rel, u, asks)
		return p
	}
	switch v.Standing {
	case engine.RequestNone:
		p.Cause, p.Text = "no-request", fmt.Sprintf("%s asks for no credentials: it has set no kubelet_user", u)
		p.Next = other + ", or the worker's charm asks by itself"
	case engine.RequestRevoked:
		p.Cause, p.Text = "revoked", fmt.Sprintf("%s: the request was revoked by hand and is not signed again", asks)
		p.Next = execOnLeader(x.view.Unit, "revoke --undo "+string(u))
	case engine.RequestRefused:
		x.explainRefused(&p, v)
	case engine.RequestConflict:
		p.Cause, p.Text = "conflict", fmt.Sprintf("%s, which %s holds: one user is for one unit", asks, v.Holder)
		p.Next = fmt.Sprintf("%s (another user), or juju remove-unit %s if it is the wrong one", other, v.Holder)
		if !x.view.Leader {
			p.Text = fmt.Sprintf("%s, and so does %s: the leader signs for one of them", asks, v.Holder)
			p.Next = execOnLeader(x.view.Unit, "explain --unit "+string(u))
		}
	case engine.RequestUnsigned:
		x.explainUnsigned(&p, rel, v.Record, asks)
	case engine.RequestRotating:
		p.Cause, p.Text = "rotating", fmt.Sprintf("%s has credentials for %s and is to have new ones; the old ones are accepted meanwhile", u, printable.Quoted(v.User))
		p.Next = x.signs(u)
	case engine.RequestRegrouped:
		p.Cause, p.Key = "request-changed", kubecontrol.KeyAuthGroup
		p.Text, p.Next = asks+"; its credentials were signed for another group", x.signs(u)
	case engine.RequestServed:
		x.explainSigned(&p, rel, v.Record, u)
	}
	return p
}

// asking says what a unit asks for.
func asking(u kubecontrol.Unit, record engine.Record) string {
	switch {
	case record.User == "":
		return fmt.Sprintf("%s asks for no credentials", u)
	case record.Group == "":
		return fmt.Sprintf("%s asks for %s", u, printable.Quoted(record.User))
	}
	return fmt.Sprintf("%s asks for %s in %s", u, printable.Quoted(record.User), printable.Quoted(record.Group))
}

// badData explains a unit whose databag or request is not used.
func (x explainer) badData(p Problem, u kubecontrol.Unit, now engine.Record) Problem {
	p.Cause, p.Text = "bad-request", invalidData(u, now)+", so it is not used"
	p.Next = execOn(u, "set-auth-request USER") + ", with a name that is text and short"
	if now.BadBag {
		p.Cause, p.Key = "bad-bag", ""
		p.Next = fmt.Sprintf("fix it on %s (juju show-unit %s); this unit reads it again in the next hook of %s, or by: %s", u, u, u, execOn(x.view.Unit, "refresh"))
	}
	return p
}

// explainRefused explains a request that the policy does not sign, and which option may change that.
func (x explainer) explainRefused(p *Problem, v engine.Verdict) {
	p.Cause, p.Text = "refused", fmt.Sprintf("the policy refuses the request of %s, which %s", p.Unit, Reason(*v.Refusal))
	if v.Contested() && v.Holder != "" {
		p.Text += fmt.Sprintf("; %s holds the same user or asks for it first", v.Holder)
	}
	another := execOn(p.Unit, "set-auth-request USER --group GROUP")
	option, value := "allowed-users", shellWord(v.User, "USER")
	switch cause := v.Refusal.Cause; {
	case cause.IsFinal():
		p.Next = "no option allows that: " + another
		return
	case cause == engine.RefusedRevoked:
		p.Cause, p.Next = "revoked", execOnLeader(x.view.Unit, "revoke --undo "+string(p.Unit))
		return
	case cause == engine.RefusedConflict:
		p.Cause, p.Next = "conflict", another+" (another user)"
		return
	case cause == engine.RefusedGroup:
		p.Key, option, value = kubecontrol.KeyAuthGroup, "allowed-groups", shellWord(cmp.Or(v.Group, kubecontrol.DefaultGroup), "GROUP")
	}
	app := x.view.Unit.App()
	p.Next = fmt.Sprintf("if it may have that: juju config %s %s=\"$(juju config %s %s) %s=%s\"; else %s",
		app, option, app, option, p.Unit.App(), value, another)
}

// signs is the step that gives a unit its credentials.
func (x explainer) signs(u kubecontrol.Unit) string {
	if x.Unsigned != "" {
		return x.Unsigned
	}
	if x.Operated {
		return "the leader signs in its next hook: " + execOn(x.view.Unit, "hook update-status")
	}
	return execOn(x.view.Unit, fmt.Sprintf("sign-auth-request %s --tokens FILE", u)) + ", or the charm signs by itself"
}

// explainAsFollower explains a request to a unit that signs none: the databags of the other masters show whether it is signed.
func (x explainer) explainAsFollower(p *Problem, rel engine.Relation, u kubecontrol.Unit, asks string) {
	user := x.state.Seen[rel.ID][u].User
	for _, colleague := range x.others(rel) {
		creds, _ := x.view.Creds.Read(x.Colleagues[rel.ID][colleague][kubecontrol.KeyCreds])
		if c, ok := creds[user]; ok && c.Scope == u {
			p.Cause, p.Text = "signed", fmt.Sprintf("%s has its credentials for %s from %s", u, printable.Quoted(user), colleague)
			return
		}
	}
	p.Cause, p.Text = "unsigned", fmt.Sprintf("%s and waits; %s does not lead, and only the leader signs", asks, x.view.Unit)
	p.Next = execOnLeader(x.view.Unit, "explain --unit "+string(u))
	for _, colleague := range x.inError() {
		if colleague.App() == x.view.Unit.App() {
			p.Text += fmt.Sprintf("; %s is in error", colleague)
			p.Next = fixUnit(colleague)
			break
		}
	}
}

// explainUnsigned explains a request without credentials: new, or signed for another name of the same user.
func (x explainer) explainUnsigned(p *Problem, rel engine.Relation, record engine.Record, asks string) {
	p.Cause, p.Text, p.Next = "unsigned", asks+" and is not signed yet", x.signs(p.Unit)
	creds := x.facts.Published(rel.ID)
	for _, user := range creds.Users() {
		switch {
		case creds[user].Scope != p.Unit:
		case kubecontrol.NormalUser(user) == kubecontrol.NormalUser(record.User):
			p.Cause = "node-case"
			p.Text = fmt.Sprintf("%s, and is signed for %s: Kubernetes treats both as one node, and workers do not", asks, printable.Quoted(user))
		default:
			p.Text = fmt.Sprintf("%s and is not signed for it yet; it was for %s", asks, printable.Quoted(user))
		}
	}
	if kubecontrol.NormalUser(record.User) != record.User {
		p.Text += "; node names have no capitals in Kubernetes"
		p.Next = execOn(p.Unit, "set-auth-request "+shellWord(kubecontrol.NormalUser(record.User), "system:node:NODE"))
	}
}

// explainSigned explains credentials that are published, and at their secret, if this run has looked it up.
func (x explainer) explainSigned(p *Problem, rel engine.Relation, record engine.Record, u kubecontrol.Unit) {
	c := x.facts.Published(rel.ID)[record.User]
	p.Cause, p.Key, p.Text = "signed", "", fmt.Sprintf("%s has its credentials for %s", u, printable.Quoted(record.User))
	if c.SecretID == "" {
		return
	}
	p.Text += ", in a Juju secret"
	own, looked := x.view.Secrets.Own[kubecontrol.CredsLabel(record.User)]
	switch {
	case !looked:
	case own == nil || own.ID != kubecontrol.BareSecretID(c.SecretID):
		p.Cause, p.Text = "secret-gone", fmt.Sprintf("the secret with the credentials of %s is gone", u)
		p.Next = execOn(x.view.Unit, "refresh") + ", which asks for new ones"
	case !own.IsGrantedTo(u):
		p.Cause, p.Text = "secret-not-granted", fmt.Sprintf("the secret with the credentials of %s is not granted to it", u)
		p.Next = execOn(x.view.Unit, "refresh")
	}
}

// others are the units of our application whose databag is known, in order.
func (x explainer) others(rel engine.Relation) []kubecontrol.Unit {
	var units []kubecontrol.Unit
	for u := range x.Colleagues[rel.ID] {
		units = append(units, u)
	}
	slices.SortFunc(units, kubecontrol.Unit.Compare)
	return units
}

// otherPublishers finds units of our application that publish credentials and should not: all but the leader.
func (x explainer) otherPublishers(rel engine.Relation) []Problem {
	var problems []Problem
	own, _ := x.view.Creds.Read(rel.Local[kubecontrol.KeyCreds])
	if !x.view.Leader && len(own) > 0 && !x.state.Dying {
		problems = append(problems, Problem{
			Cause: "stale-creds", Relation: rel.ID, Unit: x.view.Unit, Key: kubecontrol.KeyCreds,
			Text: fmt.Sprintf("%s publishes credentials on %s and does not lead any more", x.view.Unit, rel.ID),
			Next: "its next hook takes them away, or: " + execOn(x.view.Unit, "refresh"),
		})
	}
	publishers := 0
	for _, u := range x.others(rel) {
		creds, _ := x.view.Creds.Read(x.Colleagues[rel.ID][u][kubecontrol.KeyCreds])
		if len(creds) == 0 {
			continue
		}
		if publishers++; !x.view.Leader && publishers < 2 {
			own = creds // the leader's, as far as a follower can tell
			continue
		}
		p := Problem{Cause: "two-masters", Relation: rel.ID, Unit: u, Key: kubecontrol.KeyCreds}
		if x.Unit != "" && !slices.ContainsFunc(creds.Users(), func(user string) bool { return creds[user].Scope == x.Unit }) {
			continue
		}
		p.Text = fmt.Sprintf("%s also publishes credentials on %s%s", u, rel.ID, disagreement(own, creds))
		p.Next = fmt.Sprintf("%s takes them away in its next hook: %s; if it is lost for good: juju remove-unit --force %s", u, execOn(u, "refresh"), u)
		problems = append(problems, p)
	}
	return problems
}

// disagreement says how what another master publishes differs from what the leader does.
func disagreement(own, theirs kubecontrol.Creds) string {
	var differ, alone []string
	for _, user := range theirs.Users() {
		if c, ok := own[user]; !ok {
			alone = append(alone, user)
		} else if !agree(c, theirs[user]) {
			differ = append(differ, user)
		}
	}
	text := ""
	if len(differ) > 0 {
		user := differ[0]
		text += fmt.Sprintf(", different from the leader's for %s: for %s %s, the leader %s (workers take the higher generation, then the later unit)",
			count(len(differ), "user", "users"), printable.Quoted(user), identity(theirs[user]), identity(own[user]))
	}
	if len(alone) > 0 {
		text += fmt.Sprintf(", and for %s without an entry of the leader, %s first", count(len(alone), "user", "users"), printable.Quoted(alone[0]))
	}
	if text == "" {
		return ", the same as the leader"
	}
	return text
}

// agree reports whether two credentials are for one unit and give the same tokens.
func agree(c, d kubecontrol.Credential) bool { return c.Scope == d.Scope && c.GivesSame(d) }

// identity identifies a credential without showing it.
func identity(c kubecontrol.Credential) string {
	for _, t := range []kubecontrol.Token{c.Kubelet, c.Proxy, c.Client} {
		if !t.IsEmpty() {
			return t.Fingerprint()
		}
	}
	if c.SecretID != "" {
		return printable.Quoted(c.SecretID)
	}
	return "no token"
}

// masterWhy explains the flags of a master's endpoint.
func (x explainer) masterWhy(endpoint string, waiting []kubecontrol.Unit) []FlagReport {
	var joined, gpus []kubecontrol.Unit
	for _, rel := range x.view.RelationsOf(endpoint) {
		joined = append(joined, rel.Members...)
		for _, u := range rel.Members {
			if x.state.Seen[rel.ID][u].GPU {
				gpus = append(gpus, u)
			}
		}
	}
	e, _ := x.view.FindEndpoint(endpoint)
	connected := x.whyConnected(e, joined)
	gpu := FlagReport{Because: "no joined unit says so", Next: "on a worker with a GPU: bin/kube-control set-gpu"}
	if len(gpus) > 0 {
		gpu.Because, gpu.Unit, gpu.Next = listUnits(gpus)+": True", gpus[0], ""
	}
	requested := FlagReport{Because: "no request waits"}
	if len(waiting) > 0 {
		requested.Because, requested.Unit, requested.Next = listUnits(waiting)+" waits", waiting[0], x.signs(waiting[0])
		if len(waiting) > 1 {
			requested.Because = listUnits(waiting) + " wait"
		}
		if !x.view.Leader {
			requested.Because += "; a unit that does not lead publishes nothing, so the flag stays set here while any request waits"
			requested.Next = execOnLeader(x.view.Unit, "explain")
		} else if len(x.facts.Verdicts(endpoint, engine.Verdict.Waits)) == 0 {
			requested.Because, requested.Next = "only requests that the policy refuses wait", ""
		}
	}
	departed := FlagReport{Because: "no unit has left since"}
	if left := x.state.Departed[endpoint]; len(left) > 0 {
		departed.Because, departed.Unit, departed.Next = listUnits(left)+" left", left[0], execOn(x.view.Unit, "flush-departed")
	}
	changed := FlagReport{Because: "the list is the same", Next: "a worker joins, leaves, or changes its request"}
	if x.state.Flags.Has(flags.Name(endpoint, flags.RequestsChanged)) {
		changed.Because, changed.Next = "the list differs", execOn(x.view.Unit, "flags clear "+flags.Name(endpoint, flags.RequestsChanged))
	}
	reasons := map[string]FlagReport{
		flags.Connected: connected, flags.GPUAvailable: gpu, flags.AuthRequested: requested, flags.Departed: departed, flags.RequestsChanged: changed,
	}
	return x.why(endpoint, func(rule engine.FlagRule) FlagReport { return reasons[rule.Flag] })
}

// whyConnected explains the flag that both roles have.
func (x explainer) whyConnected(e engine.Endpoint, joined []kubecontrol.Unit) FlagReport {
	var f FlagReport
	if len(joined) > 0 {
		f.Because, f.Unit = listUnits(joined)+" joined", joined[0]
		return f
	}
	alone := x.absence(e)
	f.Because, f.Next = alone.Text, alone.Next
	return f
}

// why explains the flags of an endpoint: their rules, and the reasons that because gives.
func (x explainer) why(endpoint string, because func(engine.FlagRule) FlagReport) []FlagReport {
	e, _ := x.view.FindEndpoint(endpoint)
	var why []FlagReport
	for _, rule := range engine.FlagRules() {
		if rule.Role != e.Role {
			continue
		}
		f := because(rule)
		f.Name, f.Rule = flags.Name(endpoint, rule.Flag), rule.Rule
		f.Set = x.state.Flags.Has(f.Name)
		if f.Key == "" {
			f.Key = rule.Key
		}
		why = append(why, f)
	}
	return why
}

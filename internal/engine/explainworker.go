package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// explainWorker explains a worker's endpoint: its masters, the credentials, then the flags.
func (x explainer) explainWorker(out *Explained) {
	for _, rel := range x.view.relationsOf(out.Endpoint) {
		for _, u := range rel.Members {
			if x.Unit == "" || x.Unit == u {
				x.master(out, rel, u)
			}
		}
		out.Problems = append(out.Problems, x.disagreements(rel)...)
	}
	waits := x.credentialsWait(out.Endpoint)
	if waits != nil {
		waits.Next = x.next(*waits)
		out.Problems = append(out.Problems, waits.Problem)
	}
	first, connected := x.first(out.Endpoint, "")
	if key, _ := first.value(kubecontrol.KeyEnableKubeDNS); connected && key == "" {
		out.Problems = append(out.Problems, Problem{
			Cause: "no-dns", Relation: first.ID, Unit: first.Members[0], Key: kubecontrol.KeyEnableKubeDNS,
			Text: fmt.Sprintf("no master on %s says whether there is a cluster DNS", first.ID),
			Next: x.publishes(first, "set-dns 53 cluster.local ADDRESS (or --enable-kube-dns=false)"),
		})
	}
	out.Flags = x.workerWhy(out.Endpoint, first, waits)
}

// publishes is what makes a master publish a value.
func (x explainer) publishes(rel Relation, command string) string {
	master := rel.Members[0]
	return fmt.Sprintf("an option of the master's charm (juju config %s), or if it runs kube-control, on %s: bin/kube-control %s", master.App(), master, command)
}

// ofMaster is a command for a master, which may be a charm that does not run kube-control.
func ofMaster(u kubecontrol.Unit, command string) string {
	if strings.HasPrefix(string(u), "remote-") {
		return onLeader(u, command)
	}
	return fmt.Sprintf("%s; a master that does not run kube-control says it in its log: juju debug-log --replay --include %s", onLeader(u, command), u.App())
}

// master says what one master unit gives.
func (x explainer) master(out *Explained, rel Relation, u kubecontrol.Unit) {
	w := WhichUnit{Unit: u, Relation: rel.ID, State: "publishes"}
	p := Problem{Cause: "bad-bag", Relation: rel.ID, Unit: u}
	if reason := rel.Refused[u]; reason != "" {
		p.Text = fmt.Sprintf("the databag of %s is not used: it %s", u, reason)
		p.Next = fmt.Sprintf("juju show-unit %s; this unit reads it again in each hook", u)
		w.State, w.Text, w.Next = p.Cause, p.Text, p.Next
		out.Problems, out.Units = append(out.Problems, p), append(out.Units, w)
		return
	}
	var keys []string
	for _, key := range kubecontrol.Keys() {
		if key.Writer == kubecontrol.Master && rel.Remote[u][key.Name] != "" {
			keys = append(keys, key.Name)
		}
	}
	w.Text = fmt.Sprintf("%s gives %s", u, strings.Join(keys, ", "))
	if len(keys) == 0 {
		w.State, w.Text = "silent", fmt.Sprintf("%s has published nothing yet", u)
		w.Next = on(u, "explain")
	}
	for _, bad := range x.badValues(rel, u) {
		w.State, w.Text, w.Next = bad.Cause, bad.Text, bad.Next
		out.Problems = append(out.Problems, bad)
	}
	out.Units = append(out.Units, w)
}

// badValues are the values of a master that can't be read, or not wholly.
func (x explainer) badValues(rel Relation, u kubecontrol.Unit) []Problem {
	var problems []Problem
	add := func(key, reason string) {
		problems = append(problems, Problem{
			Cause: "bad-value", Relation: rel.ID, Unit: u, Key: key, Text: fmt.Sprintf("%s of %s %s", key, u, reason),
			Next: fmt.Sprintf("fix it on %s: juju show-unit %s", u, u),
		})
	}
	bag := rel.Remote[u]
	if _, err := x.view.Creds.Read(bag[kubecontrol.KeyCreds]); err != nil {
		add(kubecontrol.KeyCreds, fmt.Sprintf("is not used wholly: %v", err))
	}
	for _, key := range []string{kubecontrol.KeyAPIEndpoints, kubecontrol.KeyTaints, kubecontrol.KeyLabels} {
		if _, err := kubecontrol.DecodeList(key, bag[key]); err != nil {
			add(key, err.Error())
		}
	}
	if text := bag[kubecontrol.KeyCohortKeys]; text != "" && kubecontrol.DecodeObject(text) == nil {
		add(kubecontrol.KeyCohortKeys, "is no JSON object")
	}
	if _, ok := kubecontrol.DecodeText(bag[kubecontrol.KeyDefaultCNI]); bag[kubecontrol.KeyDefaultCNI] != "" && !ok {
		add(kubecontrol.KeyDefaultCNI, "is no JSON string")
	}
	if id := bag[kubecontrol.KeyCASecretID]; id != "" && len(x.view.Secrets.Read[id]) == 0 {
		reason := "names a secret that is not granted to this unit, or gone"
		if !x.view.Secrets.Supported {
			reason = "names a secret: " + x.view.Secrets.Reason
		}
		add(kubecontrol.KeyCASecretID, reason)
		problems[len(problems)-1].Next = onLeader(u, "refresh")
	}
	return problems
}

// workerWhy explains the flags of a worker's endpoint.
func (x explainer) workerWhy(endpoint string, first Relation, waits *wait) []WhyFlag {
	e, _ := x.view.endpoint(endpoint)
	available := WhyFlag{Because: "no master publishes one", Next: "the master's leader signs a request"}
	for _, rel := range x.view.relationsOf(endpoint) {
		if creds := x.onWire(rel); len(creds) > 0 {
			available.Because, available.Next = fmt.Sprintf("entries for %d users on %s", len(creds), rel.ID), ""
			if len(creds) == 1 {
				available.Because = fmt.Sprintf("an entry for %s on %s", quoted(creds.Users()[0]), rel.ID)
			}
		}
	}
	ready := WhyFlag{Because: "this unit has what it asked for"}
	switch {
	case waits != nil:
		ready.Because, ready.Key, ready.Unit, ready.Next = waits.Text, waits.Key, waits.Problem.Unit, waits.Next
	case !x.state.Flags.Has(flags.Name(endpoint, flags.AuthReady)):
		ready.Because, ready.Next = "no master is joined", "a master joins"
	}
	return x.why(endpoint, func(rule FlagRule) WhyFlag {
		switch rule.Flag {
		case flags.Connected:
			return x.whyConnected(e, x.allMembers(endpoint))
		case flags.AuthAvailable:
			return available
		case flags.AuthReady:
			return ready
		}
		return x.whyValue(first, rule, x.state.Flags.Has(flags.Name(endpoint, rule.Flag)))
	})
}

func (x explainer) allMembers(endpoint string) []kubecontrol.Unit {
	var all []kubecontrol.Unit
	for _, rel := range x.view.relationsOf(endpoint) {
		all = append(all, rel.Members...)
	}
	return all
}

// whyValue explains a flag that one key of the masters decides.
func (x explainer) whyValue(first Relation, rule FlagRule, set bool) WhyFlag {
	var f WhyFlag
	text, giver := first.value(rule.Key)
	switch {
	case len(first.Members) == 0:
		f.Because, f.Next = "no master is joined", "a master joins"
	case giver == "":
		f.Because, f.Next = "not set by "+some(first.Members), x.publishes(first, rule.Command)
	case set && rule.Key == kubecontrol.KeyEnableKubeDNS && text == kubecontrol.FormatBool(false):
		f.Because, f.Unit = fmt.Sprintf("%s says False: DNS is switched off, there is nothing to wait for", giver), giver
	case set:
		f.Because, f.Unit = fmt.Sprintf("%s gives %s", giver, shown(text)), giver
	default:
		f.Because, f.Unit, f.Next = fmt.Sprintf("%s gives %s, which is empty or can't be used", giver, shown(text)), giver, x.publishes(first, rule.Command)
	}
	return f
}

// wait is why a worker has no credentials: the explanation, and the same in a few words for the status.
type wait struct {
	Problem
	Short string // "" where the master has merely not signed yet
}

// credentialsWait finds what keeps auth.ready clear; nil if it is set, or no master is joined.
func (r *run) credentialsWait(endpoint string) *wait {
	if r.state.Flags.Has(flags.Name(endpoint, flags.AuthReady)) {
		return nil
	}
	var idle *wait
	for _, rel := range r.view.relationsOf(endpoint) {
		if len(rel.Members) == 0 {
			continue
		}
		user := r.bags[rel.ID][kubecontrol.KeyKubeletUser]
		if user != "" {
			w := r.entryWait(rel, user)
			w.Relation = rel.ID
			return w
		}
		if idle == nil {
			idle = &wait{Problem: Problem{
				Cause: "no-request", Relation: rel.ID, Unit: r.view.Unit, Key: kubecontrol.KeyKubeletUser,
				Text: fmt.Sprintf("%s asks for no credentials: it has set no kubelet_user", r.view.Unit),
			}}
		}
	}
	return idle
}

// entryWait says what is wrong with the entry for the user that this unit asks for on a relation.
func (r *run) entryWait(rel Relation, user string) *wait {
	creds := r.onWire(rel)
	c, found := creds[user]
	w := &wait{Problem: Problem{Key: kubecontrol.KeyCreds}}
	say := func(cause, short, format string, args ...any) *wait {
		w.Cause, w.Short, w.Text = cause, short, fmt.Sprintf(format, args...)
		return w
	}
	if found {
		w.Unit = r.giver(rel, user, c)
	}
	switch {
	case !found:
		return r.noEntry(rel, user, creds, w)
	case !r.isOurs(c.Scope):
		return say("entry-of-other", "another unit holds the user", "%s has signed %s for %s, not for this unit", w.Unit, quoted(user), quoted(string(c.Scope)))
	case c.SecretID == "":
		return say("no-token", "the master's entry has no token", "%s has signed %s, and its entry has no token", w.Unit, quoted(user))
	case !kubecontrol.IsSecretID(c.SecretID):
		return say("bad-value", "the master names no secret", "%s has signed %s with %s, which is no secret's ID", w.Unit, quoted(user), quoted(c.SecretID))
	case !r.view.Secrets.Supported:
		return say("no-secrets", "this Juju has no secrets", "%s has put the credentials for %s into a secret, and %s", w.Unit, quoted(user), r.view.Secrets.Reason)
	case r.view.Secrets.Read[c.SecretID] == nil:
		return say("secret-unreadable", "the master's secret can't be read", "the secret of %s with the credentials for %s is not granted to this unit, or gone", w.Unit, quoted(user))
	}
	return say("no-token", "the master's secret has no token", "the secret of %s with the credentials for %s holds no token", w.Unit, quoted(user))
}

// noEntry says why the masters have no entry for the user.
func (r *run) noEntry(rel Relation, user string, creds kubecontrol.Creds, w *wait) *wait {
	w.Cause, w.Text = "unsigned", fmt.Sprintf("%s asks for %s, and no master on %s has signed it yet", r.view.Unit, quoted(user), rel.ID)
	for _, u := range rel.Members {
		if reason := rel.Refused[u]; reason != "" {
			w.Cause, w.Unit, w.Short = "bad-bag", u, "a master's databag can't be used"
			w.Text += fmt.Sprintf("; the databag of %s is not used: it %s", u, reason)
			return w
		}
		if _, err := r.view.Creds.Read(rel.Remote[u][kubecontrol.KeyCreds]); err != nil {
			w.Cause, w.Unit, w.Short = "bad-creds", u, "a master's creds can't be read"
			w.Text += fmt.Sprintf("; of %s: %v", u, err)
			return w
		}
	}
	for _, other := range creds.Users() {
		switch {
		case kubecontrol.NormalUser(other) == kubecontrol.NormalUser(user):
			w.Cause, w.Unit, w.Short = "node-case", r.giver(rel, other, creds[other]), "signed for another spelling of the node"
			w.Text = fmt.Sprintf("%s has signed %s, and this unit asks for %s: the same node to Kubernetes, and not here", w.Unit, quoted(other), quoted(user))
			return w
		case creds[other].Scope == r.view.Unit:
			w.Short = "signed for another user only"
			w.Text = fmt.Sprintf("%s asks for %s, and is signed for %s only", r.view.Unit, quoted(user), quoted(other))
		}
	}
	return w
}

// giver is the master whose entry it is that counts.
func (r *run) giver(rel Relation, user string, c kubecontrol.Credential) kubecontrol.Unit {
	for _, u := range slices.Backward(rel.Members) {
		creds, _ := r.view.Creds.Read(rel.Remote[u][kubecontrol.KeyCreds])
		if other, ok := creds[user]; ok && other == c {
			return u
		}
	}
	return rel.Members[0]
}

// next is what gives a worker its credentials.
func (x explainer) next(w wait) string {
	self, user := x.view.Unit, x.bags[w.Relation][kubecontrol.KeyKubeletUser]
	i := slices.IndexFunc(x.view.Relations, func(rel Relation) bool { return rel.ID == w.Relation })
	master := x.view.Relations[i].Members[0]
	ask := ofMaster(master, "explain --unit "+string(self))
	switch w.Cause {
	case "no-request":
		return on(self, "set-auth-request USER") + ", or the charm asks by itself"
	case "entry-of-other":
		return on(self, "set-auth-request USER") + " (another user)"
	case "node-case":
		if normal := kubecontrol.NormalUser(user); normal != user {
			return on(self, "set-auth-request "+word(normal, "system:node:NODE"))
		}
	case "secret-unreadable":
		return fmt.Sprintf("%s grants it again; if not: %s", onLeader(master, "refresh"), ask)
	}
	for _, u := range x.inError() {
		if u.App() == master.App() {
			return fmt.Sprintf("%s is in error: %s", u, mend(u))
		}
	}
	return "the master's leader signs, or says why not: " + ask
}

// disagreements finds users for whom several masters of a relation publish different credentials for this unit.
func (x explainer) disagreements(rel Relation) []Problem {
	asked := x.bags[rel.ID][kubecontrol.KeyKubeletUser]
	entries := map[kubecontrol.Unit]kubecontrol.Credential{}
	for _, u := range rel.Members {
		creds, _ := x.view.Creds.Read(rel.Remote[u][kubecontrol.KeyCreds])
		if c, ok := creds[asked]; ok && x.isOurs(c.Scope) {
			entries[u] = c
		}
	}
	used, found := x.onWire(rel)[asked]
	if !found {
		return nil
	}
	giver := x.giver(rel, asked, used)
	var problems []Problem
	for _, u := range slices.SortedFunc(maps.Keys(entries), kubecontrol.Unit.Compare) {
		if agree(entries[u], used) {
			continue
		}
		problems = append(problems, Problem{
			Cause: "two-masters", Relation: rel.ID, Unit: u, Key: kubecontrol.KeyCreds,
			Text: fmt.Sprintf("%s and %s publish different credentials for this unit: %s and %s; that of %s is used (the higher generation, then the later unit)",
				giver, u, identity(used), identity(entries[u]), giver),
			Next: fmt.Sprintf("only the leader should; the other takes its own away: %s; if it is lost for good: juju remove-unit --force UNIT", on(u, "refresh")),
		})
	}
	return problems
}

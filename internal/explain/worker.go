package explain

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/internal/printable"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// explainWorker explains a worker's endpoint: its masters, the credentials, then the flags.
func (x explainer) explainWorker(out *EndpointReport) {
	for _, rel := range x.view.RelationsOf(out.Endpoint) {
		for _, u := range rel.Members {
			if x.Unit == "" || x.Unit == u {
				x.explainMasterUnit(out, rel, u)
			}
		}
		out.Problems = append(out.Problems, x.disagreements(rel)...)
	}
	var waits *Problem
	if wait := x.facts.CredentialsWait(out.Endpoint); wait != nil {
		waits = x.waiting(*wait)
		out.Problems = append(out.Problems, *waits)
	}
	first, connected := x.facts.First(out.Endpoint)
	if key, _ := first.Value(kubecontrol.KeyEnableKubeDNS); connected && key == "" {
		out.Problems = append(out.Problems, Problem{
			Cause: "no-dns", Relation: first.ID, Unit: first.Members[0], Key: kubecontrol.KeyEnableKubeDNS,
			Text: fmt.Sprintf("no master on %s says whether there is a cluster DNS", first.ID),
			Next: x.publishes(first, "set-dns 53 cluster.local ADDRESS (or --enable-kube-dns=false)"),
		})
	}
	out.Flags = x.workerWhy(out.Endpoint, first, waits)
}

// publishes is the step that makes a master publish a value.
func (x explainer) publishes(rel engine.Relation, command string) string {
	master := rel.Members[0]
	return fmt.Sprintf("an option of the master's charm (juju config %s), or if it runs kube-control, on %s: bin/kube-control %s", master.App(), master, command)
}

// execOnMaster is a command for a master, which may be a charm that does not run kube-control.
func execOnMaster(u kubecontrol.Unit, command string) string {
	if strings.HasPrefix(string(u), "remote-") {
		return execOnLeader(u, command)
	}
	return fmt.Sprintf("%s; a master that does not run kube-control says it in its log: juju debug-log --replay --include %s", execOnLeader(u, command), u.App())
}

// explainMasterUnit says what one master unit gives.
func (x explainer) explainMasterUnit(out *EndpointReport, rel engine.Relation, u kubecontrol.Unit) {
	w := UnitReport{Unit: u, Relation: rel.ID, State: "publishes"}
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
		w.Next = execOn(u, "explain")
	}
	for _, bad := range x.badValues(rel, u) {
		w.State, w.Text, w.Next = bad.Cause, bad.Text, bad.Next
		out.Problems = append(out.Problems, bad)
	}
	out.Units = append(out.Units, w)
}

// badValues are the values of a master that cannot be read, or only in part.
func (x explainer) badValues(rel engine.Relation, u kubecontrol.Unit) []Problem {
	var problems []Problem
	add := func(key, reason string) {
		problems = append(problems, Problem{
			Cause: "bad-value", Relation: rel.ID, Unit: u, Key: key, Text: fmt.Sprintf("%s of %s %s", key, u, reason),
			Next: fmt.Sprintf("fix it on %s: juju show-unit %s", u, u),
		})
	}
	bag := rel.Remote[u]
	if _, err := x.view.Creds.Read(bag[kubecontrol.KeyCreds]); err != nil {
		add(kubecontrol.KeyCreds, fmt.Sprintf("is not used completely: %v", err))
	}
	for _, key := range []string{kubecontrol.KeyAPIEndpoints, kubecontrol.KeyTaints, kubecontrol.KeyLabels} {
		if _, err := kubecontrol.DecodeList(key, bag[key]); err != nil {
			add(key, err.Error())
		}
	}
	if text := bag[kubecontrol.KeyCohortKeys]; text != "" && kubecontrol.DecodeObject(text) == nil {
		add(kubecontrol.KeyCohortKeys, "is not a JSON object")
	}
	if _, ok := kubecontrol.DecodeText(bag[kubecontrol.KeyDefaultCNI]); bag[kubecontrol.KeyDefaultCNI] != "" && !ok {
		add(kubecontrol.KeyDefaultCNI, "is not a JSON string")
	}
	if id := bag[kubecontrol.KeyCASecretID]; id != "" && len(x.view.Secrets.Read[id]) == 0 {
		reason := "names a secret that is not granted to this unit, or gone"
		if !x.view.Secrets.Supported {
			reason = "names a secret: " + x.view.Secrets.Reason
		}
		add(kubecontrol.KeyCASecretID, reason)
		problems[len(problems)-1].Next = execOnLeader(u, "refresh")
	}
	return problems
}

// workerWhy explains the flags of a worker's endpoint.
func (x explainer) workerWhy(endpoint string, first engine.Relation, waits *Problem) []FlagReport {
	e, _ := x.view.FindEndpoint(endpoint)
	available := FlagReport{Because: "no master publishes one", Next: "the master's leader signs a request"}
	for _, rel := range x.view.RelationsOf(endpoint) {
		if creds := x.facts.Merged(rel); len(creds) > 0 {
			available.Because, available.Next = fmt.Sprintf("entries for %d users on %s", len(creds), rel.ID), ""
			if len(creds) == 1 {
				available.Because = fmt.Sprintf("an entry for %s on %s", printable.Quoted(creds.Users()[0]), rel.ID)
			}
		}
	}
	ready := FlagReport{Because: "this unit has what it asked for"}
	switch {
	case waits != nil:
		ready.Because, ready.Key, ready.Unit, ready.Next = waits.Text, waits.Key, waits.Unit, waits.Next
	case !x.state.Flags.Has(flags.Name(endpoint, flags.AuthReady)):
		ready.Because, ready.Next = "no master is joined", "a master joins"
	}
	return x.why(endpoint, func(rule engine.FlagRule) FlagReport {
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
	for _, rel := range x.view.RelationsOf(endpoint) {
		all = append(all, rel.Members...)
	}
	return all
}

// cohortNames names the snaps that a text has cohort keys for. The keys are secret, and so is a text that cannot be read.
func cohortNames(text string) string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(kubecontrol.DecodeObject(text))) {
		names = append(names, printable.Brief(name))
	}
	if len(names) == 0 {
		return "a text"
	}
	return "keys for " + list(names)
}

// whyValue explains a flag that one key of the masters decides.
func (x explainer) whyValue(first engine.Relation, rule engine.FlagRule, set bool) FlagReport {
	var f FlagReport
	text, giver := first.Value(rule.Key)
	given := shown(text)
	if rule.Key == kubecontrol.KeyCohortKeys {
		given = cohortNames(text)
	}
	switch {
	case len(first.Members) == 0:
		f.Because, f.Next = "no master is joined", "a master joins"
	case giver == "":
		f.Because, f.Next = "not set by "+listUnits(first.Members), x.publishes(first, rule.Command)
	case set && rule.Key == kubecontrol.KeyEnableKubeDNS && text == kubecontrol.FormatBool(false):
		f.Because, f.Unit = fmt.Sprintf("%s says False: DNS is switched off, there is nothing to wait for", giver), giver
	case set:
		f.Because, f.Unit = fmt.Sprintf("%s gives %s", giver, given), giver
	default:
		f.Because, f.Unit, f.Next = fmt.Sprintf("%s gives %s, which is empty or can't be used", giver, given), giver, x.publishes(first, rule.Command)
	}
	return f
}

// waiting is the problem of a worker without credentials.
func (x explainer) waiting(w engine.Wait) *Problem {
	p := &Problem{Cause: string(w.Cause), Relation: w.Relation, Unit: w.Master, Key: kubecontrol.KeyCreds, Text: x.waitText(w), Next: x.next(w)}
	if w.Cause == engine.WaitNoRequest {
		p.Unit, p.Key = x.view.Unit, kubecontrol.KeyKubeletUser
	}
	return p
}

// waitText says why a worker has no credentials.
func (x explainer) waitText(w engine.Wait) string {
	user, unit := printable.Quoted(w.User), x.view.Unit
	unsigned := fmt.Sprintf("%s asks for %s, and no master on %s has signed it yet", unit, user, w.Relation)
	switch w.Cause {
	case engine.WaitNoRequest:
		return fmt.Sprintf("%s asks for no credentials: it has set no kubelet_user", unit)
	case engine.WaitBadBag:
		return fmt.Sprintf("%s; the databag of %s is not used: it %s", unsigned, w.Master, w.Problem)
	case engine.WaitBadCreds:
		return fmt.Sprintf("%s; of %s: %s", unsigned, w.Master, w.Problem)
	case engine.WaitNodeCase:
		return fmt.Sprintf("%s has signed %s, and this unit asks for %s: Kubernetes treats both as one node, and this unit does not", w.Master, printable.Quoted(w.OtherUser), user)
	case engine.WaitEntryOfOther:
		return fmt.Sprintf("%s has signed %s for %s, not for this unit", w.Master, user, printable.Quoted(string(w.Entry.Scope)))
	case engine.WaitBadSecretID:
		return fmt.Sprintf("%s has signed %s with %s, which is not a secret ID", w.Master, user, printable.Quoted(w.Entry.SecretID))
	case engine.WaitNoSecrets:
		return fmt.Sprintf("%s has put the credentials for %s into a secret, and %s", w.Master, user, x.view.Secrets.Reason)
	case engine.WaitSecretUnreadable:
		return fmt.Sprintf("the secret of %s with the credentials for %s is not granted to this unit, or gone", w.Master, user)
	case engine.WaitNoToken:
		if w.Entry.SecretID != "" {
			return fmt.Sprintf("the secret of %s with the credentials for %s holds no token", w.Master, user)
		}
		return fmt.Sprintf("%s has signed %s, and its entry has no token", w.Master, user)
	}
	if w.OtherUser != "" {
		return fmt.Sprintf("%s asks for %s, and is signed for %s only", unit, user, printable.Quoted(w.OtherUser))
	}
	return unsigned
}

// waitInShort is the same in a few words for the status; "" if the master has only not signed yet.
func waitInShort(w engine.Wait) string {
	switch w.Cause {
	case engine.WaitBadBag:
		return "a master's databag can't be used"
	case engine.WaitBadCreds:
		return "a master's creds can't be read"
	case engine.WaitNodeCase:
		return "signed for another spelling of the node"
	case engine.WaitEntryOfOther:
		return "another unit holds the user"
	case engine.WaitBadSecretID:
		return "the master names no secret"
	case engine.WaitNoSecrets:
		return "this Juju has no secrets"
	case engine.WaitSecretUnreadable:
		return "the master's secret can't be read"
	case engine.WaitNoToken:
		if w.Entry.SecretID != "" {
			return "the master's secret has no token"
		}
		return "the master's entry has no token"
	case engine.WaitUnsigned:
		if w.OtherUser != "" {
			return "signed for another user only"
		}
	}
	return ""
}

// next is the step that gives a worker its credentials.
func (x explainer) next(w engine.Wait) string {
	self := x.view.Unit
	i := slices.IndexFunc(x.view.Relations, func(rel engine.Relation) bool { return rel.ID == w.Relation })
	master := x.view.Relations[i].Members[0]
	ask := execOnMaster(master, "explain --unit "+string(self))
	switch w.Cause {
	case engine.WaitNoRequest:
		return execOn(self, "set-auth-request USER") + ", or the charm asks by itself"
	case engine.WaitEntryOfOther:
		return execOn(self, "set-auth-request USER") + " (another user)"
	case engine.WaitNodeCase:
		if normal := kubecontrol.NormalUser(w.User); normal != w.User {
			return execOn(self, "set-auth-request "+shellWord(normal, "system:node:NODE"))
		}
	case engine.WaitSecretUnreadable:
		return fmt.Sprintf("%s grants it again; if not: %s", execOnLeader(master, "refresh"), ask)
	}
	for _, u := range x.inError() {
		if u.App() == master.App() {
			return fmt.Sprintf("%s is in error: %s", u, fixUnit(u))
		}
	}
	return "the master's leader signs, or says why not: " + ask
}

// disagreements finds users for whom several masters of a relation publish different credentials for this unit.
func (x explainer) disagreements(rel engine.Relation) []Problem {
	asked, entries := x.facts.Asked(rel.ID), x.facts.Entries(rel)
	used, found := x.facts.Merged(rel)[asked]
	if !found {
		return nil
	}
	giver := x.facts.Giver(rel, asked, used)
	var problems []Problem
	for _, u := range slices.SortedFunc(maps.Keys(entries), kubecontrol.Unit.Compare) {
		if agree(entries[u], used) {
			continue
		}
		problems = append(problems, Problem{
			Cause: "two-masters", Relation: rel.ID, Unit: u, Key: kubecontrol.KeyCreds,
			Text: fmt.Sprintf("%s and %s publish different credentials for this unit: %s and %s; that of %s is used (the higher generation, then the later unit)",
				giver, u, identity(used), identity(entries[u]), giver),
			Next: fmt.Sprintf("only the leader should; the other takes its own away: %s; if it is lost for good: juju remove-unit --force UNIT", execOn(u, "refresh")),
		})
	}
	return problems
}

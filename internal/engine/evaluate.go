package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/internal/printable"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// ErrNotLeader refuses a command: only the leader publishes credentials and the CA certificate.
var ErrNotLeader = errors.New("this unit is not the leader")

// UsageError is a command that can never work as it was typed, in no state of Juju.
type UsageError struct{ error }

// Unwrap is what is wrong with it.
func (e UsageError) Unwrap() error { return e.error }

// Usagef makes a UsageError as fmt.Errorf makes errors.
func Usagef(format string, args ...any) error { return UsageError{fmt.Errorf(format, args...)} }

// Evaluate decides what is to be done: the whole protocol. It is pure: the same input gives the same decisions, in the
// order in which they must be applied, and once they are applied a second call decides nothing more.
// An error is a refused command and comes before the first decision.
func Evaluate(st State, ev Event, v View, p Policy) ([]Decision, error) {
	ds, _, err := Begin(st, ev, v, p).Decide(v)
	return ds, err
}

// Evaluation is one that has begun.
type Evaluation struct {
	run   *run // nil while bags are missing
	begun State
	err   error // why the command is refused
	bags  []Read
}

// Begin begins an evaluation. While it needs databags, they have to be put into the view, and the evaluation begins again.
func Begin(st State, ev Event, v View, p Policy) Evaluation {
	at := v.at(ev)
	if missing := missingBags(st, ev, at); len(missing) > 0 {
		return Evaluation{bags: missing}
	}
	r := newRun(st, ev, at, p)
	return Evaluation{run: r, begun: st, err: r.begin()}
}

// Needs is what the evaluation must see before it can decide.
func (e Evaluation) Needs() Needs {
	if e.run == nil {
		return Needs{Bags: e.bags}
	}
	return Needs{Secrets: e.run.missingSecrets()}
}

// Decide is Evaluate, and what can be asked once all of it is done. v is the view of Begin with the secrets that it needs.
func (e Evaluation) Decide(v View) ([]Decision, Facts, error) {
	switch {
	case e.err != nil:
		return nil, Facts{}, e.err
	case e.run == nil:
		return nil, Facts{}, fmt.Errorf("cannot decide: the databags of %d units have not been read", len(e.bags))
	}
	e.run.view.Secrets, e.run.view.Grants = v.Secrets, v.Grants
	if err := e.run.settle(); err != nil {
		return nil, Facts{}, err
	}
	return e.run.outcome(e.begun)
}

// outcome is the result of the run.
func (r *run) outcome(st State) ([]Decision, Facts, error) {
	if len(r.added) > 0 {
		var ds []Decision
		for _, a := range r.added {
			ds = append(ds, a)
		}
		return ds, Facts{}, nil
	}
	return r.decisions(st), Facts{r}, nil
}

// evaluate computes state, bags and flags.
func (r *run) evaluate() error {
	if err := r.begin(); err != nil {
		return err
	}
	return r.settle()
}

// begin finds the joined units and the published data.
func (r *run) begin() error {
	r.adopt()
	if r.policy.KeepsLedger {
		clear(r.state.Closed)
		clear(r.state.Replaced)
	}
	switch ev := r.ev.(type) {
	case SetValues:
		if err := r.setValues(ev); err != nil {
			return err
		}
	case FlushDeparted:
		delete(r.state.Departed, ev.Endpoint)
	case ClosedCreds:
		delete(r.state.Closed, ev.Endpoint)
	}
	r.expireReplaced()
	r.updateRecords()
	r.updateCreds()
	return nil
}

// settle is the rest of evaluate, once members and credentials are known.
func (r *run) settle() error {
	switch ev := r.ev.(type) {
	case Sign:
		if err := r.sign(ev); err != nil {
			return err
		}
	case PutFlag:
		if err := r.putFlag(ev); err != nil {
			return err
		}
	case Rotate:
		if err := r.rotate(ev); err != nil {
			return err
		}
	case Revoke:
		if err := r.revokeUnit(ev); err != nil {
			return err
		}
	case RemoveOrphanSecrets:
		for user, u := range ev.Holders {
			r.abandonOrphan(u, user)
		}
	case SetCertificate:
		if err := r.setCertificate(ev); err != nil {
			return err
		}
	}
	if ev, ok := r.ev.(WithdrawCertificate); ok {
		r.withdrawCertificate(ev.Endpoint)
	}
	if _, sign := r.ev.(Sign); !sign {
		r.maintainAllSecrets()
	}
	r.updateEmptyCreds()
	r.removeAbandoned()
	r.removeObsolete()
	r.updateCertificate()
	r.updateValues()
	r.updateFlags()
	r.notePeerData()
	return nil
}

// run is one evaluation: the view, and the state and bags as it changes them.
type run struct {
	ev      Event
	hook    Hook // zero for a command
	view    View
	policy  Policy
	state   State
	bags    map[kubecontrol.RelationID]kubecontrol.Bag // our own, with all changes
	why     map[kubecontrol.RelationID][]string
	notes   []Decision
	filled  map[string]AddSecret // by label: what a Sign command puts into secrets
	added   []AddSecret          // secrets to be made before anything else
	secrets []Decision
	// creds are our own entries by relation: those on the wire, then with all changes.
	creds     map[kubecontrol.RelationID]kubecontrol.Creds
	damaged   map[kubecontrol.RelationID]error             // why some of them could not be read
	given     map[kubecontrol.RelationID]kubecontrol.Creds // what a worker's masters publish, merged; see onWire
	withdrawn string                                       // the endpoint whose CA certificate is taken back
	known     *requestFacts                                // nil where they must be computed again
	// abandoned are the bare IDs of the secrets of entries that leave the wire, by label.
	abandoned map[string]string
}

// newRun makes a run of a view as the event leaves it.
func newRun(st State, ev Event, v View, p Policy) *run {
	r := &run{
		ev: ev, view: v, policy: p, state: st.clone(),
		bags:    map[kubecontrol.RelationID]kubecontrol.Bag{},
		why:     map[kubecontrol.RelationID][]string{},
		creds:   map[kubecontrol.RelationID]kubecontrol.Creds{},
		damaged: map[kubecontrol.RelationID]error{}, abandoned: map[string]string{}, given: map[kubecontrol.RelationID]kubecontrol.Creds{}, filled: map[string]AddSecret{},
	}
	r.hook, _ = ev.(Hook)
	if r.hook.Kind == DepartedHook && r.hook.Departing == r.view.Unit {
		r.state.Dying = true
	}
	for _, rel := range r.view.Relations {
		r.bags[rel.ID] = kubecontrol.Bag{}
		maps.Copy(r.bags[rel.ID], rel.Local)
		if rel.Forgotten {
			r.noteFor(rel.ID, "", "%s is listed by Juju, but access is denied: it counts as empty", rel.ID)
		}
	}
	for _, rel := range r.masters() {
		r.creds[rel.ID], r.damaged[rel.ID] = v.Creds.Read(rel.Local[kubecontrol.KeyCreds])
	}
	return r
}

func (r *run) note(level Level, format string, args ...any) {
	r.notes = append(r.notes, Note{Level: level, Text: fmt.Sprintf(format, args...)})
}

// noteFor warns of peer data in a hook of that relation, and of that unit if one is named. In other hooks it is a debug note,
// because each hook would repeat the warning.
func (r *run) noteFor(rel kubecontrol.RelationID, u kubecontrol.Unit, format string, args ...any) {
	level := Debug
	ours := r.hook.Relation == rel && (u == "" || r.hook.Unit == u)
	if !r.hook.Again && (ours || r.hook.Kind == UpgradeCharm) {
		level = Warning
	}
	r.note(level, format, args...)
}

func (r *run) setValues(ev SetValues) error {
	e, ok := r.view.FindEndpoint(ev.Endpoint)
	if !ok {
		return Usagef("no endpoint %q", ev.Endpoint)
	}
	if err := r.checkRelation(ev.Endpoint, ev.Relation); err != nil {
		return err
	}
	scope := string(ev.Relation)
	if scope == "" {
		scope = ev.Endpoint
	}
	for key, value := range ev.Values {
		if err := kubecontrol.CheckValue(e.Role, key, value); err != nil {
			return Usagef("%w", err)
		}
		if ev.Relation == "" {
			for _, rel := range r.view.RelationsOf(ev.Endpoint) {
				delete(r.state.Values[string(rel.ID)], key)
			}
		}
		if r.state.Values[scope] == nil {
			r.state.Values[scope] = map[string]string{}
		}
		r.state.Values[scope][key] = value
	}
	if text, err := json.Marshal(r.state.Values[scope]); err != nil || len(text) > maxStateValue {
		return Usagef("the values set by hand for %s are too long together", scope)
	}
	return nil
}

func (r *run) checkRelation(endpoint string, id kubecontrol.RelationID) error {
	if id == "" || slices.ContainsFunc(r.view.RelationsOf(endpoint), func(rel Relation) bool { return rel.ID == id }) {
		return nil
	}
	return fmt.Errorf("no relation %s of endpoint %s", id, endpoint)
}

func (r *run) putFlag(ev PutFlag) error {
	endpoint, isMark := strings.CutSuffix(ev.Name, "."+flags.RequestsChanged)
	e, known := r.view.FindEndpoint(endpoint)
	switch {
	case isMark && known && e.Role == kubecontrol.Master && !ev.Set:
		r.state.Requests[endpoint] = mark(r.requests(endpoint))
	case r.computed().Has(ev.Name):
		return Usagef("%s is computed, not set by hand", ev.Name)
	case !flags.IsValid(ev.Name):
		return Usagef("%s is not a flag name", printable.Quoted(ev.Name))
	default:
		r.state.Author.Put(ev.Name, ev.Set)
	}
	return nil
}

// computed are the flags that only the program sets.
func (r *run) computed() flags.Set {
	names := flags.NewSet(flags.IsLeader)
	for _, e := range r.view.Endpoints {
		list := flags.OfMaster(e.Name)
		if e.Role == kubecontrol.Worker {
			list = flags.OfWorker(e.Name)
		}
		for _, n := range list {
			names.Put(n, true)
		}
	}
	return names
}

// updateValues puts the values that were set by hand into every relation's bag.
func (r *run) updateValues() {
	for scope := range r.state.Values {
		_, isEndpoint := r.view.FindEndpoint(scope)
		_, isRelation := r.bags[kubecontrol.RelationID(scope)]
		if !isEndpoint && !isRelation {
			delete(r.state.Values, scope)
		}
	}
	for _, e := range r.view.Endpoints {
		for _, rel := range r.view.RelationsOf(e.Name) {
			r.setByHand(e, rel.ID)
			if e.Role == kubecontrol.Worker {
				r.schema(rel)
			}
		}
	}
}

// setByHand puts the values that were set for a relation, or for its endpoint, into its bag.
func (r *run) setByHand(e Endpoint, rel kubecontrol.RelationID) {
	for _, key := range kubecontrol.SingleKeys(e.Role) {
		value, ok := r.state.Values[string(rel)][key]
		if !ok {
			value, ok = r.state.Values[e.Name][key]
		}
		if ok {
			r.put(rel, key, value, "set by a command")
		}
	}
}

// put writes one key of our own bag; "" deletes it.
func (r *run) put(rel kubecontrol.RelationID, key, value, why string) {
	if kubecontrol.SameValue(key, r.bags[rel][key], value) {
		return
	}
	if value == "" {
		delete(r.bags[rel], key)
	} else {
		r.bags[rel][key] = value
	}
	if !slices.Contains(r.why[rel], why) {
		r.why[rel] = append(r.why[rel], why)
	}
}

// decisions compares the computed data with the present data.
func (r *run) decisions(before State) []Decision {
	ds := r.secrets
	slices.SortStableFunc(ds, func(a, b Decision) int { return secretStep(a) - secretStep(b) })
	for _, rel := range r.view.Relations {
		if rel.Forgotten {
			continue
		}
		if set := difference(rel.Local, r.bags[rel.ID]); len(set) > 0 {
			ds = append(ds, Publish{Relation: rel.ID, Set: set, Why: strings.Join(r.why[rel.ID], ", ")})
		}
	}
	if k, ok := r.state.diff(); ok {
		ds = append(ds, k)
	}
	for _, name := range r.state.Flags.Missing(before.Flags) {
		ds = append(ds, SetFlag{Name: name, Why: r.flagWhy(name)})
	}
	for _, name := range before.Flags.Missing(r.state.Flags) {
		ds = append(ds, ClearFlag{Name: name, Why: r.flagWhy(name)})
	}
	return append(ds, r.notes...)
}

// difference lists the keys to write, "" for those to delete.
func difference(is, want kubecontrol.Bag) kubecontrol.Bag {
	set := kubecontrol.Bag{}
	for key, value := range want {
		if is[key] != value {
			set[key] = value
		}
	}
	for key, value := range is {
		if _, ok := want[key]; !ok && value != "" {
			set[key] = ""
		}
	}
	return set
}

// flagWhy says why a computed flag changed, for the log.
func (r *run) flagWhy(name string) string {
	switch {
	case name == flags.IsLeader:
		return "is-leader"
	case r.hook.Unit != "":
		return string(r.hook.Unit) + " " + strings.TrimPrefix(r.hook.Kind, "relation-")
	case r.hook.Kind != "":
		return r.hook.Kind
	}
	return "by a command"
}

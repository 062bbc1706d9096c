// The golden cases are in testdata/evaluate, one file for each rule. A file begins with the rule that it pins,
// then come the kept state, the event and the view, all in JSON, and the decisions wanted, a line each. In the state a
// value that is not a text stands for its JSON. Run the test with -update to write the decisions again, and read them.

package engine_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/explain"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

var update = flag.Bool("update", false, "write the decisions again")

type event struct {
	Hook      string
	Relation  kubecontrol.RelationID
	Unit      kubecontrol.Unit
	Departing kubecontrol.Unit
	Again     bool
	Secret    string // with Label and Revision, of a secret hook
	Label     string
	Revision  int
	Turn      uint64

	Set      map[string]string // SetValues on Endpoint and Relation
	Sign     []signature       // Sign on Endpoint and Relation
	Flush    bool              // FlushDeparted of Endpoint
	SetFlag  string
	UnFlag   string
	Refresh  bool
	Clear    bool   // ClearCreds of Endpoint
	CA       string // SetCertificate of Endpoint
	Endpoint string
}

type signature struct {
	Scope                  kubecontrol.Unit
	User                   string
	Kubelet, Proxy, Client *string
}

type view struct {
	Unit      kubecontrol.Unit
	Leader    bool
	Endpoints map[string]string
	Relations []engine.Relation
	Status    *engine.Status // given where the charm lets us set it
	Planned   []string
	Refused   []refusal      // what the charm's policy does not sign
	Proposed  *engine.Status // what it says of its own work
	Awaits    bool           // that is only that it waits for credentials
	Require   bool           // it requires workers
	Secrets   *secrets       // none: this Juju has no secrets
	Former    struct {       // what a Python charm left on the disk
		Creds    json.RawMessage
		Departed map[string][]kubecontrol.Unit
	}
}

type refusal struct {
	User, Group string
	Relation    kubecontrol.RelationID
	Unit        kubecontrol.Unit
	Cause       engine.RefusalCause
}

type secrets struct {
	Own  map[string]*ownSecret
	Read map[string]map[string]string
}

type ownSecret struct {
	ID      string
	Content map[string]string
	Targets []string
}

func TestEvaluate(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/evaluate/*.txt")
	if err != nil || len(files) < 50 {
		t.Fatalf("found %d cases: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			evaluateFile(t, file, archive)
		})
	}
}

func evaluateFile(t *testing.T, file string, archive *txtar.Archive) {
	if len(bytes.TrimSpace(archive.Comment)) == 0 {
		t.Error("the file does not say which rule it pins")
	}
	var names []string
	for _, f := range archive.Files {
		names = append(names, f.Name)
	}
	if !slices.Equal(names, []string{"state", "event", "view", "want"}) {
		t.Fatalf("sections %v", names)
	}
	var (
		raw map[string]json.RawMessage
		ev  event
		vw  view
	)
	decode(t, archive.Files[0], &raw)
	decode(t, archive.Files[1], &ev)
	decode(t, archive.Files[2], &vw)
	in := input{stateOf(t, raw), vw.view(), vw.policy(), vw.workload()}
	got := lines(t, in, ev.event(), vw.Status != nil)
	if *update {
		archive.Files[3].Data = []byte(got)
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff(string(archive.Files[3].Data), got); d != "" {
		t.Errorf("decisions (-want +got):\n%s", d)
	}
	if strings.Contains(got, "SECRET") {
		t.Error("INV-14: a decision shows a token")
	}
}

// input is what an evaluation and a status rest on.
type input struct {
	state    engine.State
	view     engine.View
	policy   engine.Policy
	workload explain.Workload
}

// lines evaluates, and once more after the decisions are applied: then nothing is left to do. Before the notes it has the
// workload status, if that changes.
func lines(t *testing.T, in input, ev engine.Event, setsStatus bool) string {
	t.Helper()
	for _, read := range engine.Begin(in.state, ev, in.view, in.policy).Needs().Bags { // where a case gives no bag
		i := slices.IndexFunc(in.view.Relations, func(rel engine.Relation) bool { return rel.ID == read.Relation })
		if in.view.Relations[i].Remote == nil {
			in.view.Relations[i].Remote = map[kubecontrol.Unit]kubecontrol.Bag{}
		}
		in.view.Relations[i].Remote[read.Unit] = bagOf(in.state.Seen[read.Relation][read.Unit])
	}
	decisions, facts, err := engine.Begin(in.state, ev, in.view, in.policy).Decide(in.view)
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	var b strings.Builder
	if added(decisions) {
		for i, d := range decisions {
			b.WriteString(d.String() + "\n")
			in.view = in.view.WithSecret(d.(engine.AddSecret), fmt.Sprintf("new%d", i))
		}
		return b.String() + lines(t, in, ev, setsStatus)
	}
	if status := explain.Status(facts, in.workload); setsStatus && status != in.workload.Current {
		i := slices.IndexFunc(decisions, func(d engine.Decision) bool { _, note := d.(engine.Note); return note })
		if i < 0 {
			i = len(decisions)
		}
		decisions = slices.Insert(slices.Clone(decisions), i, engine.Decision(engine.SetStatus(status)))
	}
	for _, d := range decisions {
		b.WriteString(d.String() + "\n")
	}
	again, err := engine.Evaluate(in.state.Apply(decisions), ev, in.view.Apply(decisions), in.policy)
	if err != nil {
		t.Errorf("a second evaluation is refused: %v", err)
	}
	for _, d := range again {
		if _, ok := d.(engine.Note); !ok {
			t.Errorf("a second evaluation decides to %s", d)
		}
	}
	return b.String()
}

// bagOf is the bag that a record was made of.
func bagOf(r engine.Record) kubecontrol.Bag {
	bag := kubecontrol.Bag{}
	put := func(key, value string, given bool) {
		if given {
			bag[key] = value
		}
	}
	put(kubecontrol.KeyKubeletUser, r.User, r.User != "")
	put(kubecontrol.KeyAuthGroup, r.Group, r.Group != "")
	put(kubecontrol.KeyGPU, "True", r.GPU)
	put(kubecontrol.KeySchemaVers, "[0]", r.Versioned)
	put(kubecontrol.KeySchemaVers, kubecontrol.SchemaVers, r.Secrets)
	return bag
}

// added reports whether the decisions make secrets, which are then known in a further evaluation.
func added(decisions []engine.Decision) bool {
	if len(decisions) == 0 {
		return false
	}
	_, ok := decisions[0].(engine.AddSecret)
	return ok
}

func stateOf(t *testing.T, raw map[string]json.RawMessage) engine.State {
	t.Helper()
	kept := map[string]string{}
	for key, value := range raw {
		var text string
		if json.Unmarshal(value, &text) != nil {
			var compact bytes.Buffer
			if err := json.Compact(&compact, value); err != nil {
				t.Fatal(err)
			}
			text = compact.String()
		}
		kept[key] = text
	}
	return engine.DecodeState(kept)
}

func (e event) event() engine.Event {
	switch {
	case e.Hook != "":
		return engine.Hook{
			Kind: e.Hook, Relation: e.Relation, Unit: e.Unit, Departing: e.Departing, Again: e.Again,
			SecretID: e.Secret, SecretLabel: e.Label, SecretRevision: e.Revision, Turn: e.Turn,
		}
	case e.Set != nil:
		return engine.SetValues{Endpoint: e.Endpoint, Relation: e.Relation, Values: e.Set}
	case e.Sign != nil:
		ev := engine.Sign{Endpoint: e.Endpoint, Relation: e.Relation}
		for _, s := range e.Sign {
			ev.Signatures = append(ev.Signatures, engine.Signature{
				Scope: s.Scope, User: s.User, Kubelet: token(s.Kubelet), Proxy: token(s.Proxy), Client: token(s.Client),
			})
		}
		return ev
	case e.Flush:
		return engine.FlushDeparted{Endpoint: e.Endpoint}
	case e.SetFlag != "" || e.UnFlag != "":
		return engine.PutFlag{Name: e.SetFlag + e.UnFlag, Set: e.SetFlag != ""}
	case e.Clear:
		return engine.ClearCreds{Endpoint: e.Endpoint, Relation: e.Relation}
	case e.CA != "":
		return engine.SetCertificate{Endpoint: e.Endpoint, Certificate: e.CA}
	case e.Refresh:
		return engine.Refresh{}
	}
	return engine.Look{}
}

func (vw view) view() engine.View {
	v := engine.View{Unit: vw.Unit, Leader: vw.Leader, Relations: vw.Relations}
	for name, role := range vw.Endpoints {
		v.Endpoints = append(v.Endpoints, engine.Endpoint{Name: name, Role: map[string]kubecontrol.Role{"worker": kubecontrol.Worker}[role]})
	}
	creds, _ := kubecontrol.DecodeCreds(string(vw.Former.Creds)) // without the bad ones
	v.Former = engine.Former{Creds: creds, Departed: vw.Former.Departed}
	v.Secrets = vw.Secrets.view()
	return v
}

func (vw view) policy() engine.Policy {
	var p engine.Policy
	for _, f := range vw.Refused {
		p.Refused = append(p.Refused, engine.Refusal{Request: engine.Request{Relation: f.Relation, Unit: f.Unit, User: f.User, Group: f.Group}, Cause: f.Cause})
	}
	return p
}

func (vw view) workload() explain.Workload {
	w := explain.Workload{RequireWorkers: vw.Require, Planned: map[string]bool{}}
	if vw.Status != nil {
		w.Current = *vw.Status
	}
	if vw.Proposed != nil {
		w.Own, w.AwaitsCredentials = *vw.Proposed, vw.Awaits
	}
	for _, endpoint := range vw.Planned {
		w.Planned[endpoint] = true
	}
	return w
}

func (s *secrets) view() engine.Secrets {
	if s == nil {
		return engine.Secrets{Reason: "this Juju has no secrets"}
	}
	v := engine.Secrets{Supported: true, MaxValue: 8 << 10, Own: map[string]*engine.OwnSecret{}, Read: map[string]kubecontrol.SecretContent{}}
	for label, own := range s.Own {
		v.Own[label] = nil
		if own != nil {
			v.Own[label] = &engine.OwnSecret{ID: own.ID, Content: content(own.Content), Targets: own.Targets}
		}
	}
	for id, values := range s.Read {
		v.Read[id] = content(values)
	}
	return v
}

func content(values map[string]string) kubecontrol.SecretContent {
	c := kubecontrol.SecretContent{}
	for key, value := range values {
		c[key] = kubecontrol.NewToken(value)
	}
	return c
}

func token(text *string) kubecontrol.Token {
	if text == nil {
		return kubecontrol.Token{}
	}
	return kubecontrol.NewToken(*text)
}

func decode(t *testing.T, f txtar.File, to any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(f.Data))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		t.Fatalf("cannot read %s: %v", f.Name, err)
	}
}

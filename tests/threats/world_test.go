package threats

import (
	"encoding/csv"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
	"github.com/kube-control/kube-control/tests/world"
)

// The administrator's row, which every token file of these tests has.
const (
	adminToken = "the-administrators-token"
	adminRow   = adminToken + `,admin,admin,"system:masters"` + "\n"
)

// perWorker is how many rows a worker has: three tokens, and three that it may come to have by a rotation.
const perWorker = 6

// TestMain gives the tests' process a variable of Juju's, as the program has in a hook: what an operator's command sees is
// taken from it.
func TestMain(m *testing.M) {
	if err := os.Setenv("JUJU_CONTEXT_ID", "kcp/0-of-these-tests"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// stage is a leading master with an honest worker, kw/0, that has its credentials, and a relation with an application
// of somebody else.
type stage struct {
	*world.World
	honest, evil *world.Relation
}

func node(name string) agent.Settings {
	return agent.Settings{"kubelet_user": "system:node:" + name, "auth_group": "system:nodes"}
}

func asks(user, group string) agent.Settings {
	return agent.Settings{"kubelet_user": user, "auth_group": group}
}

// set makes the stage. Options are those of the master that differ from the default.
func set(t *testing.T, options map[string]any) stage {
	t.Helper()
	return setOn(t, "3.6.1", options)
}

// setOn makes it on a version of Juju.
func setOn(t *testing.T, version string, options map[string]any) stage {
	t.Helper()
	w := world.ReadyMaster(t, "kcp/0")
	w.Version = version
	maps.Copy(w.Options, options)
	if err := os.WriteFile(filepath.Join(w.CharmDir, "known_tokens.csv"), []byte(adminRow), 0o600); err != nil {
		t.Fatal(err)
	}
	s := stage{World: w, honest: w.Relate("kube-control:1", "kw"), evil: w.Relate("kube-control:2", "evil")}
	w.Joined(t, s.honest, "kw/0", node("a"))
	if len(s.rows(t, "kw/0")) != perWorker {
		t.Fatalf("the honest worker has the rows %v", s.rows(t, "kw/0"))
	}
	return s
}

// rows are the rows of a unit in the token file, each with its columns.
func (s stage) rows(t *testing.T, unit string) [][]string {
	t.Helper()
	var rows [][]string
	for _, row := range s.all(t) {
		if strings.Contains(row[2], "/"+unit+"/") {
			rows = append(rows, row)
		}
	}
	return rows
}

// all are all rows of the token file, which must be CSV with three or four columns.
func (s stage) all(t *testing.T) [][]string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(s.TokenFile(t)))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatalf("the token file can't be read: %v\n%s", err, s.TokenFile(t))
	}
	for _, row := range rows {
		if len(row) < 3 || len(row) > 4 {
			t.Errorf("a row of %d columns: %q", len(row), row)
		}
	}
	return rows
}

// entry is a user's entry on a relation's wire, its tokens as the unit can read them.
func (s stage) entry(t *testing.T, r *world.Relation, user string) (kubecontrol.Credential, bool) {
	t.Helper()
	creds, err := kubecontrol.DecodeCreds(r.Local["creds"])
	if err != nil {
		t.Fatal(err)
	}
	c, ok := creds[user]
	if id := kubecontrol.BareSecretID(c.SecretID); id != "" {
		secret := s.Secret(id)
		content := kubecontrol.SecretContent{}
		for key, value := range secret.Content() {
			content[key] = kubecontrol.NewToken(value)
		}
		c = c.With(content)
	}
	return c, ok
}

// untouched notes what the honest worker and the administrator have, and returns what fails the test unless they still
// have it.
func (s stage) untouched(t *testing.T) func() {
	t.Helper()
	rows, wire := s.rows(t, "kw/0"), s.honest.Local["creds"]
	return func() {
		t.Helper()
		if !slices.EqualFunc(s.rows(t, "kw/0"), rows, slices.Equal[[]string]) || s.honest.Local["creds"] != wire {
			t.Errorf("the honest worker has\n%s\nand on the wire %s, had %s", s.TokenFile(t), s.honest.Local["creds"], wire)
		}
		if !strings.HasPrefix(s.TokenFile(t), adminRow) {
			t.Errorf("the administrator's row is gone:\n%s", s.TokenFile(t))
		}
		s.secretsStay(t)
	}
}

// secretsStay fails the test if a databag of the other application's relation, or a secret that it may read, holds a
// token that is not its own, or if any relation's holds the administrator's.
func (s stage) secretsStay(t *testing.T) {
	t.Helper()
	read := strings.Join(slices.Collect(maps.Values(s.evil.Local)), " ")
	for _, secret := range s.Secrets {
		for subject := range secret.Grants {
			if strings.HasPrefix(subject, "evil") {
				read += strings.Join(slices.Collect(maps.Values(secret.Content())), " ")
			}
		}
	}
	for _, row := range s.rows(t, "kw/0") {
		if strings.Contains(read, row[0]) {
			t.Errorf("the other application can read a token of kw/0's: %s", row[2])
		}
	}
	if strings.Contains(read+s.honest.Local["creds"], adminToken) {
		t.Errorf("the administrator's token has left the file")
	}
}

// refused fails the test unless a request was refused with these words, which status and explain give.
func (s stage) refused(t *testing.T, unit, reason string) {
	t.Helper()
	got := strings.Join(strings.Fields(s.Must(t, "", "auth-user", "--refused")), " ")
	if want := "Unit Reason " + unit + " " + reason; got != want {
		t.Errorf("refused is %q, want %q", got, want)
	}
	if !strings.Contains(s.Status.Message, "1 request refused: "+unit) || s.Status.Status != "active" {
		t.Errorf("the status is %+v", s.Status)
	}
	if text := s.Must(t, "", "explain", "--unit", unit); !strings.Contains(text, unit) || !strings.Contains(text, "next:") {
		t.Errorf("explain says %s", text)
	}
	if rows := s.rows(t, unit); len(rows) > 0 {
		t.Errorf("it has %v", rows)
	}
}

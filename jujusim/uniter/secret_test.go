package uniter

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/model"
)

// sharing is pair with a secret of db, which web/0 has read by the label mine.
func sharing(t *testing.T) (w *world, id string) {
	t.Helper()
	w = pair(t, 1, 2)
	w.settle()
	w.as("db/0", func(call func(...string) string) {
		id = strings.TrimSpace(strings.TrimPrefix(call("secret-add", "--label=ours", "token=one"), "secret:"))
		call("secret-grant", id, "-r", "0")
	})
	w.as("web/0", func(call func(...string) string) {
		if got := call("secret-get", id, "--label=mine"); got != "token: one\n" {
			t.Errorf("web/0 reads %q", got)
		}
	})
	w.ran = nil
	return w, id
}

// as runs commands in an update-status hook of the unit, alone.
func (w *world) as(unit string, do func(call func(...string) string)) {
	w.t.Helper()
	before := w.hooks[unit+" update-status"]
	w.hooks[unit+" update-status"] = func(call func(...string) string) Outcome {
		do(call)
		return Outcome{}
	}
	w.Agents[unit].UpdateStatus = true
	w.settle()
	w.hooks[unit+" update-status"] = before
}

// secretEnv keeps the JUJU_SECRET variables of the unit's hooks.
type secretEnv struct {
	Runner
	unit string
	seen []string
}

func (s *secretEnv) Run(r Run) Outcome {
	if r.Context.Info().Unit == s.unit {
		words := []string{r.Context.Info().Name}
		for _, variable := range r.Env {
			if strings.HasPrefix(variable, "JUJU_SECRET_") {
				words = append(words, variable)
			}
		}
		s.seen = append(s.seen, strings.Join(words, " "))
	}
	return s.Runner.Run(r)
}

func (w *world) watchSecrets(unit string) *secretEnv {
	s := &secretEnv{Runner: w.Runner, unit: unit}
	w.Runner = s
	return s
}

func TestConsumersHearOfNewRevisions(t *testing.T) {
	t.Parallel()
	w, id := sharing(t)
	seen := w.watchSecrets("web/0")
	w.hooks["web/0 secret-changed"] = func(call func(...string) string) Outcome {
		if got := call("secret-get", "--label=mine", "--refresh"); got != "token: three\n" {
			t.Errorf("web/0 reads %q", got)
		}
		return Outcome{}
	}
	w.as("db/0", func(call func(...string) string) { call("secret-set", id, "token=one") }) // as it was
	w.as("db/0", func(call func(...string) string) {
		call("secret-set", id, "token=two")
		call("secret-set", id, "token=three") // one revision for the hook
	})
	want := []string{"secret-changed JUJU_SECRET_ID=secret:" + id + " JUJU_SECRET_LABEL=mine"}
	if diff := cmp.Diff(want, seen.seen); diff != "" {
		t.Error(diff)
	}
	w.expect("db/0", "update-status", "update-status", "secret-remove")
	w.expect("db/1")
}

func TestTheLeaderHearsOfWhatNobodyTracks(t *testing.T) {
	t.Parallel()
	w, id := sharing(t)
	seen := w.watchSecrets("db/0")
	w.hooks["db/0 secret-remove"] = func(call func(...string) string) Outcome {
		call("secret-remove", id, "--revision=1")
		return Outcome{}
	}
	w.as("db/0", func(call func(...string) string) { call("secret-set", id, "token=two") })
	w.as("web/0", func(call func(...string) string) { call("secret-get", id, "--refresh") })
	want := []string{
		"update-status",
		"secret-remove JUJU_SECRET_ID=secret:" + id + " JUJU_SECRET_LABEL=ours JUJU_SECRET_REVISION=1",
	}
	if diff := cmp.Diff(want, seen.seen); diff != "" {
		t.Error(diff)
	}
	if n := len(w.Model.Secrets[id].Revisions); n != 1 {
		t.Errorf("%d revisions are left", n)
	}
}

func TestExpiryComesBeforeRotation(t *testing.T) {
	t.Parallel()
	w, id := sharing(t)
	w.as("db/0", func(call func(...string) string) { call("secret-set", id, "--rotate=hourly", "--expire=1h") })
	seen := w.watchSecrets("db/0")
	w.hooks["db/0 secret-rotate"] = func(call func(...string) string) Outcome {
		call("secret-set", id, "token=two")
		return Outcome{}
	}
	w.Model.Clock += int64(2 * time.Hour / time.Second)
	w.settle()
	want := []string{
		"secret-expired JUJU_SECRET_ID=" + id + " JUJU_SECRET_LABEL=ours JUJU_SECRET_REVISION=1",
		"secret-rotate JUJU_SECRET_ID=secret:" + id + " JUJU_SECRET_LABEL=ours",
	}
	if diff := cmp.Diff(want, seen.seen); diff != "" {
		t.Error(diff)
	}
	w.expect("db/1")
}

func TestSecretHooksWaitForTheFailedOne(t *testing.T) {
	t.Parallel()
	w, id := sharing(t)
	w.hooks["web/0 update-status"] = func(func(...string) string) Outcome { return failWith("no") }
	w.Agents["web/0"].UpdateStatus = true
	if err := w.Settle(Limits{}); err == nil {
		t.Fatal("no error")
	}
	if err := w.Model.Commit("db/0", agent.Changes{Secrets: agent.SecretChanges{
		Update: []agent.SecretChange{{ID: id, SecretUpdate: agent.SecretUpdate{Content: agent.SecretContent{"token": "eA=="}}}},
	}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Settle(Limits{}); err == nil {
		t.Fatal("no error")
	}
	if err := w.Resolve("web/0", true); err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.expect("web/0", "update-status", "secret-changed")
}

func TestAQueuedOwnersHookIsDroppedWithTheLeadership(t *testing.T) {
	t.Parallel()
	w, id := sharing(t)
	w.as("db/0", func(call func(...string) string) { call("secret-set", id, "--rotate=hourly") })
	w.hooks["db/0 secret-rotate"] = func(func(...string) string) Outcome { return Outcome{Killed: true} }
	w.Model.Clock += int64(2 * time.Hour / time.Second)
	w.steps("db/0", 1)
	w.ran = nil
	if err := w.Model.SetLeader("db", "db/1"); err != nil {
		t.Fatal(err)
	}
	w.settle()
	if slices.Contains(w.of("db/0"), model.SecretRotate) || !slices.Contains(w.of("db/1"), model.SecretRotate) {
		t.Errorf("ran %v", w.ran)
	}
}

func TestAFailedHooksSecretsNeverWere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.deploy("db", 1)
	w.settle()
	var id string
	w.hooks["db/0 update-status"] = func(call func(...string) string) Outcome {
		id = strings.TrimSpace(call("secret-add", "token=one"))
		if got := call("secret-get", id); got != "token: one\n" {
			t.Errorf("the hook itself reads %q", got)
		}
		return failWith("no")
	}
	w.Agents["db/0"].UpdateStatus = true
	if err := w.Settle(Limits{}); err == nil {
		t.Fatal("no error")
	}
	if len(w.Model.Secrets) != 0 {
		t.Errorf("there is %v", w.Model.Secrets)
	}
}

func TestASecretThatIsRemovedRunsSecretRemoveOnceMore(t *testing.T) {
	t.Parallel()
	w, id := sharing(t)
	w.as("db/0", func(call func(...string) string) { call("secret-set", id, "token=two") })
	w.as("web/0", func(call func(...string) string) { call("secret-get", id, "--refresh") })
	seen := w.watchSecrets("db/0")
	w.as("db/0", func(call func(...string) string) { call("secret-remove", id) })
	w.settle()
	want := []string{"update-status", "secret-remove JUJU_SECRET_ID=secret:" + id + " JUJU_SECRET_LABEL= JUJU_SECRET_REVISION=1"}
	if diff := cmp.Diff(want, seen.seen); diff != "" {
		t.Error(diff)
	}
}

func TestJuju4TellsOfARevisionWhoseSecretIsGone(t *testing.T) {
	t.Parallel()
	w, id := sharing(t)
	w.Model.Version = "4.0.1"
	seen := w.watchSecrets("web/0")
	if err := w.Stop("web/0"); err != nil {
		t.Fatal(err)
	}
	w.as("db/0", func(call func(...string) string) { call("secret-set", id, "token=two") })
	w.as("db/0", func(call func(...string) string) { call("secret-remove", id) })
	w.reload()
	w.Uniter.Agents = w.Agents
	if err := w.Start("web/0"); err != nil {
		t.Fatal(err)
	}
	w.settle()
	if diff := cmp.Diff([]string{"secret-changed JUJU_SECRET_ID=secret:" + id + " JUJU_SECRET_LABEL=mine"}, seen.seen); diff != "" {
		t.Error(diff)
	}
}

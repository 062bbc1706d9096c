package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/tests/world"
)

// TestDryRunOfReadyCharms holds that the plan of a dry run has the work of the policy and the files, that nothing of it is done,
// and that the same hook then does it.
func TestDryRunOfReadyCharms(t *testing.T) {
	t.Parallel()
	w := world.ReadyMaster(t, "kcp/0")
	w.Options["on-tokens-changed"] = "echo ran >> ran"
	r := w.Relate("kube-control:1", "kw")
	w.MustHook(t, world.Hook{Name: "config-changed"})
	r.Join("kw/0", world.Asking("system:node:a", "system:nodes", true))
	before := w.TokenFile(t)
	hook := world.Hook{Name: "kube-control-relation-changed", Relation: r.ID, Unit: "kw/0"}
	run := w.Begin(hook)
	res := run.Command("hook", hook.Name, "--dry-run")
	file := filepath.Join(w.CharmDir, "known_tokens.csv")
	for _, want := range []string{
		"write the grants for all masters on masters:0\n", `creds ["system:node:a" for kw/0] (signed)`,
		"write " + file + ": 6 lines instead of 0\n", "run on-tokens-changed\n", "set flag kube-control.connected",
	} {
		if !strings.Contains(res.Stdout, want) {
			t.Errorf("no %q in the plan:\n%s", want, res.Stdout)
		}
	}
	ran, _ := os.ReadFile(filepath.Join(w.CharmDir, "ran"))
	if res.Code != 0 || run.Changed() || w.TokenFile(t) != before || strings.Count(string(ran), "ran") != 1 {
		t.Errorf("exit %d, %s, changed %v, ran %q, file %q", res.Code, res.Stderr, run.Changed(), ran, w.TokenFile(t))
	}
	for _, call := range run.Calls() {
		if name := call.Argv[0]; strings.HasSuffix(name, "-set") || strings.HasSuffix(name, "-add") || strings.HasSuffix(name, "-grant") {
			t.Errorf("the dry run calls %v", call.Argv)
		}
	}
	w.MustHook(t, hook)
	if got := strings.Count(w.TokenFile(t), "\n"); got != 6 {
		t.Errorf("the hook writes %d lines:\n%s", got, w.TokenFile(t))
	}
	if got := w.Must(t, "", "hook", "update-status", "--dry-run"); got != "nothing to do\n" {
		t.Errorf("the plan of a master at rest is\n%s", got)
	}
}

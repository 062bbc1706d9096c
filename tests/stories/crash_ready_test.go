package stories

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/agent"
)

// TestINV25TroubleAtAnyCallOfAReadyWorkerHeals does the same to the hooks of a ready worker, which beside what Juju keeps
// writes kubeconfigs and runs a command: these too must be in the end what they are after an undisturbed life.
func TestINV25TroubleAtAnyCallOfAReadyWorkerHeals(t *testing.T) {
	t.Parallel()
	charms := t.TempDir()
	for _, c := range []struct{ name, option, value string }{
		{"master", "ca-certificate", "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1RPT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo="},
		{"worker", "on-credentials-changed", "cat cdk/* >seen"},
	} {
		dir := filepath.Join(charms, c.name)
		if err := charm(c.name, dir, ""); err != nil {
			t.Fatal(err)
		}
		setDefault(t, filepath.Join(dir, "config.yaml"), c.option, c.value)
	}
	whole := life{charms: charms, only: workerApp}
	want := whole.run(t, true)
	if strings.Count(want, "file cdk/kube") != 3 || !strings.Contains(want, `kube-control-worker/0 active "" idle`) {
		t.Fatalf("the undisturbed life ended with\n%s", want)
	}
	lives := []life{{charms: charms, only: workerApp, refuse: true}}
	for k := 1; k <= whole.longest; k += sweepStep() {
		for _, fault := range []agent.Fault{agent.FailCall, agent.KillHook} {
			lives = append(lives, life{charms: charms, only: workerApp, k: k, fault: fault})
		}
	}
	for _, l := range lives {
		t.Run(l.String(), func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, l.run(t, true)); diff != "" {
				t.Errorf("differs from an undisturbed life:\n%s", diff)
			}
		})
	}
}

// setDefault changes an option's default, which is the empty text, in a charm's config.yaml.
func setDefault(t *testing.T, file, option, value string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const empty = ":\n    type: string\n    default: "
	changed := strings.Replace(string(text), option+empty+`""`, option+empty+"'"+value+"'", 1)
	if changed == string(text) {
		t.Fatalf("%s has no option %s", file, option)
	}
	if err := os.WriteFile(file, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
}

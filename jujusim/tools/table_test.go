package tools_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/tools"
)

// TestVersionsHaveTheirTools tells what a Juju has or lacks against 3.6.1.
func TestVersionsHaveTheirTools(t *testing.T) {
	t.Parallel()
	known := tools.NamesIn("3.6.1")
	for version, want := range map[string][]string{
		"2.9.52": {
			"-secret-add", "-secret-get", "-secret-grant", "-secret-ids", "-secret-info-get", "-secret-remove",
			"-secret-revoke", "-secret-set",
		},
		"3.6-rc1": nil,
		"3.6.2":   {"+relation-model-get"},
		"3.6.2.1": {"+relation-model-get"},
		"4.0-beta5": {
			"+relation-model-get", "-add-metric", "-k8s-raw-get", "-k8s-raw-set", "-k8s-spec-get", "-k8s-spec-set",
			"-leader-get", "-leader-set", "-payload-register", "-payload-status-set", "-payload-unregister",
			"-pod-spec-get", "-pod-spec-set",
		},
	} {
		var got []string
		for _, name := range tools.Names() {
			has := slices.Contains(tools.NamesIn(version), name)
			if has != (tools.Check(version, name) == nil) {
				t.Errorf("%s: the list and the server differ about %s", version, name)
			}
			switch {
			case has && !slices.Contains(known, name):
				got = append(got, "+"+name)
			case !has && slices.Contains(known, name):
				got = append(got, "-"+name)
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", version, diff)
		}
	}
}

func TestToolsThatAreNotImitatedSaySo(t *testing.T) {
	t.Parallel()
	count := 0
	for _, name := range tools.NamesIn("3.6.1") {
		if tools.Imitated(name) {
			continue
		}
		count++
		for _, args := range []string{"", "-h", "--bogus", "a b c"} {
			r := tools.Run(newFake(), tools.Request{Name: name, Args: strings.Fields(args), Dir: "/"})
			if want := "ERROR jujusim does not imitate " + name + "\n"; r.Code != 1 || string(r.Stderr) != want || r.Stdout != nil {
				t.Errorf("%s %s: got %+v", name, args, r)
			}
		}
	}
	if count != 14 {
		t.Errorf("%d tools are not imitated", count)
	}
}

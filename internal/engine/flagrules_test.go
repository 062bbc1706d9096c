package engine

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// The rules of the flags stand in one table: evaluation, explain and the tables of docs/protocol.md say the same.
func TestFlagRulesAreThoseOfTheDocs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	for role, title := range map[kubecontrol.Role]string{kubecontrol.Master: "## Flags of the master", kubecontrol.Worker: "## Flags of the worker"} {
		_, section, found := strings.Cut(string(text), title)
		section, _, _ = strings.Cut(section, "\n## ")
		if !found {
			t.Fatalf("docs/protocol.md has no %s", title)
		}
		var want, got, names []string
		for line := range strings.Lines(section) {
			if strings.HasPrefix(line, "| `E.") {
				want = append(want, strings.TrimSpace(line))
			}
		}
		for _, rule := range FlagRules() {
			if rule.Role == role {
				got = append(got, fmt.Sprintf("| `E.%s` | %s |", rule.Flag, rule.Rule))
				names = append(names, flags.Name("E", rule.Flag))
			}
		}
		if d := cmp.Diff(got, want); d != "" {
			t.Errorf("%s (-rules +docs):\n%s", title, d)
		}
		listed := flags.OfMaster("E")
		if role == kubecontrol.Worker {
			listed = flags.OfWorker("E")
		}
		if d := cmp.Diff(listed, names); d != "" {
			t.Errorf("flags of the %s (-flags +rules):\n%s", role, d)
		}
	}
}

package ready_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/tests/world"
)

// Row 94: each line of docs/consumers.md lets the ready master sign what that charm asks for, and each that has none is
// signed by default.
func TestRow94LinesOfTheConsumers(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/consumers.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^\| ([a-z0-9-]+) \| (system:\S+) \| (yes|no) \| (.+) \|$`).FindAllStringSubmatch(string(page), -1)
	if len(rows) < 13 {
		t.Fatalf("%d rows can be read", len(rows))
	}
	line := regexp.MustCompile("^`juju config kube-control-master ([a-z-]+)=\"([^\"]+)\"`$")
	for _, row := range rows {
		app, group, secrets, given := row[1], row[2], row[3] == "yes", line.FindStringSubmatch(row[4])
		t.Run(app, func(t *testing.T) {
			t.Parallel()
			w := world.ReadyMaster(t, "kcp/0")
			r := w.Relate("kube-control:1", app)
			bag := world.Asking(app+"/0", group, secrets)
			w.Joined(t, r, app+"/0", bag)
			refused := w.Must(t, "", "auth-user", "--refused")
			switch {
			case given == nil && (row[4] != "none" || strings.Contains(refused, app)):
				t.Errorf("its line is %q; by default it is refused: %s", row[4], refused)
			case given != nil && !strings.Contains(refused, app):
				t.Errorf("it needs no line: %q", refused)
			case given != nil:
				if _, known := w.Options[given[1]]; !known {
					t.Fatalf("there is no option %s", given[1])
				}
				w.Options[given[1]] = given[2]
				w.MustHook(t, world.Hook{Name: "config-changed"})
			}
			if creds := r.Local["creds"]; !strings.Contains(creds, `"scope": "`+app+`/0"`) || strings.Contains(creds, "secret-id") != secrets {
				t.Errorf("creds %s", creds)
			}
			other := w.Relate("kube-control:2", "other")
			w.Joined(t, other, "other/0", world.Asking("other/0", "system:masters", true))
			if other.Local["creds"] != "{}" {
				t.Errorf("the line also lets another application in: %s", other.Local["creds"])
			}
		})
	}
}

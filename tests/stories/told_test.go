package stories

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// longestStatus is how many characters of a status fit into juju status on a terminal, with the unit beside it.
const longestStatus = 80

// told fails unless an operator is told what is wrong with a unit: by its status, which is a line of less than 80
// characters, and by explain. A dry run of a hook changes nothing. What explain says on the unit, it says of the unit's dump
// in a folder without a charm, where no Juju is. No token is in any of these texts.
func told(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: told UNIT STATUS CAUSE [OPTION...]")
	}
	unit, options := args[0], strings.Join(args[3:], " ")
	data := ts.Getenv("JUJUSIM_DATA")
	r, err := readRest(data)
	ts.Check(err)
	ts.Check(noteTokens(ts, r))
	shown := r.Model.UnitStatus(unit)
	if u := r.Model.Units[unit]; u.Agent.Status == "error" {
		shown = u.Agent
	}
	status := strings.TrimSpace(shown.Status + " " + shown.Message)
	if !regexp.MustCompile("^(" + args[1] + ")$").MatchString(status) {
		ts.Fatalf("the status of %s is %q", unit, status)
	}
	if len(shown.Message) >= longestStatus {
		ts.Fatalf("the status of %s has %d characters: %s", unit, len(shown.Message), shown.Message)
	}

	on(ts, false, []string{unit, "bin/kube-control explain " + options})
	explained := ts.ReadFile("stdout")
	if !regexp.MustCompile("(?ms)" + args[2]).MatchString(explained) {
		ts.Fatalf("%s explains:\n%s", unit, explained)
	}
	on(ts, false, []string{unit, "bin/kube-control hook update-status --dry-run"})
	ts.Check(wroteNothing(data, unit))
	dry := ts.ReadFile("stdout")
	on(ts, false, []string{unit, "bin/kube-control dump"})
	ts.Check(wroteNothing(data, unit))
	dump := ts.ReadFile("stdout")

	elsewhere := filepath.Join(ts.Getenv("WORK"), "elsewhere")
	ts.Check(os.MkdirAll(elsewhere, 0o755))
	ts.Check(os.WriteFile(filepath.Join(elsewhere, "dump.json"), []byte(dump), 0o600))
	command := append([]string{"--chdir=" + elsewhere, "-i", "PATH=" + ts.Getenv("PATH"), "kube-control", "explain", "--from", "dump.json"}, args[3:]...)
	ts.Check(ts.Exec("env", command...))
	fingerprint := regexp.MustCompile("sha256:[0-9a-f]{12}") // the tokens differ, and so do these
	if again := ts.ReadFile("stdout"); fingerprint.ReplaceAllString(again, "") != fingerprint.ReplaceAllString(explained, "") {
		ts.Fatalf("elsewhere, the dump of %s is explained as\n%s\nand there as\n%s", unit, again, explained)
	}
	noted, err := os.ReadFile(notedTokens(ts))
	ts.Check(err)
	for token := range strings.FieldsSeq(string(noted)) {
		if strings.Contains(explained+dry+dump, token) {
			ts.Fatalf("a token of %s stands in what an operator is told", unit)
		}
	}
}

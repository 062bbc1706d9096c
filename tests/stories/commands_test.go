package stories

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kube-control/kube-control/internal/pack"
)

type command = func(ts *testscript.TestScript, neg bool, args []string)

// commands are what the stories have beside testscript's own.
//
//	charm NAME DIR      lays out one of the repository's charms: master, worker, shell-master, shell-worker or root
//	jujusim VERB...     runs the simulator, with the seed 7 or $STORY_SEED; all that it prints is kept in $WORK/transcript
//	on UNIT COMMAND     runs a shell command on a unit, as "juju exec"
//	wire                prints each credential in the masters' bags: master, user, scope, and a digest of its tokens
//	healthy             fails unless the model is as it must be at rest, and an update-status everywhere writes nothing
//	idle UNIT           fails if the unit's last run wrote anything
//	mistake UNIT CODE MESSAGE COMMAND
//	                    fails unless a command on a unit is refused: one line with the message, the exit code, no write
//	archive NAME FILE   packs one of the repository's charms, as "make charm" does
//	shims CHARM...      puts recording shims in front of all programs that the charm's hooks run
//	store UNIT FILE     leaves a .unit-state.db in the folder of a unit's charm, with rows from a JSON object
//	stored UNIT         prints the keys of that file
//	sweep               fails if a token stands where none may
//	oracle [UNIT...]    fails unless ready charms are as they must be at rest; the units named must hold nothing
//	held UNIT...        prints digests of the tokens in workers' kubeconfigs
//	kill-after UNIT HOOK TOOL N
//	                    lets the unit's agent die after the N-th call of a tool in a hook
//	told UNIT STATUS CAUSE [OPTION...]
//	                    fails unless status, explain and a dump elsewhere tell what is wrong, in these words
func commands() map[string]command {
	return map[string]command{
		"charm":   charmCommand,
		"jujusim": jujusim,
		"on":      on,
		"wire":    wireCommand,
		"healthy": healthy,
		"idle":    idle,
		"mistake": mistake,
		"archive": archive,
		"shims":   shims,
		"store":   layStore,
		"stored":  printStore,
		"sweep":   sweep,

		"oracle":     oracleCommand,
		"held":       held,
		"kill-after": killAfter,
		"told":       told,
	}
}

func charmCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: charm CHARM DIR [NAME]")
	}
	ts.Check(charm(args[0], ts.MkAbs(args[1]), strings.Join(args[2:], "")))
}

func archive(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: archive NAME FILE")
	}
	entries, err := collect(args[0], "")
	ts.Check(err)
	f, err := os.Create(ts.MkAbs(args[1]))
	ts.Check(err)
	defer f.Close()
	ts.Check(pack.WriteArchive(f, entries))
}

func jujusim(ts *testscript.TestScript, neg bool, args []string) {
	err := ts.Exec("jujusim", append([]string{"--seed", cmp.Or(os.Getenv("STORY_SEED"), "7")}, args...)...)
	transcript, openErr := os.OpenFile(ts.MkAbs(filepath.Join(ts.Getenv("WORK"), "transcript")), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	ts.Check(openErr)
	_, writeErr := fmt.Fprintf(transcript, "%s\n%s%s", strings.Join(args, " "), ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	ts.Check(writeErr)
	ts.Check(transcript.Close())
	if neg && err == nil {
		ts.Fatalf("jujusim succeeded unexpectedly")
	}
	if !neg {
		ts.Check(err)
	}
}

func on(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: on UNIT COMMAND...")
	}
	jujusim(ts, neg, append([]string{"exec", "--unit", args[0], "--"}, args[1:]...))
}

func wireCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: wire")
	}
	m, err := readModel(ts.Getenv("JUJUSIM_DATA"))
	ts.Check(err)
	entries, err := wire(m)
	ts.Check(err)
	for _, e := range entries {
		digest := sha256.Sum256([]byte(e.Kubelet + " " + e.Proxy + " " + e.Client))
		fmt.Fprintf(ts.Stdout(), "%s %s %s %x\n", e.Master, e.User, e.Scope, digest[:6])
	}
}

func healthy(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: healthy")
	}
	data := ts.Getenv("JUJUSIM_DATA")
	var err error
	for range healthyRounds {
		jujusim(ts, false, []string{"update-status"})
		jujusim(ts, false, []string{"settle"})
		m, readErr := readModel(data)
		ts.Check(readErr)
		ts.Check(check(m))
		err = nil
		for unit := range m.Units {
			err = errors.Join(err, wroteNothing(data, unit))
		}
		if err == nil {
			return
		}
	}
	ts.Check(err)
}

// healthyRounds is how many update-status bring a model to rest at most: a rotation ends with the second one of its master,
// and each of them makes a hook of the other masters due, which takes the place of their own.
const healthyRounds = 4

func idle(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: idle UNIT")
	}
	ts.Check(wroteNothing(ts.Getenv("JUJUSIM_DATA"), args[0]))
}

// wroteNothing looks at the unit's last run.
func wroteNothing(data, unit string) error {
	runs, err := readTrace(data, unit)
	if err != nil {
		return err
	}
	last := runs[len(runs)-1]
	for _, c := range last.Calls {
		if c.writes() {
			return fmt.Errorf("%s of %s wrote: %s %q", last.Hook, unit, c.Tool, c.Argv)
		}
	}
	return nil
}

// mistake tells what is wrong with a command: kube-control is run on a unit with the arguments, and must print one line
// with the message, exit with the code, and call no tool that writes.
func mistake(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: mistake UNIT CODE MESSAGE COMMAND")
	}
	unit, code, message, line := args[0], args[1], args[2], args[3]
	jujusim(ts, true, []string{"exec", "--unit", unit, "--", line})
	if out := ts.ReadFile("stdout"); strings.Count(out, "\n") != 1 || !strings.HasPrefix(out, "kube-control: ") || !strings.Contains(out, message) {
		ts.Fatalf("want one line with %q", message)
	}
	if !strings.Contains(ts.ReadFile("stderr"), "with return code "+code+"\n") {
		ts.Fatalf("want exit code %s", code)
	}
	ts.Check(wroteNothing(ts.Getenv("JUJUSIM_DATA"), unit))
}

package stories

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kube-control/kube-control/jujusim/tools"
)

// shim stands in front of a program: it records the program's arguments and environment, and becomes the program.
// Before kube-control it also puts the other shims in front of whatever the program calls. Its verbs are the story's
// directory and kube-control's own place.
const shim = `#!/bin/bash
{ printf '%%s\n' "$0" "$@"; export -p; } >>%[1]s/record
name=${0##*/}
case $0 in
*/shims/*)
	real=$(PATH=${PATH//"%[1]s/shims:"/} type -P "$name") || exit 127
	exec -a "$name" "$real" "$@"
	;;
handlers/* | */handlers/*)
	exec "${0%%/*}.real/$name" "$@"
	;;
esac
export PATH=%[1]s/shims:$PATH
exec -a "$0" %[2]s "$@"
`

// shims puts recording shims in front of everything that runs in a charm's hooks: the program, the handlers, the hook
// tools, and every other program on the PATH.
func shims(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: shims CHARM...")
	}
	work := ts.Getenv("WORK")
	all := filepath.Join(work, "shims")
	ts.Check(os.Mkdir(all, 0o755))
	program := ""
	for _, from := range filepath.SplitList(ts.Getenv("PATH")) {
		if name := filepath.Join(from, "kube-control"); program == "" && exists(name) {
			program = name
		}
		ts.Check(linkAll(from, all, filepath.Join(work, "shim")))
	}
	for _, tool := range tools.Names() {
		ts.Check(link(filepath.Join(work, "shim"), filepath.Join(all, tool)))
	}
	text := fmt.Sprintf(shim, work, program)
	ts.Check(os.WriteFile(filepath.Join(work, "shim"), []byte(text), 0o755))
	for _, name := range args {
		charm := ts.MkAbs(name)
		ts.Check(os.WriteFile(filepath.Join(charm, "bin/kube-control"), []byte(text), 0o755))
		if !exists(filepath.Join(charm, "handlers")) {
			continue
		}
		ts.Check(os.Rename(filepath.Join(charm, "handlers"), filepath.Join(charm, "handlers.real")))
		ts.Check(os.Mkdir(filepath.Join(charm, "handlers"), 0o755))
		handlers, err := os.ReadDir(filepath.Join(charm, "handlers.real"))
		ts.Check(err)
		for _, h := range handlers {
			ts.Check(os.WriteFile(filepath.Join(charm, "handlers", h.Name()), []byte(text), 0o755))
		}
	}
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// linkAll makes a link to target for each program in a directory of the PATH, which need not exist.
func linkAll(from, to, target string) error {
	entries, err := os.ReadDir(from)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	for _, e := range entries {
		if err := link(target, filepath.Join(to, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func link(target, name string) error {
	if err := os.Symlink(target, name); err != nil && !os.IsExist(err) {
		return err
	}
	return nil
}

// sweep looks for each token of the model, as it stands on the wire, in the simulator's own memory of what a unit has
// read and in the masters' kept files, wherever one must not stand. It prints the places where one does, and fails if
// there is any; with neg it fails if there is none.
func sweep(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 0 {
		ts.Fatalf("usage: sweep")
	}
	work, data := ts.Getenv("WORK"), ts.Getenv("JUJUSIM_DATA")
	places, err := surfaces(work, data)
	ts.Check(err)
	secrets, err := tokens(data)
	ts.Check(err)
	if len(secrets) < 3 {
		ts.Fatalf("only %d tokens to look for", len(secrets))
	}
	found := 0
	for _, name := range slices.Sorted(maps.Keys(places)) {
		if len(places[name]) == 0 {
			ts.Fatalf("there is nothing to look through in %s", name)
		}
		if slices.ContainsFunc(secrets, func(s string) bool { return strings.Contains(places[name], s) }) {
			fmt.Fprintf(ts.Stdout(), "a token stands in %s\n", name)
			found++
		}
	}
	if (found > 0) != neg {
		ts.Fatalf("tokens found in %d places", found)
	}
}

// surfaces are the texts where no token may stand.
func surfaces(work, data string) (map[string]string, error) {
	m, err := readModel(data)
	if err != nil {
		return nil, err
	}
	units, err := json.Marshal(m.Units) // charm state and statuses
	if err != nil {
		return nil, err
	}
	places := map[string]string{"the units' state and status": string(units)}
	for name, file := range map[string]string{
		"standard output and error":  filepath.Join(work, "transcript"),
		"arguments and environments": filepath.Join(work, "record"),
		"debug-log":                  filepath.Join(data, "debug-log.jsonl"),
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		places[name] = string(text)
	}
	return places, nil
}

// tokens are all that the masters have made and published, in clear and in secrets, also for workers that have left.
func tokens(data string) ([]string, error) {
	m, err := readModel(data)
	if err != nil {
		return nil, err
	}
	entries, err := wire(m)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Kubelet, e.Proxy, e.Client)
	}
	err = filepath.WalkDir(filepath.Join(data, "agents"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(path, "/kept/tokens/") {
			return err
		}
		text, err := os.ReadFile(path)
		all = append(all, strings.Fields(string(text))...)
		return err
	})
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(token string) bool { return token == "" }), err
}

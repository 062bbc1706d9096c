package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/internal/cli"
	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/jujusim/uniter"
	"github.com/kube-control/kube-control/pkg/hooktool"
	"github.com/kube-control/kube-control/tests/world"
)

// inProcess runs hooks without a process: kube-control for the ready charms, a probe for a worker of another charm.
type inProcess struct{ *cluster }

// links is the folder of the ready charm that an application runs, "" for probes and boxes.
func (p inProcess) links(app string) string {
	switch kind := p.kinds[app]; {
	case kind == "master":
		return filepath.Join("..", "..", "charm", "master")
	case p.ready && (kind == "worker" || kind == "side"):
		return filepath.Join("..", "..", "charm", "worker")
	}
	return ""
}

// Unpack lays out the files of a ready charm that kube-control reads; a probe has no files.
func (p inProcess) Unpack(unit, _, _ string) error {
	dir, app := p.charmDir(unit), model.AppOf(unit)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if p.links(app) == "" {
		return nil
	}
	for _, name := range []string{"metadata.yaml", "kube-control.yaml"} {
		text, err := os.ReadFile(filepath.Join(p.charms[p.kinds[app]], name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), text, 0o600)
		}
		if err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, "ca.crt"), []byte(certificate), 0o600)
}

// Find knows the hooks and actions that a ready charm links; a probe has all.
func (p inProcess) Find(unit, name string) (uniter.Program, error) {
	app := model.AppOf(unit)
	missing := p.kinds[app] == "box"
	if dir := p.links(app); dir != "" {
		_, err := os.Lstat(filepath.Join(dir, name))
		missing = err != nil
	}
	if missing {
		return uniter.Program{}, fmt.Errorf("cannot find %s: %w", name, fs.ErrNotExist)
	}
	return uniter.Program{Path: filepath.Join(p.charmDir(unit), name)}, nil
}

// Forget removes the files of a unit that is gone.
func (p inProcess) Forget(unit string) { _ = os.RemoveAll(p.charmDir(unit)) }

// Run runs a program to its end, or until it is killed at a tool call: it then runs no further line.
func (p inProcess) Run(r uniter.Run) (out uniter.Outcome) {
	unit := r.Context.Info().Unit
	tools := &world.Hosted{Runner: world.Tools(r.Context), Unit: unit}
	if r.Before != nil {
		r.Context.InjectFaults(agent.Faults{Before: r.Before, Kill: func() { tools.Dead = true }})
	}
	defer world.CatchKilled(&out)
	if p.links(model.AppOf(unit)) == "" {
		p.probe(toolbox{tools}, unit)
		return uniter.Outcome{}
	}
	var stdout, stderr bytes.Buffer
	code := cli.Program{
		Args: []string{r.Program.Path}, Environ: append(r.Env, "JUJU_CHARM_DIR="+p.charmDir(unit)), Stdin: strings.NewReader(""),
		Stdout: &stdout, Stderr: &stderr, Runner: tools,
	}.Run(context.Background())
	p.seen.say(unit, stdout.String(), stderr.String())
	p.seen.say("the environment of "+unit, r.Env...)
	out = uniter.Outcome{Code: code, Stdout: stdout.String(), Stderr: stderr.String()}
	if code != 0 {
		out.Err = errors.New(stderr.String())
	}
	return out
}

// probe asks on each relation for what its application's options say, and reads the secret that it is given.
func (p inProcess) probe(t toolbox, unit string) {
	options := p.model.Config(model.AppOf(unit))
	user := "system:node:" + strings.ReplaceAll(unit, "/", "-")
	if name, _ := options["node-name"].(string); name != "" {
		user = "system:node:" + name
	}
	bag := map[string]string{"kubelet_user": user, "auth_group": fmt.Sprint(options["auth-group"]), "schema_vers": "[0, 1]"}
	if raw, _ := options["raw"].(string); raw != "" {
		_ = json.Unmarshal([]byte(raw), &bag) // over what a good worker writes
	}
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(bag)) {
		pairs = append(pairs, key+"="+bag[key])
	}
	var ids []string
	t.ask(&ids, "relation-ids", "--format=json", "kube-control")
	for _, id := range ids {
		t.tell("relation-set", append([]string{"-r", id}, pairs...)...)
		var members []string
		t.ask(&members, "relation-list", "-r", id, "--format=json")
		for _, master := range members {
			var bag map[string]string
			t.ask(&bag, "relation-get", "-r", id, "--format=json", "-", master)
			var creds map[string]struct {
				SecretID string `json:"secret-id"`
			}
			if json.Unmarshal([]byte(bag["creds"]), &creds) == nil && creds[user].SecretID != "" {
				t.tell("secret-get", "--refresh", creds[user].SecretID)
			}
		}
	}
}

// toolbox calls the hook tools for a probe, as a process does.
type toolbox struct{ runner hooktool.Runner }

func (t toolbox) tell(tool string, args ...string) []byte {
	out, _ := t.runner.Run(context.Background(), hooktool.Call{Tool: tool, Args: args}) // a tool that fails answers nothing
	return out.Stdout
}

func (t toolbox) ask(answer any, tool string, args ...string) {
	_ = json.Unmarshal(t.tell(tool, args...), answer)
}

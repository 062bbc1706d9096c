package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/kube-control/kube-control/tests/world"
)

// schemas are those of the commands' JSON, by command.
func schemas(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	const file = "../../docs/schemas/commands.json"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Defs map[string]json.RawMessage `json:"$defs"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	all := map[string]*jsonschema.Schema{}
	for name := range doc.Defs {
		schema, err := jsonschema.NewCompiler().Compile(file + "#/$defs/" + strings.ReplaceAll(name, " ", "%20"))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = schema
	}
	return all
}

// fits holds the JSON that a command prints to a schema.
func fits(t *testing.T, schema *jsonschema.Schema, text string) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, text)
	}
}

// TestOutputFitsItsSchema holds what commands print in worlds of all kinds to docs/schemas/commands.json.
func TestOutputFitsItsSchema(t *testing.T) {
	t.Parallel()
	all := schemas(t)
	master := withTokens(node("a"))
	worker := related(given("system:node:a", "kw/0", "SECRET", ""))
	values := related(bag{
		"enable-kube-dns": "True", "domain": "cluster.local", "port": "53", "sdn-ip": "10.0.0.10", "cluster-tag": "t", "registry-location": "r",
		"default-cni": `"calico"`, "has-xcp": "true", "api-endpoints": `["https://10.0.0.1:6443"]`, "taints": `["a=b:NoSchedule"]`, "labels": `["a=b"]`,
		"cohort-keys": `{"kubelet": "k"}`,
	})
	departed := changed(master, func(t *testing.T, w *world.World) {
		t.Helper()
		w.Departed(t, w.Relations[0], "kw/0", "kw/0")
	})
	outdated := changed(master, func(_ *testing.T, w *world.World) { w.Relations[0].Members = nil })
	tested := map[string]bool{}
	for _, tt := range []struct {
		world func(*testing.T) *world.World
		argv  string
	}{
		{master, "audit"},
		{outdated, "audit"},
		{master, "auth-user"},
		{serving(node("a"), node("a")), "auth-user --refused"},
		{serving(bag{"kubelet_user": "u"}), "auth-user"},
		{departed, "closed-auth-creds"},
		{master, "closed-auth-creds"},
		{departed, "flush-departed"},
		{master, "flush-departed"},
		{master, "get-gpu"},
		{master, "flags"},
		{master, "flags is-set kube-control.connected"},
		{master, "rotate-credentials --list"},
		{master, "rotate-credentials --all"},
		{master, "revoke kw/0"},
		{master, "rotate-credentials --all --dry-run"},
		{master, "revoke kw/0 --dry-run"},
		{master, "version"},
		{master, "explain"},
		{worker, "explain --unit kcp/0"},
		{worker, "evaluate"},
		{values, "evaluate"},
		{worker, "get-auth-credentials system:node:a"},
		{worker, "get-auth-credentials nobody"},
		{values, "get-dns"},
		{worker, "get-dns"},
		{values, "get-cohort-keys"},
		{worker, "get-cohort-keys"},
		{worker, "get-ca-certificate"},
		{values, "get-cluster-tag"},
		{worker, "get-cluster-tag"},
		{values, "get-registry-location"},
		{values, "get-default-cni"},
		{worker, "get-default-cni"},
		{values, "get-has-xcp"},
		{values, "get-api-endpoints"},
		{worker, "get-api-endpoints"},
		{values, "get-controller-taints"},
		{values, "get-controller-labels"},
		{worker, "link --check"},
		{worker, "check"},
		{master, "dump"},
		{worker, "dump --unit kcp/0"},
	} {
		argv := strings.Fields(tt.argv)
		name := argv[0]
		if all[strings.Join(argv[:min(2, len(argv))], " ")] != nil && len(argv) > 1 {
			name = argv[0] + " " + argv[1]
		}
		if slices.Contains(argv, "--dry-run") {
			name = "plan"
		}
		tested[name] = true
		t.Run(tt.argv, func(t *testing.T) {
			t.Parallel()
			w := tt.world(t)
			extra := []string{"--format", "json"}
			if argv[0] == "dump" {
				extra = nil
			}
			if argv[0] == "link" || argv[0] == "check" {
				extra = append(extra, "--charm", w.CharmDir)
				installProgram(t, w.CharmDir)
			}
			res := w.Begin(world.Hook{}).Command(append(argv, extra...)...)
			if res.Code != 0 && res.Code != 3 {
				t.Fatalf("exit %d: %s", res.Code, res.Stderr)
			}
			fits(t, all[name], res.Stdout)
		})
	}
	for name := range all {
		// Written files are in other tests: kubeconfigs need a certificate and a folder.
		others := []string{"unit", "relation", "problem", "flag", "unitState", "endpoint", "done", "create-kubeconfig", "get-kubeconfig"}
		if !tested[name] && !slices.Contains(others, name) {
			t.Errorf("no test of the schema of %s", name)
		}
	}
}

// installProgram puts a program into a charm, as a build does.
func installProgram(t *testing.T, charm string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(charm, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(charm, "bin", "kube-control"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// TestEachFormatHasASchema finds a schema for each command that prints JSON. One that only has --dry-run prints a plan.
func TestEachFormatHasASchema(t *testing.T) {
	t.Parallel()
	all := schemas(t)
	w := world.New("kcp/0", t.TempDir())
	help := w.Begin(world.Hook{}).Command("--help").Stdout
	n := 0
	for line := range strings.Lines(help) {
		fields := strings.Fields(line)
		if !strings.HasPrefix(line, "  ") || len(fields) < 2 || strings.HasPrefix(fields[0], "-") {
			continue
		}
		of := w.Begin(world.Hook{}).Command(fields[0], "--help").Stdout
		if strings.Contains(of, "--format") && !strings.Contains(of, "--dry-run") {
			if n++; all[fields[0]] == nil {
				t.Errorf("%s has no schema", fields[0])
			}
		}
	}
	if n < 20 {
		t.Errorf("help names %d commands with a format", n)
	}
}

// TestExplanationsFitTheirSchema holds the explanation of each of an operator's bad days to the schema.
func TestExplanationsFitTheirSchema(t *testing.T) {
	t.Parallel()
	schema := schemas(t)["explain"]
	for _, day := range slices.Concat(workerDays(), masterDays(), otherMasterDays()) {
		t.Run(day.name, func(t *testing.T) {
			t.Parallel()
			w := day.world(t)
			w.MustHook(t, world.Hook{Name: "config-changed"})
			fits(t, schema, w.Begin(world.Hook{}).Command(append([]string{"explain", "--format", "json"}, strings.Fields(day.args)...)...).Stdout)
		})
	}
}

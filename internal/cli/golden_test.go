package cli_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/tests/world"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares a text with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-file +output):\n%s", file, diff)
	}
}

// TestHelpOfEachCommand holds the help of every command, so that each change of a word is read.
func TestHelpOfEachCommand(t *testing.T) {
	t.Parallel()
	w := world.New("kcp/0", t.TempDir())
	help := func(argv ...string) string { return w.Begin(world.Hook{}).Command(append(argv, "--help")...).Stdout }
	var b strings.Builder
	fmt.Fprintf(&b, "$ kube-control --help\n%s", help())
	for _, name := range commandsIn(help()) {
		if name == "completion" || name == "help" {
			continue // cobra's own
		}
		fmt.Fprintf(&b, "\n$ kube-control %s --help\n%s", name, help(name))
		if strings.Contains(help(name), "Available Commands:") {
			for _, sub := range commandsIn(help(name)) {
				fmt.Fprintf(&b, "\n$ kube-control %s %s --help\n%s", name, sub, help(name, sub))
			}
		}
	}
	golden(t, "help.txt", b.String())
}

// commandsIn are the commands that a help lists.
func commandsIn(help string) []string {
	var names []string
	for line := range strings.Lines(help) {
		fields := strings.Fields(line)
		if strings.HasPrefix(line, "  ") && len(fields) > 1 && line[2] != ' ' && line[2] != '-' && fields[0] != "kube-control" && fields[0] != "juju" {
			names = append(names, fields[0])
		}
	}
	return names
}

// TestTypicalErrors holds what typical mistakes print, with their exit codes.
func TestTypicalErrors(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, side := range []struct {
		name  string
		world func(*testing.T) *world.World
		argv  string
	}{
		{"a master with two workers", serving(node("a"), node("b")), `
nosuch
revok kw/0
auth-user extra
auth-user --pending --refused
auth-user --format xml
auth-user --relation nosuch
auth-user --relation kube-control:9
auth-user --endpoint nosuch
sign-auth-request
sign-auth-request kw
sign-auth-request kw/0 a b
sign-auth-request kw/7
sign-auth-request kw/0 --tokens nosuch.json
set-dns
set-dns 53
set-dns 99999 cluster.local
set-dns 53 CLUSTER_local
set-dns 53 cluster.local 10.0.0.300
set-dns -1 x
set-dns --enable-kube-dns maybe
set-api-endpoints http://
set-api-endpoints https://10.0.0.1:99999
set-registry-location https://foo/bar
set-cluster-tag
set-cluster-tag a b
set-controller-taints a
set-controller-labels =
set-has-xcp maybe
set-default-cni a b
set-ca-certificate nosuch.crt
rotate-credentials
rotate-credentials --unit kw/0 --all
rotate-credentials --unit nosuch
revoke
revoke nosuch
revoke kw/7
revoke --undo kw/0
flags is-set
flags set kube-control.connected
flags unset x
explain --unit nosuch
hook
hook no/such
get-dns
evaluate
create-kubeconfig f u`},
		{"a worker with a master", related(given("system:node:a", "kw/0", "SECRET", "")), `
set-auth-request
set-auth-request a b
set-gpu maybe
get-auth-credentials
get-auth-credentials nobody
get-auth-credentials system:node:a --reveal
create-kubeconfig f
create-kubeconfig f system:node:a
create-kubeconfig f nobody
create-kubeconfig f u --token admin
get-kubeconfig --owner nobody
set-cluster-tag t`},
	} {
		fmt.Fprintf(&b, "# %s\n", side.name)
		for line := range strings.Lines(strings.TrimPrefix(side.argv, "\n")) {
			line = strings.TrimSpace(line)
			w := side.world(t)
			res := w.Begin(world.Hook{}).Program("{}", words(line)...)
			if res.Code == 0 {
				t.Errorf("%s succeeds: %s", line, res.Stdout)
			}
			fmt.Fprintf(&b, "$ kube-control %s\n%sexit %d\n", line, strings.ReplaceAll(res.Stdout+res.Stderr, w.CharmDir, "CHARM"), res.Code)
		}
	}
	golden(t, "errors.txt", b.String())
}

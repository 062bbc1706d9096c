package shell_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type request struct {
	Unit  string `json:"unit"`
	User  string `json:"user"`
	Group string `json:"group"`
}

type signature struct {
	Scope        string `json:"scope"`
	User         string `json:"user"`
	KubeletToken string `json:"kubelet_token"`
	ProxyToken   string `json:"proxy_token"`
	ClientToken  string `json:"client_token"`
}

// unit lays out the folder of a unit of ROLE, with the stand-in of testdata
// and with what auth-user is to answer there.
func unit(t *testing.T, role, requests string) string {
	t.Helper()
	dir := t.TempDir()
	for name, target := range map[string]string{
		"handlers": filepath.Join(role, "handlers"),
		"bin":      "testdata",
	} {
		target, err := filepath.Abs(target)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "requests"), []byte(requests), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// run runs a handler as a hook does and returns what it printed.
func run(t *testing.T, dir, handler string) string {
	t.Helper()
	cmd := exec.Command(filepath.Join(dir, "handlers", handler))
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "JUJU_UNIT_NAME=kube-control-worker/7"}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("%s: %v: %s", handler, err, stderr.String())
	}
	return string(out)
}

func read(t *testing.T, dir, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSignServesAnyUser(t *testing.T) {
	t.Parallel()

	requests := []request{
		{"worker/0", "system:node:w0", "system:nodes"},
		{"worker/1", `x","group":"g"},{"unit":"evil/0`, "system:nodes"},
		{"worker/2", `\`, `\","group":"`},
		{"worker/3", "a\nb  c\t", "system:nodes"},
		{"worker/4", "$(touch pwned)`touch pwned`'%s%n*", "system:nodes"},
		{"worker/5", "}{][", ""},
		{"worker/6", "é\u2028<&>\x00", "system:masters"},
		{"worker/7", "-n", "system:nodes"},
	}
	text, err := json.Marshal(requests)
	if err != nil {
		t.Fatal(err)
	}
	dir := unit(t, "master", string(text)+"\n")

	run(t, dir, "sign")
	first := read(t, dir, "batch")
	var batch []signature
	if err := json.Unmarshal([]byte(first), &batch); err != nil {
		t.Fatalf("the batch is no JSON: %v", err)
	}
	token := regexp.MustCompile(`^[0-9a-f]{32}$`)
	tokens := make(map[string]bool)
	var signed []request
	for i, s := range batch {
		signed = append(signed, request{s.Scope, s.User, requests[i].Group})
		for _, text := range []string{s.KubeletToken, s.ProxyToken, s.ClientToken} {
			if !token.MatchString(text) || tokens[text] {
				t.Errorf("token %q of %s is malformed or not the only one", text, s.Scope)
			}
			tokens[text] = true
		}
	}
	if diff := cmp.Diff(requests, signed); diff != "" {
		t.Errorf("what is signed differs (-asked +signed):\n%s", diff)
	}

	run(t, dir, "sign")
	if read(t, dir, "batch") != first {
		t.Error("a second run signs with other tokens")
	}
	if want := strings.Repeat("auth-user --pending --format json\nrotate-credentials --list\nsign-auth-request --batch\n", 2); read(t, dir, "calls") != want {
		t.Errorf("calls are %q, want %q", read(t, dir, "calls"), want)
	}
	checkKept(t, dir, len(requests))
}

// checkKept wants the folder of a unit to hold kept/ besides what was there, and
// the tokens of n requests in it, closed to everyone but root.
func checkKept(t *testing.T, dir string, n int) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if diff := cmp.Diff([]string{"batch", "bin", "calls", "handlers", "kept", "requests"}, names); diff != "" {
		t.Errorf("the folder differs (-want +got):\n%s", diff)
	}
	files := 0
	err = filepath.WalkDir(filepath.Join(dir, "kept"), func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is open to others: %s", file, info.Mode())
		}
		if !d.IsDir() {
			files++
		}
		return err
	})
	if err != nil || files != n {
		t.Errorf("%d files are kept, want %d, error %v", files, n, err)
	}
}

func TestSignMakesNewTokensForThoseThatRotate(t *testing.T) {
	t.Parallel()

	dir := unit(t, "master", `[{"unit":"worker/1","user":"a","group":"g"},{"unit":"worker/10","user":"b","group":"g"}]`+"\n")
	tokens := func() []string {
		t.Helper()
		run(t, dir, "sign")
		var batch []signature
		if err := json.Unmarshal([]byte(read(t, dir, "batch")), &batch); err != nil || len(batch) != 2 {
			t.Fatalf("the batch is %s: %v", read(t, dir, "batch"), err)
		}
		return []string{batch[0].KubeletToken, batch[1].KubeletToken}
	}
	first := tokens()
	if err := os.WriteFile(filepath.Join(dir, "rotating"), []byte("worker/1\nother/2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	second := tokens()
	if second[0] == first[0] || second[1] != first[1] {
		t.Errorf("tokens were %v, then %v", first, second)
	}
}

func TestSignWithoutRequestsSignsNothing(t *testing.T) {
	t.Parallel()

	dir := unit(t, "master", "[]\n")
	run(t, dir, "sign")
	if got := read(t, dir, "calls"); got != "auth-user --pending --format json\n" {
		t.Errorf("calls are %q", got)
	}
}

func TestPublish(t *testing.T) {
	t.Parallel()

	dir := unit(t, "master", "")
	run(t, dir, "publish")
	want := "set-dns 53 cluster.local 10.152.183.10\nset-registry-location rocks.canonical.com:443/cdk\nflags set published\n"
	if got := read(t, dir, "calls"); got != want {
		t.Errorf("calls are %q, want %q", got, want)
	}
}

func TestTagIsMadeOnce(t *testing.T) {
	t.Parallel()

	dir := unit(t, "master", "")
	run(t, dir, "tag")
	first := read(t, dir, "calls")
	if !regexp.MustCompile(`^set-cluster-tag kubernetes-[a-z0-9]{32}\nflags set tagged\n$`).MatchString(first) {
		t.Errorf("calls are %q", first)
	}
	run(t, dir, "tag")
	if got := read(t, dir, "calls"); got != first+first {
		t.Errorf("a second run changes the tag: %q", got)
	}
}

func TestWorkerAsksForAUserOfItsOwn(t *testing.T) {
	t.Parallel()

	dir := unit(t, "worker", "")
	user := strings.TrimSpace(run(t, dir, "user"))
	if !regexp.MustCompile(`^system:node:[a-z0-9.-]+-kube-control-worker-7$`).MatchString(user) {
		t.Errorf("the user is %q", user)
	}
	run(t, dir, "request")
	if got := read(t, dir, "calls"); !regexp.MustCompile(`^set-gpu (true|false)\nset-auth-request ` + regexp.QuoteMeta(user) + `\n$`).MatchString(got) {
		t.Errorf("calls are %q", got)
	}
	run(t, dir, "ready")
	if got := read(t, dir, "calls"); !strings.HasSuffix(got, "\nget-dns\nget-auth-credentials "+user+"\n") {
		t.Errorf("calls are %q", got)
	}
}

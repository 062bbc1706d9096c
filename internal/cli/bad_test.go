// The command line against what people may type: what is refused, and what is printed.

package cli_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/internal/cli"
	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/pkg/hooktool"
	"github.com/kube-control/kube-control/tests/world"
)

type bag = agent.Settings

const good = `{"kubelet_token": "k", "proxy_token": "p", "client_token": "c"}`

// refusal is something typed, and how it is refused: the exit code and a part of the line on stderr.
type refusal struct {
	argv  string // the words, by spaces; '' is an empty one
	stdin string
	code  int
	want  string
}

func words(line string) []string {
	list := strings.Fields(line)
	for i, w := range list {
		list[i] = strings.Trim(w, "'")
	}
	return append([]string{"kube-control"}, list...)
}

func master(t *testing.T) *world.World {
	t.Helper()
	w := world.New("kcp/0", world.Charm(t, "master", ""))
	r := w.Relate("kube-control:1", "kw")
	r.Join("kw/0", bag{"kubelet_user": "u", "auth_group": "g"})
	r.Join("kw/1", bag{"kubelet_user": "v w", "gpu": "True"})
	r.Join("kw/10", bag{"kubelet_user": "x"})
	r.Join("kw/2", bag{})
	return w
}

func worker(t *testing.T) *world.World {
	t.Helper()
	w := world.New("kw/0", world.Charm(t, "worker", ""))
	r := w.Relate("kube-control:1", "kcp")
	r.Local = bag{"kubelet_user": "u"}
	r.Join("kcp/0", bag{
		"port": "53", "domain": "cluster.local", "enable-kube-dns": "True", "ingress-address": "10.0.0.5", "cluster-tag": "tag one",
		"creds": `{"u": {"scope": "kw/0", "client_token": "c", "kubelet_token": "", "proxy_token": null}}`,
	})
	return w
}

func TestMasterRefuses(t *testing.T) {
	t.Parallel()
	refuse(t, master(t), []refusal{
		{"bogus", "", 2, `unknown command "bogus"`},
		{"flag", "", 2, `unknown command "flag"`},
		{"flags bogus", "", 2, `unknown command "bogus": flags has clear, is-set, set`},
		{"auth-user --bogus", "", 2, "auth-user has no flag --bogus: kube-control auth-user --help lists its flags"},
		{"--dry-run hook update-status", "", 2, "unknown flag --dry-run: the flags of a command come after its name"},
		{"set-dns -1 x", "", 2, "set-dns has no flag -1: put -- before arguments that begin with a dash"},
		{"set-dns --enable-kube-dns maybe", "", 2, "write --enable-kube-dns=maybe, with an equals sign"},
		{"revoke nosuch", "", 2, `"nosuch" is not a unit's name, such as kubernetes-worker/0`},
		{"explain --unit nosuch", "", 2, `"nosuch" is not a unit's name, such as kubernetes-worker/0`},
		{"sign-auth-request nosuch", "{}", 2, `"nosuch" is not a unit's name, such as kubernetes-worker/0`},
		{"auth-user --pending --refused", "", 2, "auth-user takes one of --pending and --refused"},
		{"auth-user --pending=maybe", "", 2, `flag --pending: "maybe" is not true or false`},
		{"explain --unit", "", 2, "flag --unit needs a value"},
		{"auth-usr", "", 2, `unknown command "auth-usr": did you mean auth-user?`},
		{"auth-user x", "", 2, `auth-user takes no arguments, and "x" was given`},
		{"set-dns", "", 2, "set-dns takes PORT DOMAIN [SDN_IP], or options"},
		{"set-dns 53", "", 2, "DOMAIN is missing"},
		{"set-dns 53 d s x", "", 2, "set-dns takes [PORT DOMAIN [SDN_IP]], and 4 arguments were given"},
		{"set-dns 53 d --port=54", "", 2, "give --port or arguments, not both"},
		{"set-dns dns cluster.local", "", 2, `port "dns" is not a port from 1 to 65535`},
		{"set-dns 53 CLUSTER_local", "", 2, `domain "CLUSTER_local" is not a DNS domain`},
		{"set-dns 53 cluster.local 10.0.0.300", "", 2, `sdn-ip "10.0.0.300" is not an IP address`},
		{"set-dns --sdn-ip=fe80::1%eth0", "", 2, `sdn-ip "fe80::1%eth0" has a zone`},
		{"set-api-endpoints http://h", "", 2, `api-endpoints has "http://h", which is not https`},
		{"set-api-endpoints https://h https://h:99999", "", 2, `api-endpoints has "https://h:99999", which has a port that is not from 1 to 65535`},
		{"set-registry-location https://foo/bar", "", 2, `registry-location "https://foo/bar" is not a host[:port][/path]`},
		{"set-registry-location h:99999", "", 2, `registry-location "h:99999" is not a host[:port][/path]`},
		{"set-cluster-tag a/b", "", 2, `cluster-tag "a/b" is not a name of letters`},
		{"set-default-cni a/b", "", 2, `default-cni "a/b" is not a name of letters`},
		{"set-controller-taints a:Never", "", 2, `taints has "a:Never", which has an effect that Kubernetes does not know`},
		{"set-controller-labels a", "", 2, `labels has "a", which has no =`},
		{"set-dns --port=dns", "", 2, `port "dns" is not a port from 1 to 65535`},
		{"set-dns --port=65536", "", 2, `port "65536" is not a port from 1 to 65535`},
		{"set-dns '' cluster.local", "", 2, "PORT and DOMAIN must not be empty"},
		{"set-dns 53 d --enable-kube-dns=maybe", "", 2, `"maybe" is neither true nor false`},
		{"set-cluster-tag", "", 2, "set-cluster-tag takes CLUSTER_TAG, and no argument was given"},
		{"set-cluster-tag a b", "", 2, "set-cluster-tag takes CLUSTER_TAG, and 2 arguments were given"},
		{"set-cluster-tag " + strings.Repeat("x", 2000), "", 2, "cluster-tag is longer than 1024 bytes"},
		{"set-registry-location", "", 2, "set-registry-location takes REGISTRY_LOCATION, and no argument was given"},
		{"flush-departed x", "", 2, `flush-departed takes no arguments, and "x" was given`},
		{"get-gpu x", "", 2, `get-gpu takes no arguments, and "x" was given`},
		{"set-cluster-tag t --endpoint x", "", 2, `this charm has no master endpoint "x"`},
		{"set-cluster-tag t --relation 9", "", 1, "there is no relation kube-control:9"},
		{"set-cluster-tag t --relation x:1", "", 2, `"x:1" is not a relation of endpoint kube-control`},
		{"set-cluster-tag t --relation kube-control:x", "", 2, `"kube-control:x" is not a relation`},
		{"auth-user --format xml", "", 2, `unknown format "xml": it is text, json or yaml`},
		{"set-cluster-tag t --format xml", "", 2, `unknown format "xml"`},
		{"get-dns", "", 2, "this charm has no worker endpoint"},
		{"set-gpu", "", 2, "this charm has no worker endpoint"},
		{"flags set kube-control.connected", "", 2, "kube-control.connected is computed"},
		{"flags clear kube-control.auth.requested", "", 2, "kube-control.auth.requested is computed"},
		{"flags set leadership.is_leader", "", 2, "leadership.is_leader is computed"},
		{"flags set kube-control.requests.changed", "", 2, "kube-control.requests.changed is computed"},
		{"flags set ''", "", 2, `"" is not a flag name`},
		{"flags set", "", 2, "flags set takes NAME, and no argument was given"},
		{"flags is-set", "", 2, "flags is-set takes NAME, and no argument was given"},
		{"hook", "", 2, "hook takes NAME, and no argument was given"},
		{"hook a/b", "", 2, "not a hook's name"},

		{"sign-auth-request", good, 2, "takes UNIT [USER], or --batch alone"},
		{"sign-auth-request kw/0 --batch", good, 2, "takes UNIT [USER], or --batch alone"},
		{"sign-auth-request kw/0 u x", good, 2, "sign-auth-request takes UNIT [USER] | --batch, and 3 arguments were given"},
		{"sign-auth-request kw/0", "", 1, "it is empty"},
		{"sign-auth-request kw/0", " \n", 1, "it is empty"},
		{"sign-auth-request kw/0", good[:20], 1, "it is not the JSON expected"},
		{"sign-auth-request kw/0", "not json", 1, "it is not the JSON expected"},
		{"sign-auth-request kw/0", "[" + good + "]", 1, "it is not the JSON expected"},
		{"sign-auth-request kw/0", good + good, 1, "something stands behind the JSON value"},
		{"sign-auth-request kw/0", `{"client_token": "` + "\xff" + `"}`, 1, "it is not UTF-8 text"},
		{"sign-auth-request kw/0", `{"kubelet_token": 5}`, 1, "it is not the JSON expected"},
		{"sign-auth-request kw/0", `{"kubelet": "k"}`, 1, "it is not the JSON expected"},
		{"sign-auth-request kw/0", "{}", 2, "no token is given"},
		{"sign-auth-request kw/0", "null", 2, "no token is given"},
		{"sign-auth-request kw/7", good, 1, `cannot sign for "kw/7": no such unit is joined on kube-control`},
		{"sign-auth-request kw/2", good, 1, "the unit asks for no user"},
		{"sign-auth-request kw/0 x", good, 1, `kw/10 holds the user "x"`},
		{"sign-auth-request kw/0 --tokens /does/not/exist", good, 1, "cannot read tokens"},
		{"sign-auth-request --batch", "", 1, "it is empty"},
		{"sign-auth-request --batch", "[]", 1, "there is nothing to sign"},
		{"sign-auth-request --batch", good, 1, "it is not the JSON expected"},
		{"sign-auth-request --batch", "[" + good + "]", 1, "element 0 has no unit"},
		{"sign-auth-request --batch", `[{"unit": "kw/0", "scope": "kw/1", "client_token": "c"}]`, 1, "element 0 has kw/0 as its unit and kw/1 as its scope"},
		{"sign-auth-request --batch", `[{"unit": "kw/0", "client_token": "c"}, {"scope": "kw/9", "client_token": "c"}]`, 1, "no such unit"},
	})
}

func TestFollowerRefusesToSign(t *testing.T) {
	t.Parallel()
	w := master(t)
	w.Leader = false
	refuse(t, w, []refusal{
		{"sign-auth-request kw/0", good, 3, "cannot sign: this unit is not the leader"},
		{"sign-auth-request kw/77", good, 3, "cannot sign: this unit is not the leader"},
		{"sign-auth-request --batch", `[{"scope": "kw/0", "client_token": "c"}]`, 3, "cannot sign: this unit is not the leader"},
		{"sign-auth-request kw/0 --dry-run", good, 3, "cannot sign: this unit is not the leader"},
		{"sign-auth-request kw/0", "", 1, "it is empty"},
	})
}

func TestWorkerRefuses(t *testing.T) {
	t.Parallel()
	refuse(t, worker(t), []refusal{
		{"set-gpu maybe", "", 2, `"maybe" is neither true nor false`},
		{"set-gpu true false", "", 2, "set-gpu takes [true|false], and 2 arguments were given"},
		{"set-auth-request", "", 2, "set-auth-request takes USER, and no argument was given"},
		{"set-auth-request u --group a,b", "", 2, `auth_group "a,b" has characters that are not allowed in a name`},
		{"set-auth-request " + strings.Repeat("u", 1025), "", 2, "kubelet_user is longer than 1024 bytes"},
		{"get-auth-credentials", "", 2, "get-auth-credentials takes USER, and no argument was given"},
		{"get-auth-credentials u --reveal", "", 2, "--reveal needs a file (--output) outside a hook"},
		{"get-auth-credentials u --reveal -o /does/not/exist", "", 1, "cannot write /does/not/exist"},
		{"get-auth-credentials nobody -o /does/not/exist", "", 3, "no master has published credentials for user nobody: explain says what is missing"},
		{"get-auth-credentials nobody", "", 3, "no master has published credentials for user nobody: explain says what is missing"},
		{"auth-user", "", 2, "this charm has no master endpoint"},
		{"get-dns --relation 7", "", 1, "there is no relation kube-control:7"},
	})
}

// refuse runs each refusal in a context of its own, and looks that nothing was written.
func refuse(t *testing.T, w *world.World, refusals []refusal) {
	t.Helper()
	for _, tt := range refusals {
		run := w.Begin(world.Hook{})
		res := run.Program(tt.stdin, words(tt.argv)...)
		oneLine(t, tt, res)
		if run.Changed() || res.Stdout != "" {
			t.Errorf("%s: something is written: %q", tt.argv, res.Stdout)
		}
	}
}

func oneLine(t *testing.T, tt refusal, res world.Result) {
	t.Helper()
	if res.Code != tt.code || !strings.Contains(res.Stderr, tt.want) {
		t.Errorf("%.60s: exit %d: %swant exit %d, %q", tt.argv, res.Code, res.Stderr, tt.code, tt.want)
	}
	if strings.Count(res.Stderr, "\n") != 1 || !strings.HasSuffix(res.Stderr, "\n") || !strings.HasPrefix(res.Stderr, "kube-control: ") {
		t.Errorf("%.60s: not one line: %q", tt.argv, res.Stderr)
	}
}

func TestCharmRefuses(t *testing.T) {
	t.Parallel()
	const two = "provides:\n  a:\n    interface: kube-control\n  b:\n    interface: kube-control\n"
	for _, tt := range []struct {
		endpoints, settings string
		refusal
	}{
		{two, "", refusal{"set-cluster-tag t", "", 2, "this charm has the master endpoints [a b]: name one with --endpoint"}},
		{two, "", refusal{"get-dns --endpoint a", "", 2, `this charm has no worker endpoint "a"`}},
		{"", "", refusal{"set-cluster-tag t", "", 2, "this charm has no master endpoint"}},
		{two, "colour: red\n", refusal{"flags", "", 1, `unknown key "colour"`}},
		{two, "status: maybe\n", refusal{"flags", "", 1, "key status: want true or false"}},
		{two, "handlers:\n- {name: a, run: [x], when: kc}\n", refusal{"flags", "", 1, "handler 1: key when: want a list of texts"}},
		{two, "status: [\n", refusal{"flags", "", 1, "kube-control.yaml"}},
	} {
		refuse(t, world.New("c/0", world.CharmOf(t, tt.endpoints, tt.settings)), []refusal{tt.refusal})
	}
	// A hook of a charm with a bad file fails as well, with one line.
	w := world.New("c/0", world.CharmOf(t, two, "colour: red\n"))
	if res := w.Begin(world.Hook{Name: "start"}).Link(); res.Code != 1 || strings.Count(res.Stderr, "\n") != 1 {
		t.Errorf("exit %d: %q", res.Code, res.Stderr)
	}
}

// Without Juju around every command that needs it says so, and calls no tool.
func TestNoJuju(t *testing.T) {
	t.Parallel()
	for _, argv := range []string{
		"set-dns 53 d", "auth-user", "sign-auth-request kw/0", "set-cluster-tag t", "flush-departed", "set-registry-location r", "get-gpu",
		"get-dns", "set-gpu", "get-auth-credentials u", "set-auth-request u", "get-cluster-tag", "get-registry-location",
		"flags", "flags is-set x", "flags set x", "flags clear x", "hook start", "refresh",
	} {
		var stdout, stderr strings.Builder
		code := cli.Program{
			Args: words(argv), Stdin: strings.NewReader(good), Stdout: &stdout, Stderr: &stderr, Runner: nil,
			Environ: []string{"JUJU_CHARM_DIR=" + world.Charm(t, "master", "")},
		}.Run(t.Context())
		oneLine(t, refusal{argv, "", 1, "not in a hook, an action or juju exec"}, world.Result{Code: code, Stdout: stdout.String(), Stderr: stderr.String()})
	}
}

// A tool that prints several lines before it fails still makes one line of ours, without values.
func TestToolErrorIsOneLine(t *testing.T) {
	t.Parallel()
	var stderr strings.Builder
	code := cli.Program{
		Args: words("set-cluster-tag t"), Stdin: strings.NewReader(""), Stdout: &stderr, Stderr: &stderr, Runner: failing{},
		Environ: []string{"JUJU_CONTEXT_ID=c", "JUJU_UNIT_NAME=kcp/0", "JUJU_CHARM_DIR=" + world.Charm(t, "master", "")},
	}.Run(t.Context())
	oneLine(t, refusal{"set-cluster-tag t", "", 1, "is-leader"}, world.Result{Code: code, Stderr: stderr.String()})
}

func TestUnknownHookAndAction(t *testing.T) {
	t.Parallel()
	w := master(t)
	run := w.Begin(world.Hook{})
	if res := run.Program("", filepath.Join(w.CharmDir, "hooks", "no-such-hook")); res != (world.Result{}) || len(run.Calls()) > 0 {
		t.Errorf("an unknown hook: %+v, %v", res, run.Calls())
	}
	run = w.Begin(world.Hook{})
	res := run.Program("", filepath.Join(w.CharmDir, "actions", "no-such-action"))
	oneLine(t, refusal{"an action", "", 2, `there is no action "no-such-action"`}, res)
}

// What get-auth-credentials writes is for nobody but its owner and its group, and replaces what was there.
func TestRevealToFile(t *testing.T) {
	t.Parallel()
	w, file := worker(t), filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(file, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out := w.Must(t, "", "get-auth-credentials", "u", "--reveal", "--format=json", "-o", file); out != "" {
		t.Errorf("printed %q", out)
	}
	text, err := os.ReadFile(file)
	info, _ := os.Stat(file)
	if want := `{"user":"u","kubelet_token":"","proxy_token":null,"client_token":"c"}` + "\n"; err != nil || string(text) != want || info.Mode() != 0o640 {
		t.Errorf("mode %v, %q, %v", info.Mode(), text, err)
	}
}

// failing is a runner whose tools fail with several lines.
type failing struct{}

func (failing) Run(context.Context, hooktool.Call) (hooktool.Output, error) {
	return hooktool.Output{ExitCode: 1, Stderr: []byte("ERROR first\nsecond\r\nthird\n")}, nil
}

package ready_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/kube-control/kube-control/internal/ready"
	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// Who is signed, and what the status says of who is not.
func TestSigningPolicy(t *testing.T) {
	t.Parallel()
	tests := []struct {
		unit, user, group string
		options           map[string]any
		refused           string // the status's words; "" for a signature
	}{
		{unit: "kw/0", user: "system:node:a", group: "system:nodes"},
		{unit: "kw/0", user: "system:node:Node-A", group: ""},
		{unit: "kw/0", user: "kw/0", group: "system:nodes"},
		{unit: "kube-e2e/0", user: "system:node:a", group: "system:masters", refused: "kube-e2e/0 asks for group system:masters"},
		{unit: "kw/0", user: "root", group: "system:nodes", refused: "kw/0 asks for user root"},
		{unit: "kw/0", user: "kw/1", group: "system:nodes", refused: "kw/0 asks for user kw/1"},
		{unit: "kw/0", user: "admin", group: "system:nodes", refused: "kw/0 asks for user admin", options: map[string]any{"allowed-users": "*"}},
		{unit: "kw/0", user: "system:kube-proxy", group: "system:nodes", refused: "kw/0 asks for user system:kube-proxy", options: map[string]any{"allowed-users": "*"}},
		{unit: "kw/0", user: "kube-control:admin", group: "system:nodes", refused: "kw/0 asks for user kube-control:admin", options: map[string]any{"allowed-users": "*"}},
		{unit: "kw/0", user: "a,b", group: "system:nodes", refused: `kw/0 asks for user "a,b", which has characters that are not allowed in a name`},
		{unit: "kw/0", user: "system:node:../x", group: "system:nodes", refused: `kw/0 asks for user "system:node:../x", which is not a node name`},
		{unit: "kw/0", user: "system:node:a", group: "x\ny", refused: `kw/0 asks for group "x\ny", which has characters that are not allowed in a name`},
		{unit: "kube-e2e/0", user: "root", group: "system:masters", options: map[string]any{
			"allowed-groups": "system:nodes kube-e2e=system:masters", "allowed-users": "system:node:* kube-e2e=root",
		}},
		{unit: "kw/0", user: "root", group: "system:masters", refused: "kw/0 asks for group system:masters", options: map[string]any{
			"allowed-groups": "system:nodes kube-e2e=system:masters", "allowed-users": "system:node:* kube-e2e=root",
		}},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s %q %q", tt.unit, tt.user, tt.group), func(t *testing.T) {
			t.Parallel()
			w := world.ReadyMaster(t, "kcp/0")
			maps.Copy(w.Options, tt.options)
			r := w.Relate("kube-control:1", strings.Split(tt.unit, "/")[0])
			w.Joined(t, r, tt.unit, agent.Settings{"kubelet_user": tt.user, "auth_group": tt.group})
			signed := strings.Contains(r.Local["creds"], `"scope": "`+tt.unit+`"`)
			want := ""
			if tt.refused != "" {
				want = "1 request refused: " + tt.refused
			}
			if signed == (tt.refused != "") || w.Status.Message != want || w.Status.Status != "active" {
				t.Errorf("signed %v, status %s %q", signed, w.Status.Status, w.Status.Message)
			}
			if got := strings.Fields(strings.TrimPrefix(w.Must(t, "", "auth-user", "--refused"), "Unit")); strings.TrimPrefix(strings.Join(got, " "), "Reason ") != tt.refused {
				t.Errorf("auth-user --refused prints %q", got)
			}
			if listed := len(rows(t, w, tt.unit)) > 0; listed != signed {
				t.Errorf("the token file is\n%s", w.TokenFile(t))
			}
		})
	}
}

// The client token: of the unit's own by default, nobody's, or everybody's administrator.
func TestClientToken(t *testing.T) {
	t.Parallel()
	tests := []struct {
		options map[string]any
		want    string // the row of the client token, but for the token; "" for none
		status  string
	}{
		{nil, `kube-control:client:kw/0,kube-control:kube-control:1/kw/0/client,"system:nodes"`, ""},
		{map[string]any{"client-group": "viewers"}, `kube-control:client:kw/0,kube-control:kube-control:1/kw/0/client,"viewers"`, ""},
		{map[string]any{"client-token": "none"}, "", ""},
		{map[string]any{"client-token": "admin"}, `kube-control:admin,kube-control:kube-control:1/kw/0/client,"system:masters"`, "client-token=admin gives every worker all rights"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.options), func(t *testing.T) {
			t.Parallel()
			w := world.ReadyMaster(t, "kcp/0")
			maps.Copy(w.Options, tt.options)
			r := w.Relate("kube-control:1", "kw")
			w.Joined(t, r, "kw/0", node("a"))
			found := ""
			for line := range strings.Lines(w.TokenFile(t)) {
				token, rest, _ := strings.Cut(strings.TrimSpace(line), ",")
				if strings.Contains(r.Local["creds"], `"client_token": "`+token+`"`) {
					found = rest
				}
			}
			if found != tt.want || w.Status.Message != tt.status {
				t.Errorf("the client token is of %q, status %+v", found, w.Status)
			}
			if tt.want == "" && !strings.Contains(r.Local["creds"], `"client_token": ""`) {
				t.Errorf("creds are %s", r.Local["creds"])
			}
		})
	}
}

// Row 120: spaces and commas separate the entries of every list; another separator is an error.
func TestRow120ListsOfOptions(t *testing.T) {
	t.Parallel()
	for option, tt := range map[string]struct{ values, key, want string }{
		"api-endpoints":        {"https://b:1,https://a:2\nhttps://c", "api-endpoints", `["https://a:2", "https://b:1", "https://c"]`},
		"register-with-taints": {"b:NoSchedule, a=x:NoExecute", "taints", `["a=x:NoExecute", "b:NoSchedule"]`},
		"labels":               {"b=,a=x\tc=y", "labels", `["a=x", "b=", "c=y"]`},
		"allowed-groups":       {"foo,system:nodes", "creds", ""},
		"allowed-users":        {"foo,system:node:*", "creds", ""},
	} {
		t.Run(option, func(t *testing.T) {
			t.Parallel()
			w, r := signed(t)
			w.Options[option] = tt.values
			w.MustHook(t, world.Hook{Name: "config-changed"})
			w.Joined(t, r, "kw/9", map[string]string{"kubelet_user": "system:node:nine"})
			if got := r.Local[tt.key]; tt.want != "" && got != tt.want {
				t.Errorf("%s is %s, want %s", tt.key, got, tt.want)
			}
			if !strings.Contains(r.Local["creds"], "system:node:nine") {
				t.Errorf("the worker is not signed: %s %s", w.Status.Status, w.Status.Message)
			}
			w.Options[option] = strings.NewReplacer(",", ";", "\n", ";", "\t", ";").Replace(tt.values)
			w.MustHook(t, world.Hook{Name: "config-changed"})
			if want := "Option " + option + " has "; !strings.HasPrefix(w.Status.Message, want) {
				t.Errorf("the status is %q, want %s...", w.Status.Message, want)
			}
		})
	}
}

// Row 121: an address of this unit that is not valid in a URL fails no hook, and what was published last stays.
func TestRow121OwnAddressThatIsNotValid(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"node_1", "fe80::1%eth0", "a b", "10.0.0.1:80"} {
		w, r := signed(t)
		before := maps.Clone(r.Local)
		w.Address = address
		w.MustHook(t, world.Hook{Name: "config-changed"})
		if !maps.Equal(before, r.Local) {
			t.Errorf("%s: published is %v, was %v", address, r.Local, before)
		}
		if !slices.ContainsFunc(w.Logs, func(line string) bool { return strings.Contains(line, "not published: api-endpoints has ") }) {
			t.Errorf("%s: nothing is logged: %q", address, w.Logs)
		}
	}
}

// A bad option blocks with its name and the reason, and what was published last stays.
func TestBadOption(t *testing.T) {
	t.Parallel()
	for option, tt := range map[string]struct {
		value  any
		reason string
	}{
		"dns-provider":         {"kube-dns", `is "kube-dns", not one of auto, none`},
		"dns-ip":               {"10.0.0.300", "is not an IP address"},
		"dns-port":             {jsonNumber("70000"), "is not a port from 1 to 65535"},
		"dns-domain":           {"a_b", "is not a DNS domain"},
		"cluster-tag":          {"a b", "is not a name of letters, digits, dots and dashes"},
		"image-registry":       {"--x", "is not a host[:port][/path]"},
		"api-endpoints":        {"http://1.2.3.4", `has "http://1.2.3.4", which is not https`},
		"register-with-taints": {"a:Never", `has "a:Never", which has an effect that Kubernetes does not know`},
		"labels":               {"a", `has "a", which has no =`},
		"cohort-keys":          {"[]", "is not a JSON object of texts"},
		"ca-certificate":       {"x y", "is neither PEM nor base64 of it"},
		"token-auth-file":      {"/root/", "is not the path of a file"},
		"default-cni":          {"a b", "is not a name of letters, digits, dots and dashes"},
		"allowed-users":        {"=x", `has "=x", which is not [APP=]NAME`},
		"client-group":         {"a,b", "has characters that are not allowed in a name"},
		"client-token":         {"both", `is "both", not one of per-unit, admin, none`},
		"allowed-groups":       {`a"b`, `has "a\"b", which is not [APP=]NAME`},
	} {
		t.Run(option, func(t *testing.T) {
			t.Parallel()
			w, r := signed(t)
			before, file := maps.Clone(r.Local), w.TokenFile(t)
			w.Options[option] = tt.value
			w.MustHook(t, world.Hook{Name: "config-changed"})
			if want := "Option " + option + " " + tt.reason; w.Status.Status != "blocked" || w.Status.Message != want {
				t.Errorf("the status is %s %q, want %q", w.Status.Status, w.Status.Message, want)
			}
			if !maps.Equal(before, r.Local) || w.TokenFile(t) != file {
				t.Errorf("published is %v, was %v", r.Local, before)
			}
			if len(w.Status.Message) > 99 {
				t.Errorf("%d characters: %s", len(w.Status.Message), w.Status.Message)
			}
		})
	}
}

// While an option of the signing policy is invalid, no new request is signed, and signed units stay signed.
func TestBadPolicySignsNobody(t *testing.T) {
	t.Parallel()
	for option, bad := range map[string]string{"allowed-groups": "a,b=", "allowed-users": "=x", "client-token": "both", "client-group": "a,b"} {
		t.Run(option, func(t *testing.T) {
			t.Parallel()
			w, r := signed(t)
			before, good := w.TokenFile(t), w.Options[option]
			w.Options[option] = bad
			w.Joined(t, r, "kw/2", node("c"))
			if w.TokenFile(t) != before || strings.Contains(r.Local["creds"], "kw/2") || w.Status.Status != "blocked" {
				t.Errorf("status %+v, published %s, listed\n%s", w.Status, r.Local["creds"], w.TokenFile(t))
			}
			w.Options[option] = good
			w.MustHook(t, world.Hook{Name: "config-changed"})
			if len(rows(t, w, "kw/2")) != 6 || w.Status.Status != "active" {
				t.Errorf("fixed: status %+v, listed\n%s", w.Status, w.TokenFile(t))
			}
		})
	}
}

type jsonNumber string

func (n jsonNumber) MarshalJSON() ([]byte, error) { return []byte(n), nil }

// DNS that is switched off says so and takes its address back. Charms on the ops library read nothing without port and
// domain, so these stay, and an invalid domain still blocks.
func TestRow91NoDNS(t *testing.T) {
	t.Parallel()
	w, r := signed(t)
	w.Options["dns-provider"] = "none"
	w.MustHook(t, world.Hook{Name: "config-changed"})
	if r.Local["enable-kube-dns"] != "False" || r.Local["port"] != "53" || r.Local["domain"] != "cluster.local" || r.Local["sdn-ip"] != "" {
		t.Errorf("published is %v", r.Local)
	}
	w.Options["dns-domain"] = "No Domain"
	w.MustHook(t, world.Hook{Name: "config-changed"})
	if w.Status.Status != "blocked" || !strings.Contains(w.Status.Message, "dns-domain") || r.Local["domain"] != "cluster.local" {
		t.Errorf("status %+v, published %v", w.Status, r.Local)
	}
}

// The operator's command runs when the file has changed, without Juju's variables, and again until it succeeds.
func TestOnTokensChanged(t *testing.T) {
	t.Parallel()
	w := world.ReadyMaster(t, "kcp/0")
	w.Options["on-tokens-changed"] = `env > env; echo x >> runs; test -e works`
	r := w.Relate("kube-control:1", "kw")
	w.Joined(t, r, "kw/0", node("a"))
	runs := func() string {
		text, _ := os.ReadFile(filepath.Join(w.CharmDir, "runs"))
		return strings.ReplaceAll(string(text), "\n", "")
	}
	if w.Status.Status != "waiting" || w.Status.Message != "Waiting for on-tokens-changed, which failed (exit status 1)" {
		t.Errorf("the status is %+v", w.Status)
	}
	before := runs()
	write(t, w, "works", "")
	w.MustHook(t, world.Hook{Name: "update-status"})
	if runs() != before+"x" || w.Status.Status != "active" {
		t.Errorf("it ran %s times, status %+v", runs(), w.Status)
	}
	w.MustHook(t, world.Hook{Name: "update-status"})
	if runs() != before+"x" {
		t.Errorf("it ran %s times", runs())
	}
	env, err := os.ReadFile(filepath.Join(w.CharmDir, "env"))
	if err != nil || strings.Contains(string(env), "JUJU_") {
		t.Errorf("its environment: %v %s", err, env)
	}
}

// While the seed cannot be read, no request is signed, units that leave are still revoked, and the next hook continues.
func TestUnreadableSeed(t *testing.T) {
	t.Parallel()
	w, r := signed(t)
	w.Relation("masters:0").App["token-authority"], w.Goal = "fakesecretid99999999", agent.GoalState{}
	id := w.Vault.Secrets[0].ID
	goal(w)
	w.Joined(t, r, "kw/2", node("c"))
	if w.Status.Status != "waiting" || w.Status.Message != "Waiting for the secret with the token seed" {
		t.Errorf("the status is %+v", w.Status)
	}
	w.Departed(t, r, "kw/1", "kw/1")
	if len(rows(t, w, "kw/0")) != 6 || len(rows(t, w, "kw/1"))+len(rows(t, w, "kw/2")) != 0 {
		t.Errorf("the token file is\n%s", w.TokenFile(t))
	}
	w.Relation("masters:0").App["token-authority"] = id
	w.MustHook(t, world.Hook{Name: "update-status"})
	if len(rows(t, w, "kw/0")) != 6 || len(rows(t, w, "kw/1")) != 0 || len(rows(t, w, "kw/2")) != 6 {
		t.Errorf("in the end the token file is\n%s", w.TokenFile(t))
	}
}

// Whatever stands in the token file, what we leave there is what kube-apiserver reads; the rest is kept beside it.
func TestForeignRows(t *testing.T) {
	t.Parallel()
	w := world.ReadyMaster(t, "kcp/0")
	write(t, w, "known_tokens.csv", "# a comment, with, columns\nshort,row\nforeigntoken,jane,7,\"a,b\"\n\nbad,\"quote,1\nempty,,1\nlast,joe,8")
	r := w.Relate("kube-control:1", "kw")
	w.Joined(t, r, "kw/0", node("a"))
	if file := w.TokenFile(t); !strings.HasPrefix(file, "foreigntoken,jane,7,\"a,b\"\nlast,joe,8\n") || strings.Count(file, "\n") != 8 {
		t.Errorf("the token file is\n%s", file)
	}
	rejected := filepath.Join(w.CharmDir, "known_tokens.csv.rejected")
	text, err := os.ReadFile(rejected)
	if want := "# a comment, with, columns\nshort,row\nbad,\"quote,1\nempty,,1\n"; err != nil || string(text) != want {
		t.Errorf("rejected is %q, %v", text, err)
	}
	if told := strings.Count(strings.Join(w.Logs, "\n"), "that kube-apiserver would not read are now in "); told != 1 {
		t.Errorf("the log tells of it %d times: %q", told, w.Logs)
	}
	for _, path := range []string{rejected, filepath.Join(w.CharmDir, "known_tokens.csv")} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	w.Joined(t, r, "kw/1", agent.Settings{"kubelet_user": "jane", "auth_group": "system:nodes"})
	if len(rows(t, w, "kw/1")) > 0 {
		t.Errorf("a worker was given the name of a row that was there")
	}
}

// A file that can't be written is a status, and no failed hook; the next hook writes it.
func TestTokenFileCannotBeWritten(t *testing.T) {
	t.Parallel()
	w := world.ReadyMaster(t, "kcp/0")
	w.Options["token-auth-file"] = "occupied/known_tokens.csv"
	write(t, w, "occupied", "")
	r := w.Relate("kube-control:1", "kw")
	w.Joined(t, r, "kw/0", node("a"))
	if w.Status.Status != "blocked" || w.Status.Message != "Cannot write the token file: not a directory" {
		t.Errorf("the status is %+v", w.Status)
	}
	if err := os.Remove(filepath.Join(w.CharmDir, "occupied")); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	w.MustHook(t, world.Hook{Name: "update-status"})
	if text, err := os.ReadFile(filepath.Join(w.CharmDir, "occupied", "known_tokens.csv")); err != nil || strings.Count(string(text), "\n") != 6 {
		t.Errorf("the file is %q, %v", text, err)
	}
}

// A changed hook of the leader runs as many tools with 500 workers as with 5.
func TestCostDoesNotGrow(t *testing.T) {
	t.Parallel()
	for schema, most := range map[string]int{"": 9, "[0, 1]": 10} { // a leader looks at the secret of the hook's unit
		t.Run("schema_vers "+schema, func(t *testing.T) {
			t.Parallel()
			calls := map[int]int{}
			for _, n := range []int{5, 500} {
				w := world.ReadyMaster(t, "kcp/0")
				r := w.Relate("kube-control:1", "kw")
				bag := func(i int) agent.Settings {
					asks := node(fmt.Sprintf("n%d", i))
					asks["schema_vers"] = schema
					return asks
				}
				for i := range n {
					r.Join(fmt.Sprintf("kw/%d", i), bag(i))
				}
				w.MustHook(t, world.Hook{Name: "config-changed"})
				if got := strings.Count(w.TokenFile(t), "\n"); got != 6*n {
					t.Fatalf("%d rows for %d workers", got, n)
				}
				run := w.Changed(t, r, "kw/3", bag(3))
				calls[n] = len(run.Calls())
				if run.Changed() {
					t.Errorf("an idle hook writes")
				}
			}
			if calls[5] != calls[500] || calls[5] != most {
				t.Errorf("calls by number of workers: %v, want %d", calls, most)
			}
		})
	}
}

// A Juju that comes to have secrets takes the seed from the bag into one; no token changes.
func TestSeedMovesIntoSecret(t *testing.T) {
	t.Parallel()
	w := world.ReadyMaster(t, "kcp/0")
	w.Version = "2.9.51"
	r := w.Relate("kube-control:1", "kw")
	w.Joined(t, r, "kw/0", node("a"))
	file, app := w.TokenFile(t), w.Relation("masters:0").App
	if app["seed"] == "" {
		t.Fatalf("no seed in %v", app)
	}
	w.Version = "3.6.1"
	w.MustHook(t, world.Hook{Name: "config-changed"})
	if app["seed"] != "" || app["token-authority"] == "" || w.TokenFile(t) != file {
		t.Errorf("the bag is %v, the tokens\n%s\nwere\n%s", app, w.TokenFile(t), file)
	}
}

// A leader that comes back with old credentials on its wire replaces them by those of its successor.
func TestFormerLeaderComesBack(t *testing.T) {
	t.Parallel()
	w := world.ReadyMaster(t, "kcp/0")
	w.Version = "2.9.51"
	r := w.Relate("kube-control:1", "kw")
	w.Joined(t, r, "kw/0", node("a"))
	other := w.Beside(t, "kcp/1")
	ro := other.Relate("kube-control:1", "kw")
	other.Joined(t, ro, "kw/0", node("a"))
	other.Leader = true
	other.MustHook(t, world.Hook{Name: "leader-elected"})
	other.Must(t, "", "rotate-credentials", "--all")
	other.Leader = false
	w.MustHook(t, world.Hook{Name: "update-status"}) // it leads again and has not seen that it did not
	if w.TokenFile(t) != other.TokenFile(t) || !strings.Contains(r.Local["creds"], `"generation": 1`) {
		t.Errorf("it publishes %s\nand lists\n%s\nthe other lists\n%s", r.Local["creds"], w.TokenFile(t), other.TokenFile(t))
	}
}

// A revocation is shown, outlasts another request, and can be undone. The revoked tokens are never accepted again.
func TestRow106RevocationIsUndone(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.6.1", "2.9.51"} {
		for _, schemas := range []string{"", "[0, 1]"} {
			w := world.ReadyMaster(t, "kcp/0")
			w.Version = version
			r := w.Relate("kube-control:1", "kw")
			ask := func(name string) agent.Settings {
				bag := node(name)
				bag["schema_vers"] = schemas
				return bag
			}
			w.Joined(t, r, "kw/0", ask("a"))
			before := rows(t, w, "kw/0")
			w.Must(t, "", "revoke", "kw/0")
			want := "active 1 request refused: kw/0 was revoked"
			if got := w.Status.Status + " " + w.Status.Message; got != want || len(rows(t, w, "kw/0")) != 0 {
				t.Errorf("%s: the status is %q, listed\n%s", version, got, w.TokenFile(t))
			}
			w.Changed(t, r, "kw/0", ask("b"))
			w.Changed(t, r, "kw/0", ask("a"))
			w.MustHook(t, world.Hook{Name: "update-status"})
			if got := w.Status.Status + " " + w.Status.Message; got != want {
				t.Errorf("%s: asked again, the status is %q", version, got)
			}
			w.Must(t, "", "revoke", "--undo", "kw/0")
			after := rows(t, w, "kw/0")
			if got := w.Status.Status + " " + w.Status.Message; got != "active " || len(after) != 6 || !strings.Contains(r.Local["creds"], "system:node:a") {
				t.Errorf("%s: undone, the status is %q, listed\n%s", version, got, w.TokenFile(t))
			}
			for _, row := range before {
				if slices.Contains(after, row) {
					t.Errorf("%s: a revoked token is accepted again: %s", version, row)
				}
			}
			if res := w.Begin(world.Hook{}).Command("revoke", "--undo", "kw/0"); res.Code != 1 || !strings.Contains(res.Stderr, "no request of it on kube-control is revoked") {
				t.Errorf("%s: undone twice: %+v", version, res)
			}
		}
	}
}

// A person's own tokens pass the policy and the grammar of token files like any request; what stands on the wire and in no
// ledger is listed.
func TestRow103SigningByHandKeepsToThePolicy(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ asks, user, token, reason string }{
		"the administrator":    {"system:node:a", "system:admin", "a-good-token", "asks for user system:admin"},
		"a part of Kubernetes": {"system:node:a", "system:kube-scheduler", "a-good-token", "asks for user system:kube-scheduler"},
		"a refused request":    {"root", "", "a-good-token", "asks for user root"},
		"a short token":        {"system:node:a", "", "short", "its kubelet token is not 8 to 4096 letters"},
		"a token with a line":  {"system:node:a", "", "a-bad\\ntoken", "its kubelet token is not 8 to 4096 letters"},
		"a token with a comma": {"system:node:a", "", "a-bad,token", "its kubelet token is not 8 to 4096 letters"},
		"a token with a quote": {"system:node:a", "", `a-bad\"token`, "its kubelet token is not 8 to 4096 letters"},
		"a long token":         {"system:node:a", "", strings.Repeat("t", 4097), "its kubelet token is not 8 to 4096 letters"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := world.ReadyMaster(t, "kcp/0")
			r := w.Relate("kube-control:1", "kw")
			w.Joined(t, r, "kw/0", agent.Settings{"kubelet_user": tt.asks, "auth_group": "system:nodes"})
			before := r.Local["creds"]
			run := w.Begin(world.Hook{})
			args := []string{"kube-control", "sign-auth-request", "kw/0"}
			if tt.user != "" {
				args = append(args, tt.user)
			}
			res := run.Program(fmt.Sprintf(`{"kubelet_token": "%s"}`, tt.token), args...)
			if res.Code != 1 || !strings.Contains(res.Stderr, tt.reason) || strings.Contains(res.Stderr, "token\"") {
				t.Errorf("%+v", res)
			}
			run.Commit()
			if r.Local["creds"] != before {
				t.Errorf("published is %s", r.Local["creds"])
			}
		})
	}
	w := world.ReadyMaster(t, "kcp/0")
	r := w.Relate("kube-control:1", "kw")
	w.Joined(t, r, "kw/0", node("a"))
	r.Local["creds"] = strings.TrimSuffix(r.Local["creds"], "}") + `, "system:admin": {"client_token": "", "kubelet_token": "x", "proxy_token": "", "scope": "kw/0"}}`
	res := w.Begin(world.Hook{}).Command("audit")
	if res.Code != 3 || !strings.Contains(res.Stdout, "system:admin  kw/0  unknown") || strings.Contains(res.Stdout, "system:node:a") {
		t.Errorf("audited is %+v", res)
	}
}

// An option that is emptied takes its value off the wire, so that later workers get nothing of it either.
func TestRow104EmptiedOptionsAreWithdrawn(t *testing.T) {
	t.Parallel()
	for option, tt := range map[string]struct {
		value string
		keys  []string
	}{
		"ca-certificate": {certificate, []string{"ca-certificate-secret-id"}},
		"image-registry": {"example.com", []string{"registry-location"}},
		"dns-ip":         {"10.0.0.53", []string{"sdn-ip"}},
		"cohort-keys":    {`{"kubelet": "k"}`, []string{"cohort-keys"}},
	} {
		t.Run(option, func(t *testing.T) {
			t.Parallel()
			w, r := signed(t)
			other := w.Beside(t, "kcp/1")
			ro := other.Relate("kube-control:1", "kw")
			other.Joined(t, ro, "kw/0", node("a"))
			w.Options[option] = ""
			w.MustHook(t, world.Hook{Name: "config-changed"})
			without := maps.Clone(r.Local)
			w.Options[option] = tt.value
			w.MustHook(t, world.Hook{Name: "config-changed"})
			for _, key := range tt.keys {
				if r.Local[key] == "" {
					t.Fatalf("%s is not published: %v", key, r.Local)
				}
			}
			w.Options[option] = ""
			w.MustHook(t, world.Hook{Name: "config-changed"})
			if !maps.Equal(r.Local, without) {
				t.Errorf("published is %v, was %v", r.Local, without)
			}
			later := w.Relate("kube-control:7", "later")
			w.Joined(t, later, "later/0", node("c"))
			for _, key := range tt.keys {
				if later.Local[key] != "" {
					t.Errorf("a later worker gets %s %q", key, later.Local[key])
				}
			}
			if w.Labelled("kcp", "ca-certificate") != nil {
				t.Error("the secret stays")
			}
			if run := w.MustHook(t, world.Hook{Name: "update-status"}); run.Changed() {
				t.Errorf("an idle hook writes: %v", run.Calls())
			}
		})
	}
}

// A bundle of certificates is published where Juju takes it. Elsewhere the unit is blocked with the option and the reason,
// what was good last stays, and all other options take effect. The same holds for what Juju keeps of a charm.
func TestRow105ValuesOverJujusLimits(t *testing.T) {
	t.Parallel()
	bundle := strings.Repeat(certificate, 200)
	for version, fits := range map[string]bool{"3.1.10": false, "3.6.8": false, "3.6-rc1": false, "3.6.9": true, "4.0.1": true} {
		w := world.ReadyMaster(t, "kcp/0")
		w.Version = version
		w.Options["ca-certificate"] = certificate
		r := w.Relate("kube-control:1", "kw")
		w.Joined(t, r, "kw/0", node("a"))
		w.Options["ca-certificate"], w.Options["dns-ip"] = bundle, "10.0.0.99"
		w.MustHook(t, world.Hook{Name: "config-changed"})
		want := certificate
		if fits {
			want = bundle
		}
		if got := w.Labelled("kcp", "ca-certificate").Content()["ca-certificate"]; got != want {
			t.Errorf("%s: %d bytes are published", version, len(got))
		}
		if blocked := w.Status.Status == "blocked" && strings.HasPrefix(w.Status.Message, "Option ca-certificate has "); blocked == fits || r.Local["sdn-ip"] != "10.0.0.99" {
			t.Errorf("%s: status %+v, published %v", version, w.Status, r.Local)
		}
		w.Options["ca-certificate"] = certificate
		w.MustHook(t, world.Hook{Name: "config-changed"})
		if w.Status.Status != "active" {
			t.Errorf("%s: corrected, the status is %+v", version, w.Status)
		}
	}
	// Each list is bounded on the wire, so that all together stay below what Juju keeps of a charm.
	w, r := signed(t)
	for option, word := range map[string]string{"labels": "example.com/%d=x", "register-with-taints": "example.com/%d=:NoExecute", "api-endpoints": "https://%d.example"} {
		var words []string
		for i := range 5000 {
			words = append(words, fmt.Sprintf(word, i))
		}
		w.Options[option] = strings.Join(words, " ")
		w.Options["dns-ip"] = "10.0.0.98"
		w.MustHook(t, world.Hook{Name: "config-changed"})
		if w.Status.Status != "blocked" || w.Status.Message != "Option "+option+" is too long" || r.Local["sdn-ip"] != "10.0.0.98" {
			t.Errorf("%s: status %+v, published %s", option, w.Status, r.Local["sdn-ip"])
		}
		w.Options[option] = strings.Join(words[:250], " ")
	}
	w.Options["cohort-keys"] = `{"kubelet": "` + strings.Repeat("k", 8000) + `"}`
	w.MustHook(t, world.Hook{Name: "config-changed"})
	if w.Status.Status != "active" {
		t.Errorf("the longest options together: status %+v", w.Status)
	}
}

// certificate is one in PEM, for what it is worth to a kubeconfig.
const certificate = "-----BEGIN CERTIFICATE-----\nMQ==\n-----END CERTIFICATE-----\n"

// A command that did not end is not started again before the next update-status, and the status says so. Another command
// is started at once.
func TestRow111HangingCommandWaitsForUpdateStatus(t *testing.T) {
	t.Parallel()
	const command = "echo x >> runs"
	w, _ := signed(t)
	w.Options["on-tokens-changed"] = command
	w.State["kube-control-operator/1/hung/on-tokens-changed"] = ready.Digest([]byte(command))[:16]
	delete(w.State, "kube-control-operator/1/tokens")
	w.MustHook(t, world.Hook{Name: "config-changed"})
	runs := filepath.Join(w.CharmDir, "runs")
	if _, err := os.Stat(runs); err == nil {
		t.Error("the command was started again")
	}
	if want := "Waiting for on-tokens-changed, which failed (no end in 5m0s; again in update-status)"; w.Status.Message != want {
		t.Errorf("the status is %+v, want %q", w.Status, want)
	}
	w.MustHook(t, world.Hook{Name: "update-status"})
	if text, err := os.ReadFile(runs); err != nil || string(text) != "x\n" || w.Status.Status != "active" {
		t.Errorf("after update-status: %q, %v, %+v", text, err, w.Status)
	}
	w.State["kube-control-operator/1/hung/on-tokens-changed"] = "another"
	delete(w.State, "kube-control-operator/1/tokens")
	w.MustHook(t, world.Hook{Name: "config-changed"})
	if text, _ := os.ReadFile(runs); string(text) != "x\nx\n" {
		t.Errorf("another command was not started: %q", text)
	}
}

// Paths that begin with ~ block with the reason, and make no folder of that name; what is not a regular file blocks too.
func TestRow110PathsOfAHomeAreRefused(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"~/known_tokens.csv", "~root/known_tokens.csv", "~"} {
		w, _ := signed(t)
		w.Options["token-auth-file"] = path
		w.MustHook(t, world.Hook{Name: "config-changed"})
		if want := "Option token-auth-file begins with ~, which is not expanded here"; w.Status.Status != "blocked" || w.Status.Message != want {
			t.Errorf("%s: status %+v", path, w.Status)
		}
		if _, err := os.Stat(filepath.Join(w.CharmDir, "~")); err == nil {
			t.Errorf("%s made a folder", path)
		}
	}
	w, _ := signed(t)
	if err := os.Remove(filepath.Join(w.CharmDir, "known_tokens.csv")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(w.CharmDir, "known_tokens.csv"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.MustHook(t, world.Hook{Name: "update-status"})
	if w.Status.Status != "blocked" || w.Status.Message != "Cannot write the token file: is not a regular file" {
		t.Errorf("a FIFO: status %+v", w.Status)
	}
}

// A worker that joins costs the master few evaluations: what one has come to serves the policy and the status.
func TestEvaluationsOfAJoin(t *testing.T) {
	t.Parallel()
	for _, secrets := range []bool{false, true} {
		w, bag := world.ReadyMaster(t, "kcp/0"), world.Asking("system:node:c", "system:nodes", secrets)
		r := w.Relate("kube-control:1", "kw")
		for _, unit := range []string{"kw/0", "kw/1"} {
			w.Joined(t, r, unit, world.Asking("system:node:"+unit[3:], "system:nodes", secrets))
		}
		r.Join("kw/2", bag)
		w.Logs = nil
		for _, kind := range []string{"joined", "changed"} {
			name := "kube-control-relation-" + kind
			run := w.Begin(world.Hook{Name: name, Relation: r.ID, Unit: "kw/2"})
			if res := run.Command("-v", "hook", name); res.Code != 0 {
				t.Fatal(res.Stderr)
			}
			run.Commit()
		}
		evaluations := strings.Count(strings.Join(w.Logs, "\n"), "evaluate engine.")
		if evaluations == 0 || evaluations > 4 {
			t.Errorf("secrets %t: %d evaluations, want 4 at most:\n%s", secrets, evaluations, strings.Join(w.Logs, "\n"))
		}
	}
}

package session_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/pkg/charm"
	"github.com/kube-control/kube-control/tests/world"
)

// These live through the rows of docs/incidents.md that nothing else lives through to their end.

// The former leader's older tokens came first or last, depending on the unit's number.
func TestRow03FormerLeaderTakesItsTokensAway(t *testing.T) {
	t.Parallel()
	for _, former := range []string{"kcp/0", "kcp/1"} {
		leader := map[string]string{"kcp/0": "kcp/1", "kcp/1": "kcp/0"}[former]
		m := world.New(former, world.Charm(t, "master", ""))
		r := m.Relate("kube-control:1", "kw")
		r.Join("kw/0", node("a"))
		r.Local["creds"] = entry("system:node:a", "kw/0", "old")
		m.Leader = false

		w, up := newWorker(t)
		w.Must(t, "", "set-auth-request", "system:node:a")
		w.Joined(t, up, former, r.Local)
		w.Joined(t, up, leader, bag{"creds": entry("system:node:a", "kw/0", "new")})
		m.MustHook(t, world.Hook{Name: "start"}) // its agent is back
		wantScopes(t, r)
		w.Changed(t, up, former, r.Local)
		wantFlags(t, w, "auth.available auth.ready connected")
		wantClientToken(t, w, "system:node:a", "new")
	}
}

func wantClientToken(t *testing.T, w *world.World, user, want string) {
	t.Helper()
	res := w.Begin(world.Hook{Name: "update-status"}).Command("get-auth-credentials", user, "--reveal")
	if !strings.Contains(res.Stdout, "client_token: "+secret+"-"+want+"\n") {
		t.Errorf("exit %d, want %q: %s%s", res.Code, want, res.Stdout, res.Stderr)
	}
}

// The worker of a master that is lost took down what it had.
func TestRow05LostMasterLeavesTheKubeconfig(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ca, file := filepath.Join(dir, "ca.crt"), filepath.Join(dir, "config")
	if err := os.WriteFile(ca, []byte("-----BEGIN CERTIFICATE-----\nMQ==\n-----END CERTIFICATE-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w, r := newWorker(t)
	w.Joined(t, r, "kcp/0", bag{"creds": entry("u", "kw/0", "a"), "api-endpoints": `["https://a:6443"]`})
	argv := []string{"create-kubeconfig", file, "u", "--token", "client", "--ca-file", ca}
	w.Must(t, "", argv...)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r.Leave("kcp/0")
	delete(r.Remote, "kcp/0")
	r.Join("kcp/1", bag{"api-endpoints": `["https://b:6443"]`})
	w.MustHook(t, world.Hook{Name: "config-changed"})
	wantFlags(t, w, "api_endpoints.available connected")
	if res := w.Begin(world.Hook{}).Command(argv...); res.Code != 1 {
		t.Errorf("exit %d: %s%s", res.Code, res.Stdout, res.Stderr)
	}
	after, err := os.ReadFile(file)
	if d := cmp.Diff(string(before), string(after)); d != "" || err != nil {
		t.Errorf("error %v, file (-before +after):\n%s", err, d)
	}
}

// All workers read one token, that of the last one that asked.
func TestRow06EachWorkerHasItsOwnTokens(t *testing.T) {
	t.Parallel()
	var published []string
	for _, order := range [][]string{{"kw/0", "kw/1"}, {"kw/1", "kw/0"}} {
		m, r := newMaster(t)
		for _, u := range order {
			m.Joined(t, r, u, node(u))
		}
		for _, u := range order {
			sign(t, m, u)
		}
		published = append(published, r.Local["creds"])
		for _, u := range order {
			w, up := newWorker(t)
			w.Unit = u
			w.Joined(t, up, "kcp/0", r.Local)
			wantClientToken(t, w, "system:node:"+u, "c-"+u)
		}
	}
	if published[0] != published[1] {
		t.Errorf("published %s or %s", published[0], published[1])
	}
}

// A unit that had left was still asking.
func TestRow09GhostIsNotSigned(t *testing.T) {
	t.Parallel()
	m, r := newMaster(t)
	m.Joined(t, r, "kw/0", node("a"))
	wantFlags(t, m, "auth.requested connected requests.changed")
	m.Departed(t, r, "kw/0", "kw/0")
	wantFlags(t, m, "departed")
	run := m.Begin(world.Hook{})
	if res := run.Program(tokensOf("kw/0"), "kube-control", "sign-auth-request", "kw/0"); res.Code != 1 || run.Changed() {
		t.Errorf("exit %d: %s", res.Code, res.Stderr)
	}
	wantScopes(t, r)
}

// DNS that is switched off made the worker wait for its address.
func TestRow12DNSIsOff(t *testing.T) {
	t.Parallel()
	w, r := newWorker(t)
	w.Joined(t, r, "kcp/0", bag{"enable-kube-dns": "False"})
	wantFlags(t, w, "connected dns.available")
	const want = `{"domain":null,"private-address":null,"sdn-ip":null,"port":null,"enable-kube-dns":"False"}` + "\n"
	if got := w.Must(t, "", "get-dns", "--format", "json"); got != want {
		t.Errorf("printed %s", got)
	}
}

// The registry's flag outlived its value, and an empty one made everything else not ready.
func TestRow28RegistryComesChangesAndGoes(t *testing.T) {
	t.Parallel()
	w, r := newWorker(t)
	others := bag{"cluster-tag": "t", "enable-kube-dns": "True"}
	w.Joined(t, r, "kcp/0", others)
	for _, location := range []string{"a.example/", "b.example", ""} {
		given := bag{"cluster-tag": "t", "enable-kube-dns": "True", "registry-location": location}
		want, flags := fmt.Sprintf("%q\n", location), "cluster_tag.available connected dns.available registry_location.available"
		if location == "" {
			given, want, flags = others, "null\n", "cluster_tag.available connected dns.available"
		}
		run := w.Changed(t, r, "kcp/0", given)
		if got := w.Must(t, "", "get-registry-location", "--format", "json"); got != want {
			t.Errorf("with %q: %s", location, got)
		}
		wantFlags(t, w, flags)
		if strings.Contains(fmt.Sprint(run.Calls()), "relation-set") {
			t.Errorf("with %q: %v", location, run.Calls())
		}
	}
}

// Changes of the registry and of has-xcp went unnoticed. No flag says that a value has changed: a handler sees it in the
// hook that brings it, and compares.
func TestRow29ChangedValuesAreSeenInTheirHook(t *testing.T) {
	t.Parallel()
	w, r := newWorker(t)
	var seen, configured []string
	w.Rules = &charm.Rules{}
	w.Rules.When("kube-control.registry_location.available").Worker("configure", func(ctx context.Context, worker *charm.Worker) error {
		registry, err := worker.RegistryLocation(ctx)
		if err != nil {
			return err
		}
		external, err := worker.HasXCP(ctx)
		now := fmt.Sprint(*registry, " ", external)
		seen = append(seen, now)
		if len(configured) == 0 || configured[len(configured)-1] != now {
			configured = append(configured, now)
		}
		return err
	})
	for _, b := range []bag{
		{"registry-location": "a", "has-xcp": "false"},
		{"registry-location": "b", "has-xcp": "false"},
		{"registry-location": "b", "has-xcp": "true"},
	} {
		w.Changed(t, r, "kcp/0", b)
		w.MustHook(t, world.Hook{Name: "update-status"})
	}
	if d := cmp.Diff([]string{"a false", "a false", "b false", "b false", "b true", "b true"}, seen); d != "" {
		t.Errorf("seen (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"a false", "b false", "b true"}, configured); d != "" {
		t.Errorf("configured (-want +got):\n%s", d)
	}
	wantFlags(t, w, "connected registry_location.available")
}

// A secret that was gone stopped the cleaning up after everybody.
func TestRow43MissingSecretStopsNoCleaning(t *testing.T) {
	t.Parallel()
	for _, hook := range []string{"leader-elected", "config-changed"} {
		m, r := newMaster(t)
		for _, u := range []string{"kw/0", "kw/1", "kw/2"} {
			m.Joined(t, r, u, reader(u))
			sign(t, m, u)
		}
		gone, left, stays := secretOf(t, m, r, "system:node:kw/0"), secretOf(t, m, r, "system:node:kw/1"), secretOf(t, m, r, "system:node:kw/2")
		m.Secrets = []*world.Secret{left, stays}
		r.Leave("kw/0") // forced, so that no hook says so
		r.Leave("kw/1")
		m.MustHook(t, world.Hook{Name: hook})
		wantScopes(t, r, "system:node:kw/2", "kw/2")
		if m.Secret(gone.ID) != nil || m.Secret(left.ID) != nil || m.Secret(stays.ID) == nil {
			t.Errorf("%s: secrets %v", hook, m.Secrets)
		}
		if got := m.Must(t, "", "audit", "--format", "json"); got != "[]\n" {
			t.Errorf("%s: audit lists %s", hook, got)
		}
	}
}

// Juju 4 refuses the hook that makes a secret and removes it again.
func TestRow48NoSecretIsMadeAndRemovedInOneHook(t *testing.T) {
	t.Parallel()
	m, r := newMaster(t)
	m.Joined(t, r, "kw/0", reader("a"))
	run := m.Begin(world.Hook{Name: "update-status"})
	for _, argv := range []string{"sign-auth-request kw/0", "revoke kw/0"} {
		if res := run.Program(tokensOf("kw/0"), append([]string{"kube-control"}, strings.Fields(argv)...)...); res.Code != 0 {
			t.Errorf("%s: exit %d: %s", argv, res.Code, res.Stderr)
		}
	}
	if count(run, "secret-add") != 1 || count(run, "secret-remove") != 0 {
		t.Errorf("calls %v", run.Calls())
	}
	run.Commit()
	wantScopes(t, r)
	m.MustHook(t, world.Hook{Name: "update-status"})
	if len(m.Secrets) != 0 {
		t.Errorf("the next hook leaves %v", m.Secrets)
	}
}

// What was revoked had no secret any more, and the command failed.
func TestRow43RevokedSecretIsGoneAlready(t *testing.T) {
	t.Parallel()
	m, r := newMaster(t)
	m.Joined(t, r, "kw/0", reader("a"))
	sign(t, m, "kw/0")
	m.Secrets = nil // someone's hand
	m.Must(t, "", "revoke", "kw/0")
	wantScopes(t, r)
}

// A grant to an application lets its units read what was taken from one of them.
func TestRow53CredentialsAreGrantedToUnits(t *testing.T) {
	t.Parallel()
	m, r := newMaster(t)
	for _, u := range []string{"kw/0", "kw/1"} {
		m.Joined(t, r, u, reader(u))
		sign(t, m, u)
	}
	m.MustHook(t, world.Hook{Name: "leader-elected"})
	for _, s := range m.Secrets {
		if d := cmp.Diff(map[string]string{s.Content()["scope"]: r.ID}, s.Grants); d != "" {
			t.Errorf("grants of %s (-want +got):\n%s", s.Label, d)
		}
	}
	s := secretOf(t, m, r, "system:node:kw/0")
	s.Grants["kw"] = r.ID // someone's hand
	m.Departed(t, r, "kw/0", "kw/0")
	if m.Secret(s.ID) != nil || len(m.Secrets) != 1 {
		t.Errorf("the secret of a unit that left can still be read by its application: %v", m.Secrets)
	}
}

// Who had left was forgotten when another came, or counted as joined.
func TestRow69DepartedOutlivesTheNextThatJoins(t *testing.T) {
	t.Parallel()
	m, r := newMaster(t)
	m.Joined(t, r, "kw/0", bag{})
	m.Departed(t, r, "kw/0", "kw/0")
	m.Joined(t, r, "kw/1", bag{})
	wantFlags(t, m, "connected departed")
	if got := m.Must(t, "", "flush-departed"); got != "kw/0\n" {
		t.Errorf("flushed %q", got)
	}
	wantFlags(t, m, "connected")
}

// Names with the signs of a format crashed the hook.
func TestRow71NamesAreTakenLiterally(t *testing.T) {
	t.Parallel()
	const odd = "{0}{x}%s%!d"
	m, r := newMaster(t)
	m.Joined(t, r, "kw/0", node(odd))
	m.Must(t, "", "flags", "set", odd)
	if got := m.Must(t, "", "flags"); !strings.Contains(got, odd+"\n") {
		t.Errorf("flags %q", got)
	}
	sign(t, m, "kw/0")
	m.Joined(t, r, "kw/1", node(odd))
	wantScopes(t, r, "system:node:"+odd, "kw/0")
	if want := "1 request refused: kw/1 asks for the user of kw/0"; m.Status.Message != want {
		t.Errorf("status %q, want %q", m.Status.Message, want)
	}
	if res := m.Begin(world.Hook{}).Program("", "kube-control", "set-cluster-tag", odd); !strings.Contains(res.Stderr, `cluster-tag "`+odd+`" is not a name`) {
		t.Errorf("set-cluster-tag says %q", res.Stderr)
	}
	for _, line := range m.Logs {
		if strings.Contains(line, "MISSING") || strings.Contains(line, "EXTRA") {
			t.Errorf("logged %q", line)
		}
	}
}

// What stood in several masters' creds depended on who was looked at last.
func TestRow76OrderOfMastersMakesNoDifference(t *testing.T) {
	t.Parallel()
	masters := map[string]bag{
		"kcp/0":  {"creds": entry("u", "kw/0", "zero")},
		"kcp/2":  {"creds": entry("u", "kw/0", "two")},
		"kcp/9":  {"creds": entry("other", "kw/1", "nine")},
		"kcp/10": {"creds": entry("u", "kw/0", "ten")},
	}
	units := []string{"kcp/0", "kcp/2", "kcp/9", "kcp/10"}
	for seed := range uint64(100) {
		rand.New(rand.NewPCG(seed, 76)).Shuffle(len(units), func(i, j int) { units[i], units[j] = units[j], units[i] })
		w, r := newWorker(t)
		for _, u := range units {
			r.Join(u, masters[u])
		}
		wantClientToken(t, w, "u", "ten")
	}
}

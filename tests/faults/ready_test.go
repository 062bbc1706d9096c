package faults

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/tests/world"
)

// certificate is a CA's, for what it is worth to a kubeconfig.
const certificate = "-----BEGIN CERTIFICATE-----\nMQ==\n-----END CERTIFICATE-----\n"

// readyStep is one hook of a ready charm's life, with what changed before it.
type readyStep struct {
	name    string
	prepare func(w *world.World)
	hook    world.Hook
}

// readyLife is the life of a unit of a ready charm, on one version of Juju.
type readyLife struct {
	role, version string
	steps         []readyStep
}

func request(name, schemas string) bag {
	b := bag{"kubelet_user": "system:node:" + name, "auth_group": "system:nodes"}
	if schemas != "" {
		b["schema_vers"] = schemas
	}
	return b
}

func readyMaster(version string) readyLife {
	remove := func(unit string) func(*world.World) {
		return func(w *world.World) { w.Relation("kube-control:1").Leave(unit) }
	}
	put := func(unit string, b bag) func(*world.World) {
		return func(w *world.World) { w.Relation("kube-control:1").Join(unit, b) }
	}
	option := func(name string, value any) func(*world.World) {
		return func(w *world.World) { w.Options[name] = value }
	}
	return readyLife{"master", version, []readyStep{
		{name: "elected", hook: world.Hook{Name: "leader-elected"}},
		{name: "config", prepare: option("ca-certificate", certificate), hook: world.Hook{Name: "config-changed"}},
		{name: "created", prepare: func(w *world.World) { w.Relate("kube-control:1", "kw") }, hook: relationHook("created", "", "")},
		{name: "joined", prepare: put("kw/0", bag{}), hook: relationHook("joined", "kw/0", "")},
		{name: "asks", prepare: put("kw/0", request("a", "[0, 1]")), hook: relationHook("changed", "kw/0", "")},
		{name: "second", prepare: put("kw/1", request("b", "")), hook: relationHook("joined", "kw/1", "")},
		{name: "refused", prepare: put("kw/2", bag{"kubelet_user": "root", "auth_group": "system:masters"}), hook: relationHook("joined", "kw/2", "")},
		{name: "bad option", prepare: option("dns-ip", "none"), hook: world.Hook{Name: "config-changed"}},
		{name: "good options", prepare: func(w *world.World) {
			w.Options["dns-ip"], w.Options["allowed-groups"], w.Options["allowed-users"] = "10.0.0.10", "*", "*"
		}, hook: world.Hook{Name: "config-changed"}},
		{name: "another user", prepare: put("kw/0", request("c", "[0, 1]")), hook: relationHook("changed", "kw/0", "")},
		{name: "lead lost", prepare: func(w *world.World) { w.Leader = false }, hook: world.Hook{Name: "leader-settings-changed"}},
		{name: "left unseen", prepare: remove("kw/1"), hook: relationHook("departed", "kw/1", "kw/1")},
		{name: "lead won", prepare: func(w *world.World) { w.Leader = true }, hook: world.Hook{Name: "leader-elected"}},
		{name: "departed", prepare: remove("kw/0"), hook: relationHook("departed", "kw/0", "kw/0")},
		{name: "update-status", hook: world.Hook{Name: "update-status"}},
		{name: "last departed", prepare: remove("kw/2"), hook: relationHook("departed", "kw/2", "kw/2")},
		{name: "broken", prepare: func(w *world.World) { w.Relation("kube-control:1").Broken = true }, hook: relationHook("broken", "", "")},
	}}
}

func readyWorker(version string) readyLife {
	creds := func(token string) string {
		return fmt.Sprintf(`{"system:node:n0": {"scope": "kw/0", "client_token": "client-%[1]s", "kubelet_token": "kubelet-%[1]s", "proxy_token": "proxy-%[1]s"}}`, token)
	}
	full := func(token string) bag {
		return bag{
			"enable-kube-dns": "True", "port": "53", "domain": "cluster.local", "sdn-ip": "10.0.0.10", "cluster-tag": "t", "has-xcp": "false",
			"default-cni": `""`, "api-endpoints": `["https://10.0.0.1:6443"]`, "creds": creds(token),
		}
	}
	one := func(f func(*world.Relation)) func(*world.World) {
		return func(w *world.World) { f(w.Relations[0]) }
	}
	return readyLife{"worker", version, []readyStep{
		{name: "start", hook: world.Hook{Name: "start"}},
		{name: "created", prepare: func(w *world.World) { w.Relate("kube-control:1", "kcp") }, hook: relationHook("created", "", "")},
		{name: "joined", prepare: one(func(r *world.Relation) { r.Join("kcp/0", bag{}) }), hook: relationHook("joined", "kcp/0", "")},
		{name: "signed", prepare: one(func(r *world.Relation) { r.Join("kcp/0", full("one")) }), hook: relationHook("changed", "kcp/0", "")},
		{name: "second master", prepare: one(func(r *world.Relation) { r.Join("kcp/1", bag{"registry-location": "r"}) }), hook: relationHook("joined", "kcp/1", "")},
		{name: "rotated", prepare: one(func(r *world.Relation) { r.Join("kcp/0", full("two")) }), hook: relationHook("changed", "kcp/0", "")},
		{name: "renamed", prepare: func(w *world.World) { w.Options["node-name"] = "n1" }, hook: world.Hook{Name: "config-changed"}},
		{name: "named back", prepare: func(w *world.World) { w.Options["node-name"] = "n0" }, hook: world.Hook{Name: "config-changed"}},
		{name: "moved", prepare: func(w *world.World) { w.Options["kubeconfig-dir"] = "elsewhere" }, hook: world.Hook{Name: "config-changed"}},
		{name: "departed", prepare: one(func(r *world.Relation) { r.Leave("kcp/0") }), hook: relationHook("departed", "kcp/0", "kcp/0")},
		{name: "second departed", prepare: one(func(r *world.Relation) { r.Leave("kcp/1") }), hook: relationHook("departed", "kcp/1", "kcp/1")},
		{name: "broken", prepare: one(func(r *world.Relation) { r.Broken = true }), hook: relationHook("broken", "", "")},
	}}
}

// begin makes the unit, before its first hook.
func (l readyLife) begin(t *testing.T) *world.World {
	t.Helper()
	if l.role == "master" {
		w := world.ReadyMaster(t, "kcp/0")
		w.Version = l.version
		return w
	}
	w := world.New("kw/0", world.Charm(t, "worker", "operator: worker\nstatus: true\n"))
	w.Options, w.Version, w.Leader = world.Defaults(t, "worker"), l.version, false
	maps.Copy(w.Options, map[string]any{"node-name": "n0", "kubeconfig-dir": "kube", "ca-file": "ca.crt", "gpu": "false"})
	if err := os.WriteFile(filepath.Join(w.CharmDir, "ca.crt"), []byte(certificate), 0o600); err != nil {
		t.Fatal(err)
	}
	return w
}

// copyOf is the same unit in another folder, with other secrets and bags that hold the same.
func copyOf(t *testing.T, w *world.World) *world.World {
	t.Helper()
	c := clone(w)
	c.CharmDir, c.Version, c.Options, c.Address = t.TempDir(), w.Version, maps.Clone(w.Options), w.Address
	if out, err := exec.Command("cp", "-a", w.CharmDir+"/.", c.CharmDir).CombinedOutput(); err != nil {
		t.Fatalf("cannot copy the charm's folder: %v\n%s", err, out)
	}
	for key, value := range c.State { // a worker keeps the paths of its files
		c.State[key] = strings.ReplaceAll(value, w.CharmDir, c.CharmDir)
	}
	vault := *w.Vault
	c.Vault = &vault
	c.Secrets = nil
	for _, s := range w.Secrets {
		copied := *s
		copied.Revisions, copied.Grants, copied.Tracked = maps.Clone(s.Revisions), maps.Clone(s.Grants), maps.Clone(s.Tracked)
		c.Secrets = append(c.Secrets, &copied)
	}
	for _, r := range c.Relations {
		r.App = maps.Clone(r.App)
	}
	return c
}

// files are those that a unit keeps, but the charm's own, with their modes.
func files(t *testing.T, w *world.World) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(w.CharmDir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(path, w.CharmDir+"/")
		found[name] = fmt.Sprintf("%v %s", info.Mode(), text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	delete(found, "metadata.yaml")
	delete(found, "kube-control.yaml")
	return found
}

// chance is what differs from life to life: tokens, seeds, tags, digests of them, and secrets' IDs.
var chance = regexp.MustCompile(`fakesecretid\d{8}|kubernetes-[a-z0-5]{32}|[0-9a-f]{64}|[0-9a-f]{32}|[A-Za-z0-9+/_-]{43}=?|\b[A-Z2-7]{26}\b`)

// picture is all that a unit has brought about, with a number for each text that chance has made: equal ones have the
// same.
func picture(t *testing.T, w *world.World) string {
	t.Helper()
	secrets := slices.SortedFunc(slices.Values(w.Secrets), func(a, b *world.Secret) int { return strings.Compare(a.Label, b.Label) })
	apps := map[string]bag{}
	for _, r := range w.Relations {
		apps[r.ID] = maps.Clone(r.App)
	}
	text, err := json.MarshalIndent([]any{files(t, w), look(w), apps, secrets}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	numbers := map[string]string{}
	return chance.ReplaceAllStringFunc(strings.ReplaceAll(string(text), w.CharmDir, "."), func(s string) string {
		if numbers[s] == "" {
			numbers[s] = fmt.Sprintf("<%d>", len(numbers))
		}
		return numbers[s]
	})
}

// TestINV25EveryCallOfAReadyCharmFailsOnce takes a ready master and a ready worker through their lives. Before each hook
// they are copied, once for each tool call of the hook: there the call fails, or nothing is committed of a hook that had
// done all its work. The hook runs again, as Juju has it, or is skipped and the next update-status heals it; then all is
// as in the undisturbed life. Where the commit is lost the retry makes no new grant of a secret, and the next hook heals it.
func TestINV25EveryCallOfAReadyCharmFailsOnce(t *testing.T) {
	t.Parallel()
	for _, l := range []readyLife{readyMaster("3.6.1"), readyMaster("2.9.51"), readyWorker("3.6.1"), readyWorker("2.9.51")} {
		w := l.begin(t)
		for _, s := range l.steps {
			if s.prepare != nil {
				s.prepare(w)
			}
			before := copyOf(t, w)
			calls := len(w.MustHook(t, s.hook).Calls())
			want := picture(t, w)
			rested := copyOf(t, w)
			rest(t, rested)
			later := picture(t, rested)
			t.Run(l.role+" "+l.version+" "+s.name, func(t *testing.T) {
				t.Parallel()
				for call := range calls + 1 {
					disturbed := copyOf(t, before)
					lost := s.fail(t, disturbed, call)
					disturbed.MustHook(t, s.hook)
					want := want
					if lost { // the retry makes no new grant, and the next hook makes up for it
						rest(t, disturbed)
						want = later
					}
					if got := picture(t, disturbed); got != want {
						t.Errorf("call %d fails (-undisturbed +retried):\n%s", call, cmp.Diff(want, got))
					}
					skipped := copyOf(t, before)
					s.fail(t, skipped, call)
					rest(t, skipped)
					if got := picture(t, skipped); got != later {
						t.Errorf("call %d fails (-undisturbed +skipped):\n%s", call, cmp.Diff(later, got))
					}
				}
			})
		}
	}
}

// rest runs what follows a hook that Juju was told not to run again. That a unit has left is a notice, which is lost with
// its hook.
func rest(t *testing.T, w *world.World) {
	t.Helper()
	w.Relations = slices.DeleteFunc(w.Relations, func(r *world.Relation) bool { return r.Broken })
	for range 3 {
		w.MustHook(t, world.Hook{Name: "update-status"})
	}
	if strings.HasPrefix(w.Unit, "kcp/") {
		w.Must(t, "", "flush-departed")
	}
}

// fail runs a hook whose call fails, or with call 0 its commit. Of its work the files are left. The commit is lost also
// where the hook ends well in spite of the call.
func (s readyStep) fail(t *testing.T, w *world.World, call int) (lost bool) {
	t.Helper()
	run := w.Begin(s.hook)
	run.Faults(agent.Faults{Before: func(k int, _ []string) agent.Fault {
		if k == call {
			return agent.FailCall
		}
		return agent.NoFault
	}})
	res := run.Link()
	if res.Code > 1 {
		t.Errorf("%s: exit %d: %q", s.name, res.Code, res.Stderr)
	}
	return res.Code == 0
}

// TestINV25AKillWhileAFileIsWritten leaves what a process leaves that is killed between a temporary file and its renaming:
// the next hook has the file as it is to be, and nothing beside it.
func TestINV25AKillWhileAFileIsWritten(t *testing.T) {
	t.Parallel()
	for _, l := range []readyLife{readyMaster("3.6.1"), readyWorker("3.6.1")} {
		t.Run(l.role, func(t *testing.T) {
			t.Parallel()
			w := l.begin(t)
			var kept []string
			for _, s := range l.steps[:6] {
				if s.prepare != nil {
					s.prepare(w)
				}
				w.MustHook(t, s.hook)
			}
			want := files(t, w)
			for name := range want {
				if name != "ca.crt" && name != ".kube-control-grants" { // neither is written by way of a temporary file
					kept = append(kept, name)
				}
			}
			if len(kept) == 0 {
				t.Fatal("no file is kept")
			}
			for _, name := range kept {
				leftover := filepath.Join(w.CharmDir, filepath.Dir(name), "."+filepath.Base(name)+".kube-control.tmp")
				if err := os.WriteFile(leftover, []byte("half a to"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			w.MustHook(t, world.Hook{Name: "update-status"})
			if diff := cmp.Diff(want, files(t, w)); diff != "" {
				t.Errorf("(-before +after):\n%s", diff)
			}
		})
	}
}

package charm_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/pkg/charm"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
	"github.com/kube-control/kube-control/tests/world"
)

// A master publishes the cluster's DNS as soon as a worker joins.
func ExampleRules() {
	var rules charm.Rules
	rules.When("kube-control.connected").Master("send-dns", func(ctx context.Context, m *charm.Master) error {
		return m.SetDNS(ctx, 53, "cluster.local", "10.152.183.10", true)
	})

	hook(&rules, "provides", "kube-control-relation-joined", nil)
	// Output:
	// publishes domain=cluster.local enable-kube-dns=True port=53 sdn-ip=10.152.183.10
}

// A worker asks for its credentials once, while it has none.
func ExampleRule_WhenNot() {
	var rules charm.Rules
	rules.When("kube-control.connected").WhenNot("kube-control.auth.available").Worker("ask", func(ctx context.Context, w *charm.Worker) error {
		return w.SetAuthRequest(ctx, "system:node:node-1", kubecontrol.DefaultGroup)
	})

	hook(&rules, "requires", "kube-control-relation-joined", nil)
	// Output:
	// publishes auth_group=system:nodes kubelet_user=system:node:node-1 schema_vers=[0, 1]
}

// The leader signs each request that waits. The tokens come from the charm's own registry.
func ExampleMaster_SignAuthRequests() {
	var rules charm.Rules
	rules.When("kube-control.auth.requested", "leadership.is_leader").Master("sign", func(ctx context.Context, m *charm.Master) error {
		requests, err := m.AuthUser(ctx)
		if err != nil {
			return err
		}
		var signatures []charm.Signature
		for _, q := range requests {
			fmt.Printf("%s asks for %s in %s\n", q.Unit, q.User, q.Group)
			signatures = append(signatures, charm.Signature{Scope: q.Unit, Kubelet: kubecontrol.NewToken("a-token-of-the-registry")})
		}
		return m.SignAuthRequests(ctx, signatures...)
	})

	hook(&rules, "provides", "kube-control-relation-changed", map[string]string{"kubelet_user": "system:node:node-1", "auth_group": "system:nodes"})
	// Output:
	// peer/0 asks for system:node:node-1 in system:nodes
	// publishes creds
}

// A charm removes the tokens of units that have left from its registry.
func ExampleMaster_FlushDeparted() {
	var rules charm.Rules
	rules.When("kube-control.departed").Master("clean-up", func(ctx context.Context, m *charm.Master) error {
		units, err := m.FlushDeparted(ctx)
		fmt.Println("left:", units)
		return err
	})

	hook(&rules, "provides", "kube-control-relation-departed", nil)
	// Output:
	// left: [peer/0]
}

// A master reacts to a worker with a GPU.
func ExampleMaster_GPU() {
	var rules charm.Rules
	rules.When("kube-control.gpu.available").Master("use-gpu", func(ctx context.Context, m *charm.Master) error {
		gpu, err := m.GPU(ctx)
		fmt.Println("gpu:", gpu)
		return err
	})

	hook(&rules, "provides", "kube-control-relation-changed", map[string]string{"gpu": "True"})
	// Output:
	// gpu: true
}

// A worker reads what the master says of DNS. Values that the master does not give are nil.
func ExampleWorker_DNS() {
	var rules charm.Rules
	rules.When("kube-control.dns.available").Worker("configure", func(ctx context.Context, w *charm.Worker) error {
		dns, err := w.DNS(ctx)
		if err == nil && dns.Domain != nil {
			fmt.Println("domain", *dns.Domain)
		}
		return err
	})

	hook(&rules, "requires", "kube-control-relation-changed", map[string]string{"domain": "cluster.local", "enable-kube-dns": "True"})
	// Output:
	// domain cluster.local
}

// Tokens print as fingerprints. Reveal gives a token itself, to write it where only root can read it.
func ExampleWorker_AuthCredentials() {
	var rules charm.Rules
	rules.When("kube-control.auth.available").Worker("show", func(ctx context.Context, w *charm.Worker) error {
		c, found, err := w.AuthCredentials(ctx, "system:node:node-1")
		fmt.Println(found, c.Kubelet, len(c.Kubelet.Reveal()))
		return err
	})

	hook(&rules, "requires", "kube-control-relation-changed", map[string]string{
		"creds": `{"system:node:node-1": {"scope": "me/0", "kubelet_token": "s3cret", "proxy_token": "p", "client_token": "c"}}`,
	})
	// Output:
	// true sha256:1ec1c26b50d5 6
}

// A handler without an endpoint sets a flag of the author's, and another handler of the same hook sees it.
func ExampleRule_Do() {
	var rules charm.Rules
	rules.When("kube-control.connected").WhenNot("greeted").Do("greet", func(ctx context.Context, f *charm.Flags) error {
		fmt.Println("hello")
		return f.Set(ctx, "greeted")
	})
	rules.When("greeted").Do("list", func(ctx context.Context, f *charm.Flags) error {
		set, err := f.List(ctx)
		fmt.Println(set)
		return err
	})

	hook(&rules, "requires", "kube-control-relation-joined", nil)
	// Output:
	// hello
	// [greeted kube-control.connected leadership.is_leader]
}

// The program is a command line too. A test gives it a Config in place of the process's own arguments and environment.
func ExampleConfig_Run() {
	code := charm.Config{Args: []string{"kube-control", "flags"}, Stdout: os.Stdout, Stderr: os.Stdout}.Run(context.Background())
	fmt.Println("exit code", code)
	// Output:
	// kube-control: not in a hook, an action or juju exec (JUJU_CONTEXT_ID is not set)
	// exit code 1
}

// hook runs one hook of the unit me/0, in a relation with the unit peer/0 that publishes values, and prints what me/0
// publishes then. It stands for Juju.
func hook(rules *charm.Rules, side, name string, values map[string]string) {
	dir, err := os.MkdirTemp("", "charm")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	metadata := "name: mine\nsummary: s\ndescription: d\n" + side + ":\n  kube-control:\n    interface: kube-control\n"
	if err := os.WriteFile(filepath.Join(dir, "metadata.yaml"), []byte(metadata), 0o600); err != nil {
		panic(err)
	}
	w := world.New("me/0", dir)
	w.Rules = rules
	relation := w.Relate("kube-control:1", "peer")
	relation.Join("peer/0", agent.Settings(values))
	departing := ""
	if strings.HasSuffix(name, "departed") {
		relation.Leave("peer/0")
		departing = "peer/0"
	}
	run := w.Begin(world.Hook{Name: name, Relation: relation.ID, Unit: "peer/0", Departing: departing})
	result := run.Link()
	fmt.Print(result.Stdout, result.Stderr)
	run.Commit()
	var shown []string
	for _, key := range slices.Sorted(maps.Keys(relation.Local)) {
		text := key
		if key != kubecontrol.KeyCreds { // it holds tokens
			text += "=" + relation.Local[key]
		}
		shown = append(shown, text)
	}
	if len(shown) > 0 {
		fmt.Println("publishes", strings.Join(shown, " "))
	}
}

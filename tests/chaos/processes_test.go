package chaos

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/kube-control/kube-control/internal/pack"
	"github.com/kube-control/kube-control/jujusim/uniter"
	"github.com/kube-control/kube-control/tests/programs"
)

// TestMain has the tests run the programs.
func TestMain(m *testing.M) { programs.Main(m) }

// useProcesses has the cluster run the ready charms as processes, workers too.
func (c *cluster) useProcesses(t *testing.T) {
	t.Helper()
	program, err := exec.LookPath("kube-control")
	if err != nil {
		t.Fatal(err)
	}
	client, err := exec.LookPath("jujusim")
	if err != nil {
		t.Fatal(err)
	}
	for name, from := range map[string]string{"master": "master", "worker": "worker", "side": "worker"} {
		entries, err := pack.Collect(pack.Source{Dir: filepath.Join("..", "..", "charm", from), Program: program, Arch: runtime.GOARCH})
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range entries {
			switch {
			case e.Name == "config.yaml": // units share this machine
				entries[i].Body = bytes.ReplaceAll(e.Body, []byte("default: /root/cdk"), []byte("default: cdk"))
			case e.Name == "metadata.yaml" && name == "side":
				body := bytes.Replace(e.Body, []byte("requires:\n"), []byte("requires:\n  host: {interface: juju-info, scope: container}\n"), 1)
				entries[i].Body = append(body, []byte("subordinate: true\n")...)
			}
		}
		entries = append(entries, pack.Entry{Name: "ca.crt", Mode: 0o600, Body: []byte(certificate)})
		c.charms[name] = filepath.Join(c.data, "charms", name+"-real")
		if err := pack.WriteDir(c.charms[name], entries); err != nil {
			t.Fatal(err)
		}
	}
	c.runner = &uniter.Processes{Data: c.data, Model: c.model, Client: client}
	c.connect()
}

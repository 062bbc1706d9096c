package chaos

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/kube-control/kube-control/internal/pack"
	"github.com/kube-control/kube-control/pkg/jujusim/uniter"
)

// TestMain builds the two programs once, as they are shipped, and puts them on the PATH.
func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "chaos")
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot make directory for the programs:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	build := exec.Command("go", "build", "-trimpath", "-o", dir, "./cmd/kube-control", "./cmd/jujusim")
	build.Dir, build.Env = filepath.Join("..", ".."), append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "cannot build the programs: %v\n%s", err, out)
		return 1
	}
	if err := os.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH")); err != nil {
		fmt.Fprintln(os.Stderr, "cannot put the programs on the PATH:", err)
		return 1
	}
	return m.Run()
}

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
				entries[i].Body = append(bytes.Clone(e.Body), []byte("subordinate: true\n")...)
			}
		}
		c.charms[name] = filepath.Join(c.data, "charms", name+"-real")
		if err := pack.WriteDir(c.charms[name], entries); err != nil {
			t.Fatal(err)
		}
	}
	c.runner = &uniter.Processes{Data: c.data, Model: c.model, Client: client}
	c.connect()
}

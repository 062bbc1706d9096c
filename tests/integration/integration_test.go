// Package integration runs the tests in Python that are here with jubilant on jujusim. "make integration-juju" runs the same
// tests on a real controller.
package integration

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/internal/pack"
	"github.com/kube-control/kube-control/tests/programs"
)

// TestMain has the tests run the programs.
func TestMain(m *testing.M) { programs.Main(m) }

// TestOnJujusim runs pytest with jujusim as juju.
func TestOnJujusim(t *testing.T) {
	t.Parallel()
	out, err := pytest(t, ".")
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	t.Log(lastLine(out))
}

// TestBrokenAssertionFails runs one test whose assertion is turned around: the suite must find it.
func TestBrokenAssertionFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"conftest.py", "test_cluster.py"} {
		text, err := os.ReadFile(name)
		if err == nil {
			text = bytes.Replace(text, []byte("assert cluster.accepts(unit)"), []byte("assert not cluster.accepts(unit)"), 1)
			err = os.WriteFile(filepath.Join(dir, name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	out, err := pytest(t, filepath.Join(dir, "test_cluster.py::test_deploy"))
	if err == nil || !strings.Contains(out, "1 failed") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestDocumentedConftest runs the two files in docs/testing-your-charm.md as they stand there, with the ready worker as the charm.
func TestDocumentedConftest(t *testing.T) {
	t.Parallel()
	python := programs.Python(t, "integration")
	page, err := os.ReadFile("../../docs/testing-your-charm.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```python\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) != 2 {
		t.Fatalf("the page has %d programs", len(blocks))
	}
	dir := t.TempDir()
	for i, name := range []string{"conftest.py", "test_charm.py"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(blocks[i][1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	layOut(t, "worker", filepath.Join(dir, "worker"))
	layOut(t, "master", filepath.Join(dir, "dist", "kube-control-master"))
	jujusim, err := exec.LookPath("jujusim")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", dir)
	cmd.Env = append(os.Environ(), "JUJUSIM="+jujusim, "KUBE_CONTROL="+dir, "CHARM="+filepath.Join(dir, "worker"), "PYTHONDONTWRITEBYTECODE=1")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "1 passed") {
		t.Errorf("%v\n%s", err, out)
	}
}

// pytest runs tests with charms that are laid out for them, and a juju of their own.
func pytest(t *testing.T, tests string) (string, error) {
	t.Helper()
	python := programs.Python(t, "integration")
	dir := t.TempDir()
	for _, name := range []string{"master", "worker"} {
		layOut(t, name, filepath.Join(dir, "charms", "kube-control-"+name))
	}
	bin := filepath.Join(dir, "bin")
	if out, err := exec.Command("jujusim", "link-juju", bin).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", tests)
	cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "JUJUSIM_DATA="+filepath.Join(dir, "data"),
		"KC_CHARMS="+filepath.Join(dir, "charms"), "KC_DELAY=0.1", "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// layOut lays one of the ready charms out as "make stage" does.
func layOut(t *testing.T, name, dir string) {
	t.Helper()
	program, err := exec.LookPath("kube-control")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := pack.Collect(pack.Source{Dir: filepath.Join("..", "..", "charm", name), Program: program, Arch: runtime.GOARCH})
	if err == nil {
		err = pack.WriteDir(dir, entries)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

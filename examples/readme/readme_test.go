package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestExamples deploys both forms of the README's examples and takes them through one life: DNS arrives, root in
// system:masters is asked for, signed by hand, shown as fingerprints; the GPU is seen; the worker leaves and is flushed.
func TestExamples(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	run(t, "", "go", "build", "-o", bin, "../../cmd/jujusim", "../../cmd/kube-control", ".")
	for _, form := range []struct{ name, program string }{{"commands", "kube-control"}, {"go", "readme"}} {
		t.Run(form.name, func(t *testing.T) {
			t.Parallel()
			j := juju{t, filepath.Join(bin, "jujusim"), filepath.Join(t.TempDir(), "data")}
			for _, side := range []string{"master", "worker"} {
				j.do("deploy", prepare(t, side, filepath.Join(bin, form.program), form.name == "commands"))
			}
			j.do("integrate", "readme-master", "readme-worker")
			j.do("settle")
			const root = `[{"unit":"readme-worker/0","user":"root","group":"system:masters"}]`
			j.want(root, "exec", "--unit", "readme-master/0", "--", "bin/kube-control auth-user --format json")
			j.want("true", "exec", "--unit", "readme-master/0", "--", "bin/kube-control flags is-set kube-control.gpu.available")

			j.do("exec", "--unit", "readme-master/0", "--", `echo '{"kubelet_token":"kubelet-secret","proxy_token":"proxy-secret","client_token":"client-secret"}' | bin/kube-control sign-auth-request readme-worker/0`)
			j.do("settle")
			log := j.do("debug-log", "--level", "DEBUG")
			for _, text := range []string{"cluster.local", "10.1.0.10", "sha256:"} {
				if !strings.Contains(log, text) {
					t.Errorf("the log of the hooks does not show %q:\n%s", text, log)
				}
			}
			if strings.Contains(log, "-secret") {
				t.Errorf("a token is in the log:\n%s", log)
			}

			j.do("remove-unit", "readme-worker/0")
			j.do("settle")
			j.want("", "exec", "--unit", "readme-master/0", "--", "bin/kube-control flush-departed")
			if log := j.do("debug-log", "--level", "DEBUG"); !strings.Contains(log, "readme-worker/0 departed") {
				t.Errorf("the flush handler did not run:\n%s", log)
			}
		})
	}
}

// prepare makes a charm folder: metadata, links, the program under its usual name, and handlers if they are commands.
func prepare(t *testing.T, side, program string, commands bool) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{side + "/metadata.yaml": "metadata.yaml"}
	if commands {
		files[side+"/kube-control.yaml"] = "kube-control.yaml"
	}
	for from, to := range files {
		copyFile(t, from, filepath.Join(dir, to))
	}
	// A link, for a program that is being written while another test starts a process can't be run.
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(program, filepath.Join(dir, "bin/kube-control")); err != nil {
		t.Fatal(err)
	}
	run(t, dir, filepath.Join(dir, "bin/kube-control"), "link", "--lifecycle", "--leader")
	return dir
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// juju is one simulated model.
type juju struct {
	t             *testing.T
	program, data string
}

func (j juju) do(args ...string) string {
	j.t.Helper()
	return run(j.t, "", j.program, append([]string{"--data", j.data}, args...)...)
}

func (j juju) want(out string, args ...string) {
	j.t.Helper()
	if got := strings.TrimSpace(j.do(args...)); got != out {
		j.t.Errorf("%s printed %q, not %q", strings.Join(args, " "), got, out)
	}
}

func run(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return string(out)
}

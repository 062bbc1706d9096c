package tools_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/tools"
)

func TestEveryToolHasHelpAndRefusesUnknownOptions(t *testing.T) {
	t.Parallel()
	for _, name := range tools.Names() {
		if !tools.Imitated(name) {
			continue
		}
		for _, flag := range []string{"-h", "--help"} {
			r := tools.Run(newest(name), tools.Request{Name: name, Args: []string{flag, "--zzz"}, Dir: "/"})
			if r.Code != 0 || !strings.HasPrefix(string(r.Stdout), "Usage: "+name) || r.Stderr != nil {
				t.Errorf("%s %s: got %+v", name, flag, r)
			}
		}
		r := tools.Run(newest(name), tools.Request{Name: name, Args: []string{"--zzz", "-h"}, Dir: "/"})
		if r.Code != 2 || string(r.Stderr) != "ERROR option provided but not defined: --zzz\n" {
			t.Errorf("%s --zzz: got %+v", name, r)
		}
		// A request may be repeated: the arguments are the caller's.
		args := []string{"x", "--zzz", "y"}
		tools.Run(newest(name), tools.Request{Name: name, Args: args, Dir: "/"})
		if strings.Join(args, " ") != "x --zzz y" {
			t.Errorf("%s changed its arguments: %q", name, args)
		}
	}
}

// newest is a hook of a Juju that has the tool.
func newest(tool string) *fake {
	f := newFake()
	if tools.Check(f.version, tool) != nil {
		f.version = "3.6.2"
	}
	return f
}

func TestUnknownTools(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{
		"2.9.52": "ERROR bad request: unknown command: help\n",
		"3.6.1":  "ERROR bad request: unknown command: help\n",
		"4.0.1":  "ERROR bad request: unknown hook command: help\n",
	} {
		f := newFake()
		f.version = version
		r := tools.Run(f, tools.Request{Name: "help", Args: []string{"-h"}, Dir: "/"})
		if r.Code != 1 || string(r.Stderr) != want || r.Stdout != nil {
			t.Errorf("%s: got %+v", version, r)
		}
	}
}

func TestOutputFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, test := range []struct {
		file, want string
		args       []string
	}{
		{"relative", "node-0\n", []string{"-o", "relative", "user"}},
		{"long", `"node-0"` + "\n", []string{"--output", "long", "--format=json", "user"}},
		{"absolute", "", []string{"-o", filepath.Join(dir, "absolute"), "none"}},
	} {
		r := tools.Run(newFake(), tools.Request{Name: "relation-get", Args: test.args, Dir: dir})
		text, err := os.ReadFile(filepath.Join(dir, test.file))
		if err != nil || string(text) != test.want || r.Code != 0 || r.Stdout != nil {
			t.Errorf("%s: got %q %v %+v", test.file, text, err, r)
		}
	}
}

func TestDeprecatedFormatOption(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"relation-set", "juju-log"} {
		r := tools.Run(newFake(), tools.Request{Name: name, Args: []string{"--format=x", "a=b"}, Dir: "/"})
		// No line end, as Juju writes it.
		if want := `--format flag deprecated for command "` + name + `"`; r.Code != 0 || string(r.Stderr) != want {
			t.Errorf("%s: got %+v", name, r)
		}
	}
	r := tools.Run(newFake(), tools.Request{Name: "relation-set", Args: []string{"--format="}, Dir: "/"})
	if r.Stderr != nil {
		t.Errorf("empty format: got %q", r.Stderr)
	}
}

func TestYAMLOfTextsThatLookLikeNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"1e3": "1e3", "-1.5E3": "-1.5E3", "1.": "1.", "1_0e3": "1_0e3", // plain in Juju's YAML
		"1e+3": `"1e+3"`, "1.5": `"1.5"`, "0x1f": `"0x1f"`, "1:20": `"1:20"`, "y": `"y"`, "~": `"~"`,
		"=": "=", "<<": "<<", "NaN": "NaN",
	} {
		f := newFake()
		f.state = map[string]string{"v": text}
		r := tools.Run(f, tools.Request{Name: "state-get", Args: []string{"--format=yaml"}, Dir: "/"})
		if got := string(r.Stdout); got != "v: "+want+"\n" {
			t.Errorf("%q: got %q", text, got)
		}
	}
}

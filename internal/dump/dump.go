package dump

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/kube-control/kube-control/internal/safefile"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Dump is everything about one unit that a supporter needs.
type Dump struct {
	Version     string            `json:"version"`      // of kube-control
	JujuVersion string            `json:"juju-version"` // like "3.6.1"
	ModelUUID   string            `json:"model-uuid"`
	Unit        kubecontrol.Unit  `json:"unit"`
	CharmDir    string            `json:"charm-dir"`
	Charm       map[string]string `json:"charm"`   // metadata.yaml and kube-control.yaml as they are
	Answers     []Answer          `json:"answers"` // of the hook tools, in the order in which they were asked
	Files       []File            `json:"files"`   // that the ready charm keeps, and those that it reads
	Explanation any               `json:"explanation"`
}

// Answer is what one hook tool answered.
type Answer struct {
	Tool   string   `json:"tool"`
	Args   []string `json:"args"`
	Exit   int      `json:"exit"`
	Output string   `json:"output"` // redacted
	Error  string   `json:"error,omitempty"`
}

// File is the state of one file. A missing file has only a path and a problem.
type File struct {
	Path        string `json:"path"`
	Mode        string `json:"mode,omitempty"` // like "-rw-------"
	Owner       int    `json:"owner"`          // user id
	Size        int64  `json:"size"`           // bytes
	Fingerprint string `json:"fingerprint,omitempty"`
	Content     string `json:"content,omitempty"` // of a token file, with a fingerprint for each token; of a certificate, as it is
	Problem     string `json:"problem,omitempty"`
}

// charmFiles are the files of a charm that a dump has.
func charmFiles() []string { return []string{"metadata.yaml", "kube-control.yaml"} }

// AddCharm adds the files of the charm in a folder. A missing one is left out.
func (d *Dump) AddCharm(dir string) {
	d.Charm = map[string]string{}
	for _, name := range charmFiles() {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			d.Charm[name] = string(text)
		}
	}
}

// maxFile is how much of a file is read at most.
const maxFile = 64 << 20

// AddFile adds the state of a file, and of its text what shown lets pass.
func (d *Dump) AddFile(path string, r *Redaction, shown func(text string) string) {
	f := File{Path: path}
	text, err := safefile.Read(path, maxFile)
	var info os.FileInfo
	if err == nil {
		info, err = os.Stat(path)
	}
	if err != nil {
		f.Problem = withoutPath(err)
		d.Files = append(d.Files, f)
		return
	}
	f.Mode, f.Size, f.Fingerprint = info.Mode().String(), info.Size(), r.fingerprint(string(text))
	if status, ok := info.Sys().(*syscall.Stat_t); ok {
		f.Owner = int(status.Uid)
	}
	f.Content = shown(string(text))
	d.Files = append(d.Files, f)
}

func withoutPath(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// Read reads a dump.
func Read(path string) (Dump, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Dump{}, fmt.Errorf("cannot read the dump: %w", err)
	}
	var d Dump
	if err := json.Unmarshal(text, &d); err != nil || d.Unit == "" || len(d.Answers) == 0 {
		return Dump{}, fmt.Errorf("cannot read the dump: %s is not the output of kube-control dump", path)
	}
	return d, nil
}

// Unpack writes the files of the dump into an empty folder: those of the charm, and below files/ those with content.
func (d Dump) Unpack(dir string) error {
	for _, name := range charmFiles() {
		if text, ok := d.Charm[name]; ok {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				return err
			}
		}
	}
	for _, f := range d.Files {
		if f.Content == "" {
			continue
		}
		path := moved(dir, f.Path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(f.Content), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// moved is where a file of the dump is found in the folder of the unpacked dump. No path leads out of the folder.
func moved(dir, path string) string { return filepath.Join(dir, "files", filepath.Clean("/"+path)) }

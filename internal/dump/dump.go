package dump

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Dump is everything about one unit that a supporter needs.
type Dump struct {
	Version     string           `json:"version"`      // of kube-control
	JujuVersion string           `json:"juju-version"` // like "3.6.1"
	ModelUUID   string           `json:"model-uuid"`
	Unit        kubecontrol.Unit `json:"unit"`
	CharmDir    string           `json:"charm-dir"`
	Machine     Machine          `json:"machine"`
	Answers     []Answer         `json:"answers"` // of the hook tools, in the order in which they were asked
	Files       []File           `json:"files"`   // that a hook reads, in the order in which it does
	Journal     any              `json:"journal"` // what the last hooks decided
	Explanation any              `json:"explanation"`
}

// Machine is what a hook asks of the unit's machine. What no hook asks is empty.
type Machine struct {
	HostName string `json:"host-name,omitempty"`
	FullName string `json:"full-name,omitempty"`
	NVIDIA   bool   `json:"nvidia,omitempty"`
}

// Answer is what one hook tool answered.
type Answer struct {
	Tool   string   `json:"tool"`
	Args   []string `json:"args"`
	Exit   int      `json:"exit"`
	Output string   `json:"output"`          // redacted
	Bytes  int      `json:"bytes,omitempty"` // of a large databag as it is, because one that is too large is not used
	Error  string   `json:"error,omitempty"`
}

// File is the state of one file. A missing file has only a path and a problem.
type File struct {
	Path        string `json:"path"`
	Mode        string `json:"mode,omitempty"` // like "-rw-------"
	Owner       int    `json:"owner"`          // user id
	Size        int64  `json:"size"`           // bytes
	Fingerprint string `json:"fingerprint,omitempty"`
	Content     string `json:"content,omitempty"` // redacted; none of a file of unknown form
	Problem     string `json:"problem,omitempty"`
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

package ready

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// WorkerRecord is what a ready worker keeps between hooks, as JSON. It holds digests and never a token. A lost record is
// made again: files that already have the right content count as ours.
type WorkerRecord struct {
	// Asked is what the policy published last, by wire key. A value that an operator sets stays until the policy
	// publishes another one.
	Asked   map[string]string `json:"asked,omitempty"`
	Schemas string            `json:"schemas,omitempty"`
	// XCP is whether the masters last named an external cloud provider.
	XCP      bool                   `json:"xcp,omitempty"`
	Relation kubecontrol.RelationID `json:"relation,omitempty"` // that the files come from
	Dir      string                 `json:"dir,omitempty"`
	Files    map[string]string      `json:"files,omitempty"` // those that we wrote: path to Digest
	Ran      string                 `json:"ran,omitempty"`   // Content when the command last succeeded
	Servers  []string               `json:"servers,omitempty"`
	CA       string                 `json:"ca,omitempty"`     // Digest
	Tokens   []string               `json:"tokens,omitempty"` // fingerprints of the credentials so far, the present one last
	User     string                 `json:"user,omitempty"`   // the user of these
	// Generation is the highest that the credentials had.
	Generation int    `json:"generation,omitempty"`
	Said       string `json:"said,omitempty"` // Digest of the last warnings
}

// ReadWorkerRecord reads a kept record; one that can't be read counts as lost.
func ReadWorkerRecord(text string) WorkerRecord {
	var r WorkerRecord
	if json.Unmarshal([]byte(text), &r) != nil {
		return WorkerRecord{}
	}
	return r
}

// Encode writes the record as it is kept; "" for one that has nothing.
func (r WorkerRecord) Encode() string {
	text, _ := json.Marshal(r) // texts and numbers always encode
	if string(text) == "{}" {
		return ""
	}
	return string(text)
}

// Content is a digest of all files that we wrote, "" for none.
func (r WorkerRecord) Content() string {
	if len(r.Files) == 0 {
		return ""
	}
	all := ""
	for _, path := range slices.Sorted(maps.Keys(r.Files)) {
		all += path + "\x00" + r.Files[path] + "\x00"
	}
	return Digest([]byte(all))
}

// Digest is the SHA-256 of a file, in hexadecimal.
func Digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// clone copies the record deeply enough to be changed.
func (r WorkerRecord) clone() WorkerRecord {
	r.Asked, r.Files = maps.Clone(r.Asked), maps.Clone(r.Files)
	if r.Files == nil {
		r.Files = map[string]string{}
	}
	r.Servers, r.Tokens = slices.Clone(r.Servers), slices.Clone(r.Tokens)
	return r
}

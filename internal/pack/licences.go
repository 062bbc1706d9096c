package pack

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// What a packed charm says of the modules that its program links.
const (
	// Notices is where their licences stand, one after the other.
	Notices = "THIRD-PARTY-NOTICES"
	// Bill is where the bill of materials stands, in the JSON form of CycloneDX.
	Bill = "sbom.cdx.json"
)

// readLicences returns the notices and the bill of s; nothing if it names neither.
func readLicences(s Source) ([]Entry, error) {
	if s.Licences == "" && s.Bill == "" {
		return nil, nil
	}
	notices, err := readNotices(s.Licences)
	if err != nil {
		return nil, fmt.Errorf("cannot read the licences: %w", err)
	}
	bill, err := readBill(s.Bill)
	if err != nil {
		return nil, fmt.Errorf("cannot read the bill of materials: %w", err)
	}
	return []Entry{{Name: Notices, Mode: 0o644, Body: notices}, {Name: Bill, Mode: 0o644, Body: bill}}, nil
}

// readNotices joins the files below dir, in the order of their names. The directory of each names what it is the licence of.
func readNotices(dir string) ([]byte, error) {
	text := bytes.NewBufferString("bin/kube-control is built from what is named below. The licence of each follows its name.\n")
	files := os.DirFS(dir)
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(files, name)
		line := strings.Repeat("-", 80)
		fmt.Fprintf(text, "\n%s\n%s (%s)\n%s\n\n%s\n", line, path.Dir(name), path.Base(name), line, bytes.TrimSpace(body))
		return err
	})
	return text.Bytes(), err
}

// readBill reads a bill of materials. It leaves out the sums of the tool that made the bill, because they differ between
// machines, and the time of the commit, which Go writes into a program unless it is told not to.
func readBill(file string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Clean(file))
	if err != nil {
		return nil, err
	}
	var bill map[string]any
	if err := json.Unmarshal(text, &bill); err != nil {
		return nil, err
	}
	metadata, _ := bill["metadata"].(map[string]any)
	tools, _ := metadata["tools"].([]any)
	for _, tool := range tools {
		if tool, ok := tool.(map[string]any); ok {
			delete(tool, "hashes")
		}
	}
	if properties, ok := metadata["properties"].([]any); ok {
		metadata["properties"] = slices.DeleteFunc(properties, func(property any) bool {
			p, _ := property.(map[string]any)
			return p["name"] == "cdx:gomod:build:vcs:time"
		})
	}
	return json.MarshalIndent(bill, "", "  ")
}

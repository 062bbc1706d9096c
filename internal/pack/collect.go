package pack

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Program is where the program stands in each charm.
const Program = "bin/kube-control"

// Source says what a charm is made of.
type Source struct {
	// Dir is the charm's own directory; it must hold a metadata.yaml.
	Dir string
	// Name is the name that the charm gets instead of its own, "" for its own:
	// Juju refuses a charm from a file that does not have the name of the charm that it replaces.
	Name string
	// Program is the file that becomes bin/kube-control.
	Program string
	// Licences is a directory with the licences of what the program links, as
	// "go-licenses save" makes it, and Bill a CycloneDX bill of materials of the
	// program in JSON. A charm that is only staged may have neither.
	Licences, Bill string
	// Arch is the architecture that the program is built for, by Go's
	// name: amd64, arm64, ppc64le or s390x.
	Arch string
}

// Entry is one thing in a charm: a file, a link or a directory.
type Entry struct {
	// Name is the path within the charm, with slashes.
	Name string
	// Mode is 0755 or 0644 for a file, fs.ModeSymlink|0777 for a link, and
	// fs.ModeDir|0755 for a directory.
	Mode fs.FileMode
	// Body holds the file's content, or the link's target.
	Body []byte
}

// listed returns the names that a charm may have at its top. What stands below
// a directory of the list is taken too, but for hidden files and editors' backups.
func listed() []string {
	return []string{
		"LICENSE", "README.md", "actions", "actions.yaml", "config.yaml", "copyright", "dispatch", "handlers",
		"hooks", "icon.svg", "kube-control.yaml", "lib", "metadata.yaml", "src", "venv",
	}
}

// Collect returns what the charm of s is made of, sorted by name. It fails if
// metadata.yaml is missing or gives no name, if s.Name is not a charm's name, if the program is not a static
// one for the architecture, and if a link is absolute, leaves the charm, or
// does not end at a file of it.
func Collect(s Source) ([]Entry, error) {
	if _, err := ReadName(s.Dir); err != nil {
		return nil, err
	}
	var entries []Entry
	for _, name := range listed() {
		found, err := collectTree(s.Dir, name)
		if err != nil {
			return nil, err
		}
		entries = append(entries, found...)
	}
	if err := rename(entries, s.Name); err != nil {
		return nil, err
	}
	program, err := readProgram(s.Program, s.Arch)
	if err != nil {
		return nil, err
	}
	bases, err := manifest(s.Arch)
	if err != nil {
		return nil, err
	}
	licences, err := readLicences(s)
	if err != nil {
		return nil, err
	}
	entries = append(
		append(entries, licences...),
		Entry{Name: "bin", Mode: fs.ModeDir | 0o755},
		Entry{Name: Program, Mode: 0o755, Body: program},
		Entry{Name: "manifest.yaml", Mode: 0o644, Body: bases},
	)
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return entries, checkLinks(entries)
}

// collectTree returns name of dir and all below it; nothing if it is not there.
func collectTree(dir, name string) ([]Entry, error) {
	if _, err := os.Lstat(filepath.Join(dir, name)); os.IsNotExist(err) {
		return nil, nil
	}
	var entries []Entry
	err := filepath.WalkDir(filepath.Join(dir, name), func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if hidden(d.Name()) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		relative, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		entry, err := readEntry(file, filepath.ToSlash(relative))
		entries = append(entries, entry)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("cannot collect %s: %w", filepath.Join(dir, name), err)
	}
	return entries, nil
}

func hidden(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~")
}

// readEntry reads file, which is called name in the charm.
func readEntry(file, name string) (Entry, error) {
	info, err := os.Lstat(file)
	if err != nil {
		return Entry{}, err
	}
	switch info.Mode().Type() {
	case fs.ModeDir:
		return Entry{Name: name, Mode: fs.ModeDir | 0o755}, nil
	case fs.ModeSymlink:
		target, err := os.Readlink(file)
		return Entry{Name: name, Mode: fs.ModeSymlink | 0o777, Body: []byte(target)}, err
	case 0:
		mode := fs.FileMode(0o644)
		if info.Mode()&0o111 != 0 {
			mode = 0o755
		}
		body, err := os.ReadFile(file)
		return Entry{Name: name, Mode: mode, Body: body}, err
	default:
		return Entry{}, fmt.Errorf("%s is neither a file, a link nor a directory", name)
	}
}

// checkLinks follows each link of entries to the file that it must end at.
func checkLinks(entries []Entry) error {
	byName := make(map[string]Entry, len(entries))
	for _, e := range entries {
		byName[e.Name] = e
	}
	for _, e := range entries {
		for at, steps := e, 0; at.Mode&fs.ModeSymlink != 0; steps++ {
			target := string(at.Body)
			to := path.Join(path.Dir(at.Name), target)
			next, ok := byName[to]
			switch {
			case path.IsAbs(target):
				return fmt.Errorf("link %s is absolute: %s", at.Name, target)
			case to == ".." || strings.HasPrefix(to, "../"):
				return fmt.Errorf("link %s leaves the charm: %s", at.Name, target)
			case !ok || path.Clean(target) != target:
				return fmt.Errorf("link %s ends at nothing in the charm: %s", at.Name, target)
			case next.Mode.IsDir():
				return fmt.Errorf("link %s ends at a directory: %s", at.Name, target)
			case steps == len(entries):
				return fmt.Errorf("link %s goes round in a circle", e.Name)
			}
			at = next
		}
	}
	return nil
}

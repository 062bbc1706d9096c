package pack

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"sigs.k8s.io/yaml"
)

// ReadName returns the name that the metadata.yaml of the charm in dir gives.
func ReadName(dir string) (string, error) {
	file := filepath.Join(dir, "metadata.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("cannot read charm metadata: %w", err)
	}
	var metadata struct {
		Name string `json:"name"`
	}
	if err := yaml.Unmarshal(text, &metadata); err != nil {
		return "", fmt.Errorf("cannot parse %s: %w", file, err)
	}
	if metadata.Name == "" {
		return "", fmt.Errorf("cannot name the charm: %s has no name", file)
	}
	return metadata.Name, nil
}

// charmName matches a charm's name, by the rule of Juju's package names (CharmNameSnippet).
var charmName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*$`)

// nameLine is the line of a metadata.yaml that names the charm.
var nameLine = regexp.MustCompile(`(?m)^name:.*$`)

// rename gives the charm of entries another name; "" leaves it as it is.
func rename(entries []Entry, name string) error {
	if name == "" {
		return nil
	}
	if !charmName.MatchString(name) {
		return fmt.Errorf("%q is not a charm's name: use lower-case letters, digits and single hyphens, begin with a letter, and put a letter behind each hyphen", name)
	}
	i := slices.IndexFunc(entries, func(e Entry) bool { return e.Name == "metadata.yaml" })
	if len(nameLine.FindAll(entries[i].Body, -1)) != 1 {
		return errors.New("cannot rename the charm: its metadata.yaml has no single line that begins with \"name:\"")
	}
	entries[i].Body = nameLine.ReplaceAll(entries[i].Body, []byte("name: "+name))
	return nil
}

// base is one kind of machine that a charm runs on, as Juju reads it.
type base struct {
	Architectures []string `json:"architectures"`
	Channel       string   `json:"channel"`
	Name          string   `json:"name"`
}

// manifest returns the text of a manifest.yaml, without which Juju 4 refuses a
// charm and Juju 3 cannot choose a base for it.
func manifest(arch string) ([]byte, error) {
	if arch == "ppc64le" {
		arch = "ppc64el" // Juju's name
	}
	bases := make([]base, 0, 3)
	for _, channel := range []string{"22.04", "24.04", "26.04"} {
		bases = append(bases, base{Architectures: []string{arch}, Channel: channel, Name: "ubuntu"})
	}
	return yaml.Marshal(map[string][]base{"bases": bases})
}

// readProgram reads file and makes sure that machines of arch can run it
// without any library of their own.
func readProgram(file, arch string) ([]byte, error) {
	body, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read the program: %w", err)
	}
	program, err := elf.NewFile(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("cannot read the program %s: %w", file, err)
	}
	machines := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64, "s390x": elf.EM_S390, "ppc64le": elf.EM_PPC64}
	if machine, ok := machines[arch]; !ok || program.Machine != machine {
		return nil, fmt.Errorf("cannot take the program %s: it is for %s, not for %s", file, program.Machine, arch)
	}
	for _, segment := range program.Progs {
		if segment.Type == elf.PT_INTERP {
			return nil, fmt.Errorf("cannot take the program %s: it is not static", file)
		}
	}
	return body, nil
}

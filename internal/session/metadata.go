package session

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/kube-control/kube-control/internal/charmfile"
)

// ReadMetadata reads metadata.yaml in a charm's folder.
func ReadMetadata(dir string) (charmfile.Metadata, error) { return readMetadata(os.ReadFile, dir) }

// reader reads a file.
type reader func(path string) ([]byte, error)

func readMetadata(read reader, dir string) (charmfile.Metadata, error) {
	meta, err := readCharmFile(read, dir, "metadata.yaml", charmfile.ParseMetadata)
	if err != nil {
		return charmfile.Metadata{}, err
	}
	return meta, nil
}

// ReadActions reads the names of the actions in a charm's actions.yaml, sorted. A charm without the file has none.
func ReadActions(dir string) ([]string, error) {
	names, err := readCharmFile(os.ReadFile, dir, "actions.yaml", charmfile.ParseActions)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return names, err
}

// ReadSettings reads kube-control.yaml in a charm's folder. A setting that this version cannot follow is an error. A charm
// without the file asks for nothing.
func ReadSettings(dir string) (charmfile.Settings, error) { return readSettings(os.ReadFile, dir) }

func readSettings(read reader, dir string) (charmfile.Settings, error) {
	settings, err := readCharmFile(read, dir, "kube-control.yaml", charmfile.ParseSettings)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return charmfile.Settings{}, err
	}
	return settings, nil
}

// readCharmFile reads one of the charm's files. The first problem is an error; a missing file is fs.ErrNotExist.
func readCharmFile[T any](read reader, dir, name string, parse func([]byte) (T, []charmfile.Problem)) (T, error) {
	path := filepath.Join(dir, name)
	var none T
	text, err := read(path)
	if err != nil {
		var reason *fs.PathError
		if errors.As(err, &reason) {
			err = reason.Err // without the path, which stands in front
		}
		return none, fmt.Errorf("cannot read %s: %w", path, err)
	}
	value, problems := parse(text)
	if err := charmfile.First(problems); err != nil {
		return none, fmt.Errorf("cannot read %s: %w", path, err)
	}
	return value, nil
}

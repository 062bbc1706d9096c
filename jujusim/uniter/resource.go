package uniter

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/kube-control/kube-control/jujusim/model"
)

// resources are the paths of the unit's own copies of its application's resources. Missing ones are made, as Juju downloads
// them.
func (p *Processes) resources(unit string) (map[string]string, error) {
	app := p.Model.Apps[model.AppOf(unit)]
	if app == nil || len(app.Resources) == 0 {
		return nil, nil
	}
	paths := map[string]string{}
	for name, staged := range app.Resources {
		path := filepath.Join(p.agentDir(unit), "resources", name, app.Charm.Resources[name])
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			if err := CopyFile(filepath.Join(p.Data, staged), path); err != nil {
				return nil, err
			}
		}
		paths[name] = path
	}
	return paths, nil
}

// CopyFile copies the file of a resource to a new file, and makes its directory.
func CopyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("cannot read resource: %w", err)
	}
	defer in.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return fmt.Errorf("cannot make directory for resource: %w", err)
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("cannot copy resource: %w", err)
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("cannot copy resource: %w", err)
	}
	return nil
}

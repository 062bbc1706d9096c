package uniter

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/pkg/jujusim/model"
)

// linkedSize is from which size on a unit's copy of a charm's file is a hard link to it.
const linkedSize = 256 * 1024

// Stage copies a charm, a directory or a .charm file, to where Processes may unpack it from. Links are kept as links,
// and must stay inside the charm; other than files, directories and links a charm may not hold. Files become 0644 or
// 0755; hooks become executable, as Juju packs them, but not what a link in hooks leads to.
func Stage(charm, to string) error {
	info, err := os.Stat(charm)
	if err != nil {
		return fmt.Errorf("cannot read charm: %w", err)
	}
	if info.IsDir() {
		return copyTree(charm, to, false)
	}
	if err := unzip(charm, to); err != nil {
		return fmt.Errorf("cannot unpack charm %s: %w", charm, err)
	}
	return nil
}

// copyTree copies a directory over another. With share, large files become hard links, so that a charm's program
// costs disk space once and not once a unit.
func copyTree(from, to string, share bool) error {
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		if d.IsDir() {
			if d.Name() == ".git" {
				return fs.SkipDir
			}
			return os.MkdirAll(target, 0o755)
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if share && info.Mode().IsRegular() && info.Size() >= linkedSize {
			if err := os.RemoveAll(target); err != nil {
				return err
			}
			if os.Link(path, target) == nil {
				return nil
			}
		}
		return place(rel, target, info.Mode(), func() ([]byte, error) {
			if info.Mode()&fs.ModeSymlink != 0 {
				link, err := os.Readlink(path)
				return []byte(link), err
			}
			return os.ReadFile(path)
		})
	})
	if err != nil {
		return fmt.Errorf("cannot copy charm: %w", err)
	}
	return nil
}

// unzip unpacks a packed charm.
func unzip(charm, to string) error {
	archive, err := zip.OpenReader(charm)
	if err != nil {
		return err
	}
	defer archive.Close()
	for _, f := range archive.File {
		rel := filepath.Clean(f.Name)
		if !filepath.IsLocal(rel) {
			return fmt.Errorf("file %q is outside the charm", f.Name)
		}
		target := filepath.Join(to, rel)
		if f.Mode().IsDir() {
			if err := os.MkdirAll(target, 0o755); err != nil {
				return err
			}
			continue
		}
		err := place(rel, target, f.Mode(), func() ([]byte, error) {
			r, err := f.Open()
			if err != nil {
				return nil, err
			}
			data, err := io.ReadAll(r)
			return data, errors.Join(err, r.Close())
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// place writes one file or link of a charm over what stands at the target. A link's content is where it leads.
func place(rel, target string, mode fs.FileMode, content func() ([]byte, error)) error {
	link := mode&fs.ModeSymlink != 0
	if !link && !mode.IsRegular() {
		return fmt.Errorf("file is of type %s: %q", mode.Type(), rel)
	}
	data, err := content()
	if err != nil {
		return err
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(target), 0o755), os.RemoveAll(target)); err != nil {
		return err
	}
	if !link {
		if err := os.WriteFile(target, data, 0o600); err != nil {
			return err
		}
		return os.Chmod(target, charmMode(rel, mode))
	}
	to := string(data)
	if filepath.IsAbs(to) {
		return fmt.Errorf("symlink %q is absolute: %q", rel, to)
	}
	if !filepath.IsLocal(filepath.Join(filepath.Dir(rel), to)) {
		return fmt.Errorf("symlink %q links out of charm: %q", rel, to)
	}
	return os.Symlink(to, target)
}

// charmMode is the mode of a charm's file once it is packed.
func charmMode(rel string, mode fs.FileMode) fs.FileMode {
	if mode&0o100 != 0 || (filepath.Dir(rel) == "hooks" && isHookName(filepath.Base(rel))) {
		return 0o755
	}
	return 0o644
}

// isHookName tells whether Juju knows a hook of that name, for some endpoint.
func isHookName(name string) bool {
	unit := []string{
		install, start, stop, remove, configChanged, upgradeCharm, updateStatus, leaderElected, leaderSettingsChanged,
		model.SecretChanged, model.SecretExpired, model.SecretRemove, model.SecretRotate,
	}
	relation := []string{relationCreated, relationJoined, relationChanged, relationDeparted, relationBroken}
	return slices.Contains(unit, name) ||
		slices.ContainsFunc(relation, func(kind string) bool { return strings.HasSuffix(name, "-"+kind) })
}

// removeTree removes from a directory the files that stand in another.
func removeTree(named, from string) error {
	err := filepath.WalkDir(named, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(named, path)
		if err != nil {
			return err
		}
		return os.RemoveAll(filepath.Join(from, rel))
	})
	if err != nil {
		return fmt.Errorf("cannot remove the charm before: %w", err)
	}
	return nil
}

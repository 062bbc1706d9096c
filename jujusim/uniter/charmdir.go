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

	"github.com/kube-control/kube-control/jujusim/model"
)

// linkedSize is from which size on a unit's copy of a charm's file is a hard link to it.
const linkedSize = 256 * 1024

// What a charm may hold at most: far more than any has.
const (
	maxCharmFiles = 100_000
	maxCharmBytes = 512 << 20
)

// room is what may still come of a charm, in files and bytes.
type room struct{ files, bytes int64 }

func charmRoom() *room { return &room{maxCharmFiles, maxCharmBytes} }

// copy copies one file of the charm, as far as there is room, and closes it.
func (r *room) copy(to io.Writer, from io.ReadCloser) error {
	n, err := io.Copy(to, io.LimitReader(from, r.bytes+1))
	if r.bytes -= n; r.bytes < 0 {
		err = errors.New("the charm is too large")
	}
	return errors.Join(err, from.Close())
}

// enter counts a file or directory of the charm.
func (r *room) enter() error {
	if r.files--; r.files < 0 {
		return errors.New("the charm has too many files")
	}
	return nil
}

// Stage copies a charm, a directory or a .charm file, to where Processes may unpack it from. Links are kept as links,
// and must stay inside the charm; other than files, directories and links a charm may not hold. Files become 0644 or
// 0755; hooks become executable, as Juju packs them, but not what a link in hooks leads to. The data directory is not part
// of a charm that contains it.
func Stage(charm, to, data string) error { return stage(charm, to, data, charmRoom()) }

func stage(charm, to, data string, left *room) error {
	charm, err := filepath.EvalSymlinks(charm)
	if err != nil {
		return fmt.Errorf("cannot read charm: %w", err)
	}
	info, err := os.Stat(charm)
	if err != nil {
		return fmt.Errorf("cannot read charm: %w", err)
	}
	if !info.IsDir() {
		if !info.Mode().IsRegular() {
			return fmt.Errorf("cannot read charm %s: it is neither a directory nor a file", charm)
		}
		return unzip(charm, to, left)
	}
	own, err := os.Stat(data)
	if err != nil {
		return fmt.Errorf("cannot find the data directory: %w", err)
	}
	if os.SameFile(info, own) {
		return fmt.Errorf("cannot read charm %s: it is the data directory", charm)
	}
	return copyTree(charm, to, own, left)
}

// copyTree copies a directory over another, as far as there is room and without the directory without. A room that is nil
// stands for a charm that was staged: all of it is copied, and its large files become hard links, so that its program
// costs disk space once and not once a unit.
func copyTree(from, to string, without fs.FileInfo, left *room) error {
	share := left == nil
	if share {
		left = charmRoom()
	}
	return into(to, func(root *os.Root) error {
		copied, err := root.Stat(".") // may stand in what is copied
		if err != nil {
			return err
		}
		return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(from, path)
			info, infoErr := d.Info()
			if err := errors.Join(err, infoErr, left.enter()); err != nil {
				return err
			}
			switch {
			case d.IsDir() && (d.Name() == ".git" || os.SameFile(info, copied) || without != nil && os.SameFile(info, without)):
				return fs.SkipDir
			case d.IsDir():
				return root.MkdirAll(rel, 0o755)
			case share && linked(root, path, to, rel, info):
				return nil
			}
			return placeFile(root, path, rel, info, left)
		})
	})
}

// linked makes a large file a hard link, and reports whether it could.
func linked(root *os.Root, path, to, rel string, info fs.FileInfo) bool {
	return info.Mode().IsRegular() && info.Size() >= linkedSize && root.RemoveAll(rel) == nil && os.Link(path, filepath.Join(to, rel)) == nil
}

// placeFile is place for a file or a link of a directory.
func placeFile(root *os.Root, path, rel string, info fs.FileInfo, left *room) error {
	return place(root, rel, info.Mode(), left, func() (io.ReadCloser, error) {
		if info.Mode()&fs.ModeSymlink != 0 {
			link, err := os.Readlink(path)
			return io.NopCloser(strings.NewReader(link)), err
		}
		return os.Open(path)
	})
}

// into makes a directory and fills it. What is written to the root stays below it, whatever links stand there.
func into(to string, fill func(*os.Root) error) error {
	err := os.MkdirAll(to, 0o755)
	var root *os.Root
	if err == nil {
		root, err = os.OpenRoot(to)
	}
	if err == nil {
		err = errors.Join(fill(root), root.Close())
	}
	if err != nil {
		return fmt.Errorf("cannot copy charm: %w", err)
	}
	return nil
}

// unzip unpacks a packed charm.
func unzip(charm, to string, left *room) error {
	archive, err := zip.OpenReader(charm)
	if err != nil {
		return fmt.Errorf("cannot unpack charm %s: %w", charm, err)
	}
	defer archive.Close()
	return into(to, func(root *os.Root) error {
		for _, f := range archive.File {
			if err := left.enter(); err != nil {
				return err
			}
			rel := filepath.Clean(f.Name)
			if !filepath.IsLocal(rel) {
				return fmt.Errorf("file %q is outside the charm", f.Name)
			}
			if f.Mode().IsDir() {
				if err := root.MkdirAll(rel, 0o755); err != nil {
					return err
				}
				continue
			}
			if err := place(root, rel, f.Mode(), left, f.Open); err != nil {
				return err
			}
		}
		return nil
	})
}

// place writes one file or link of a charm over what stands there. A link's content is where it leads.
func place(root *os.Root, rel string, mode fs.FileMode, left *room, content func() (io.ReadCloser, error)) error {
	link := mode&fs.ModeSymlink != 0
	if !link && !mode.IsRegular() {
		return fmt.Errorf("file is of type %s: %q", mode.Type(), rel)
	}
	from, err := content()
	if err != nil {
		return err
	}
	if err := errors.Join(root.MkdirAll(filepath.Dir(rel), 0o755), root.RemoveAll(rel)); err != nil {
		return errors.Join(err, from.Close())
	}
	if !link {
		f, err := root.OpenFile(rel, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
		if err != nil {
			return errors.Join(err, from.Close())
		}
		return errors.Join(left.copy(f, from), f.Close(), root.Chmod(rel, charmMode(rel, mode)))
	}
	var text strings.Builder
	if err := left.copy(&text, from); err != nil {
		return err
	}
	to := text.String()
	if filepath.IsAbs(to) {
		return fmt.Errorf("symlink %q is absolute: %q", rel, to)
	}
	if !filepath.IsLocal(filepath.Join(filepath.Dir(rel), to)) {
		return fmt.Errorf("symlink %q links out of charm: %q", rel, to)
	}
	return root.Symlink(to, rel)
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

package uniter

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// linkedSize is from which size on a unit's copy of a charm's file is a hard link to it.
const linkedSize = 256 * 1024

// Stage copies a charm's directory to where Processes may unpack it from. Links are kept as links, and must stay
// inside the charm; other than files, directories and links a charm may not hold.
func Stage(charm, to string) error { return copyTree(charm, to, false) }

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
		if err := os.RemoveAll(target); err != nil {
			return err
		}
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			return copyLink(path, rel, target)
		case !info.Mode().IsRegular():
			return fmt.Errorf("file is of type %s: %q", info.Mode().Type(), rel)
		case share && info.Size() >= linkedSize && os.Link(path, target) == nil:
			return nil
		}
		return copyFile(path, target, info.Mode().Perm())
	})
	if err != nil {
		return fmt.Errorf("cannot copy charm: %w", err)
	}
	return nil
}

func copyLink(path, rel, target string) error {
	to, err := os.Readlink(path)
	if err != nil {
		return err
	}
	if filepath.IsAbs(to) {
		return fmt.Errorf("symlink %q is absolute: %q", rel, to)
	}
	if inside := filepath.Join(filepath.Dir(rel), to); inside == ".." || strings.HasPrefix(inside, "../") {
		return fmt.Errorf("symlink %q links out of charm: %q", rel, to)
	}
	return os.Symlink(to, target)
}

func copyFile(path, target string, mode fs.FileMode) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := os.WriteFile(target, data, mode); err != nil {
		return err
	}
	return os.Chmod(target, mode)
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

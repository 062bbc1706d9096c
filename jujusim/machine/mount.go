package machine

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// mount makes the machine's files the root directory of this process's mount namespace.
func (m Machine) mount() error {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("cannot make mounts private: %w", err)
	}
	points, err := mountPoints()
	if err != nil {
		return err
	}
	l := layout{
		root: filepath.Join(m.Dir, "root"), upper: filepath.Join(m.Dir, "upper"), work: filepath.Join(m.Dir, "work"), points: points,
		foreign: os.Getuid() == 0 && !isRealRoot(),
	}
	for _, dir := range []string{l.root, l.upper, l.work} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if err := l.bind(l.root, l.root); err != nil {
		return err
	}
	if err := l.place("/"); err != nil {
		return err
	}
	if err := writeOnce(filepath.Join(l.root, "etc", "hostname"), filepath.Join(l.upper, "etc", "hostname"), m.Host+"\n"); err != nil {
		return err
	}
	for _, dir := range m.Shared {
		if err := os.MkdirAll(filepath.Join(l.root, dir), 0o755); err != nil {
			return err
		}
		if err := l.bind(dir, filepath.Join(l.root, dir)); err != nil {
			return err
		}
	}
	return pivot(l.root)
}

// layout is where the machine's files come from and go to.
type layout struct {
	root    string // the new root directory
	upper   string // what was written, by path
	work    string // what the overlays need beside it
	points  []string
	foreign bool // files of the real root belong to nobody here
}

// place puts a path of the real machine into the new root. A directory with mounts below it is made, and filled entry by entry,
// because an overlay does not show other mounts.
func (l layout) place(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return nil // it has gone
	}
	to := filepath.Join(l.root, path)
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return copyLink(path, to)
	case info.Mode().IsRegular():
		return copyOnce(path, to, info)
	case !info.IsDir():
		return nil // a device or a socket outside /dev and /run
	}
	if err := os.Mkdir(to, info.Mode().Perm()|0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	entries, err := os.ReadDir(path)
	switch {
	case err != nil:
		return nil // nobody but root may look into it: the machine has its own, empty
	case slices.Contains([]string{"/proc", "/sys", "/dev", "/tmp"}, path):
		return l.bind(path, to)
	case !slices.ContainsFunc(l.points, func(point string) bool { return isBelow(point, path) }):
		return l.overlay(path, to)
	}
	for _, e := range entries {
		if err := l.place(filepath.Join(path, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// isBelow reports whether a path is below a directory.
func isBelow(path, dir string) bool {
	return path != dir && strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}

// bind shows a directory of the real machine, with all that is mounted below it.
func (l layout) bind(from, to string) error {
	if err := syscall.Mount(from, to, "", syscall.MS_BIND|syscall.MS_REC, ""); err != nil {
		return fmt.Errorf("cannot bind %s: %w", from, err)
	}
	return nil
}

// overlay shows a directory of the real machine, and keeps what is written to it.
func (l layout) overlay(from, to string) error {
	name := strings.ReplaceAll(strings.Trim(from, "/"), "/", "!") // a work directory has no others below it
	upper, work := filepath.Join(l.upper, name), filepath.Join(l.work, name)
	if err := os.Mkdir(work, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	options := ""
	switch err := os.Mkdir(upper, 0o755); {
	case errors.Is(err, fs.ErrExist):
	case err != nil:
		return err
	case l.foreign:
		l.own(from, upper, 2)
	}
	if l.foreign {
		options = ",userxattr"
	}
	data := fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s%s", escape(from), escape(upper), escape(work), options)
	if err := syscall.Mount("overlay", to, "overlay", 0, data); err != nil {
		return fmt.Errorf("cannot mount overlay of %s: %w", from, err)
	}
	return nil
}

// own makes the first levels of directories, so that they belong to this user, who is root on the machine and may write there.
func (l layout) own(from, upper string, depth int) {
	entries, _ := os.ReadDir(from) // what cannot be read stays that of the real root
	for _, e := range entries {
		if e.IsDir() && os.Mkdir(filepath.Join(upper, e.Name()), 0o755) == nil && depth > 1 {
			l.own(filepath.Join(from, e.Name()), filepath.Join(upper, e.Name()), depth-1)
		}
	}
}

// escape writes a path for the options of an overlay.
func escape(path string) string {
	return strings.NewReplacer(`\`, `\\`, ",", `\,`, ":", `\:`).Replace(path)
}

// pivot makes a mounted directory the root directory.
func pivot(root string) error {
	err := os.Chdir(root)
	if err == nil {
		err = syscall.PivotRoot(".", ".") // the old root is above the new one until it is unmounted
	}
	if err == nil {
		err = syscall.Unmount(".", syscall.MNT_DETACH)
	}
	if err != nil {
		return fmt.Errorf("cannot change the root directory: %w", err)
	}
	return os.Chdir("/")
}

func copyLink(from, to string) error {
	target, err := os.Readlink(from)
	if err != nil {
		return err
	}
	if err := os.Symlink(target, to); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// copyOnce copies a file, unless the machine has one, also one that a program there has made.
func copyOnce(from, to string, info fs.FileInfo) error {
	if _, err := os.Lstat(to); err == nil {
		return nil
	}
	text, err := os.ReadFile(from)
	if err != nil {
		return nil // nobody but root may read it
	}
	return os.WriteFile(to, text, info.Mode().Perm())
}

// writeOnce writes a file of the machine, unless something there has written it.
func writeOnce(path, written, text string) error {
	if _, err := os.Lstat(written); err == nil {
		return nil
	}
	_ = os.Remove(path) // the real root's file cannot be changed by an ordinary user, but replaced
	return os.WriteFile(path, []byte(text), 0o644)
}

// mountPoints are the directories and files on which something is mounted.
func mountPoints() ([]string, error) {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var points []string
	unescape := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if fields := strings.Fields(lines.Text()); len(fields) > 4 {
			points = append(points, unescape.Replace(fields[4]))
		}
	}
	return points, lines.Err()
}

// isRealRoot reports whether this user is root outside user namespaces too: then all users are themselves.
func isRealRoot() bool {
	text, err := os.ReadFile("/proc/self/uid_map")
	return err == nil && strings.Join(strings.Fields(string(text)), " ") == "0 0 4294967295"
}

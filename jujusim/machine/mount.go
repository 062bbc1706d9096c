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
	work, err := m.workDir()
	if err != nil {
		return err
	}
	made := filepath.Join(m.Dir, "made")
	_, err = os.Lstat(made)
	l := layout{
		root: filepath.Join(m.Dir, "root"), upper: filepath.Join(m.Dir, "upper"), work: work,
		points: append(points, "/tmp"), foreign: !isRealRoot(), fresh: err != nil,
	}
	for _, dir := range []string{l.root, l.upper} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if err := bind(l.root, l.root); err != nil {
		return err
	}
	if err := syscall.Mount("", l.root, "", syscall.MS_UNBINDABLE, ""); err != nil { // it would be in the new /tmp again
		return fmt.Errorf("cannot make the root directory unbindable: %w", err)
	}
	if err := l.place("/"); err != nil {
		return err
	}
	if l.fresh {
		if err := write(filepath.Join(l.root, "etc", "hostname"), []byte(m.Host+"\n"), 0o644); err != nil {
			return err
		}
		if err := os.WriteFile(made, nil, 0o600); err != nil {
			return err
		}
	}
	for _, dir := range m.Shared {
		if err := l.share(dir); err != nil {
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
	foreign bool // a user namespace: files of the real root belong to nobody, and its mounts cannot be taken apart
	fresh   bool // no program has been on the machine
}

// place puts a path of the real machine into the new root. An overlay does not show other mounts, so the mounts below it are
// placed too. In a user namespace, a directory with mounts below it cannot be an overlay. It is made, and filled entry by entry.
func (l layout) place(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return nil // it has gone
	}
	to := filepath.Join(l.root, path)
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return l.copyLink(path, to)
	case info.Mode().IsRegular():
		return l.copyFile(path, to, info)
	case !info.IsDir():
		return nil // a device or a socket outside /dev and /run
	case slices.Contains([]string{"/proc", "/sys", "/dev", "/tmp"}, path):
		return l.share(path)
	}
	if err := os.Mkdir(to, info.Mode().Perm()|0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	entries, err := os.ReadDir(path)
	below := l.below(path)
	switch {
	case err != nil:
		return nil // nobody but root may look into it: the machine has its own, empty
	case len(below) == 0:
		return l.overlay(path, to)
	case !l.foreign:
		if err := l.overlay(path, to); err != nil {
			return err
		}
	default:
		below = nil
		for _, e := range entries {
			below = append(below, filepath.Join(path, e.Name()))
		}
	}
	for _, path := range below {
		if err := l.place(path); err != nil {
			return err
		}
	}
	return nil
}

// below are the mount points below a directory that are not below others of them. /tmp is always one.
func (l layout) below(dir string) []string {
	var found []string
	for _, point := range slices.Compact(slices.Sorted(slices.Values(l.points))) {
		if isBelow(point, dir) && !slices.ContainsFunc(found, func(above string) bool { return isBelow(point, above) }) {
			found = append(found, point)
		}
	}
	return found
}

// isBelow reports whether a path is below a directory.
func isBelow(path, dir string) bool {
	return path != dir && strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}

// share shows a directory of the real machine, with all that is mounted below it.
func (l layout) share(dir string) error {
	to := filepath.Join(l.root, dir)
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	return bind(dir, to)
}

func bind(from, to string) error {
	if err := syscall.Mount(from, to, "", syscall.MS_BIND|syscall.MS_REC, ""); err != nil {
		return fmt.Errorf("cannot bind %s: %w", from, err)
	}
	return nil
}

// overlay shows a directory of the real machine, and keeps what is written to it.
func (l layout) overlay(from, to string) error {
	name := strings.ReplaceAll(from, "/", "!") // no directory of an overlay is below another's
	upper, work := filepath.Join(l.upper, name), filepath.Join(l.work, name)
	if err := os.Mkdir(work, 0o700); err != nil {
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
	// A volatile overlay does not write all of the file system to the disk when the program ends. Linux has it from 5.10 on.
	err := syscall.Mount("overlay", to, "overlay", 0, data+",volatile")
	if errors.Is(err, syscall.EINVAL) {
		err = syscall.Mount("overlay", to, "overlay", 0, data)
	}
	if err != nil {
		return fmt.Errorf("cannot mount overlay of %s: %w", from, err)
	}
	// An ordinary user can remove the rest only if there are modes. The directory is for one mount, so the note of a volatile one
	// is not needed.
	inner := filepath.Join(work, "work")
	return errors.Join(os.Chmod(inner, 0o700), os.RemoveAll(filepath.Join(inner, "incompat")))
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
	if err == nil {
		err = syscall.Mount("", "/", "", syscall.MS_PRIVATE, "") // a program may bind it
	}
	if err != nil {
		return fmt.Errorf("cannot change the root directory: %w", err)
	}
	return os.Chdir("/")
}

func (l layout) copyLink(from, to string) error {
	if !l.fresh {
		return nil
	}
	target, err := os.Readlink(from)
	if err != nil {
		return err
	}
	if err := os.Symlink(target, to); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func (l layout) copyFile(from, to string, info fs.FileInfo) error {
	if !l.fresh {
		return nil // a program on the machine may have changed or removed it
	}
	text, err := os.ReadFile(from)
	if err != nil {
		return nil // nobody but root may read it
	}
	return write(to, text, info.Mode().Perm())
}

// write replaces a file: one of the real root cannot be changed by an ordinary user.
func write(path string, text []byte, mode fs.FileMode) error {
	_ = os.Remove(path) // usually it is not there
	return os.WriteFile(path, text, mode)
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

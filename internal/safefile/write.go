package safefile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Write replaces a file at once: a reader sees the old content or the new one, never a part. A file that is replaced keeps
// its owner and group, and its mode without the rights of others and without execution; a new one is its owner's alone
// (0600). Content that is there already is not written again; the mode is put right all the same.
//
// A symbolic link is followed, and its target replaced, only if the link, the target and every folder on the way are
// owned by root or by this process's user and not writable by others; otherwise it is an error and nothing is written.
// The folder must be there.
func Write(path string, content []byte) error {
	if err := write(path, content); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return nil
}

// WriteFor is Write for a file that another user of this machine is to own, mode 0600. It follows no symbolic link, because
// that user may be able to change it.
func WriteFor(path string, content []byte, uid, gid int) error {
	if err := writeFor(path, content, uid, gid); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return nil
}

func writeFor(path string, content []byte, uid, gid int) error {
	if err := CheckPath(path); err != nil {
		return err
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	folder, err := openFolder(filepath.Dir(path))
	if errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENOTDIR) {
		return errors.New("a folder on the way is a symbolic link, or not a folder")
	}
	if err != nil {
		return err
	}
	defer unix.Close(folder)
	name := filepath.Base(path)
	if err := discard(folder, temporary(name)); err != nil {
		return err
	}
	var old unix.Stat_t
	switch err := unix.Fstatat(folder, name, &old, unix.AT_SYMLINK_NOFOLLOW); {
	case errors.Is(err, unix.ENOENT):
	case err != nil:
		return err
	case old.Mode&unix.S_IFMT != unix.S_IFREG:
		return ErrNotRegular
	}
	return create(folder, name, content, func(f *os.File) error { return f.Chown(uid, gid) })
}

func write(path string, content []byte) error {
	return inFolder(path, func(folder int, name string) error { return replaceIn(folder, name, content) })
}

// Protect takes from others the rights to a file that Write has written, and removes what a killed process has left beside
// it. Links are judged as by Write. A missing file is fs.ErrNotExist.
func Protect(path string) error {
	err := inFolder(path, func(folder int, name string) error {
		if err := discard(folder, temporary(name)); err != nil {
			return err
		}
		var old unix.Stat_t
		if err := unix.Fstatat(folder, name, &old, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return err
		}
		if old.Mode&unix.S_IFMT != unix.S_IFREG {
			return ErrNotRegular
		}
		return restrict(folder, name, old)
	})
	if err != nil {
		return fmt.Errorf("cannot protect %s: %w", path, err)
	}
	return nil
}

// inFolder does something to a file by its name in the folder where it really is.
func inFolder(path string, do func(folder int, name string) error) error {
	if err := CheckPath(path); err != nil {
		return err
	}
	real, err := resolve(path)
	if err != nil {
		return err
	}
	folder, err := openFolder(filepath.Dir(real))
	if err != nil {
		return err
	}
	defer unix.Close(folder)
	return do(folder, filepath.Base(real))
}

// openFolder opens a folder without following a link on the way, so that what is done in it is done there.
func openFolder(dir string) (int, error) {
	const flags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	fd, err := unix.Open("/", flags, 0)
	if err != nil {
		return -1, err
	}
	for _, name := range components(dir) {
		next, err := unix.Openat(fd, name, flags, 0)
		unix.Close(fd)
		if err != nil {
			return -1, &os.PathError{Op: "open", Path: dir, Err: err}
		}
		fd = next
	}
	return fd, nil
}

// temporary is the name of the file by way of which another is replaced. It is our own, so that one which a killed process
// has left is surely ours.
func temporary(name string) string { return "." + name + ".kube-control.tmp" }

// replaceIn replaces a file of a folder.
func replaceIn(folder int, name string, content []byte) error {
	if err := discard(folder, temporary(name)); err != nil {
		return err
	}
	var old unix.Stat_t
	err := unix.Fstatat(folder, name, &old, unix.AT_SYMLINK_NOFOLLOW)
	switch {
	case errors.Is(err, unix.ENOENT):
		return create(folder, name, content, func(*os.File) error { return nil })
	case err != nil:
		return err
	case old.Mode&unix.S_IFMT != unix.S_IFREG:
		return ErrNotRegular
	case holds(folder, name, old, content):
		return restrict(folder, name, old)
	}
	return create(folder, name, content, func(f *os.File) error {
		if err := f.Chown(int(old.Uid), int(old.Gid)); err != nil {
			return err
		}
		return f.Chmod(os.FileMode(old.Mode & shared))
	})
}

// shared are the rights that a file may have: its owner's and its group's to read and to write.
const shared = 0o660

// create writes a file of a folder by way of a temporary one, which finish gives its owner and mode.
func create(folder int, name string, content []byte, finish func(*os.File) error) (err error) {
	fd, err := unix.Openat(folder, temporary(name), unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(fd), temporary(name))
	defer func() {
		if err != nil {
			_ = unix.Unlinkat(folder, temporary(name), 0)
		}
	}()
	if _, err = f.Write(content); err == nil {
		err = finish(f)
	}
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = unix.Renameat(folder, temporary(name), folder, name)
	}
	if err == nil {
		err = unix.Fsync(folder)
	}
	return err
}

// holds reports whether a file has a content already.
func holds(folder int, name string, old unix.Stat_t, content []byte) bool {
	if old.Size != int64(len(content)) {
		return false
	}
	fd, err := unix.Openat(folder, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	is := make([]byte, len(content))
	n, _ := f.ReadAt(is, 0) // what cannot be read is not the content
	return n == len(content) && bytes.Equal(is, content)
}

// restrict takes from others the rights to a file.
func restrict(folder int, name string, old unix.Stat_t) error {
	if old.Mode&0o7777&^shared == 0 {
		return nil
	}
	fd, err := unix.Openat(folder, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Fchmod(fd, old.Mode&shared)
}

// discard removes what a killed process has left under the temporary name: a regular file of this process's user.
func discard(folder int, name string) error {
	var left unix.Stat_t
	err := unix.Fstatat(folder, name, &left, unix.AT_SYMLINK_NOFOLLOW)
	switch {
	case errors.Is(err, unix.ENOENT):
		return nil
	case err != nil:
		return err
	case left.Mode&unix.S_IFMT != unix.S_IFREG || int(left.Uid) != os.Geteuid():
		return fmt.Errorf("%s is in the way, and this program did not make it", name)
	}
	return unix.Unlinkat(folder, name, 0)
}

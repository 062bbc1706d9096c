package machine

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// workDir makes the directory for the overlays of this process's mount namespace, which has its name. Two mounts that share one
// would break each other.
func (m Machine) workDir() (string, error) {
	self, err := os.Readlink("/proc/self/ns/mnt")
	if err != nil {
		return "", fmt.Errorf("cannot find mount namespace: %w", err)
	}
	dir := filepath.Join(m.workDirs(), namespaceName(self))
	if err := os.RemoveAll(dir); err != nil { // of an earlier namespace with that name
		return "", err
	}
	return dir, os.MkdirAll(dir, 0o755)
}

func (m Machine) workDirs() string { return filepath.Join(m.Dir, "work") }

// tidy removes the work directories of namespaces that have ended. A program on a machine cannot see those of others.
func (m Machine) tidy() {
	found, _ := os.ReadDir(m.workDirs()) // a fresh machine has none
	if len(found) == 0 {
		return
	}
	live, err := namespaces() // a directory is younger than its namespace, so it is read first
	if err != nil {
		return
	}
	for _, dir := range found {
		if !live[dir.Name()] {
			_ = Remove(filepath.Join(m.workDirs(), dir.Name())) // the next program tries again
		}
	}
}

// namespaces are the mount namespaces of the processes that this user may look at, which are all that can be on the machine.
func namespaces() (map[string]bool, error) {
	processes, err := numbers("/proc")
	if err != nil {
		return nil, err
	}
	live := map[string]bool{}
	for _, process := range processes {
		space, err := os.Readlink(filepath.Join(process, "ns", "mnt"))
		if err == nil {
			live[namespaceName(space)] = true
			continue
		}
		// It has ended, or a thread of it is just becoming another program, and the first one has ended.
		threads, _ := numbers(filepath.Join(process, "task"))
		for _, thread := range threads {
			if space, err := os.Readlink(filepath.Join(thread, "ns", "mnt")); err == nil {
				live[namespaceName(space)] = true
			}
		}
	}
	return live, nil
}

// numbers are the paths in a directory that have a number as their name: processes, or threads.
func numbers(dir string) ([]string, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	var paths []string
	for _, name := range names {
		if name[0] >= '0' && name[0] <= '9' {
			paths = append(paths, filepath.Join(dir, name))
		}
	}
	return paths, err
}

// namespaceName is the number in the link of a namespace, such as mnt:[4026531841].
func namespaceName(link string) string {
	return strings.Trim(strings.TrimPrefix(link, "mnt:"), "[]")
}

// Remove removes a directory, also where a program has made directories that this user may not write, or just makes a file.
func Remove(dir string) error {
	if os.RemoveAll(dir) == nil {
		return nil
	}
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, _ error) error {
		if entry != nil && entry.IsDir() {
			_ = os.Chmod(path, 0o700) // before it is read: WalkDir calls this first
		}
		return nil
	})
	return os.RemoveAll(dir)
}

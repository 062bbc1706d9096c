package safefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// maxLinks is how many symbolic links a path may have, as in the kernel.
const maxLinks = 40

// components are the names of an absolute, clean path.
func components(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}

// resolve finds the path without links that a path stands for. A path with a link is an error unless everything on the
// way can be trusted. What the path names itself need not be there.
func resolve(path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	real, suspicious, links := "/", "", 0
	ahead := components(absolute)
	for len(ahead) > 0 {
		next := filepath.Join(real, ahead[0])
		info, err := os.Lstat(next)
		switch {
		case errors.Is(err, fs.ErrNotExist) && len(ahead) == 1:
			return trusted(next, suspicious, links)
		case err != nil:
			return "", err
		}
		if reason := distrust(info); reason != "" && suspicious == "" {
			suspicious = next + " " + reason
		}
		ahead = ahead[1:]
		if info.Mode()&fs.ModeSymlink == 0 {
			real = next
			continue
		}
		if links++; links > maxLinks {
			return "", fmt.Errorf("%s has too many symbolic links", path)
		}
		target, err := os.Readlink(next)
		if err != nil {
			return "", err
		}
		if filepath.IsAbs(target) {
			real = "/"
		}
		ahead = append(components(filepath.Clean(target)), ahead...)
	}
	return trusted(real, suspicious, links)
}

// trusted is a resolved path, or an error if a link led there by way of something that another user can change.
func trusted(real, suspicious string, links int) (string, error) {
	if links > 0 && suspicious != "" {
		return "", fmt.Errorf("it is reached by a symbolic link, and %s", suspicious)
	}
	return real, nil
}

// distrust says why a link, a file or a folder may be changed by another user than root and this process's own, "" if it
// may not. A link's own mode says nothing.
func distrust(info fs.FileInfo) string {
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok || stat.Uid != 0 && int(stat.Uid) != os.Geteuid():
		return "belongs to another user"
	case info.Mode()&fs.ModeSymlink == 0 && info.Mode().Perm()&0o022 != 0:
		return "is writable by others than its owner"
	}
	return ""
}

package safefile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

// ErrNotRegular says that something is not a regular file: a directory, a FIFO, a socket or a device.
var ErrNotRegular = errors.New("is not a regular file")

// ErrTooLarge says that a file is larger than the limit.
var ErrTooLarge = errors.New("is too large")

// Read is a file's content, of at most limit bytes. It does not wait for a FIFO or a device, and reads nothing of it:
// ErrNotRegular. A missing file is fs.ErrNotExist. Symbolic links are followed. Errors name the path.
func Read(path string, limit int64) ([]byte, error) {
	if err := CheckPath(path); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s %w", path, ErrNotRegular)
	case info.Size() > limit:
		return nil, fmt.Errorf("%s %w: it has %d bytes, and %d are allowed", path, ErrTooLarge, info.Size(), limit)
	}
	text, err := io.ReadAll(io.LimitReader(f, limit+1)) // it may grow meanwhile
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("%s %w: more than %d bytes are there", path, ErrTooLarge, limit)
	}
	if err != nil {
		return nil, err
	}
	return text, nil
}

// CheckPath refuses a path that begins with ~, which a shell expands and nothing here does.
func CheckPath(path string) error {
	if strings.HasPrefix(path, "~") {
		return fmt.Errorf("%q begins with ~, which is not expanded here: give the whole path", path)
	}
	return nil
}

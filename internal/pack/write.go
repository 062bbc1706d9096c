package pack

import (
	"archive/zip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// WriteArchive writes entries to w as a .charm archive, in their order.
func WriteArchive(w io.Writer, entries []Entry) error {
	archive := zip.NewWriter(w)
	for _, e := range entries {
		header := &zip.FileHeader{
			Name:   e.Name,
			Method: zip.Deflate,
			// The earliest time that the format can hold.
			Modified: time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC),
		}
		if e.Mode.IsDir() {
			header.Name += "/"
		}
		header.SetMode(e.Mode)
		part, err := archive.CreateHeader(header)
		if err != nil {
			return fmt.Errorf("cannot pack %s: %w", e.Name, err)
		}
		if _, err := part.Write(e.Body); err != nil {
			return fmt.Errorf("cannot pack %s: %w", e.Name, err)
		}
	}
	if err := archive.Close(); err != nil {
		return fmt.Errorf("cannot finish the archive: %w", err)
	}
	return nil
}

// WriteDir writes entries below dir, which it makes. It fails if anything
// stands there already.
func WriteDir(dir string, entries []Entry) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("cannot stage charm: %w", err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return fmt.Errorf("cannot stage charm: %w", err)
	}
	for _, e := range entries {
		if err := writeEntry(filepath.Join(dir, filepath.FromSlash(e.Name)), e); err != nil {
			return fmt.Errorf("cannot stage %s: %w", e.Name, err)
		}
	}
	return nil
}

func writeEntry(file string, e Entry) error {
	switch e.Mode.Type() {
	case fs.ModeDir:
		return os.Mkdir(file, e.Mode.Perm())
	case fs.ModeSymlink:
		return os.Symlink(string(e.Body), file)
	default:
		return os.WriteFile(file, e.Body, e.Mode.Perm())
	}
}

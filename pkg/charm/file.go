package charm

import (
	"fmt"
	"os"
	"path/filepath"
)

// WriteFile replaces a file at once, readable by its owner alone from the first moment. A reader sees the old content
// or the new, never a part; a crash leaves one of the two.
func WriteFile(name string, content []byte) error {
	if err := replace(name, content); err != nil {
		return fmt.Errorf("cannot write %s: %w", name, err)
	}
	return nil
}

func replace(name string, content []byte) (err error) {
	dir := filepath.Dir(name)
	f, err := os.CreateTemp(dir, "."+filepath.Base(name)+".*") // O_EXCL, mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	if _, err = f.Write(content); err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

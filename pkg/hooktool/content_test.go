package hooktool

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// What a killed process left of a secret goes; what belongs to one that lives, or is not ours, stays.
func TestClearContents(t *testing.T) {
	t.Parallel()
	const nobody = 1<<22 + 1 // above the highest number that Linux gives a process
	place := t.TempDir()
	for name, goes := range map[string]bool{
		fmt.Sprintf("kube-control-%d-1", nobody):      true,
		fmt.Sprintf("kube-control-%d-1", os.Getpid()): false,
		"kube-control-e2e-1":                          false,
		"kube-control--1":                             false,
		"other":                                       false,
	} {
		dir := filepath.Join(place, name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "content"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		clearContents(place)
		if _, err := os.Stat(dir); os.IsNotExist(err) != goes {
			t.Errorf("%s: gone is %v", name, os.IsNotExist(err))
		}
	}
}

package programs

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Python is the interpreter of the virtual environment of the Python peers, or of another that tests/python/venv.sh knows by
// name. The environment is made if need be. Where that cannot be, the test is skipped, but not in CI.
func Python(t testing.TB, environment ...string) string {
	t.Helper()
	cmd := exec.Command("../python/venv.sh", environment...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	switch {
	case err == nil:
		return strings.TrimSpace(string(out))
	case os.Getenv("CI") == "true":
		t.Fatalf("cannot make the virtual environment: %v\n%s", err, stderr.String())
	default:
		t.Skipf("SKIPPED, no Python is tested: cannot make the virtual environment: %v\n%s", err, stderr.String())
	}
	return ""
}

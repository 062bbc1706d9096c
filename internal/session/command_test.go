package session

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A command that does not end is killed with all that it has started: nobody holds its output any more.
func TestRow111HangingCommandIsKilledWithItsGroup(t *testing.T) {
	t.Parallel()
	c := operatorCommand{Text: "sleep 1000 & echo started; wait", Dir: t.TempDir(), Stderr: io.Discard, Time: 100 * time.Millisecond}
	for started := false; !started; c.Time *= 2 { // on a busy machine the shell may have had no time to begin
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		c.Stdout = w
		if err := c.run(context.Background()); !errors.Is(err, errHung) {
			t.Fatalf("the command ended with %v", err)
		}
		w.Close()
		out, err := io.ReadAll(r) // ends when the last process that holds the pipe has ended
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		started = string(out) == "started\n"
	}
}

// isRunning reports whether a process is there and not a zombie, which only its parent can take away.
func isRunning(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

// What a command leaves running on purpose stays.
func TestCommandMayLeaveAServiceRunning(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := operatorCommand{Text: "sleep 1000 > /dev/null 2>&1 & echo $! > child", Dir: dir, Stdout: io.Discard, Stderr: io.Discard, Time: time.Minute}
	if err := c.run(context.Background()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "child"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || !isRunning(pid) {
		t.Errorf("%q is gone: %v", text, err)
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
}

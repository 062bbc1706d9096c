package safefile

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// somebody is the user and group of files that are not root's.
const somebody = 4711

// home makes a folder that nobody but this user can change, on the way too: /tmp is everybody's.
func home(t *testing.T) string {
	t.Helper()
	base, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp(base, ".safefile-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func put(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, target, name string) {
	t.Helper()
	if err := os.Symlink(target, name); err != nil {
		t.Fatal(err)
	}
}

// chown gives a file to somebody. Only root can, so these tests say loudly where they cannot run.
func chown(t *testing.T, path string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("LOUD: not root, so no file can be given to another user, and no hostile link is tried")
	}
	if err := os.Lchown(path, somebody, somebody); err != nil {
		t.Fatal(err)
	}
}

// A link of the operator's is followed: it stays a link, and its target has the new content with its own owner, group and
// mode.
func TestRow107TrustedLinkIsFollowed(t *testing.T) {
	t.Parallel()
	for name, far := range map[string]string{"file": "real/tokens", "folder": "tokens", "dangling": "new/tokens", "chain": "real/tokens"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := home(t)
			path, target := filepath.Join(dir, "tokens"), filepath.Join(dir, far)
			switch name {
			case "file":
				put(t, target, "old", 0o664)
				link(t, "real/tokens", path)
			case "chain":
				put(t, target, "old", 0o664)
				link(t, "middle", path)
				link(t, target, filepath.Join(dir, "middle"))
			case "dangling":
				if err := os.Mkdir(filepath.Join(dir, "new"), 0o700); err != nil {
					t.Fatal(err)
				}
				link(t, "./new/../new/tokens", path)
			case "folder":
				target = filepath.Join(dir, "real", "tokens")
				put(t, target, "old", 0o664)
				link(t, "real", filepath.Join(dir, "folder"))
				path = filepath.Join(dir, "folder", "tokens")
			}
			wantMode := os.FileMode(0o660)
			if name == "dangling" {
				wantMode = 0o600
			} else if err := os.Chown(target, -1, os.Getgid()); err != nil {
				t.Fatal(err)
			}
			if name != "dangling" {
				if err := os.Chmod(target, 0o644); err != nil { // writable by its group it would not be trusted
					t.Fatal(err)
				}
				wantMode = 0o640
			}
			if err := Write(path, []byte("new")); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(target)
			info, _ := os.Lstat(target)
			if err != nil || string(text) != "new" || info.Mode() != wantMode {
				t.Errorf("the target has %q, mode %v, %v", text, info, err)
			}
			if info, err := os.Lstat(filepath.Join(dir, "tokens")); name != "folder" && (err != nil || info.Mode()&os.ModeSymlink == 0) {
				t.Errorf("the link became %v, %v", info, err)
			}
		})
	}
}

// A link that another user can change, or that leads by way of something which another user can change, is never written
// through, and what it leads to keeps its content, owner and mode.
func TestRow107HostileLinkIsRefused(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func(t *testing.T, dir, target string) (path string){
		"the user's link to root's file": func(t *testing.T, dir, target string) string {
			path := filepath.Join(dir, "link")
			link(t, target, path)
			chown(t, path)
			return path
		},
		"root's link in the user's folder": func(t *testing.T, dir, target string) string {
			users := filepath.Join(dir, "users")
			if err := os.Mkdir(users, 0o755); err != nil {
				t.Fatal(err)
			}
			link(t, target, filepath.Join(users, "link"))
			chown(t, users)
			return filepath.Join(users, "link")
		},
		"root's link in everybody's folder": func(t *testing.T, dir, target string) string {
			open := filepath.Join(dir, "open")
			if err := os.Mkdir(open, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(open, 0o1777); err != nil {
				t.Fatal(err)
			}
			link(t, target, filepath.Join(open, "link"))
			return filepath.Join(open, "link")
		},
		"root's link by way of the user's": func(t *testing.T, dir, target string) string {
			middle := filepath.Join(dir, "middle")
			link(t, target, middle)
			chown(t, middle)
			link(t, middle, filepath.Join(dir, "link"))
			return filepath.Join(dir, "link")
		},
		"the user's link to a folder": func(t *testing.T, dir, target string) string {
			folder := filepath.Join(dir, "folder")
			link(t, filepath.Dir(target), folder)
			chown(t, folder)
			return filepath.Join(folder, filepath.Base(target))
		},
		"a target that its group can write": func(t *testing.T, dir, target string) string {
			if err := os.Chmod(target, 0o660); err != nil {
				t.Fatal(err)
			}
			link(t, target, filepath.Join(dir, "link"))
			return filepath.Join(dir, "link")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := home(t)
			target := filepath.Join(dir, "secret", "shadow")
			put(t, target, "root's", 0o604)
			path := make(t, dir, target)
			before, err := os.Lstat(target)
			if err != nil {
				t.Fatal(err)
			}
			for what, do := range map[string]func() error{"write": func() error { return Write(path, []byte("ours")) }, "protect": func() error { return Protect(path) }} {
				if err := do(); err == nil || !strings.Contains(err.Error(), "it is reached by a symbolic link, and ") {
					t.Errorf("%s: %v", what, err)
				}
			}
			text, _ := os.ReadFile(target)
			after, err := os.Lstat(target)
			if err != nil || string(text) != "root's" || after.Mode() != before.Mode() || !os.SameFile(before, after) {
				t.Errorf("the target has %q, %v, %v", text, after, err)
			}
			if entries, _ := os.ReadDir(filepath.Dir(target)); len(entries) != 1 {
				t.Errorf("beside the target there is %v", entries)
			}
		})
	}
}

// A file that is replaced keeps its owner and group.
func TestRow107ReplacedFileKeepsItsOwner(t *testing.T) {
	t.Parallel()
	path := filepath.Join(home(t), "tokens")
	put(t, path, "old", 0o777)
	chown(t, path)
	for _, text := range []string{"new", "new"} {
		if err := Write(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		info, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		stat := info.Sys().(*syscall.Stat_t)
		if stat.Uid != somebody || stat.Gid != somebody || info.Mode() != 0o660 {
			t.Errorf("owner %d:%d, mode %v", stat.Uid, stat.Gid, info.Mode())
		}
	}
}

// Files of others that look like something temporary stay, whatever a file is called. What a killed process left goes.
func TestRow108OnlyOwnLeftoversAreRemoved(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"known_tokens.csv", "*", "a[b", "?", "." + "x"} {
		dir := home(t)
		path := filepath.Join(dir, name)
		theirs := []string{"." + name + ".20240101", "." + name + ".123456", ".other.1", name + ".tmp"}
		for _, other := range theirs {
			put(t, filepath.Join(dir, other), "theirs", 0o600)
		}
		put(t, filepath.Join(dir, "."+name+".kube-control.tmp"), "half", 0o600)
		for range 2 {
			if err := Write(path, []byte("ours")); err != nil {
				t.Errorf("%q: %v", name, err)
			}
			if err := Protect(path); err != nil {
				t.Errorf("%q: %v", name, err)
			}
		}
		entries, _ := os.ReadDir(dir)
		if len(entries) != len(theirs)+1 {
			t.Errorf("%q: there is %v", name, entries)
		}
	}
	dir := home(t)
	if err := os.Mkdir(filepath.Join(dir, ".f.kube-control.tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Write(filepath.Join(dir, "f"), nil); err == nil || !strings.Contains(err.Error(), "is in the way") {
		t.Errorf("a folder in the way: %v", err)
	}
}

// What is not a regular file is neither read nor waited for, and what is too large is not read whole.
func TestRow109OnlyRegularFilesAreRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fifo, large := filepath.Join(dir, "fifo"), filepath.Join(dir, "large")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	put(t, large, "", 0o600)
	if err := os.Truncate(large, 2<<30); err != nil {
		t.Fatal(err)
	}
	link(t, fifo, filepath.Join(dir, "link"))
	for path, want := range map[string]string{
		fifo: "is not a regular file", dir: "is not a regular file", "/dev/zero": "is not a regular file", filepath.Join(dir, "link"): "is not a regular file",
		large: "is too large: it has 2147483648 bytes, and 1024 are allowed", "~/.kube/config": "begins with ~", filepath.Join(dir, "missing"): "no such file",
	} {
		if text, err := Read(path, 1024); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: read %d bytes, %v", path, len(text), err)
		}
		if want == "no such file" {
			continue
		}
		if err := Write(path, []byte("x")); path != large && err == nil {
			t.Errorf("%s was written", path)
		}
	}
	put(t, filepath.Join(dir, "good"), "content", 0o600)
	if text, err := Read(filepath.Join(dir, "good"), 7); err != nil || string(text) != "content" {
		t.Errorf("read %q, %v", text, err)
	}
}

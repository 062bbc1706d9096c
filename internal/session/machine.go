package session

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/kube-control/kube-control/internal/safefile"
)

// Machine is what a session reads of the machine that its unit runs on. It writes without it.
type Machine interface {
	// ReadFile is the content of a regular file of at most 64 MiB; a missing one is fs.ErrNotExist. Links are followed.
	ReadFile(path string) ([]byte, error)
	// HostName is the machine's host name, or with full the fully qualified one. It is an error if that is not known.
	HostName(ctx context.Context, full bool) (string, error)
	// HasNVIDIA reports whether there is an NVIDIA device.
	HasNVIDIA() bool
	// IsHere is false for the machine of a dump, where nothing but these methods can be asked.
	IsHere() bool
}

// ThisMachine is the one that this program runs on.
func ThisMachine() Machine { return machine{} }

// machine is a real one.
type machine struct {
	root string // where its file system begins; empty for "/"
}

// lookupTime is how long a machine may look for its own full name, which can mean to ask a name server.
const lookupTime = 10 * time.Second

// ReadFile implements Machine.
func (machine) ReadFile(path string) ([]byte, error) { return safefile.Read(path, maxFile) }

// IsHere implements Machine.
func (machine) IsHere() bool { return true }

// HostName asks the program hostname. Without that program the kernel knows the short name.
func (machine) HostName(ctx context.Context, full bool) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	var args []string
	if full {
		args = []string{"-f"}
	}
	out, err := exec.CommandContext(ctx, "hostname", args...).Output()
	if err == nil {
		return strings.TrimSpace(string(out)), nil
	}
	if full {
		return "", fmt.Errorf("cannot find the machine's full name: %w", err)
	}
	return os.Hostname()
}

// HasNVIDIA looks for a device that the driver has made, and for a display controller of that maker among the PCI devices.
func (m machine) HasNVIDIA() bool {
	if _, err := os.Stat(filepath.Join(m.root, "/dev/nvidia0")); err == nil {
		return true
	}
	devices, err := filepath.Glob(filepath.Join(m.root, "/sys/bus/pci/devices/*"))
	if err != nil {
		return false
	}
	for _, device := range devices {
		if says(device, "vendor", "0x10de") && says(device, "class", "0x03") {
			return true
		}
	}
	return false
}

// says reports whether a device's file begins with a text.
func says(device, file, text string) bool {
	content, err := os.ReadFile(filepath.Join(device, file))
	return err == nil && strings.HasPrefix(string(content), text)
}

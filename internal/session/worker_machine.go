package session

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// machine reads data of the machine that the unit runs on.
type machine struct {
	root string // where its file system begins; empty for "/"
}

// lookupTime is how long a machine may look for its own full name, which can mean to ask a name server.
const lookupTime = 10 * time.Second

// name is the machine's host name, or with full the fully qualified one, as the program hostname knows it. Without that
// program the kernel knows the short one.
func (machine) name(ctx context.Context, full bool) (string, error) {
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

// hasNVIDIA reports whether there is an NVIDIA device: one that its driver has made, or a display controller of that
// maker among the PCI devices.
func (m machine) hasNVIDIA() bool {
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

package session

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMachineFindsNVIDIADevices(t *testing.T) {
	t.Parallel()
	const slot = "/sys/bus/pci/devices/0000:01:00.0"
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  bool
	}{
		{"none", nil, false},
		{"what its driver made", map[string]string{"/dev/nvidia0": ""}, true},
		{"a VGA controller", map[string]string{slot + "/vendor": "0x10de\n", slot + "/class": "0x030000\n"}, true},
		{"a 3D controller", map[string]string{slot + "/vendor": "0x10de\n", slot + "/class": "0x030200\n"}, true},
		{"its sound", map[string]string{slot + "/vendor": "0x10de\n", slot + "/class": "0x040300\n"}, false},
		{"another maker's", map[string]string{slot + "/vendor": "0x8086\n", slot + "/class": "0x030000\n"}, false},
		{"two devices, one half each", map[string]string{slot + "/vendor": "0x10de\n", slot + "1/class": "0x030000\n"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			for name, text := range tt.files {
				if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got := (machine{root}).HasNVIDIA(); got != tt.want {
				t.Errorf("found: %v", got)
			}
		})
	}
}

func TestMachineHasAName(t *testing.T) {
	t.Parallel()
	want, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	got, err := machine{}.HostName(t.Context(), false)
	if err != nil || !strings.HasPrefix(got, strings.SplitN(want, ".", 2)[0]) {
		t.Errorf("name %q, %v; the kernel says %q", got, err, want)
	}
}

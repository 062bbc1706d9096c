package tools

import "testing"

// Versions are read in Juju's two forms and no other, and ordered with pre-releases first.
func TestRow87ParseVersion(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Version{
		"2.9.51": {2, 9, 51}, "2.9.51.3": {2, 9, 51}, "3.0-beta4": {3, 0, -1}, "3.0-rc1.2": {3, 0, -1}, "3.6.1.2": {3, 6, 1},
		"4.0-beta5": {4, 0, -1}, "4.0.0": {4, 0, 0}, "3.6.10": {3, 6, 10},
	} {
		if got, err := ParseVersion(text); err != nil || got != want {
			t.Errorf("%q is read as %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "3", "3.6", "v3.6.1", "3.6.1 ", "3.6-", "3.6-rc", "3.6.x", "3.6.1.2.3", "3.6.-1"} {
		if got, err := ParseVersion(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
	ordered := []string{"2.9.51", "3.0-beta4", "3.0.0", "3.0.2", "3.6-rc1", "3.6.0", "3.6.9", "3.6.10", "4.0-beta5", "4.0.0"}
	for i := range ordered[1:] {
		if a, b := versionOf(ordered[i]), versionOf(ordered[i+1]); !a.Before(b) || b.Before(a) {
			t.Errorf("%s is not before %s", ordered[i], ordered[i+1])
		}
	}
}

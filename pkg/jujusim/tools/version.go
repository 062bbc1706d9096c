package tools

import "fmt"

// version is a Juju version. A pre-release such as 3.6-rc1 comes before 3.6.0: its patch is -1.
type version struct{ major, minor, patch int }

// parseVersion reads "3.6.1", "3.6.1.2" or "3.6-rc1"; what cannot be read is 0.
func parseVersion(text string) version {
	var v version
	if n, _ := fmt.Sscanf(text, "%d.%d.%d", &v.major, &v.minor, &v.patch); n == 2 {
		v.patch = -1
	}
	return v
}

func (v version) before(other version) bool {
	if v.major != other.major {
		return v.major < other.major
	}
	if v.minor != other.minor {
		return v.minor < other.minor
	}
	return v.patch < other.patch
}

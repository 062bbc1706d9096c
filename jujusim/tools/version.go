package tools

import (
	"fmt"
	"regexp"
	"strconv"
)

// Version is a version of Juju, as far as the simulator tells versions apart. A pre-release such as 3.6-rc1 comes before
// 3.6.0: its Patch is -1.
type Version struct{ Major, Minor, Patch int }

var versionForm = regexp.MustCompile(`^(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9})|-[a-z]+\d{1,9})(?:\.\d{1,9})?$`)

// ParseVersion reads Juju's two forms, MAJOR.MINOR.PATCH[.BUILD] and MAJOR.MINOR-TAGn[.BUILD].
func ParseVersion(text string) (Version, error) {
	m := versionForm.FindStringSubmatch(text)
	if m == nil {
		return Version{}, fmt.Errorf("%q is not a version of Juju", text)
	}
	v := Version{Patch: -1}
	v.Major, _ = strconv.Atoi(m[1]) // at most nine digits
	v.Minor, _ = strconv.Atoi(m[2])
	if m[3] != "" {
		v.Patch, _ = strconv.Atoi(m[3])
	}
	return v, nil
}

// versionOf is the version of a hook's Juju; a text that is not a version is before all of them.
func versionOf(text string) Version {
	v, _ := ParseVersion(text)
	return v
}

// Before reports whether v is an earlier version.
func (v Version) Before(other Version) bool {
	if v.Major != other.Major {
		return v.Major < other.Major
	}
	if v.Minor != other.Minor {
		return v.Minor < other.Minor
	}
	return v.Patch < other.Patch
}

package hookenv

import (
	"fmt"
	"regexp"
	"strconv"
)

// Version is a version of Juju: MAJOR.MINOR.PATCH[.BUILD] for a release, MAJOR.MINOR-TAGn[.BUILD] for what comes before it,
// as 3.6.1, 3.6.1.2, 4.0-beta5 and 3.6-rc1.3.
type Version struct {
	Major, Minor int
	Tag          string // "beta", "rc"; empty for a release
	Patch        int    // of a release its third number, else the number behind the tag
	Build        int    // 0 where there is none
}

var version = regexp.MustCompile(`^(\d{1,9})\.(\d{1,9})(?:\.|-([a-z]+))(\d{1,9})(?:\.(\d{1,9}))?$`)

// ParseVersion reads a version as JUJU_VERSION has it.
func ParseVersion(text string) (Version, error) {
	m := version.FindStringSubmatch(text)
	if m == nil {
		return Version{}, fmt.Errorf("%q is not a version of Juju", text)
	}
	number := func(digits string) int {
		n, _ := strconv.Atoi(digits) // at most nine digits, or none
		return n
	}
	return Version{Major: number(m[1]), Minor: number(m[2]), Tag: m[3], Patch: number(m[4]), Build: number(m[5])}, nil
}

// HasSecrets reports whether the tools for secrets do all that this program asks of them: from 3.0.2 on, because earlier
// ones lack `secret-get --refresh` and secret-info-get, and in every 4.x.
func (v Version) HasSecrets() bool {
	if v.Major != 3 || v.Minor != 0 {
		return v.Major >= 3
	}
	return v.Tag == "" && v.Patch >= 2
}

// MaxSecretValue is how many bytes a value of a secret may have: 8 KiB before 3.6.9. From there on a secret may have about
// 1 MB in all, of which this leaves a part to Juju's own coding.
func (v Version) MaxSecretValue() int {
	const small, large = 8 << 10, 512 << 10
	if v.Major < 3 || v.Major == 3 && (v.Minor < 6 || v.Minor == 6 && (v.Tag != "" || v.Patch < 9)) {
		return small
	}
	return large
}

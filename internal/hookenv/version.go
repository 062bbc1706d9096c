package hookenv

import (
	"fmt"
	"strconv"
	"strings"
)

// Version is a version of Juju: MAJOR.MINOR.PATCH[.BUILD] for a release, MAJOR.MINOR-TAGn[.BUILD] for what comes before it,
// as 3.6.1, 3.6.1.2, 4.0-beta5 and 3.6-rc1.3.
type Version struct {
	Major, Minor int
	Tag          string // "beta", "rc"; empty for a release
	Patch        int    // of a release its third number, else the number behind the tag
	Build        int    // 0 where there is none
}

// ParseVersion reads a version as JUJU_VERSION has it.
func ParseVersion(text string) (Version, error) {
	var v Version
	major, rest, _ := strings.Cut(text, ".")
	minor, last, _ := strings.Cut(rest, ".")
	good := true
	if before, tagged, isTagged := strings.Cut(rest, "-"); isTagged {
		last = strings.TrimLeft(tagged, "abcdefghijklmnopqrstuvwxyz")
		minor, v.Tag = before, tagged[:len(tagged)-len(last)]
		good = v.Tag != ""
	}
	patch, build, hasBuild := strings.Cut(last, ".")
	if !hasBuild {
		build = "0"
	}
	for _, part := range []struct {
		to   *int
		text string
	}{{&v.Major, major}, {&v.Minor, minor}, {&v.Patch, patch}, {&v.Build, build}} {
		n, err := strconv.ParseUint(part.text, 10, 32)
		*part.to, good = int(n), good && err == nil && len(part.text) <= 9
	}
	if !good {
		return Version{}, fmt.Errorf("%q is not a version of Juju", text)
	}
	return v, nil
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

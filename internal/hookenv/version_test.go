package hookenv_test

import (
	"testing"

	"github.com/kube-control/kube-control/internal/hookenv"
)

// Juju's two forms of a version, with and without a build, and which of them have secrets that this program can use.
func TestRow87Versions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		version hookenv.Version
		secrets bool
	}{
		"2.9.51":         {hookenv.Version{Major: 2, Minor: 9, Patch: 51}, false},
		"2.9.51.3":       {hookenv.Version{Major: 2, Minor: 9, Patch: 51, Build: 3}, false},
		"3.0-beta4":      {hookenv.Version{Major: 3, Tag: "beta", Patch: 4}, false},
		"3.0-rc1":        {hookenv.Version{Major: 3, Tag: "rc", Patch: 1}, false},
		"3.0-rc3.7":      {hookenv.Version{Major: 3, Tag: "rc", Patch: 3, Build: 7}, false},
		"3.0.0":          {hookenv.Version{Major: 3}, false},
		"3.0.0.1":        {hookenv.Version{Major: 3, Build: 1}, false},
		"3.0.1":          {hookenv.Version{Major: 3, Patch: 1}, false},
		"3.0.1.2":        {hookenv.Version{Major: 3, Patch: 1, Build: 2}, false},
		"3.0.2":          {hookenv.Version{Major: 3, Patch: 2}, true},
		"3.0.10.1":       {hookenv.Version{Major: 3, Patch: 10, Build: 1}, true},
		"3.1-beta1":      {hookenv.Version{Major: 3, Minor: 1, Tag: "beta", Patch: 1}, true},
		"3.1.0":          {hookenv.Version{Major: 3, Minor: 1}, true},
		"3.6-rc1":        {hookenv.Version{Major: 3, Minor: 6, Tag: "rc", Patch: 1}, true},
		"3.6.1":          {hookenv.Version{Major: 3, Minor: 6, Patch: 1}, true},
		"4.0-beta5":      {hookenv.Version{Major: 4, Tag: "beta", Patch: 5}, true},
		"4.0.0":          {hookenv.Version{Major: 4}, true},
		"4.0.1":          {hookenv.Version{Major: 4, Patch: 1}, true},
		"4.0.1.9":        {hookenv.Version{Major: 4, Patch: 1, Build: 9}, true},
		"5.0.0":          {hookenv.Version{Major: 5}, true},
		"10.0.1":         {hookenv.Version{Major: 10, Patch: 1}, true},
		"3.0-betaturtle": {}, "3.0.2-ubuntu-amd64": {}, "3": {}, "3.6": {}, "": {}, "3.6.1 ": {}, "v3.6.1": {}, "3.6.-1": {},
		"3.0-4": {}, "3.0.2.1.1": {}, "3.6.1\n": {}, "99999999999.0.2": {},
	} {
		got, err := hookenv.ParseVersion(text)
		if known := want.version != (hookenv.Version{}); got != want.version || (err == nil) != known {
			t.Errorf("%q is read as %+v, %v; want %+v", text, got, err, want.version)
		}
		if got.HasSecrets() != want.secrets {
			t.Errorf("%q has secrets: %v", text, got.HasSecrets())
		}
	}
}

// Package flags holds the names of the interface's flags and sets of them, in the manner of charms.reactive: a flag
// is a name that is set or not, "ENDPOINT.what".
package flags

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// IsLeader is set while is-leader says so. It has no endpoint's prefix: the leadership layer names it so.
const IsLeader = "leadership.is_leader"

// The names behind the endpoint's, both roles.
const Connected = "connected"

// The master's flags.
const (
	GPUAvailable    = "gpu.available"
	AuthRequested   = "auth.requested"
	Departed        = "departed"
	RequestsChanged = "requests.changed"
)

// The worker's flags.
const (
	DNSAvailable              = "dns.available"
	AuthAvailable             = "auth.available"
	AuthReady                 = "auth.ready"
	ClusterTagAvailable       = "cluster_tag.available"
	RegistryLocationAvailable = "registry_location.available"
	ControllerTaintsAvailable = "controller_taints.available"
	ControllerLabelsAvailable = "controller_labels.available"
	APIEndpointsAvailable     = "api_endpoints.available"
	CohortKeysAvailable       = "cohort_keys.available"
	DefaultCNIAvailable       = "default_cni.available"
	CACertificateAvailable    = "ca_certificate.available"
)

// OfMaster lists the flags of a master's endpoint.
func OfMaster(endpoint string) []string {
	return withPrefix(endpoint, Connected, GPUAvailable, AuthRequested, Departed, RequestsChanged)
}

// OfWorker lists the flags of a worker's endpoint.
func OfWorker(endpoint string) []string {
	return withPrefix(endpoint, Connected, DNSAvailable, AuthAvailable, AuthReady, ClusterTagAvailable, RegistryLocationAvailable,
		ControllerTaintsAvailable, ControllerLabelsAvailable, APIEndpointsAvailable, CohortKeysAvailable, DefaultCNIAvailable, CACertificateAvailable)
}

// Name puts the endpoint's name before a flag's: "kube-control.connected".
func Name(endpoint, flag string) string { return endpoint + "." + flag }

func withPrefix(endpoint string, names ...string) []string {
	for i, n := range names {
		names[i] = Name(endpoint, n)
	}
	return names
}

// Set is a set of flags. The nil set is empty and can be read.
type Set map[string]struct{}

// NewSet makes a set of some flags.
func NewSet(names ...string) Set {
	s := make(Set, len(names))
	for _, n := range names {
		s[n] = struct{}{}
	}
	return s
}

// Has reports whether a flag is set.
func (s Set) Has(name string) bool { _, ok := s[name]; return ok }

// Put sets a flag, or clears it.
func (s Set) Put(name string, set bool) {
	if set {
		s[name] = struct{}{}
	} else {
		delete(s, name)
	}
}

// Sorted lists the flags that are set; never nil.
func (s Set) Sorted() []string {
	if len(s) == 0 {
		return []string{}
	}
	return slices.Sorted(maps.Keys(s))
}

// Clone copies the set.
func (s Set) Clone() Set {
	c := maps.Clone(s)
	if c == nil {
		c = Set{}
	}
	return c
}

// Union is a new set of what is set in either.
func (s Set) Union(t Set) Set {
	u := s.Clone()
	maps.Copy(u, t)
	return u
}

// Missing lists, sorted, what is set here and not in t.
func (s Set) Missing(t Set) []string {
	var names []string
	for n := range s {
		if !t.Has(n) {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return names
}

// Allow reports whether a handler may run: every flag of when is set and none of whenNot is.
func (s Set) Allow(when, whenNot []string) bool {
	return !slices.ContainsFunc(when, func(n string) bool { return !s.Has(n) }) && !slices.ContainsFunc(whenNot, s.Has)
}

// IsValid reports whether a text can be a flag's name: not empty, at most 200 bytes, printable and without spaces.
func IsValid(name string) bool {
	odd := func(r rune) bool { return r == ' ' || r == utf8.RuneError || !unicode.IsPrint(r) }
	return name != "" && len(name) <= 200 && !strings.ContainsFunc(name, odd)
}

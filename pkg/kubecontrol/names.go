package kubecontrol

import (
	"cmp"
	"strconv"
	"strings"
)

// Unit is a unit's name as Juju writes it: "kubernetes-worker/0". It is empty where an event has no unit.
// A name of another model, "remote-0f3c.../0", is as good as any.
type Unit string

// App is the application's part of the name, all before the last slash; the whole text if there is none.
func (u Unit) App() string {
	if i := strings.LastIndexByte(string(u), '/'); i >= 0 {
		return string(u)[:i]
	}
	return string(u)
}

// Number is the number behind the last slash, or -1 if there is none.
func (u Unit) Number() int { return numberBehind(string(u), '/') }

// Compare orders units of one relation as the project orders them everywhere: by application, then by number
// (so kw/2 comes before kw/10), then as text.
func (u Unit) Compare(v Unit) int {
	return cmp.Or(cmp.Compare(u.App(), v.App()), cmp.Compare(u.Number(), v.Number()), cmp.Compare(u, v))
}

// RelationID is a relation's identifier as Juju gives it to charms: "kube-control:3".
type RelationID string

// Endpoint is the local endpoint's name, the part before the last colon.
func (r RelationID) Endpoint() string {
	if i := strings.LastIndexByte(string(r), ':'); i >= 0 {
		return string(r)[:i]
	}
	return string(r)
}

// Number is the number behind the last colon, or -1 if there is none.
func (r RelationID) Number() int { return numberBehind(string(r), ':') }

// Compare orders relations by number, as they were made; Juju's own lists are in text order, "x:10" before "x:3".
func (r RelationID) Compare(s RelationID) int {
	return cmp.Or(cmp.Compare(r.Number(), s.Number()), cmp.Compare(r, s))
}

func numberBehind(s string, sep byte) int {
	n, err := strconv.Atoi(s[strings.LastIndexByte(s, sep)+1:])
	if err != nil || n < 0 {
		return -1
	}
	return n
}

package operator

import "fmt"

// Problem is an option of the charm's configuration that can't be used, and why.
type Problem struct {
	Option string
	Reason string // without the option's name, short enough for a status: "is no URL"
}

// String is the status's words for it.
func (p Problem) String() string { return fmt.Sprintf("Option %s %s", p.Option, p.Reason) }

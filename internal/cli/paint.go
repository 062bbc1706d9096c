package cli

import (
	"os"

	"github.com/mattn/go-isatty"
)

// paint colours words on a terminal. Elsewhere it leaves them as they are.
type paint bool

// newPaint colours what goes to a terminal, unless the person wants no colours.
func (a *app) newPaint() paint {
	f, ok := a.Stdout.(*os.File)
	return paint(ok && !a.env.Plain && isatty.IsTerminal(f.Fd()))
}

// The colours that mean the same as in "juju status".
const (
	green  = "32"
	yellow = "33"
	red    = "31"
)

// status colours a text by the workload status that it belongs to.
func (p paint) status(status, text string) string {
	switch status {
	case "active":
		return p.in(green, text)
	case "blocked", "error":
		return p.in(red, text)
	}
	return p.in(yellow, text)
}

func (p paint) in(colour, text string) string {
	if !p {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

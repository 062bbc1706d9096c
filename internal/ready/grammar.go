package ready

import (
	"errors"
	"strings"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// checkPath says whether a text can be the path of a file.
func checkPath(text string) error {
	switch {
	case text == "":
		return errors.New("is empty")
	case strings.HasPrefix(text, "~"):
		return errors.New("begins with ~, which is not expanded here")
	case strings.HasSuffix(text, "/"), strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return errors.New("is not the path of a file")
	}
	return nil
}

// or lets the empty text pass.
func or(check func(string) error) func(string) error {
	return func(text string) error {
		if text == "" {
			return nil
		}
		return check(text)
	}
}

// as is the check of a text that goes under a key of the wire.
func as(key string) func(string) error {
	return func(text string) error { return kubecontrol.CheckItem(key, text) }
}

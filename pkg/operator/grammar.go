package operator

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// maxName is how long the name of a user or group may be.
const maxName = 253

// CheckName says whether a text can be the name of a user or group in files: 1 to 253 of the characters that the names
// of Kubernetes and Juju have. There is no comma, quotation mark, space or control character among them.
func CheckName(name string) error {
	switch {
	case name == "":
		return errors.New("is empty")
	case len(name) > maxName:
		return fmt.Errorf("is longer than %d bytes", maxName)
	case strings.ContainsFunc(name, func(r rune) bool { return !isNameRune(r) }):
		return errors.New("has characters that no name may have")
	}
	return nil
}

func isNameRune(r rune) bool {
	alphanumeric := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	return alphanumeric || strings.ContainsRune(":./@_+=~-", r)
}

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

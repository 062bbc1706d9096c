package operator

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
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

// CheckTaint says whether a text is a taint, key[=value]:Effect, by Kubernetes' rules.
func CheckTaint(taint string) error {
	label, effect, ok := strings.Cut(taint, ":")
	if !ok {
		return errors.New("has no effect")
	}
	switch effect {
	case "NoSchedule", "PreferNoSchedule", "NoExecute":
	default:
		return errors.New("has an effect that Kubernetes does not know")
	}
	key, value, _ := strings.Cut(label, "=")
	return checkPair(key, value)
}

// CheckLabel says whether a text is a label, key=value, by Kubernetes' rules.
func CheckLabel(label string) error {
	key, value, ok := strings.Cut(label, "=")
	if !ok {
		return errors.New("has no =")
	}
	return checkPair(key, value)
}

// checkPair applies Kubernetes' rules to a key and a value.
func checkPair(key, value string) error {
	if problems := validation.IsQualifiedName(key); len(problems) > 0 {
		return fmt.Errorf("has a bad key: %s", problems[0])
	}
	if problems := validation.IsValidLabelValue(value); len(problems) > 0 {
		return fmt.Errorf("has a bad value: %s", problems[0])
	}
	return nil
}

// CheckEndpoint says whether a text is the URL of an API server that tokens may be sent to: https, a host, and nothing
// that could hide another one.
func CheckEndpoint(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "":
		return errors.New("is no URL")
	case u.Scheme != "https":
		return errors.New("is not https")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(text, "#"):
		return errors.New("has more than a host, a port and a path")
	case len(validation.IsDNS1123Subdomain(strings.ToLower(u.Hostname()))) > 0 && checkAddress(u.Hostname()) != nil:
		return errors.New("has a host that is neither a name nor an address")
	}
	return nil
}

// CheckRegistry says whether a text is the location of an image registry, host[:port][/path], as images name it.
func CheckRegistry(text string) error {
	host, path, _ := strings.Cut(text, "/")
	m := regexp.MustCompile(`^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[([0-9A-Fa-f:.]+)\])(?::[0-9]{1,5})?$`).FindStringSubmatch(host)
	if m == nil || m[1] != "" && checkAddress(m[1]) != nil {
		return errors.New("is not a host[:port][/path]")
	}
	for part := range strings.SplitSeq(strings.TrimSuffix(path, "/"), "/") {
		if path != "" && !regexp.MustCompile(`^[a-z0-9]+([._-]+[a-z0-9]+)*$`).MatchString(part) {
			return errors.New("has a path that no image has")
		}
	}
	return nil
}

// checkDomain says whether a text is a DNS domain.
func checkDomain(text string) error {
	if len(validation.IsDNS1123Subdomain(strings.TrimSuffix(text, "."))) > 0 {
		return errors.New("is no DNS domain")
	}
	return nil
}

// checkAddress says whether a text is an IP address, an IPv6 one in any spelling.
func checkAddress(text string) error {
	address, err := netip.ParseAddr(text)
	switch {
	case err != nil:
		return errors.New("is not an IP address")
	case address.Zone() != "":
		return errors.New("has a zone, which means nothing on another machine")
	}
	return nil
}

// checkWord says whether a text is a name of letters, digits and dashes, as those of CNI plugins and cluster tags are.
func checkWord(text string) error {
	if !regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_.-]{0,126}[A-Za-z0-9])?$`).MatchString(text) {
		return errors.New("is no name of letters, digits, dots and dashes")
	}
	return nil
}

// checkPath says whether a text can be the path of a file.
func checkPath(text string) error {
	switch {
	case text == "":
		return errors.New("is empty")
	case strings.HasPrefix(text, "~"):
		return errors.New("begins with ~, which is not expanded here")
	case strings.HasSuffix(text, "/"), strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return errors.New("is no path of a file")
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

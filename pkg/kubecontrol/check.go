package kubecontrol

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/util/validation"
)

// CheckValue says whether a value, in the wire's text, may be written under a key of the role; "" always may, because it
// deletes the key. Reading is more tolerant than this, but a token goes to no API endpoint that CheckItem refuses.
func CheckValue(role Role, key, value string) error {
	i := slices.IndexFunc(Keys(), func(k Key) bool { return k.Name == key && k.Writer == role && k.Single })
	if i < 0 {
		return fmt.Errorf("%q is not a key that a %s writes", key, role)
	}
	k := Keys()[i]
	switch {
	case value == "":
		return nil
	case len(value) > k.limit():
		return fmt.Errorf("%s is longer than %d bytes", key, k.limit())
	case !utf8.ValidString(value) || strings.ContainsRune(value, 0):
		return fmt.Errorf("%s is not UTF-8 text without NUL", key)
	}
	if err := k.checkText(value); err != nil {
		return fmt.Errorf("%s %w", key, err)
	}
	return nil
}

// CheckItem says whether a text may be the plain text of a key: the value of a plain key, an entry of a list, the text in a
// JSON string, a whole object. It is nil for a key without a check of its own. Options, commands and the ready worker have this
// check in common. The error does not quote the text: "is not an IP address".
func CheckItem(key, text string) error {
	for _, k := range Keys() {
		if k.Name == key && k.item != nil {
			return k.item(text)
		}
	}
	return nil
}

// checkText checks a value on the wire by its codec.
func (k Key) checkText(value string) error {
	switch k.Codec {
	case TitleBool:
		return checkOneOf(value, FormatBool(true), FormatBool(false))
	case LowerBool:
		return checkOneOf(value, "true", "false")
	case JSONText:
		text, ok := DecodeText(value)
		if !ok {
			return errors.New("is not a JSON string")
		}
		if text == "" {
			return nil
		}
		return k.checkItem(text)
	case JSONList:
		var items []string
		if json.Unmarshal([]byte(value), &items) != nil || items == nil {
			return errors.New("is not a JSON array of texts")
		}
		for _, item := range items {
			if err := k.item(item); err != nil {
				return fmt.Errorf("has %+.100q, which %w", item, err)
			}
		}
		return nil
	case JSONObject:
		return k.item(value)
	}
	return k.checkItem(value)
}

func (k Key) checkItem(text string) error {
	if k.item == nil {
		return nil
	}
	if err := k.item(text); err != nil {
		return fmt.Errorf("%+.100q %w", text, err)
	}
	return nil
}

func checkOneOf(value, yes, no string) error {
	if value != yes && value != no {
		return fmt.Errorf("%+.100q is neither %s nor %s", value, yes, no)
	}
	return nil
}

func checkObject(value string) error {
	var object map[string]*string
	if json.Unmarshal([]byte(value), &object) != nil || object == nil {
		return errors.New("is not a JSON object of texts")
	}
	for name, key := range object {
		if key == nil {
			return fmt.Errorf("has null under %+.100q", name)
		}
	}
	return nil
}

// checkPort says whether a text is the number of a port. Some peers read it as JSON, so it has no leading zero.
func checkPort(text string) error {
	if n, err := strconv.ParseUint(text, 10, 16); err != nil || n == 0 || text[0] == '0' {
		return errors.New("is not a port from 1 to 65535")
	}
	return nil
}

// checkTaint says whether a text is a taint, key[=value]:Effect, by Kubernetes' rules.
func checkTaint(taint string) error {
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

// checkLabel says whether a text is a label, key=value, by Kubernetes' rules.
func checkLabel(label string) error {
	key, value, ok := strings.Cut(label, "=")
	if !ok {
		return errors.New("has no =")
	}
	return checkPair(key, value)
}

// checkPair applies Kubernetes' rules to a key and a value.
func checkPair(key, value string) error {
	if problems := validation.IsQualifiedName(key); len(problems) > 0 {
		return fmt.Errorf("has an invalid key: %s", problems[0])
	}
	if problems := validation.IsValidLabelValue(value); len(problems) > 0 {
		return fmt.Errorf("has an invalid value: %s", problems[0])
	}
	return nil
}

// checkEndpoint says whether a text is the URL of an API server that tokens may be sent to: https, a host, and nothing
// that could hide another one.
func checkEndpoint(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "":
		return errors.New("is not a URL")
	case u.Scheme != "https":
		return errors.New("is not https")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(text, "#"):
		return errors.New("has more than a host, a port and a path")
	case len(validation.IsDNS1123Subdomain(strings.ToLower(u.Hostname()))) > 0 && checkAddress(u.Hostname()) != nil:
		return errors.New("has a host that is neither a name nor an address")
	case strings.HasSuffix(u.Host, ":") || u.Port() != "" && checkPort(u.Port()) != nil:
		return errors.New("has a port that is not from 1 to 65535")
	}
	return nil
}

// checkRegistry says whether a text is the location of an image registry, host[:port][/path], as images name it.
func checkRegistry(text string) error {
	host, path, _ := strings.Cut(text, "/")
	m := regexp.MustCompile(`^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[([0-9A-Fa-f:.]+)\])(?::([0-9]+))?$`).FindStringSubmatch(host)
	if m == nil || m[1] != "" && checkAddress(m[1]) != nil || m[2] != "" && checkPort(m[2]) != nil {
		return errors.New("is not a host[:port][/path]")
	}
	for part := range strings.SplitSeq(strings.TrimSuffix(path, "/"), "/") {
		if path != "" && !regexp.MustCompile(`^[a-z0-9]+([._-]+[a-z0-9]+)*$`).MatchString(part) {
			return errors.New("has a path that is not valid for an image")
		}
	}
	return nil
}

// checkDomain says whether a text is a DNS domain.
func checkDomain(text string) error {
	if len(validation.IsDNS1123Subdomain(strings.TrimSuffix(text, "."))) > 0 {
		return errors.New("is not a DNS domain")
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
		return errors.New("is not a name of letters, digits, dots and dashes")
	}
	return nil
}

// maxName is how long the name of a user or group may be.
const maxName = 253

// CheckName says whether a text can be the name of a user or group in files: 1 to 253 of the characters that the names
// of Kubernetes and Juju have. A comma, a quotation mark, a space or a control character is an error.
func CheckName(name string) error {
	switch {
	case name == "":
		return errors.New("is empty")
	case len(name) > maxName:
		return fmt.Errorf("is longer than %d bytes", maxName)
	case strings.ContainsFunc(name, func(r rune) bool { return !isNameRune(r) }):
		return errors.New("has characters that are not allowed in a name")
	}
	return nil
}

func isNameRune(r rune) bool {
	alphanumeric := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	return alphanumeric || strings.ContainsRune(":./@_+=~-", r)
}

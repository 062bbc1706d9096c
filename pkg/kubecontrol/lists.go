package kubecontrol

import (
	"encoding/json"
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// EncodeList writes api-endpoints, taints and labels: a JSON array of texts as reactive-latest writes it, sorted, each
// once. No texts are "[]", which is not the same as no value.
func EncodeList(list []string) string {
	var b strings.Builder
	b.WriteByte('[')
	for i, item := range slices.Compact(slices.Sorted(slices.Values(list))) {
		if i > 0 {
			b.WriteString(", ")
		}
		quote(&b, item)
	}
	b.WriteByte(']')
	return b.String()
}

// EncodeObject writes cohort-keys: a JSON object of texts with sorted keys.
func EncodeObject(object map[string]string) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, key := range sortedKeys(object) {
		if i > 0 {
			b.WriteString(", ")
		}
		quote(&b, key)
		b.WriteString(": ")
		quote(&b, object[key])
	}
	b.WriteByte('}')
	return b.String()
}

// EncodeText writes default-cni: a JSON string, also the empty one.
func EncodeText(s string) string {
	var b strings.Builder
	quote(&b, s)
	return b.String()
}

// DecodeList reads a key that holds a list and keeps the entries that parse, as they are on the wire and in its order.
// The error, which quotes nothing, says that others were left out. Under any other key nothing parses.
func DecodeList(key, value string) ([]string, error) {
	if value == "" {
		return nil, nil
	}
	var items []json.RawMessage
	if err := json.Unmarshal([]byte(value), &items); err != nil {
		return nil, errors.New("is not a JSON array")
	}
	good := map[string]func(string) bool{KeyAPIEndpoints: IsEndpoint, KeyTaints: IsTaint, KeyLabels: IsLabel}[key]
	var list []string
	for _, item := range items {
		if s, ok := jsonText(item); ok && good != nil && good(s) {
			list = append(list, s)
		}
	}
	if len(list) < len(items) {
		return list, errors.New("has entries that can't be used")
	}
	return list, nil
}

// DecodeObject reads cohort-keys. It is nil unless the value is a JSON object; members that are not texts are left out.
func DecodeObject(value string) map[string]string {
	var members map[string]json.RawMessage
	if json.Unmarshal([]byte(value), &members) != nil || members == nil {
		return nil
	}
	object := make(map[string]string, len(members))
	for name, raw := range members {
		if s, ok := jsonText(raw); ok {
			object[name] = s
		}
	}
	return object
}

// DecodeText reads default-cni; false unless the value is a JSON string.
func DecodeText(value string) (string, bool) { return jsonText(json.RawMessage(value)) }

// DecodeBool reads has-xcp as charm-lib-interface-external-cloud-provider does: true in any spelling, else false.
func DecodeBool(value string) bool { return strings.EqualFold(strings.TrimSpace(value), "true") }

// IsEndpoint reports whether a text is an http or https URL with a host.
func IsEndpoint(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}

// UniteEndpoints puts lists of API endpoints together, sorted, each once. Two spellings of one URL are one endpoint, and
// the first in order stands for it: IP addresses are compared by value, the names of hosts without regard to case.
func UniteEndpoints(lists ...[]string) []string {
	all := slices.Sorted(slices.Values(slices.Concat(lists...)))
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(s string) bool {
		value := endpointValue(s)
		again := seen[value]
		seen[value] = true
		return again
	})
}

// endpointValue is one spelling for all spellings of an endpoint.
func endpointValue(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return s
	}
	host := strings.ToLower(u.Hostname())
	if address, err := netip.ParseAddr(host); err == nil {
		host = address.Unmap().String()
	}
	u.Host = "[" + host + "]:" + u.Port()
	return u.String()
}

// IsTaint reports whether a text has the form key[=value]:Effect, by the pattern of ops-interface-kube-control 0.3.3,
// which is the more tolerant of the peers', to the text's very end.
func IsTaint(s string) bool {
	taint, effect, ok := strings.Cut(s, ":")
	key, value, _ := strings.Cut(taint, "=")
	return ok && key != "" && effect != "" && isWord(key, "/") && isWord(value, "") && isWord(effect, "")
}

// IsLabel reports whether a text has the form key=value, by that peer's pattern.
func IsLabel(s string) bool {
	key, value, ok := strings.Cut(s, "=")
	return ok && key != "" && isWord(key, "/") && isWord(value, "")
}

// isWord reports whether a text has only ASCII letters, digits, _ . - and some more characters.
func isWord(s, more string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		alphanumeric := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		return !alphanumeric && !strings.ContainsRune("_.-"+more, r)
	})
}

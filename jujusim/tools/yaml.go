package tools

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"

	"go.yaml.in/yaml/v2"
)

// unquotedFloat matches the texts that the YAML library quotes and that Juju's, an older one of the
// same family, does not take for numbers: an exponent without a sign, a point at the end.
var unquotedFloat = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[-+]?([0-9]*\.?[0-9]+[eE][0-9]+|[0-9]+\.)$`)
})

// marshalYAML writes as Juju's YAML library writes. Map keys that look like 1e3 come out quoted.
func marshalYAML(value any) ([]byte, error) {
	w := yamlWriter{float: unquotedFloat()}
	text, err := yaml.Marshal(w.hold(value))
	if err != nil {
		return nil, fmt.Errorf("cannot write YAML: %w", err)
	}
	return []byte(strings.NewReplacer(w.held...).Replace(string(text))), nil
}

// yamlWriter puts words into the place of values which the library would quote.
type yamlWriter struct {
	float *regexp.Regexp
	held  []string // pairs of word and value
}

func (w *yamlWriter) hold(value any) any {
	switch v := value.(type) {
	case string:
		if !w.float.MatchString(strings.ReplaceAll(v, "_", "")) {
			return v
		}
		word := fmt.Sprintf("held%dplain", len(w.held)/2)
		w.held = append(w.held, word, v)
		return word
	case []string:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = w.hold(item)
		}
		return list
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = w.hold(item)
		}
		return list
	case map[string]string:
		held := make(map[string]any, len(v))
		for key, item := range v {
			held[key] = w.hold(item)
		}
		return held
	case map[string]any:
		held := make(map[string]any, len(v))
		for key, item := range v {
			held[key] = w.hold(item)
		}
		return held
	}
	return value
}

// MarshalYAML repeats two fields under their older names, as Juju's YAML does and its JSON does not.
func (b BindAddress) MarshalYAML() (any, error) {
	return yaml.MapSlice{
		{Key: "mac-address", Value: b.MACAddress},
		{Key: "interface-name", Value: b.InterfaceName},
		{Key: "addresses", Value: b.Addresses},
		{Key: "macaddress", Value: b.MACAddress},
		{Key: "interfacename", Value: b.InterfaceName},
	}, nil
}

// MarshalYAML repeats the address under its older name, as Juju's YAML does and its JSON does not.
func (a Address) MarshalYAML() (any, error) {
	return yaml.MapSlice{
		{Key: "hostname", Value: a.Hostname},
		{Key: "value", Value: a.Value},
		{Key: "cidr", Value: a.CIDR},
		{Key: "address", Value: a.Value},
	}, nil
}

// readSettings reads the YAML map of scalars that --file names: "-" is standard input, "" means no file.
// The values are the scalars' literal text, untrimmed.
func readSettings(c *call, file string) (map[string]string, error) {
	if file == "" {
		return nil, nil
	}
	text := c.request.Stdin
	if file != "-" {
		f, err := os.Open(c.path(file))
		if err != nil {
			return nil, c.named(err)
		}
		defer f.Close()
		if text, err = io.ReadAll(f); err != nil {
			return nil, err
		}
	} else if !c.request.StdinSet {
		return nil, errNeedsStdin
	}
	var settings map[string]string
	if err := yaml.Unmarshal(text, &settings); err != nil {
		return nil, err
	}
	return settings, nil
}

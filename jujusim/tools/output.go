package tools

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/juju/gnuflag"
)

// output writes a tool's value in the format and to the place that the caller asked for.
type output struct {
	format  string
	formats []string
	file    string
}

// smartOutput is that of most tools; the zero output has no options.
func smartOutput() output {
	return output{format: "smart", formats: []string{"json", "smart", "yaml"}}
}

// plainOutput is that of the tools which only know yaml and json.
func plainOutput() output {
	return output{format: "yaml", formats: []string{"json", "yaml"}}
}

func (o *output) setFlags(f *gnuflag.FlagSet) {
	f.Var(&formatFlag{o}, "format", "the output's format ("+strings.Join(o.formats, "|")+")")
	f.StringVar(&o.file, "o", "", "a file to write to")
	f.StringVar(&o.file, "output", "", "a file to write to")
}

type formatFlag struct{ output *output }

func (f *formatFlag) Set(value string) error {
	for _, known := range f.output.formats {
		if value == known {
			f.output.format = value
			return nil
		}
	}
	return fmt.Errorf("unknown format %q", value)
}

func (f *formatFlag) String() string { return f.output.format }

// write prints the value. A nil value prints nothing but for json.
func (o *output) write(c *call, value any) error {
	text, err := o.render(value)
	if err != nil {
		return err
	}
	if o.file == "" {
		c.stdout.Write(text)
		return nil
	}
	return c.named(os.WriteFile(c.path(o.file), text, 0o666))
}

func (o *output) render(value any) ([]byte, error) {
	switch o.format {
	case "json":
		text, err := json.Marshal(value)
		return append(text, '\n'), err
	case "yaml":
		return renderYAML(value)
	}
	switch v := value.(type) {
	case string:
		return line(v), nil
	case []string:
		return line(strings.Join(v, "\n")), nil
	case bool:
		if v {
			return []byte("True\n"), nil
		}
		return []byte("False\n"), nil
	}
	return renderYAML(value)
}

// line ends a text that is not empty.
func line(text string) []byte {
	if text == "" {
		return nil
	}
	return []byte(text + "\n")
}

func renderYAML(value any) ([]byte, error) {
	if value == nil {
		return nil, nil
	}
	text, err := marshalYAML(value)
	if err != nil {
		return nil, err
	}
	return append(bytes.TrimRight(text, "\n"), '\n'), nil
}

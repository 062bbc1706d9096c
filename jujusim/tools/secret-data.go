package tools

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/juju/gnuflag"
	"go.yaml.in/yaml/v2"
)

// secretLimits are the limits of a secret's content in bytes, before the values are coded in base64.
type secretLimits struct {
	value, content int
	root           string // see Context.Root
}

// limitsOf are those of a version: 3.6.9 raised them.
func limitsOf(v Version) secretLimits {
	if v.Before(Version{3, 6, 9}) {
		return secretLimits{value: 8 << 10, content: 64 << 10}
	}
	return secretLimits{value: 1 << 20, content: 1 << 20}
}

const (
	base64Suffix     = "#base64"
	fileSuffix       = "#file"
	secretKeyPattern = `[a-z](?:-?[a-z0-9]){2,}`
)

// secretFlags are the options of secret-add and secret-set.
type secretFlags struct {
	ctx                                      Context
	expire, rotate, description, label, file string
	owner                                    string
	content                                  SecretContent
	expireTime                               *time.Time
}

func (s *secretFlags) setFlags(f *gnuflag.FlagSet) {
	f.StringVar(&s.expire, "expire", "", "when the secret expires: a duration or a time")
	f.StringVar(&s.rotate, "rotate", "", "how often the secret is to change: never, hourly, daily, weekly, monthly, quarterly or yearly")
	f.StringVar(&s.description, "description", "", "what the secret is for")
	f.StringVar(&s.label, "label", "", "a name for the secret among the owner's")
	f.StringVar(&s.file, "file", "", "a YAML or JSON file with the content, by its absolute path")
	f.StringVar(&s.owner, "owner", "application", "who owns the secret: application or unit")
}

// setUp reads the options, and the content from the arguments and the file, which wins.
func (s *secretFlags) setUp(args []string) (err error) {
	limits := limitsOf(versionOf(s.ctx.JujuVersion()))
	limits.root = s.ctx.Root()
	if s.expireTime, err = parseExpire(s.expire, s.ctx.Now()); err != nil {
		return err
	}
	if s.rotate != "" && !matches("never|hourly|daily|weekly|monthly|quarterly|yearly", s.rotate) {
		return fmt.Errorf("rotate policy %q not valid", s.rotate)
	}
	if s.owner != "application" && s.owner != "unit" {
		return fmt.Errorf("secret owner %q not valid", s.owner)
	}
	if s.content, err = limits.arguments(args); err != nil || s.file == "" {
		return err
	}
	fromFile, err := limits.file(s.file)
	for key, value := range fromFile {
		s.content[key] = value
	}
	return err
}

func (s *secretFlags) update() SecretUpdate {
	given := func(text string) *string {
		if text == "" {
			return nil
		}
		return &text
	}
	return SecretUpdate{
		Label: given(s.label), Description: given(s.description), Rotate: given(s.rotate),
		Expire: s.expireTime, Content: s.content,
	}
}

func parseExpire(text string, now time.Time) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		at, err := time.Parse(layout, text)
		switch {
		case err != nil:
			continue
		case at.IsZero(): // Juju does not count that as a time
			return nil, nil
		}
		at = at.UTC()
		return &at, nil
	}
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("expire time or duration %q not valid", text)
	case d <= 0:
		return nil, fmt.Errorf("negative expire duration %q not valid", text)
	}
	at := now.Add(d)
	return &at, nil
}

// arguments reads KEY[#base64|#file]=VALUE. The = at the end of base64 do not separate.
func (l secretLimits) arguments(args []string) (SecretContent, error) {
	plain := map[string]string{}
	for _, arg := range args {
		at := strings.Index(strings.TrimRight(arg, "="), "=")
		if at < 1 {
			return nil, fmt.Errorf("key value %q not valid", arg)
		}
		key, value := arg[:at], arg[at+1:]
		if name, isFile := strings.CutSuffix(key, fileSuffix); isFile {
			if err := l.checkFileSize(value, int64(l.value)); err != nil {
				return nil, err
			}
			text, err := l.readAgentFile(value)
			if err != nil {
				return nil, fmt.Errorf("reading content for secret key %q: %w", name, err)
			}
			key, value = name, string(text)
		}
		plain[key] = value
	}
	return l.encode(plain)
}

// file reads a JSON or YAML map of scalars.
func (l secretLimits) file(path string) (SecretContent, error) {
	if err := l.checkFileSize(path, int64(l.content)); err != nil {
		return nil, err
	}
	text, err := l.readAgentFile(path)
	if err != nil {
		return nil, err
	}
	plain := map[string]string{}
	if json.Unmarshal(text, &plain) != nil {
		if err := yaml.Unmarshal(text, &plain); err != nil {
			return nil, err
		}
	}
	return l.encode(plain)
}

// agentPath is where the agent looks for a file: its working directory is the root.
func (l secretLimits) agentPath(path string) string { return filepath.Join(l.root, "/", path) }

func (l secretLimits) checkFileSize(path string, limit int64) error {
	if info, err := os.Stat(l.agentPath(path)); err == nil && info.Size() > limit {
		return fmt.Errorf("secret content in file %q too large: %d bytes", path, info.Size())
	}
	return nil
}

// readAgentFile names the path in errors as it was given.
func (l secretLimits) readAgentFile(path string) ([]byte, error) {
	text, err := os.ReadFile(l.agentPath(path))
	var failed *fs.PathError
	if errors.As(err, &failed) {
		failed.Path = path
	}
	return text, err
}

// encode checks keys and sizes, in the order of the keys. Values of #base64 keys are taken as they are.
func (l secretLimits) encode(plain map[string]string) (SecretContent, error) {
	content, size := SecretContent{}, 0
	for _, key := range sortedKeys(plain) {
		value := plain[key]
		if len(value) > l.value {
			return nil, fmt.Errorf("secret content for key %q too large: %d bytes", key, len(value))
		}
		size += len(value)
		name, coded := strings.CutSuffix(key, base64Suffix)
		if !matches(secretKeyPattern, name) {
			return nil, fmt.Errorf("key %q not valid", name)
		}
		if !coded {
			value = base64.StdEncoding.EncodeToString([]byte(value))
		}
		content[name] = value
	}
	if size > l.content {
		return nil, fmt.Errorf("secret content too large: %d bytes", size)
	}
	return content, nil
}

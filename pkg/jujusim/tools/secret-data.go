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

// Limits of a secret's content in bytes, before the values are coded in base64.
const (
	maxSecretValue   = 8 * 1024
	maxSecretContent = 64 * 1024
)

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
	if s.expireTime, err = parseExpire(s.expire, s.ctx.Now()); err != nil {
		return err
	}
	if s.rotate != "" && !matches("never|hourly|daily|weekly|monthly|quarterly|yearly", s.rotate) {
		return fmt.Errorf("rotate policy %q not valid", s.rotate)
	}
	if s.owner != "application" && s.owner != "unit" {
		return fmt.Errorf("secret owner %q not valid", s.owner)
	}
	if s.content, err = secretArguments(args); err != nil || s.file == "" {
		return err
	}
	fromFile, err := secretFile(s.file)
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
		if at, err := time.Parse(layout, text); err == nil {
			at = at.UTC()
			return &at, nil
		}
	}
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("expire time or duration %q not valid", text)
	case d < 0:
		return nil, fmt.Errorf("negative expire duration %q not valid", text)
	}
	at := now.Add(d)
	return &at, nil
}

// secretArguments reads KEY[#base64|#file]=VALUE. The = at the end of base64 do not separate.
func secretArguments(args []string) (SecretContent, error) {
	plain := map[string]string{}
	for _, arg := range args {
		at := strings.Index(strings.TrimRight(arg, "="), "=")
		if at < 1 {
			return nil, fmt.Errorf("key value %q not valid", arg)
		}
		key, value := arg[:at], arg[at+1:]
		if name, isFile := strings.CutSuffix(key, fileSuffix); isFile {
			if err := checkFileSize(value, maxSecretValue); err != nil {
				return nil, err
			}
			text, err := readAgentFile(value)
			if err != nil {
				return nil, fmt.Errorf("reading content for secret key %q: %w", name, err)
			}
			key, value = name, string(text)
		}
		plain[key] = value
	}
	return encodeSecret(plain)
}

// secretFile reads a JSON or YAML map of scalars.
func secretFile(path string) (SecretContent, error) {
	if err := checkFileSize(path, maxSecretContent); err != nil {
		return nil, err
	}
	text, err := readAgentFile(path)
	if err != nil {
		return nil, err
	}
	plain := map[string]string{}
	if json.Unmarshal(text, &plain) != nil {
		if err := yaml.Unmarshal(text, &plain); err != nil {
			return nil, err
		}
	}
	return encodeSecret(plain)
}

// agentPath is where the agent looks for a file: its working directory is the root.
func agentPath(path string) string { return filepath.Join("/", path) }

func checkFileSize(path string, limit int64) error {
	if info, err := os.Stat(agentPath(path)); err == nil && info.Size() > limit {
		return fmt.Errorf("secret content in file %q too large: %d bytes", path, info.Size())
	}
	return nil
}

// readAgentFile names the path in errors as it was given.
func readAgentFile(path string) ([]byte, error) {
	text, err := os.ReadFile(agentPath(path))
	var failed *fs.PathError
	if errors.As(err, &failed) {
		failed.Path = path
	}
	return text, err
}

// encodeSecret checks keys and sizes, in the order of the keys. Values of #base64 keys are taken as they are.
func encodeSecret(plain map[string]string) (SecretContent, error) {
	content, size := SecretContent{}, 0
	for _, key := range sortedKeys(plain) {
		value := plain[key]
		if len(value) > maxSecretValue {
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
	if size > maxSecretContent {
		return nil, fmt.Errorf("secret content too large: %d bytes", size)
	}
	return content, nil
}

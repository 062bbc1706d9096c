package hooktool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/kube-control/kube-control/internal/printable"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// runDir is where a secret's content waits for its tool: in memory, and root's alone.
const runDir = "/run"

// SecretInfo is what its owner can learn of a secret without its content.
type SecretInfo struct {
	ID      string   // without "secret:"
	Targets []string // the readers with a committed grant: "unit-kw-0", "application-kw"
}

// SecretAdd makes a secret that our application owns and returns its ID without "secret:". Only the leader may. Others
// see it once the hook has succeeded.
func (t *Tools) SecretAdd(ctx context.Context, label, description string, content map[string]string) (string, error) {
	id := ""
	err := withContent(content, func(path string) error {
		out, err := t.run(ctx, Call{Tool: "secret-add", Args: []string{"--label", label, "--description", description, "--file", path}})
		id = strings.TrimPrefix(strings.TrimSpace(string(out)), "secret:")
		return err
	})
	if err != nil {
		return "", fmt.Errorf("cannot add a secret: %w", err)
	}
	return id, nil
}

// SecretSet gives a secret of ours a new revision with the whole of this content.
func (t *Tools) SecretSet(ctx context.Context, id string, content map[string]string) error {
	err := withContent(content, func(path string) error {
		return t.tell(ctx, Call{Tool: "secret-set", Args: []string{"--file", path, "--", id}})
	})
	if err != nil {
		return fmt.Errorf("cannot change secret %s: %w", id, err)
	}
	return nil
}

// withContent writes a secret's content into a file for one tool call: it must not stand in argv, and the secret tools
// take no standard input.
func withContent(content map[string]string, use func(path string) error) error {
	data, err := encode(content)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%s%d-", contentPrefix, os.Getpid())
	dir, err := os.MkdirTemp(runDir, name) // mode 0700
	if err != nil {
		dir, err = os.MkdirTemp("", name)
	}
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "content")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return err
	}
	return use(path)
}

// contentPrefix begins the name of each folder with a secret's content; the number of the process that made it follows.
const contentPrefix = "kube-control-"

// ClearContents removes the contents of secrets that processes of this program left behind when they were killed.
func ClearContents() {
	for _, place := range []string{runDir, os.TempDir()} {
		clearContents(place)
	}
}

func clearContents(place string) {
	dirs, _ := filepath.Glob(filepath.Join(place, contentPrefix+"*-*")) // the pattern is good
	for _, dir := range dirs {
		number, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), contentPrefix), "-")
		pid, err := strconv.Atoi(number)
		if err == nil && pid > 0 && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			os.RemoveAll(dir)
		}
	}
}

// SecretGrant lets a unit of a relation, or with an empty unit its application, read a secret of ours.
func (t *Tools) SecretGrant(ctx context.Context, id string, rel kubecontrol.RelationID, unit kubecontrol.Unit) error {
	args, err := relationFlag(rel)
	if unit != "" {
		args = append(args, "--unit", string(unit))
	}
	if err == nil {
		err = t.tell(ctx, Call{Tool: "secret-grant", Args: append(args, "--", id)})
	}
	if err != nil {
		return fmt.Errorf("cannot grant secret %s in relation %s: %w", id, rel, err)
	}
	return nil
}

// SecretRevoke takes a secret of ours from a unit.
func (t *Tools) SecretRevoke(ctx context.Context, id string, unit kubecontrol.Unit) error {
	if err := t.tell(ctx, Call{Tool: "secret-revoke", Args: []string{"--unit", string(unit), "--", id}}); err != nil {
		return fmt.Errorf("cannot revoke secret %s from %s: %w", id, unit, err)
	}
	return nil
}

// SecretRemove removes a secret of ours, or one revision of it (0: all). One that is gone already is ErrNotFound.
func (t *Tools) SecretRemove(ctx context.Context, id string, revision int) error {
	var args []string
	if revision > 0 {
		args = []string{"--revision", strconv.Itoa(revision)}
	}
	if err := t.tell(ctx, Call{Tool: "secret-remove", Args: append(args, "--", id)}); err != nil {
		return fmt.Errorf("cannot remove secret %s: %w", id, err)
	}
	return nil
}

// SecretInfo looks up a secret of ours by its label. That there is none is ErrNotFound.
func (t *Tools) SecretInfo(ctx context.Context, label string) (SecretInfo, error) {
	var answer map[string]struct {
		Access []struct {
			Target string `json:"target"`
		} `json:"access"`
	}
	if err := t.ask(ctx, Call{Tool: "secret-info-get", Args: []string{"--format=json", "--label", label}}, &answer); err != nil {
		return SecretInfo{}, fmt.Errorf("cannot look up a secret: %w", err)
	}
	for id, secret := range answer {
		info := SecretInfo{ID: strings.TrimPrefix(id, "secret:")}
		for _, access := range secret.Access {
			info.Targets = append(info.Targets, access.Target)
		}
		return info, nil
	}
	return SecretInfo{}, fmt.Errorf("cannot look up a secret: %w", ErrNotFound)
}

// SecretGet reads the latest content of a secret. From then on this unit holds that revision, unless it only peeks.
// A secret that is denied or gone is ErrNotFound.
func (t *Tools) SecretGet(ctx context.Context, id string, peek bool) (map[string]string, error) {
	flag := "--refresh"
	if peek {
		flag = "--peek"
	}
	content := map[string]string{}
	if err := t.ask(ctx, Call{Tool: "secret-get", Args: []string{"--format=json", flag, "--", id}}, &content); err != nil {
		return nil, fmt.Errorf("cannot read secret %s: %w", printable.Cut(id, 80), err)
	}
	return content, nil
}

package hooktool_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/pkg/hooktool"
)

const secretID = "cq1f3oa5g5v7t8m9n0p0"

func TestSecretTools(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		do   func(context.Context, *hooktool.Tools) (any, error)
		argv []string
		want any
	}{{
		"a unit's grant",
		func(ctx context.Context, h *hooktool.Tools) (any, error) {
			return none(h.SecretGrant(ctx, secretID, "kube-control:3", "kw/0"))
		},
		[]string{"secret-grant", "-r", "kube-control:3", "--unit", "kw/0", "--", secretID},
		nil,
	}, {
		"an application's grant",
		func(ctx context.Context, h *hooktool.Tools) (any, error) {
			return none(h.SecretGrant(ctx, secretID, "kube-control:3", ""))
		},
		[]string{"secret-grant", "-r", "kube-control:3", "--", secretID},
		nil,
	}, {
		"a unit's grant ends",
		func(ctx context.Context, h *hooktool.Tools) (any, error) {
			return none(h.SecretRevoke(ctx, secretID, "kw/0"))
		},
		[]string{"secret-revoke", "--unit", "kw/0", "--", secretID},
		nil,
	}, {
		"one revision is removed",
		func(ctx context.Context, h *hooktool.Tools) (any, error) {
			return none(h.SecretRemove(ctx, secretID, 7))
		},
		[]string{"secret-remove", "--revision", "7", "--", secretID},
		nil,
	}, {
		"all revisions are removed",
		func(ctx context.Context, h *hooktool.Tools) (any, error) {
			return none(h.SecretRemove(ctx, secretID, 0))
		},
		[]string{"secret-remove", "--", secretID},
		nil,
	}, {
		"the owner's look",
		func(ctx context.Context, h *hooktool.Tools) (any, error) { return h.SecretInfo(ctx, "-u-creds") },
		[]string{"secret-info-get", "--format=json", "--label", "-u-creds"},
		hooktool.SecretInfo{ID: secretID, Targets: []string{"unit-kw-0"}},
	}, {
		"the latest content",
		func(ctx context.Context, h *hooktool.Tools) (any, error) {
			return h.SecretGet(ctx, "secret:"+secretID, false)
		},
		[]string{"secret-get", "--format=json", "--refresh", "--", "secret:" + secretID},
		map[string]string{"client-token": "123", "endpoint": "kube-control"},
	}, {
		"a look that leaves no trace",
		func(ctx context.Context, h *hooktool.Tools) (any, error) { return h.SecretGet(ctx, secretID, true) },
		[]string{"secret-get", "--format=json", "--peek", "--", secretID},
		map[string]string{"client-token": "123", "endpoint": "kube-control"},
	}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := &recording{t: t}
			got, err := tt.do(t.Context(), hooktool.New(r))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("answer (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tt.argv, r.seen[0].Argv); d != "" {
				t.Errorf("argv (-want +got):\n%s", d)
			}
		})
	}
}

// INV-14: a secret's content is in a file that its owner alone may read, for as long as the tool runs.
func TestINV14SecretContentTravelsInAFile(t *testing.T) {
	t.Parallel()
	content := map[string]string{"client-token": "SECRET é\n", "endpoint": "kube-control"}
	r := &recording{t: t}
	tools := hooktool.New(r)
	id, err := tools.SecretAdd(t.Context(), "u-creds", "Credentials for u", content)
	if err != nil || id != secretID {
		t.Fatalf("secret %q, %v", id, err)
	}
	if err := tools.SecretSet(t.Context(), id, content); err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]string{
		{"secret-add", "--label", "u-creds", "--description", "Credentials for u", "--file", "FILE"},
		{"secret-set", "--file", "FILE", "--", secretID},
	} {
		seen := r.seen[i]
		at := slices.Index(seen.Argv, "--file") + 1
		file := seen.Argv[at]
		seen.Argv[at] = "FILE"
		if d := cmp.Diff(want, seen.Argv); d != "" {
			t.Errorf("argv (-want +got):\n%s", d)
		}
		if seen.Mode.Perm() != 0o600 || !strings.Contains(seen.File, `"client-token": "SECRET é\n"`) || seen.Stdin != "" {
			t.Errorf("mode %s, content %q, standard input %q", seen.Mode, seen.File, seen.Stdin)
		}
		if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is left behind: %v", file, err)
		}
	}
}

// What the tools refuse, in Juju's words, and that no error quotes the content.
func TestSecretErrors(t *testing.T) {
	t.Parallel()
	content := map[string]string{"client-token": "SECRET"}
	add := func(h *hooktool.Tools) error {
		_, err := h.SecretAdd(context.Background(), "l", "d", content)
		return err
	}
	get := func(h *hooktool.Tools) error {
		_, err := h.SecretGet(context.Background(), "secret:x", false)
		return err
	}
	info := func(h *hooktool.Tools) error { _, err := h.SecretInfo(context.Background(), "l"); return err }
	remove := func(h *hooktool.Tools) error { return h.SecretRemove(context.Background(), "x", 0) }
	for _, tt := range []struct {
		do     func(*hooktool.Tools) error
		stdout string
		stderr string
		is     error
		want   string
	}{
		{get, "", "ERROR permission denied\n", hooktool.ErrNotFound, "cannot read secret secret:x: secret-get (--format --refresh) ended with exit code 1: ERROR permission denied"},
		{get, "", `ERROR secret "secret:x" not found`, hooktool.ErrNotFound, `cannot read secret secret:x: secret-get (--format --refresh) ended with exit code 1: ERROR secret "secret:x" not found`},
		{get, `{"client-token": "SECRET`, "", nil, ""},
		{info, "", `ERROR secret "l" not found`, hooktool.ErrNotFound, `cannot look up a secret: secret-info-get (--format --label) ended with exit code 1: ERROR secret "l" not found`},
		{info, "{}", "", hooktool.ErrNotFound, "cannot look up a secret: not there, or not for this unit"},
		{info, "", "ERROR bad request: unknown command: secret-info-get", hooktool.ErrUnsupported, "cannot look up a secret: secret-info-get (--format --label) ended with exit code 1: ERROR bad request: unknown command: secret-info-get"},
		{remove, "", `ERROR secret "x" not found`, hooktool.ErrNotFound, `cannot remove secret x: secret-remove ended with exit code 1: ERROR secret "x" not found`},
		{add, "", "ERROR this unit is not the leader", hooktool.ErrNotLeader, "cannot add a secret: secret-add (--label --description --file) ended with exit code 1: not the leader"},
		{add, "", `ERROR yaml: cannot unmarshal "SECRET"`, nil, "cannot add a secret: secret-add (--label --description --file) ended with exit code 1: (its 37 bytes of words are withheld: they may quote data)"},
	} {
		code := 0
		if tt.stderr != "" {
			code = 1
		}
		err := tt.do(hooktool.New(&canned{out: hooktool.Output{Stdout: []byte(tt.stdout), Stderr: []byte(tt.stderr), ExitCode: code}}))
		if err == nil || strings.Contains(err.Error(), "SECRET") || tt.want != "" && err.Error() != tt.want {
			t.Errorf("error %v, want %q", err, tt.want)
		}
		if tt.is != nil && !errors.Is(err, tt.is) {
			t.Errorf("%v is not %v", err, tt.is)
		}
	}
}

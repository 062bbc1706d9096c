package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What the server makes of the rows of a token file is why the charm keeps to its own rules when it writes one.

func TestServerReadsTokenRows(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	rows := filepath.Join(c.dir, "known_tokens.csv")
	server := c.newServer(t, rows)
	write(t, rows, strings.Join([]string{
		`token-full,system:node:worker-0,kubelet-0,"system:nodes"`,
		`token-three,system:kube-proxy,kube-proxy`,
		`token-groups,u,1,"g1,g2, g3"`,
		`token-unquoted,u,1,g1,g2`,
		`token-quoted,"a, ""b""",1,""`,
		`token-twice,first,1`,
		`token-twice,last,1`,
		`,nobody,1`,
		`token-nouser,,1`,
		`token-nouid,u,`,
		`"token-blank ",u,1`,
		``,
	}, "\n"))
	if err := server.restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, token string
		code        int
		id          identity
	}{
		{"four columns", "token-full", 200, identity{"system:node:worker-0", "kubelet-0", []string{"system:nodes"}}},
		{"three columns", "token-three", 200, identity{"system:kube-proxy", "kube-proxy", []string{}}},
		{"groups are split and keep their blanks", "token-groups", 200, identity{"u", "1", []string{"g1", "g2", " g3"}}},
		{"a fifth column is ignored", "token-unquoted", 200, identity{"u", "1", []string{"g1"}}},
		{"an empty text is a group without a name", "token-quoted", 200, identity{`a, "b"`, "1", []string{""}}},
		{"the last of two rows holds", "token-twice", 200, identity{"last", "1", []string{}}},
		{"an empty user is one", "token-nouser", 200, identity{"", "1", []string{}}},
		{"an empty uid is none", "token-nouid", 200, identity{"u", "", []string{}}},
		{"a token that ends with a blank never matches", "token-blank ", 401, identity{}},
		{"an unknown token", "token-unknown", 401, identity{}},
		{"no token", "", 403, identity{}},
	} {
		id, err := whoami(t.Context(), server.withToken(tt.token))
		if code(err) != tt.code {
			t.Errorf("%s: %v, want %d", tt.name, err, tt.code)
		}
		if diff := cmp.Diff(tt.id, id); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}

	write(t, rows, "token-new,u,1\n")
	if _, err := whoami(t.Context(), server.withToken("token-new")); code(err) != 401 {
		t.Errorf("a token is accepted before the server has been started again: %v", err)
	}
	if err := server.restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := whoami(t.Context(), server.withToken("token-new")); err != nil {
		t.Errorf("the new token: %v", err)
	}
	if _, err := whoami(t.Context(), server.withToken("token-full")); code(err) != 401 {
		t.Errorf("a removed token is accepted: %v", err)
	}
}

func TestServerRefusesTokenFiles(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	for name, tt := range map[string]struct{ rows, want string }{
		"a comment":      {"# tokens\nt,u,1\n", "at least 3 columns"},
		"a short row":    {"t,u\n", "at least 3 columns"},
		"an open quote":  {"t,\"u,1\n", "extraneous or missing"},
		"a quote inside": {"t,a\"b,1\n", "bare "},
		"no file":        {"", "no such file"},
		"other bytes":    {"\x00\n", "at least 3 columns"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows := filepath.Join(t.TempDir(), "rows")
			if tt.rows != "" {
				write(t, rows, tt.rows)
			}
			err := c.newServer(t, rows).restart(t.Context())
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

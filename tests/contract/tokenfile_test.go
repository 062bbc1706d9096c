package contract

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apiserver/pkg/authentication/token/tokenfile"
	"k8s.io/apiserver/pkg/authentication/user"

	"github.com/kube-control/kube-control/internal/ready"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// member is the worker whose tokens the file has, as the master's record of what it signed names it.
const member = "kube-control:7/worker/0"

// FuzzTokenFile wants each file that a master writes to be one that kube-apiserver starts with, for any earlier
// content and any signed units. All earlier rows and all signed units must still authenticate as themselves.
func FuzzTokenFile(f *testing.F) {
	for _, seed := range []struct{ user, group, text string }{
		{"system:node:juju-0", "system:nodes", ""},
		{"system:node:Juju-0", "system:nodes", "tok,admin,1,\"system:masters\"\n"},
		{"worker/0", "a", "tok,admin,1,\"a,b, c\"\ntok,last,2\n"},
		{"a,b", "g,h", "# a comment\nshort,row\ntok,u,1\n"},
		{"a\nb", "g\"h", "tok,\"u\nv\",1\n\n  \nopen,\"quote,1\nnext,u,1\n"},
		{`"`, `"`, "tok,a\"b,1\n\"tok\"x,u,1\nnext,u,1"},
		{"", "", ",nobody,1\ntok,,1\nnext,u,\n"},
		{"\r", "\r\n", "tok,u,1\r\nnext,\"u\r\nv\",1\r"},
		{"\xff\x00", "\u2028", "\ufefftok,u,1\n\x00\n#t,u,1\n"},
		{"system:kube-proxy", "system:masters", "tok,u,kube-control:" + member + "/kubelet\nnext,u,kube-control:\n"},
		{"-", "--", "tok,u,1,\"\"\nnext,u,1,g,h\nlast,u,1,"},
		{"u", "g", "\"\",u,1\n\" \",u,1\n tok ,u,1\n"},
	} {
		f.Add(seed.user, seed.group, seed.text)
	}
	authority, err := ready.DecodeAuthority(map[string]string{"seed": base64.StdEncoding.EncodeToString(make([]byte, 32))})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, name, group, text string) {
		t.Parallel()
		before := ready.ReadTokenFile([]byte(text))
		written := before.Render(ledger(t, name, group), authority)
		users := read(t, written)
		wantStill(t, text, users)
		if kubecontrol.CheckName(name) == nil && kubecontrol.CheckName(group) == nil {
			wantRow(t, users, &user.DefaultInfo{
				Name: kubecontrol.NormalUser(name), UID: "kube-control:" + member + "/kubelet", Groups: []string{group},
			})
			wantRow(t, users, &user.DefaultInfo{
				Name: "kube-control:client:worker/0", UID: "kube-control:" + member + "/client", Groups: []string{group},
			})
			wantRow(t, users, &user.DefaultInfo{Name: "system:kube-proxy", UID: "kube-control:" + member + "/proxy"})
		}

		again := ready.ReadTokenFile(written)
		if again.Rejected() != "" {
			t.Errorf("of what is written this is rejected:\n%s", again.Rejected())
		}
		if diff := cmp.Diff(string(written), string(again.Render(ledger(t, name, group), authority))); diff != "" {
			t.Errorf("the file changes without a reason (-first +second):\n%s", diff)
		}
	})
}

// ledger is the record of a master that has signed one worker's request.
func ledger(t *testing.T, name, group string) ready.Ledger {
	t.Helper()
	grant, err := json.Marshal(ready.Grant{User: name, Group: group, Client: "per-unit", ClientGroup: group})
	if err != nil {
		t.Fatal(err)
	}
	return ready.DecodeLedger(map[string]string{"grant/" + member: string(grant)})
}

// read asks the server's own reader for all who can authenticate with a file, by token.
func read(t *testing.T, text []byte) map[string]*user.DefaultInfo {
	t.Helper()
	file := filepath.Join(t.TempDir(), "known_tokens.csv")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	authenticator, err := tokenfile.NewCSV(file)
	if err != nil {
		t.Fatalf("kube-apiserver does not start: %v:\n%s", err, text)
	}
	reader := csv.NewReader(bytes.NewReader(text))
	reader.FieldsPerRecord = -1
	rows, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	users := map[string]*user.DefaultInfo{}
	for _, row := range rows {
		response, ok, err := authenticator.AuthenticateToken(context.Background(), row[0])
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			users[row[0]] = response.User.(*user.DefaultInfo)
		}
	}
	return users
}

// wantStill wants all who could authenticate with a file that the server reads to be who they were. The exceptions are
// those whom it would be dangerous to let in, and the rows that are ours to change.
func wantStill(t *testing.T, text string, users map[string]*user.DefaultInfo) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "before.csv")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := tokenfile.NewCSV(file); err != nil {
		return
	}
	for token, was := range read(t, []byte(text)) {
		if was.Name == "" || strings.HasPrefix(token, "#") || strings.HasPrefix(was.UID, "kube-control:") {
			continue
		}
		if diff := cmp.Diff(was, users[token]); diff != "" {
			t.Errorf("token %q (-before +after):\n%s", token, diff)
		}
	}
}

// wantRow wants someone to be able to authenticate.
func wantRow(t *testing.T, users map[string]*user.DefaultInfo, want *user.DefaultInfo) {
	t.Helper()
	for _, got := range users {
		if cmp.Equal(want, got) {
			return
		}
	}
	t.Errorf("nobody is %+v", want)
}

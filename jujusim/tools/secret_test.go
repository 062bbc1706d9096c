package tools_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/kube-control/kube-control/jujusim/tools"
)

const noSecrets = "bad request: unknown command: "

func TestSecretAdd(t *testing.T) {
	t.Parallel()
	const printed = "secret:" + newSecretID + "\n"
	const token = `{"token":"YWJj"}`
	big := strings.Repeat("x", 8193)
	var many []string
	for _, key := range []string{"aaa", "bbb", "ccc", "ddd", "eee", "fff", "ggg", "hhh", "iii"} {
		many = append(many, key+"="+big[:8192])
	}
	runTool(t, "secret-add", []toolTest{
		{juju: "3.6.1", name: "for the application", args: []string{"token=abc"}, stdout: printed, effects: []string{"add (unit false) {} " + token}},
		{juju: "3.0.2", name: "all options, outside relation hooks", hook: noRelation, args: []string{"--owner=unit", "--label", "l", "--description=d", "--rotate", "daily", "--expire", "1h", "token=abc"}, stdout: printed, effects: []string{`add (unit true) {"label":"l","description":"d","rotate":"daily","expire":"2026-01-01T01:00:00Z"} ` + token}},
		{juju: "4.0.1", name: "expire as a time", args: []string{"--expire=2030-01-02T03:04:05+01:00", "token=abc"}, stdout: printed, effects: []string{`add (unit false) {"expire":"2030-01-02T02:04:05Z"} ` + token}},
		{juju: "3.6.1", name: "a time without zone", args: []string{"--expire=2030-01-02T03:04:05", "token=abc"}, stdout: printed, effects: []string{`add (unit false) {"expire":"2030-01-02T03:04:05Z"} ` + token}},
		{juju: "3.6.1", name: "base64 keeps its padding", args: []string{"token#base64=YQ=="}, stdout: printed, effects: []string{`add (unit false) {} {"token":"YQ=="}`}},
		{juju: "3.6.1", name: "a repeated key", args: []string{"token=x", "token=abc"}, stdout: printed, effects: []string{"add (unit false) {} " + token}},
		{juju: "3.6.1", name: "a follower's own", hook: follower, args: []string{"--owner=unit", "token=abc"}, stdout: printed, effects: []string{"add (unit true) {} " + token}},
		{juju: "3.6.1", name: "a follower's for the application", hook: follower, args: []string{"token=abc"}, code: 1, stderr: "this unit is not the leader"},
		{juju: "3.6.1", name: "nothing", code: 2, stderr: "missing secret value or filename"},
		{juju: "3.6.1", name: "no value", args: []string{"token="}, code: 2, stderr: `key value "token=" not valid`},
		{juju: "3.6.1", name: "no pair", args: []string{"token"}, code: 2, stderr: `key value "token" not valid`},
		{juju: "3.6.1", name: "underscore", args: []string{"client_token=x"}, code: 2, stderr: `key "client_token" not valid`},
		{juju: "3.6.1", name: "short key", args: []string{"ab=x"}, code: 2, stderr: `key "ab" not valid`},
		{juju: "3.6.1", name: "owner", args: []string{"--owner=model", "token=x"}, code: 2, stderr: `secret owner "model" not valid`},
		{juju: "3.6.1", name: "rotation", args: []string{"--rotate=z", "token=x"}, code: 2, stderr: `rotate policy "z" not valid`},
		{juju: "3.6.1", name: "expiry", args: []string{"--expire=1d", "token=x"}, code: 2, stderr: `expire time or duration "1d" not valid`},
		{juju: "3.6.1", name: "negative expiry", args: []string{"--expire", "-1h", "token=x"}, code: 2, stderr: `negative expire duration "-1h" not valid`},
		{juju: "3.6.1", name: "no format", args: []string{"--format=json", "token=x"}, code: 2, stderr: "option provided but not defined: --format"},
		{juju: "3.6.1", name: "a relative file is the agent's", args: []string{"--file", "testdata/settings.yaml"}, code: 2, stderr: "open testdata/settings.yaml: no such file or directory"},
		{juju: "3.6.1", name: "a key's file", args: []string{"token#file=none"}, code: 2, stderr: `reading content for secret key "token": open none: no such file or directory`},
		{juju: "3.6.1", name: "a value too large", args: []string{"token=" + big}, code: 2, stderr: `secret content for key "token" too large: 8193 bytes`},
		{juju: "3.6.1", name: "all too large", args: many, code: 2, stderr: "secret content too large: 73728 bytes"},
		{juju: "2.9.52", name: "not there", args: []string{"token=abc"}, code: 1, stderr: noSecrets + "secret-add"},
	})
}

func TestSecretAddFromFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"yaml": "token: 1.50\nuser#base64: bWU=\n", "json": `{"token":"abc"}`, "empty": "", "list": "- a\n", "key": "b\n",
		"big": strings.Repeat("x", 64*1024+1),
	} {
		write(t, dir, name, text)
	}
	for _, test := range []struct{ name, args, stdout, stderr, effect string }{
		{"yaml", "--file=DIR/yaml", "secret:" + newSecretID + "\n", "", `add (unit false) {} {"token":"MS41MA==","user":"bWU="}`},
		{"the file wins", "--file=DIR/json token=arg user=me", "secret:" + newSecretID + "\n", "", `add (unit false) {} {"token":"YWJj","user":"bWU="}`},
		{"a key's file", "token#file=DIR/key", "secret:" + newSecretID + "\n", "", `add (unit false) {} {"token":"Ygo="}`},
		{"nothing in it", "--file=DIR/empty", "", "empty secret value not valid", ""},
		{"no map", "--file=DIR/list", "", "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into map[string]string", ""},
		{"too large", "--file=DIR/big", "", `secret content in file "DIR/big" too large: 65537 bytes`, ""},
		{"a key's file too large", "token#file=DIR/big", "", `secret content in file "DIR/big" too large: 65537 bytes`, ""},
	} {
		f := newFake()
		fill := func(text string) string { return strings.ReplaceAll(text, "DIR", dir) }
		got := tools.Run(f, tools.Request{Name: "secret-add", Args: strings.Fields(fill(test.args)), Dir: "/"})
		want := ""
		if test.stderr != "" {
			want = "ERROR " + fill(test.stderr) + "\n"
		}
		if string(got.Stdout) != test.stdout || string(got.Stderr) != want || strings.Join(f.effects, "\n") != test.effect {
			t.Errorf("%s: got %q %q %v", test.name, got.Stdout, got.Stderr, f.effects)
		}
	}
}

func TestSecretSet(t *testing.T) {
	t.Parallel()
	const uri = "secret:" + secretID
	runTool(t, "secret-set", []toolTest{
		{juju: "3.6.1", name: "content", args: []string{uri, "token=abc"}, effects: []string{"update " + secretID + ` {} {"token":"YWJj"}`}},
		{juju: "4.0.1", name: "properties, outside relation hooks", hook: noRelation, args: []string{secretID, "--label=l", "--description", "d", "--rotate=never", "--expire=1h", "--owner=unit"}, effects: []string{"update " + secretID + ` {"label":"l","description":"d","rotate":"never","expire":"2026-01-01T01:00:00Z"} {}`}},
		{juju: "3.6.1", name: "nothing", args: []string{uri}, effects: []string{"update " + secretID + " {} {}"}},
		{juju: "3.6.1", name: "no secret", code: 2, stderr: "missing secret URI"},
		{juju: "3.6.1", name: "bad secret", args: []string{"bad"}, code: 2, stderr: `secret URI "bad" not valid`},
		{juju: "3.6.1", name: "bad key", args: []string{uri, "Token=x"}, code: 2, stderr: `key "Token" not valid`},
		{juju: "2.9.52", name: "not there", args: []string{uri}, code: 1, stderr: noSecrets + "secret-set"},
	})
}

func TestSecretGet(t *testing.T) {
	t.Parallel()
	const uri = "secret:" + secretID
	some := func(f *fake) {
		f.content = tools.SecretContent{}
		for key, value := range map[string]string{"number": "123", "pem": "-\na\n", "token": "abc"} {
			f.content[key] = base64.StdEncoding.EncodeToString([]byte(value))
		}
	}
	broken := func(f *fake) { some(f); f.content["junk"] = "?" }
	read := func(r string) []string { return []string{"read {" + r + "}"} }
	plain := read("ID:" + secretID + " Label: Peek:false Refresh:false")
	runTool(t, "secret-get", []toolTest{
		{juju: "3.6.1", name: "all", hook: some, args: []string{uri}, stdout: "number: \"123\"\npem: |\n  -\n  a\ntoken: abc\n", effects: plain},
		{juju: "4.0.1", name: "json", hook: some, args: []string{"--format=json", secretID}, stdout: `{"number":"123","pem":"-\na\n","token":"abc"}` + "\n", effects: plain},
		{juju: "3.6.1", name: "one key", hook: some, args: []string{uri, "number"}, stdout: "\"123\"\n", effects: plain},
		{juju: "3.6.1", name: "one key in base64", hook: some, args: []string{uri, "token#base64"}, stdout: "YWJj\n", effects: plain},
		{juju: "3.6.1", name: "missing key", hook: some, args: []string{uri, "x"}, code: 1, stderr: `secret key value "x" not found`, effects: plain},
		{juju: "3.6.1", name: "missing key in base64", hook: some, args: []string{uri, "x#base64"}, code: 1, stderr: `secret key value "x" not found`, effects: plain},
		{juju: "3.6.1", name: "junk is unreadable", hook: broken, args: []string{uri}, code: 1, stderr: "illegal base64 data at input byte 0", effects: plain},
		{juju: "3.6.1", name: "beside junk", hook: broken, args: []string{uri, "token"}, code: 1, stderr: "illegal base64 data at input byte 0", effects: plain},
		{juju: "3.6.1", name: "peek by label, outside relation hooks", hook: func(f *fake) { some(f); noRelation(f) }, args: []string{"--label=l", "--peek", "--format=json"}, stdout: `{"number":"123","pem":"-\na\n","token":"abc"}` + "\n", effects: read("ID: Label:l Peek:true Refresh:false")},
		{juju: "3.6.1", name: "relabel and refresh", hook: some, args: []string{uri, "token", "--label=l", "--refresh"}, stdout: "abc\n", effects: read("ID:" + secretID + " Label:l Peek:false Refresh:true")},
		{juju: "3.6.1", name: "denied", args: []string{otherSecretID}, code: 1, stderr: "permission denied", effects: read("ID:" + otherSecretID + " Label: Peek:false Refresh:false")},
		{juju: "3.6.1", name: "with the model's UUID", hook: some, args: []string{"secret://c0ffee00-0000-4000-8000-000000000000/" + secretID, "token"}, stdout: "abc\n", effects: plain},
		{juju: "3.6.1", name: "nothing", code: 2, stderr: "require either a secret URI or label"},
		{juju: "3.6.1", name: "a label and a key", args: []string{"--label=l", "token"}, code: 2, stderr: `secret URI "token" not valid`},
		{juju: "3.6.1", name: "peek and refresh", args: []string{uri, "--peek", "--refresh"}, code: 2, stderr: "specify one of --peek or --refresh but not both"},
		{juju: "3.6.1", name: "too many", args: []string{uri, "a", "b"}, code: 2, stderr: `unrecognized args: ["b"]`},
		{juju: "3.6.1", name: "not smart", args: []string{uri, "--format=smart"}, code: 2, stderr: `invalid value "smart" for option --format: unknown format "smart"`},
		{juju: "2.9.52", name: "not there", args: []string{uri}, code: 1, stderr: noSecrets + "secret-get"},
	})
}

func TestSecretGrant(t *testing.T) {
	t.Parallel()
	const uri = "secret:" + secretID
	runTool(t, "secret-grant", []toolTest{
		{juju: "3.6.1", name: "to the hook's application", args: []string{uri}, effects: []string{"grant " + secretID + ` in 3 to ""`}},
		{juju: "4.0.1", name: "to a unit of another relation", hook: noRelation, args: []string{uri, "-r", "12", "--unit", "ops/0"}, effects: []string{"grant " + secretID + ` in 12 to "ops/0"`}},
		{juju: "3.6.1", name: "a unit of another application", args: []string{uri, "--unit=ops/0"}, code: 2, stderr: `cannot specify unit "ops/0" in relation to application "kw"`},
		{juju: "3.6.1", name: "no unit", args: []string{uri, "--unit=bad"}, code: 2, stderr: `unit "bad" not valid`},
		{juju: "3.6.1", name: "no relation", hook: noRelation, args: []string{uri}, code: 2, stderr: "no relation id specified"},
		{juju: "3.6.1", name: "unknown relation", args: []string{uri, "--relation=99"}, code: 2, stderr: `invalid value "99" for option --relation: relation not found`},
		{juju: "3.6.1", name: "no secret", code: 2, stderr: "missing secret URI"},
		{juju: "3.6.1", name: "too many", args: []string{uri, "x"}, code: 2, stderr: `unrecognized args: ["x"]`},
		{juju: "2.9.52", name: "not there", args: []string{uri}, code: 1, stderr: noSecrets + "secret-grant"},
	})
}

func TestSecretRevoke(t *testing.T) {
	t.Parallel()
	const uri = "secret:" + secretID
	runTool(t, "secret-revoke", []toolTest{
		{juju: "3.6.1", name: "from the hook's application", args: []string{uri}, effects: []string{"revoke " + secretID + " from kw"}},
		{juju: "4.0.1", name: "from another relation's", args: []string{uri, "-r12"}, effects: []string{"revoke " + secretID + " from ops"}},
		{juju: "3.6.1", name: "from a unit", args: []string{uri, "--unit", "ops/0"}, effects: []string{"revoke " + secretID + " from ops/0"}},
		{juju: "3.6.1", name: "from an application, outside relation hooks", hook: noRelation, args: []string{uri, "--application=kw"}, effects: []string{"revoke " + secretID + " from kw"}},
		{juju: "3.6.1", name: "an application in a relation hook", args: []string{uri, "--app=kw"}, code: 2, stderr: "do not specify both relation and app"},
		{juju: "3.6.1", name: "both", hook: noRelation, args: []string{uri, "--app=kw", "--unit=kw/0"}, code: 2, stderr: "specify only one of application or unit"},
		{juju: "3.6.1", name: "bad application", args: []string{uri, "--app=BAD"}, code: 2, stderr: `application "BAD" not valid`},
		{juju: "3.6.1", name: "bad unit", args: []string{uri, "--unit=bad"}, code: 2, stderr: `unit "bad" not valid`},
		{juju: "3.6.1", name: "from nobody", hook: noRelation, args: []string{uri}, code: 2, stderr: "missing relation or application or unit"},
		{juju: "3.6.1", name: "no secret", code: 2, stderr: "missing secret URI"},
		{juju: "3.6.1", name: "too many", args: []string{uri, "x"}, code: 2, stderr: `unrecognized args: ["x"]`},
		{juju: "2.9.52", name: "not there", args: []string{uri}, code: 1, stderr: noSecrets + "secret-revoke"},
	})
}

func TestSecretRemove(t *testing.T) {
	t.Parallel()
	const uri = "secret:" + secretID
	runTool(t, "secret-remove", []toolTest{
		{juju: "3.6.1", name: "all", hook: noRelation, args: []string{uri}, effects: []string{"remove " + secretID + " revision 0"}},
		{juju: "4.0.1", name: "a revision", args: []string{"--revision=2", uri}, effects: []string{"remove " + secretID + " revision 2"}},
		{juju: "3.6.1", name: "no number", args: []string{uri, "--revision=x"}, code: 2, stderr: `invalid value "x" for option --revision: strconv.ParseInt: parsing "x": invalid syntax`},
		{juju: "3.6.1", name: "no secret", code: 2, stderr: "missing secret URI"},
		{juju: "3.6.1", name: "too many", args: []string{uri, "x"}, code: 2, stderr: `unrecognized args: ["x"]`},
		{juju: "2.9.52", name: "not there", args: []string{uri}, code: 1, stderr: noSecrets + "secret-remove"},
	})
}

func TestSecretIDs(t *testing.T) {
	t.Parallel()
	runTool(t, "secret-ids", []toolTest{
		{juju: "3.6.1", name: "all", hook: ownSecrets, stdout: secretID + "\n" + otherSecretID + "\n"},
		{juju: "4.0.1", name: "json, outside relation hooks", hook: func(f *fake) { ownSecrets(f); noRelation(f) }, args: []string{"--format=json"}, stdout: `["` + secretID + `","` + otherSecretID + `"]` + "\n"},
		{juju: "3.6.1", name: "none", stdout: ""},
		{juju: "3.6.1", name: "none as json", args: []string{"--format=json"}, stdout: "null\n"},
		{juju: "3.6.1", name: "argument", args: []string{"x"}, code: 2, stderr: `unrecognized args: ["x"]`},
		{juju: "2.9.52", name: "not there", code: 1, stderr: noSecrets + "secret-ids"},
	})
}

// ownSecrets gives the hook one secret with all properties and one with none.
func ownSecrets(f *fake) {
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	f.secrets = []tools.SecretInfo{
		{
			ID: secretID, Owner: "kcp", Label: "l", Description: "d", Rotate: "daily", Revision: 2, Expire: &at, NextRotate: &at,
			Access: []tools.SecretAccess{{Target: "application-kw", Scope: "relation-kw.a#kcp.b", Role: "view"}},
		},
		{ID: otherSecretID, Owner: "kcp/0", Revision: 1},
	}
}

func TestSecretInfoGet(t *testing.T) {
	t.Parallel()
	const uri = "secret:" + secretID
	const all = `{"` + secretID + `":{"revision":2,"label":"l","owner":"application","description":"d","rotation":"daily",` +
		`"expiry":"2030-01-02T03:04:05Z","rotates":"2030-01-02T03:04:05Z",` +
		`"access":[{"target":"application-kw","scope":"relation-kw.a#kcp.b","role":"view"}]}}` + "\n"
	runTool(t, "secret-info-get", []toolTest{
		{juju: "3.6.1", name: "by id", hook: ownSecrets, args: []string{uri, "--format=json"}, stdout: all},
		{juju: "4.0.1", name: "by label", hook: ownSecrets, args: []string{"--label=l", "--format=json"}, stdout: all},
		{juju: "3.6.1", name: "yaml, outside relation hooks", hook: func(f *fake) { ownSecrets(f); noRelation(f) }, args: []string{otherSecretID}, stdout: otherSecretID + ":\n  revision: 1\n  label: \"\"\n  owner: unit\n"},
		{juju: "3.6.1", name: "unknown", hook: ownSecrets, args: []string{newSecretID}, code: 1, stderr: `secret "` + newSecretID + `" not found`},
		{juju: "3.6.1", name: "unknown label", hook: ownSecrets, args: []string{"--label=x"}, code: 1, stderr: `secret "x" not found`},
		{juju: "3.6.1", name: "nothing", code: 2, stderr: "require either a secret URI or label"},
		{juju: "3.6.1", name: "both", args: []string{uri, "--label=l"}, code: 2, stderr: "specify either a secret URI or label but not both"},
		{juju: "3.6.1", name: "too many", args: []string{uri, "x"}, code: 2, stderr: `unrecognized args: ["x"]`},
		{juju: "2.9.52", name: "not there", args: []string{uri}, code: 1, stderr: noSecrets + "secret-info-get"},
	})
}

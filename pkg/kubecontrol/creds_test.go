package kubecontrol

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

func cred(scope Unit, generation int, tokens ...string) Credential {
	c := Credential{Scope: scope, Generation: generation}
	for i, to := range []*Token{&c.Kubelet, &c.Proxy, &c.Client} {
		if i < len(tokens) {
			*to = NewToken(tokens[i])
		}
	}
	return c
}

// INV-16: the bytes are those of Python's json.dumps(creds, sort_keys=True), which every peer reads.
func TestINV16EncodeCreds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		creds Creds
		want  string
	}{
		{nil, ""},
		{Creds{}, ""},
		{
			Creds{"u": cred("kw/0", 0, "k", "p", "c")},
			`{"u": {"client_token": "c", "kubelet_token": "k", "proxy_token": "p", "scope": "kw/0"}}`,
		},
		{
			Creds{"b": cred("kw/1", 7, "k"), "a": cred("kw/0", -1, "", "")},
			`{"a": {"client_token": null, "kubelet_token": "", "proxy_token": "", "scope": "kw/0"}, ` +
				`"b": {"client_token": null, "generation": 7, "kubelet_token": "k", "proxy_token": null, "scope": "kw/1"}}`,
		},
		{
			Creds{"\u00e9\U0001F600": cred("kw/0", 0, "<&>/'\x7f", "\b\f\n\r\t\x00\x1f\"\\", "\u2028\uffff\U0010FFFF")},
			`{"\u00e9\ud83d\ude00": {"client_token": "\u2028\uffff\udbff\udfff", "kubelet_token": "<&>/'` + "\x7f" + `", ` +
				`"proxy_token": "\b\f\n\r\t\u0000\u001f\"\\", "scope": "kw/0"}}`,
		},
	} {
		got := EncodeCreds(tt.creds)
		if got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
		if got == "" {
			continue
		}
		back, err := DecodeCreds(got)
		want := maps.Clone(tt.creds)
		for user, c := range want {
			c.Generation = max(c.Generation, 0)
			want[user] = c
		}
		if err != nil || !maps.Equal(back, want) {
			t.Errorf("read again: %v", err)
		}
	}
}

// INV-11: what is not well-formed is left out and named without its values; the rest stands.
func TestINV11DecodeCreds(t *testing.T) {
	t.Parallel()
	const good = `"good": {"scope": "kw/0", "kubelet_token": "k", "proxy_token": "p", "client_token": "c"}`
	rest := `, "proxy_token": "SECRET", "client_token": "SECRET"}`
	for _, tt := range []struct {
		text, users, want string
	}{
		{"", "", ""},
		{"{}", "", ""},
		{" \n{ } ", "", ""},
		{"{" + good + "}", "good", ""},
		{"{" + good + `, "x": {"scope": "kw/1", "kubelet_token": null` + rest + "}", "good x", ""},
		{"{" + good + `, "x": {"scope": "", "secret-id": "s:1", "more": [1], "kubelet_token": ""` + rest + "}", "good x", ""},
		{"{" + good + `, "x": "SECRET"}`, "good", `creds has bad entries: "x" is not an object`},
		{"{" + good + `, "x": null, "y": [1], "z": 5, "a": true}`, "good", `creds has bad entries: "a" is not an object, "x" is not an object, "y" is not an object, and 1 more`},
		{"{" + good + `, "x": {}}`, "good", `creds has bad entries: "x" has no text scope`},
		{"{" + good + `, "x": {"scope": null, "kubelet_token": "SECRET"` + rest + "}", "good", `creds has bad entries: "x" has no text scope`},
		{"{" + good + `, "x": {"scope": 7, "kubelet_token": "SECRET"` + rest + "}", "good", `creds has bad entries: "x" has no text scope`},
		{"{" + good + `, "x": {"scope": "kw/1"` + rest + "}", "good", `creds has bad entries: "x" has no kubelet_token`},
		{"{" + good + `, "x": {"scope": "kw/1", "kubelet_token": ["SECRET"]` + rest + "}", "good", `creds has bad entries: "x" has a kubelet_token that is not a text`},
		{`{"x\n\u001b[31m": 1}`, "", `creds has bad entries: "x\n\x1b[31m" is not an object`},
		{"SECRET", "", "creds is not a JSON object"},
		{`"SECRET"`, "", "creds is not a JSON object"},
		{"[]", "", "creds is not a JSON object"},
		{"null", "", "creds is not a JSON object"},
		{"{" + good, "", "creds is not a JSON object"},
		{"{" + good + "} SECRET", "", "creds is not a JSON object"},
		{strings.Repeat(`{"a":`, 100_000), "", "creds is not a JSON object"},
		{strings.Repeat("[", 10<<20), "", "creds is not a JSON object"},
		{strings.Repeat("\x00\xff", 5<<20), "", "creds is not a JSON object"},
	} {
		creds, err := DecodeCreds(tt.text)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if users := strings.Join(creds.Users(), " "); users != tt.users || got != tt.want {
			t.Errorf("%.80q: users %q, error %q\nwant %q, %q", tt.text, users, got, tt.users, tt.want)
		}
	}
}

func TestDecodeCredsFields(t *testing.T) {
	t.Parallel()
	for fields, want := range map[string]Credential{
		`"kubelet_token": "k", "proxy_token": null, "client_token": ""`:                         {Kubelet: NewToken("k"), Client: NewToken("")},
		`"kubelet_token": null, "proxy_token": null, "client_token": null, "generation": 3`:     {Generation: 3},
		`"kubelet_token": null, "proxy_token": null, "client_token": null, "generation": "3"`:   {},
		`"kubelet_token": null, "proxy_token": null, "client_token": null, "generation": null`:  {},
		`"kubelet_token": null, "proxy_token": null, "client_token": null, "generation": 1e400`: {},
		`"kubelet_token": "\ud83d\ude00", "proxy_token": null , "client_token": null`:           {Kubelet: NewToken("\U0001F600")},
	} {
		want.Scope = "kw/0"
		creds, err := DecodeCreds(`{"u": {"scope": "kw/0", ` + fields + `}}`)
		if err != nil || creds["u"] != want {
			t.Errorf("%s: %v, %v", fields, creds["u"], err)
		}
	}
}

func TestComplete(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		c    Credential
		want bool
	}{
		{cred("kw/0", 0), false},
		{cred("kw/0", 0, "", "", ""), false},
		{cred("kw/0", 0, "", "", "c"), true},
		{cred("kw/0", 0, "k"), true},
	} {
		if tt.c.Complete() != tt.want {
			t.Errorf("%v: not %v", tt.c, tt.want)
		}
	}
}

// INV-5: per user, an entry for ourselves beats others, then the generation, then the later master.
func TestINV5MergeCreds(t *testing.T) {
	t.Parallel()
	const self = Unit("kw/0")
	for name, tt := range map[string]struct {
		masters []Creds
		want    Creds
	}{
		"nobody":     {nil, Creds{}},
		"empty bags": {[]Creds{nil, {}, nil}, Creds{}},
		"an empty bag hides nothing": {
			[]Creds{{"u": cred(self, 0, "a")}, nil, {}},
			Creds{"u": cred(self, 0, "a")},
		},
		"users of both": {
			[]Creds{{"u": cred(self, 0, "a")}, {"v": cred("kw/1", 0, "b")}},
			Creds{"u": cred(self, 0, "a"), "v": cred("kw/1", 0, "b")},
		},
		"the later master": {
			[]Creds{{"u": cred(self, 0, "a")}, {"u": cred(self, 0, "b")}},
			Creds{"u": cred(self, 0, "b")},
		},
		"generation beats later": {
			[]Creds{{"u": cred(self, 2, "a")}, {"u": cred(self, 1, "b")}},
			Creds{"u": cred(self, 2, "a")},
		},
		"scope beats generation": {
			[]Creds{{"u": cred(self, 0, "a")}, {"u": cred("kw/1", 9, "b")}},
			Creds{"u": cred(self, 0, "a")},
		},
		"scope beats earlier": {
			[]Creds{{"u": cred("kw/1", 9, "b")}, {"u": cred(self, 0, "a")}},
			Creds{"u": cred(self, 0, "a")},
		},
	} {
		if got := MergeCreds(self, tt.masters); !maps.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

// A merge is that of its parts in order, so nothing depends on how many masters were seen at once.
func TestMergeCredsIsAssociative(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		rng := rand.New(rand.NewPCG(seed, 5))
		var masters []Creds
		for range rng.IntN(5) {
			c := Creds{}
			for range rng.IntN(3) {
				c[string(rune('u'+rng.IntN(2)))] = cred(Unit([]string{"kw/0", "kw/1"}[rng.IntN(2)]), rng.IntN(3), string(rune('a'+rng.IntN(26))))
			}
			masters = append(masters, c)
		}
		whole, cut := MergeCreds("kw/0", masters), 0
		if len(masters) > 0 {
			cut = rng.IntN(len(masters))
		}
		parts := MergeCreds("kw/0", []Creds{MergeCreds("kw/0", masters[:cut]), MergeCreds("kw/0", masters[cut:])})
		if !maps.Equal(whole, parts) {
			t.Fatalf("seed %d: %v in one, %v in parts", seed, whole, parts)
		}
	}
}

func FuzzDecodeCreds(f *testing.F) {
	for _, seed := range []string{
		"", "{}", "null", "[]", `{"u": {"client_token": "c", "generation": 7, "kubelet_token": null, "proxy_token": "", "scope": "kw/0"}}`,
		`{"u": 1, "v": {"scope": 1}}`, `{"\ud800": {"scope": "\u0000", "kubelet_token": "\ud83d\ude00", "proxy_token": "\"", "client_token": null}}`,
		"{\"a\":{\"a\":{\"a\":[", "\xff\x00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		creds, err := DecodeCreds(text)
		if err != nil && (!utf8.ValidString(err.Error()) || strings.ContainsAny(err.Error(), "\n\r\x00")) {
			t.Errorf("the error is no line of text: %q", err)
		}
		encoded := EncodeCreds(creds)
		if encoded != "" && !json.Valid([]byte(encoded)) {
			t.Fatalf("%q is written as %q", text, encoded)
		}
		for user, c := range creds {
			c.Generation = max(c.Generation, 0)
			creds[user] = c
		}
		again, err := DecodeCreds(encoded)
		if err != nil || !maps.Equal(again, creds) {
			t.Errorf("%q, written as %q, is read as another: %v", text, encoded, err)
		}
	})
}

func FuzzReadRequest(f *testing.F) {
	f.Add("system:node:a", "system:nodes", "True")
	f.Add("", "", "")
	f.Add("a\x00,\"\n", "\xff", "true")
	f.Fuzz(func(t *testing.T, user, group, gpu string) {
		r := ReadRequest(Bag{KeyKubeletUser: user, KeyAuthGroup: group, KeyGPU: gpu, "unit": user})
		if r != (Request{User: user, Group: group, GPU: gpu == "True"}) {
			t.Errorf("%+v", r)
		}
		valid := utf8.ValidString(user+" "+group) && !strings.Contains(user+group, "\x00")
		if err := r.Check(); (err == nil) != valid {
			t.Errorf("%+v: %v", r, err)
		}
		if n := NormalUser(user); NormalUser(n) != n {
			t.Errorf("%q is not normal", n)
		}
	})
}

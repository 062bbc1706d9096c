package kubecontrol

import (
	"maps"
	"testing"
)

// What the scanner takes, encoding/json reads in the same way and without an error.
func FuzzScanCreds(f *testing.F) {
	const entry = `{"client_token": "a", "kubelet_token": "b", "proxy_token": null, "scope": "kw/0"`
	for _, text := range []string{
		"{}", " { } ", `{"u": ` + entry + `}}`, `{"u": ` + entry + `, "secret-id": "secret:x", "generation": 7}}`, `{"u": ` + entry + `, "generation": 07}}`,
		`{"u": ` + entry + `, "scope": "kw/1"}, "u": ` + entry + `}}`, `{"u": ` + entry + `, "generation": 1e3}}`, `{"u":1}`, `{"u": ` + entry + `},}`, "{}x",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := scanCreds(text)
		if !ok {
			return
		}
		want, err := decodeCreds(text)
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("%q: %v, want %v, %v", text, got, want, err)
		}
	})
}

// What a master of ours writes is scanned.
func TestScannedCreds(t *testing.T) {
	t.Parallel()
	creds := Creds{"system:node:a": {Scope: "kw/0", Kubelet: NewToken("k"), Client: NewToken(""), SecretID: "secret:x", Generation: 3}}
	if got, ok := scanCreds(EncodeCreds(creds)); !ok || !maps.Equal(got, creds) {
		t.Errorf("%v, %t", got, ok)
	}
}

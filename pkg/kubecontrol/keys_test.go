package kubecontrol

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// INV-16: a table fixes the bytes on the wire.
func TestINV16KeysOfEachRole(t *testing.T) {
	t.Parallel()
	want := map[Role][]string{
		Master: {"port", "domain", "sdn-ip", "enable-kube-dns", "creds", "cluster-tag", "registry-location", "cohort-keys", "default-cni", "api-endpoints", "has-xcp", "taints", "labels", "ca-certificate-secret-id"},
		Worker: {"kubelet_user", "auth_group", "gpu", "schema_vers"},
	}
	got := map[Role][]string{}
	for _, k := range Keys() {
		got[k.Writer] = append(got[k.Writer], k.Name)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("keys (-want +got):\n%s", d)
	}
	for role, names := range want {
		want := strings.NewReplacer("creds ", "", " ca-certificate-secret-id", "", " schema_vers", "").Replace(strings.Join(names, " "))
		if got := strings.Join(SingleKeys(role), " "); got != want {
			t.Errorf("single keys of the %s: %q, want %q", role, got, want)
		}
	}
}

// The tables of docs/protocol.md are those of the code: keys, writers, and the simple commands.
func TestKeysAreThoseOfTheDocs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "## Databags")
	section, _, _ = strings.Cut(section, "\n## ")
	var got, want []string
	for line := range strings.Lines(section) {
		if cells := strings.Split(line, "|"); len(cells) > 3 && strings.HasPrefix(line, "| `") {
			writer, _, _ := strings.Cut(strings.TrimSpace(cells[2]), ",")
			got = append(got, strings.Trim(cells[1], " `")+" "+writer)
		}
	}
	for _, k := range Keys() {
		want = append(want, k.Name+" "+k.Writer.String())
		if row := "| `set-" + k.Command + " " + k.Usage() + "` | `get-" + k.Command + "` |\n"; k.Command != "" && !strings.Contains(string(text), row) {
			t.Errorf("docs/protocol.md lacks the row %s", row)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("keys (-code +docs):\n%s", d)
	}
}

func TestCheckValue(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxValue)
	for _, tt := range []struct {
		role       Role
		key, value string
		want       string // the error, "" for none
	}{
		{Master, "port", "53", ""},
		{Master, "port", "1", ""},
		{Master, "port", "65535", ""},
		{Master, "port", "", ""},
		{Master, "port", "0", `port "0" is not a port from 1 to 65535`},
		{Master, "port", "65536", `port "65536" is not a port from 1 to 65535`},
		{Master, "port", "dns", `port "dns" is not a port from 1 to 65535`},
		{Master, "port", " 53", `port " 53" is not a port from 1 to 65535`},
		{Master, "port", "+53", `port "+53" is not a port from 1 to 65535`},
		{Master, "port", "053", `port "053" is not a port from 1 to 65535`},
		{Master, "enable-kube-dns", "True", ""},
		{Master, "enable-kube-dns", "False", ""},
		{Master, "enable-kube-dns", "true", `enable-kube-dns "true" is neither True nor False`},
		{Worker, "gpu", "TRUE", `gpu "TRUE" is neither True nor False`},
		{Worker, "gpu", "True", ""},
		{Master, "domain", "cluster.local", ""},
		{Master, "has-xcp", "true", ""},
		{Master, "has-xcp", "True", `has-xcp "True" is neither true nor false`},
		{Master, "default-cni", `""`, ""},
		{Master, "default-cni", "calico", "default-cni is not a JSON string"},
		{Master, "default-cni", "null", "default-cni is not a JSON string"},
		{Master, "cohort-keys", `{"kubelet": "k"}`, ""},
		{Master, "cohort-keys", `{}`, ""},
		{Master, "cohort-keys", `null`, "cohort-keys is not a JSON object of texts"},
		{Master, "cohort-keys", `{"kubelet": 5}`, "cohort-keys is not a JSON object of texts"},
		{Master, "cohort-keys", `{"kubelet": null}`, `cohort-keys has null under "kubelet"`},
		{Master, "api-endpoints", `["https://10.0.0.1:6443"]`, ""},
		{Master, "api-endpoints", `["10.0.0.1:6443"]`, `api-endpoints has "10.0.0.1:6443", which is not a URL`},
		{Master, "taints", "[]", ""},
		{Master, "taints", `["a=b:NoSchedule"]`, ""},
		{Master, "taints", `["a"]`, `taints has "a", which has no effect`},
		{Master, "labels", `a=b`, "labels is not a JSON array of texts"},
		{Master, "sdn-ip", "2001:db8::a", ""},
		{Master, "cluster-tag", "kubernetes-\u00e9", `cluster-tag "kubernetes-\u00e9" is not a name of letters, digits, dots and dashes`},
		{Master, "registry-location", long, ""},
		{Master, "registry-location", long + "x", "registry-location is longer than 1024 bytes"},
		{Worker, "kubelet_user", "a\x00b", "kubelet_user is not UTF-8 text without NUL"},
		{Worker, "auth_group", "a\xff", "auth_group is not UTF-8 text without NUL"},
		{Master, "creds", "{}", `"creds" is not a key that a master writes`},
		{Master, "gpu", "True", `"gpu" is not a key that a master writes`},
		{Worker, "port", "", `"port" is not a key that a worker writes`},
		{Worker, "private-address", "10.0.0.1", `"private-address" is not a key that a worker writes`},
	} {
		got := ""
		if err := CheckValue(tt.role, tt.key, tt.value); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s %s=%.20q: %q, want %q", tt.role, tt.key, tt.value, got, tt.want)
		}
	}
}

// INV-16: reading is tolerant, gpu is a GPU only as exactly True.
func TestINV16ReadRequest(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		bag  Bag
		want Request
	}{
		{nil, Request{}},
		{Bag{"kubelet_user": "u"}, Request{User: "u"}},
		{Bag{"kubelet_user": "u", "auth_group": "g", "gpu": "True"}, Request{User: "u", Group: "g", GPU: true}},
		{Bag{"kubelet_user": "u", "schema_vers": "[0, 1]"}, Request{User: "u", Secrets: true, Versioned: true}},
		{Bag{"schema_vers": `["1"]`}, Request{Secrets: true, Versioned: true}},
		{Bag{"schema_vers": "[0, 11]"}, Request{Versioned: true}},
		{Bag{"schema_vers": "null"}, Request{Versioned: true}},
		{Bag{"schema_vers": "1"}, Request{Versioned: true}},
		{Bag{"kubelet_user": "12345", "auth_group": "g", "unit": "x", "schema_vers": "[0,"}, Request{User: "12345", Group: "g", Versioned: true}},
		{Bag{"gpu": "true"}, Request{}},
		{Bag{"gpu": "TRUE"}, Request{}},
		{Bag{"gpu": "1"}, Request{}},
		{Bag{"gpu": `"True"`}, Request{}},
		{Bag{"gpu": " True "}, Request{}},
		{Bag{"gpu": "False"}, Request{}},
	} {
		if got := ReadRequest(tt.bag); got != tt.want {
			t.Errorf("%v: %+v, want %+v", tt.bag, got, tt.want)
		}
	}
}

func TestRequestCheck(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		request Request
		want    string
	}{
		{Request{}, ""},
		{Request{User: "a,\"b\"\n", Group: "--file=/etc/shadow"}, ""},
		{Request{User: "a\x00"}, "kubelet_user is not UTF-8 text without NUL"},
		{Request{Group: "\xff"}, "auth_group is not UTF-8 text without NUL"},
		{Request{User: "\xff", Group: "\xff"}, "kubelet_user is not UTF-8 text without NUL"},
	} {
		for range 8 { // the same words each time
			got := ""
			if err := tt.request.Check(); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("%+v: %q, want %q", tt.request, got, tt.want)
			}
		}
	}
}

// INV-26: names are compared after they are normalised.
func TestINV26NormalUser(t *testing.T) {
	t.Parallel()
	for user, want := range map[string]string{
		"system:node:Node-A.Example": "system:node:node-a.example",
		"system:node:node-a":         "system:node:node-a",
		"System:Node:A":              "System:Node:A",
		"Admin":                      "Admin",
		"":                           "",
	} {
		if got := NormalUser(user); got != want {
			t.Errorf("%q: %q, want %q", user, got, want)
		}
	}
}

// Package specification holds the interface's specification in docs/interface, which has the form of the catalogue of
// interfaces, to the table of the wire and to recorded databags.
package specification

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

var update = flag.Bool("update", false, "write the schemas")

const folder = "../../docs/interface/kube-control"

// side is one side of the interface, as the catalogue names it.
type side struct {
	name  string
	role  kubecontrol.Role
	title string
}

func sides() []side {
	return []side{{"provider", kubecontrol.Master, "a unit of the control plane"}, {"requirer", kubecontrol.Worker, "a unit that asks for credentials"}}
}

func schemaFile(version int, s side) string {
	return filepath.Join(folder, fmt.Sprintf("v%d", version), "schemas", s.name+".json")
}

// object is JSON with its keys in a fixed order.
type object []member

type member struct {
	key   string
	value any
}

// MarshalJSON implements json.Marshaler.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%q:%s", m.key, value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// TestSchemasAreThoseOfTheTable writes the schemas of both sides and versions from the table of the wire, and compares them.
func TestSchemasAreThoseOfTheTable(t *testing.T) {
	t.Parallel()
	for version := range 2 {
		for _, s := range sides() {
			compact, err := json.Marshal(schemaOf(version, s))
			if err != nil {
				t.Fatal(err)
			}
			var want bytes.Buffer
			if err := json.Indent(&want, compact, "", "  "); err != nil {
				t.Fatal(err)
			}
			want.WriteByte('\n')
			file := schemaFile(version, s)
			if *update {
				if err := os.WriteFile(file, want.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			got, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want.String(), string(got)); diff != "" {
				t.Errorf("%s (-table +file):\n%s", file, diff)
			}
		}
	}
}

// schemaOf is the schema of one side's databag. Other keys, such as Juju's own, are allowed.
func schemaOf(version int, s side) object {
	var properties object
	for _, key := range kubecontrol.Keys() {
		if key.Writer == s.role && (version == 1 || key.Name != kubecontrol.KeyCASecretID) {
			properties = append(properties, member{key.Name, valueOf(version, key)})
		}
	}
	return object{
		{"$schema", "https://json-schema.org/draft/2020-12/schema"},
		{"title", fmt.Sprintf("kube-control v%d, %s", version, s.name)},
		{"description", fmt.Sprintf("The unit databag of %s. Each value is a text; where contentMediaType is application/json, the text is JSON.", s.title)},
		{"type", "object"},
		{"additionalProperties", object{{"type", "string"}}},
		{"properties", properties},
	}
}

// valueOf is the schema of a key's text.
func valueOf(version int, key kubecontrol.Key) object {
	text := object{{"description", describe(key)}, {"type", "string"}}
	content := func(schema object) object {
		return append(text, member{"contentMediaType", "application/json"}, member{"contentSchema", schema})
	}
	texts := object{{"type", "string"}}
	switch {
	case key.Name == kubecontrol.KeyCreds:
		return content(object{{"type", "object"}, {"additionalProperties", credential(version)}})
	case key.Name == kubecontrol.KeySchemaVers:
		return content(object{{"type", "array"}, {"items", object{{"type", "integer"}}}, {"contains", object{{"const", version}}}})
	case key.Name == kubecontrol.KeyPort:
		return append(text, member{"pattern", "^[0-9]+$"})
	case key.Name == kubecontrol.KeyKubeletUser:
		return append(text, member{"minLength", 1})
	case key.Name == kubecontrol.KeyCASecretID:
		return append(text, member{"pattern", "^secret:"})
	}
	switch key.Codec {
	case kubecontrol.TitleBool:
		return append(text, member{"enum", []string{"True", "False"}})
	case kubecontrol.LowerBool:
		return content(object{{"type", "boolean"}})
	case kubecontrol.JSONText:
		return content(texts)
	case kubecontrol.JSONList:
		return content(object{{"type", "array"}, {"items", texts}})
	case kubecontrol.JSONObject:
		return content(object{{"type", "object"}, {"additionalProperties", texts}})
	}
	return text
}

// describe is what a key means.
func describe(key kubecontrol.Key) string {
	about := map[string]string{
		kubecontrol.KeyPort: "the port of the cluster's DNS", kubecontrol.KeyDomain: "the domain of the cluster's DNS",
		kubecontrol.KeySDNIP: "the address of the cluster's DNS", kubecontrol.KeyEnableKubeDNS: "whether the cluster has a DNS",
		kubecontrol.KeyCreds: "the credentials by user, published by the leader alone", kubecontrol.KeyCohortKeys: "the cohort keys by snap",
		kubecontrol.KeyCASecretID: "the secret with the cluster's CA certificate", kubecontrol.KeyKubeletUser: "the user that this unit asks for",
		kubecontrol.KeyAuthGroup: "the group that the user is to be in; system:nodes if absent", kubecontrol.KeyGPU: "whether the unit has a GPU",
		kubecontrol.KeySchemaVers: "the versions that this unit reads",
	}
	text := about[key.Name]
	if text == "" {
		text = key.About
	}
	return fmt.Sprintf("%s%s. Since %s.", strings.ToUpper(text[:1]), text[1:], key.Since)
}

// credential is one user's entry in creds. From version 1 on its tokens can be in a secret.
func credential(version int) object {
	token := object{{"type", []string{"string", "null"}}}
	properties := object{
		{"scope", object{{"description", "The unit that the entry is for."}, {"type", "string"}}},
		{"kubelet_token", token},
		{"proxy_token", token},
		{"client_token", token},
		{"generation", object{{"description", "Of two entries for a unit, the higher wins."}, {"type", "integer"}}},
	}
	required := []string{"scope", "kubelet_token", "proxy_token", "client_token"}
	if version == 1 {
		properties = append(properties, member{"secret-id", object{
			{"description", "The secret with the tokens, whose texts here are then empty."}, {"type", "string"}, {"pattern", "^secret:"},
		}})
	}
	return object{{"type", "object"}, {"required", required}, {"properties", properties}}
}

// TestRecordedBagsFit holds each databag of the recorded peers to the schema of its version, or to the list of deviations.
func TestRecordedBagsFit(t *testing.T) {
	t.Parallel()
	compiler := jsonschema.NewCompiler()
	compiler.AssertContent()
	schemas := map[string]*jsonschema.Schema{}
	for version := range 2 {
		for _, s := range sides() {
			schema, err := compiler.Compile(schemaFile(version, s))
			if err != nil {
				t.Fatal(err)
			}
			schemas[fmt.Sprintf("%s v%d", s.name, version)] = schema
		}
	}
	known, unused := deviations(t), map[string]bool{}
	for name := range known {
		unused[name] = true
	}
	n := 0
	for name, bag := range recordedBags(t) {
		n++
		got := invalidKeys(schemas[bag.schema], bag.value)
		delete(unused, name)
		if want := known[name]; got != want {
			t.Errorf("%s: invalid by %s is %q, and deviations.txt has %q", name, bag.schema, got, want)
		}
	}
	for name := range unused {
		t.Errorf("deviations.txt has %s, which is no recorded bag", name)
	}
	if n < 500 {
		t.Errorf("there are %d bags", n)
	}
}

// invalidKeys are the keys of a databag that do not fit, sorted. Each is held to the schema alone.
func invalidKeys(schema *jsonschema.Schema, bag map[string]any) string {
	var keys []string
	for _, key := range slices.Sorted(maps.Keys(bag)) {
		if schema.Validate(map[string]any{key: bag[key]}) != nil {
			keys = append(keys, key)
		}
	}
	return strings.Join(keys, ",")
}

// bag is a databag with the schema that it must fit.
type bag struct {
	schema string
	value  map[string]any
}

// recordedBags are all databags that the recorded peers wrote or read, by case, side and unit.
func recordedBags(t *testing.T) map[string]bag {
	t.Helper()
	bags := map[string]bag{}
	err := filepath.WalkDir("../vectors", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".json" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var scenario struct {
			Peer  string `json:"peer"`
			Side  string `json:"side"`
			Cases []struct {
				Name      string `json:"name"`
				Relations []struct {
					ID          string                       `json:"id"`
					Local       map[string]string            `json:"local"`
					RemoteUnits map[string]map[string]string `json:"remote_units"`
				} `json:"relations"`
				Expect struct {
					Published map[string]map[string]string `json:"published"`
				} `json:"expect"`
			} `json:"cases"`
		}
		if err := json.Unmarshal(text, &scenario); err != nil {
			return fmt.Errorf("cannot read %s: %w", path, err)
		}
		local, remote := "provider", "requirer"
		if scenario.Side == "worker" {
			local, remote = remote, local
		}
		for _, c := range scenario.Cases {
			for _, r := range c.Relations {
				bags[strings.Join([]string{c.Name, r.ID, "local"}, " ")] = newBag(local, r.Local)
				for unit, settings := range r.RemoteUnits {
					bags[strings.Join([]string{c.Name, r.ID, unit}, " ")] = newBag(remote, settings)
				}
			}
			for id, settings := range c.Expect.Published {
				bags[strings.Join([]string{c.Name, id, "published"}, " ")] = newBag(local, settings)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return bags
}

// newBag finds the version of a databag: 1 if it has a secret, or reads version 1.
func newBag(side string, settings map[string]string) bag {
	value := map[string]any{}
	for key, text := range settings {
		if text != "" { // Juju deletes such a key
			value[key] = text
		}
	}
	version := 0
	if strings.Contains(settings[kubecontrol.KeyCreds], "secret-id") || settings[kubecontrol.KeyCASecretID] != "" || strings.Contains(settings[kubecontrol.KeySchemaVers], "1") {
		version = 1
	}
	return bag{fmt.Sprintf("%s v%d", side, version), value}
}

// deviations are the keys of recorded bags that do not fit, by the bag's name. The reason stands above them in the file.
func deviations(t *testing.T) map[string]string {
	t.Helper()
	f, err := os.Open("deviations.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	known := map[string]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, keys, ok := strings.Cut(lines.Text(), ": "); ok && !strings.HasPrefix(name, "#") {
			known[name] = keys
		}
	}
	return known
}

// TestExamplesOfTheReadmeFit holds the JSON in each README to the schemas beside it.
func TestExamplesOfTheReadmeFit(t *testing.T) {
	t.Parallel()
	for version := range 2 {
		text, err := os.ReadFile(filepath.Join(folder, fmt.Sprintf("v%d", version), "README.md"))
		if err != nil {
			t.Fatal(err)
		}
		blocks := strings.Split(string(text), "```json\n")[1:]
		if len(blocks) != 2 {
			t.Fatalf("v%d has %d examples", version, len(blocks))
		}
		for i, s := range slices.Backward(sides()) { // the requirer comes first
			example, _, _ := strings.Cut(blocks[1-i], "```")
			compiler := jsonschema.NewCompiler()
			compiler.AssertContent()
			schema, err := compiler.Compile(schemaFile(version, s))
			if err != nil {
				t.Fatal(err)
			}
			value, err := jsonschema.UnmarshalJSON(strings.NewReader(example))
			if err == nil {
				err = schema.Validate(value)
			}
			if err != nil {
				t.Errorf("v%d, %s: %v", version, s.name, err)
			}
		}
	}
}

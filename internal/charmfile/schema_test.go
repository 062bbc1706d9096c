package charmfile_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/internal/charmfile"
)

// object is what a JSON schema says of an object.
type object struct {
	AdditionalProperties *bool             `json:"additionalProperties"`
	Properties           map[string]object `json:"properties"`
	Required             []string          `json:"required"`
	Items                *object           `json:"items"`
	Enum                 []string          `json:"enum"`
}

// The published schema of kube-control.yaml has exactly the keys that the parser reads.
func TestSchemaHasTheKeysOfTheParser(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/schemas/kube-control.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema object
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	handler := schema.Properties["handlers"].Items
	if handler == nil {
		t.Fatal("the schema has no handlers")
	}
	for _, test := range []struct {
		of   object
		want []string
	}{{schema, charmfile.SettingsKeys()}, {*handler, charmfile.HandlerKeys()}} {
		if diff := cmp.Diff(test.want, slices.Sorted(maps.Keys(test.of.Properties))); diff != "" {
			t.Errorf("keys (-parser +schema):\n%s", diff)
		}
		if test.of.AdditionalProperties == nil || *test.of.AdditionalProperties {
			t.Error("the schema allows unknown keys")
		}
	}
	for _, operator := range schema.Properties["operator"].Enum {
		if _, problems := charmfile.ParseSettings([]byte("operator: '" + operator + "'\n")); len(problems) > 0 {
			t.Errorf("operator %q: %v", operator, problems)
		}
	}
	if _, problems := charmfile.ParseSettings([]byte("handlers: [{}]\n")); len(problems) != len(handler.Required) {
		t.Errorf("the schema requires %v, and the parser: %v", handler.Required, problems)
	}
}

package cli_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/cli"
)

// damageable makes a model with all that a model can have, in a data directory of its own.
func damageable(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	for name, text := range map[string]string{
		"db/metadata.yaml":  "name: db\nsummary: s\ndescription: d\nprovides: {db: {interface: db}}\npeers: {cluster: {interface: p}}\n",
		"db/config.yaml":    "options: {size: {type: int, default: 1}}\n",
		"web/metadata.yaml": "name: web\nsummary: s\ndescription: d\nrequires: {db: {interface: db}}\n",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"--seed", "7", "deploy", filepath.Join(dir, "db"), "-n", "2", "--config", "size=2"},
		{"deploy", filepath.Join(dir, "web"), "-n", "2"},
		{"integrate", "db", "web"},
		{"settle"},
		{"exec", "--unit", "db/0", "--", "relation-set -r db:1 --app a=b; state-set k=v; open-port 80; leader-set l=m; " +
			"id=$(secret-add --label mine token=value); secret-grant -r db:1 $id; relation-set -r db:1 id=$id"},
		{"settle"},
		{"exec", "--unit", "web/0", "--", "secret-get $(relation-get -r db:1 id db/0)"},
		{"exec", "--unit", "db/0", "--", "secret-set $(secret-ids) token=other"},
		{"remove-unit", "web/1"},
		{"agent", "web/1", "stop"},
		{"fail-tool", "db/1", "3"},
	} {
		if code, _, stderr := simulate(data, args...); code != 0 {
			t.Fatalf("%q: exit code %d, %s", args, code, stderr)
		}
	}
	return data
}

// simulate runs jujusim in this process. A panic has the exit code -1.
func simulate(data string, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	defer func() {
		if p := recover(); p != nil {
			code, stderr = -1, fmt.Sprint(p)
		}
	}()
	env := func(name string) string {
		return map[string]string{"JUJUSIM_DATA": data, "JUJUSIM_MACHINE": "none", "PATH": os.Getenv("PATH")}[name]
	}
	code = cli.Main(append([]string{"jujusim"}, args...), env, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// damages are copies of a document that differ from it in one node each: gone, null, or another value of the same type.
func damages(node any, rest func(any) any, path string) map[string]any {
	found := map[string]any{path + " null": rest(nil)}
	merge := func(more map[string]any) { maps.Copy(found, more) }
	switch node := node.(type) {
	case map[string]any:
		for key, value := range node {
			put := func(v any) any {
				changed := maps.Clone(node)
				changed[key] = v
				return rest(changed)
			}
			without := maps.Clone(node)
			delete(without, key)
			found[path+"."+key+" gone"] = rest(without)
			renamed := maps.Clone(without)
			renamed[key+"1"] = value
			found[path+"."+key+" renamed"] = rest(renamed)
			merge(damages(value, put, path+"."+key))
		}
	case []any:
		for i, value := range node {
			put := func(v any) any {
				changed := slices.Clone(node)
				changed[i] = v
				return rest(changed)
			}
			at := fmt.Sprintf("%s[%d]", path, i)
			found[at+" gone"] = rest(slices.Delete(slices.Clone(node), i, i+1))
			merge(damages(value, put, at))
		}
	case string:
		found[path+" other"], found[path+" empty"] = rest(node+"x"), rest("")
	case float64:
		found[path+" negative"], found[path+" zero"], found[path+" large"] = rest(-2.0), rest(0.0), rest(9e15)
	case bool:
		found[path+" other"] = rest(!node)
	}
	return found
}

// Row 117: a model.json that was changed by hand, in whichever node, is refused or used. It never ends in a panic.
func TestRow117DamagedModel(t *testing.T) {
	t.Parallel()
	data := damageable(t)
	text, err := os.ReadFile(filepath.Join(data, "model.json"))
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	refuses := func(dir, stderr string) bool {
		return strings.HasPrefix(stderr, "ERROR cannot use "+filepath.Join(dir, "model.json")+": ") &&
			strings.HasSuffix(stderr, "; remove "+dir+" to start afresh\n") && strings.Count(stderr, "\n") == 1
	}
	all := damages(document, func(v any) any { return v }, "")
	refused := 0
	for _, name := range slices.Sorted(maps.Keys(all)) {
		damaged, err := json.Marshal(all[name])
		if err != nil {
			t.Fatal(err)
		}
		own := t.TempDir() // a panic keeps the lock of its data directory
		err = os.WriteFile(filepath.Join(own, "model.json"), damaged, 0o600)
		for _, shared := range []string{"charms", "tools"} { // tools because making its links takes half the time of this test
			err = errors.Join(err, os.Symlink(filepath.Join(data, shared), filepath.Join(own, shared)))
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, command := range []string{"status --relations", "show-unit db/0", "config db size=3", "update-status", "settle", "add-unit web", "remove-application db", "settle", "status"} {
			code, _, stderr := simulate(own, strings.Fields(command)...)
			if code != 0 && code != 1 {
				t.Errorf("%s: jujusim %s ended with %d: %.200s", name, command, code, stderr)
				break
			}
			if refuses(own, stderr) {
				refused++
				break
			}
		}
	}
	if refused < len(all)/10 {
		t.Errorf("only %d of %d were refused", refused, len(all))
	}
	for name, text := range map[string]string{"nothing": "", "half": string(text[:len(text)/2]), "a list": "[]", "not JSON": "model", "null": "null", "no agents": `{"model": {}}`} {
		if err := os.WriteFile(filepath.Join(data, "model.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, _, stderr := simulate(data, "status"); code != 1 || !refuses(data, stderr) {
			t.Errorf("%s: exit code %d, %s", name, code, stderr)
		}
	}
}

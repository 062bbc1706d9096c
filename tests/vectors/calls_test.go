package vectors

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/tests/world"
)

// skipped stands for a call that is not compared.
const skipped = "(not compared)"

// failed stands for a call that raised an error.
const failed = "(error)"

// call runs one recorded call as a command in the same hook context, and gives its answer in the recording's terms.
func (c *testCase) call(t *testing.T, run *world.Run, call []any, recorded map[string]any) any {
	t.Helper()
	if _, ok := recorded["skipped"]; ok {
		return skipped // the charm's handler did not run
	}
	name := call[0].(string)
	var args []any
	if len(call) > 1 {
		args, _ = call[1].([]any)
	}
	switch name {
	case "auth_user", "@auth_requests":
		var list []any
		return ask(run, &list, "auth-user")
	case "get_auth_credentials":
		var creds any
		return ask(run, &creds, "get-auth-credentials", args[0].(string), "--reveal")
	case "get_dns":
		var dns map[string]any
		answer := ask(run, &dns, "get-dns")
		delete(dns, "private-address")
		return answer
	case "dns_ready":
		var dns map[string]any
		ask(run, &dns, "get-dns")
		return dns["enable-kube-dns"] != nil
	case "get_cluster_tag", "get_registry_location", "get_default_cni", "get_api_endpoints", "get_controller_taints", "get_controller_labels", "get_gpu",
		"get_ca_certificate":
		var value any
		return ask(run, &value, strings.ReplaceAll(name, "_", "-"))
	case "@cohort_keys", "@has_xcp":
		var value any
		return ask(run, &value, map[string]string{"@cohort_keys": "get-cohort-keys", "@has_xcp": "get-has-xcp"}[name])
	case "set_cohort_keys":
		return setCohortKeys(t, run, args[0])
	case "closed_auth_creds":
		var closed []map[string]any
		ask(run, &closed, "closed-auth-creds")
		answer := []any{}
		for _, c := range closed { // the command has one name for a unit everywhere; the peer calls it scope here
			answer = append(answer, map[string]any{"scope": c["unit"], "user": c["user"], "generation": c["generation"]})
		}
		return answer
	case "evaluate_relation", "@is_ready":
		return readiness(t, run, name)
	case "sign_auth_request":
		return sign(t, run, args)
	case "set_ca_certificate":
		if res := run.Program(toPEM(args[0].(string)), "kube-control", "set-ca-certificate", "-"); res.Code != 0 {
			return failed
		}
		return nil
	}
	argv := commandOf(name, args, keywords(call))
	if argv == nil {
		return skipped
	}
	if res := run.Command(argv...); res.Code != 0 {
		return failed
	}
	return nil
}

// ask runs a command that prints JSON. The answer no is null with exit code 3.
func ask(run *world.Run, to any, argv ...string) any {
	res := run.Command(append(argv, "--format", "json")...)
	no := res.Code == 3 && res.Stdout == "null\n"
	if res.Code != 0 && !no || json.Unmarshal([]byte(res.Stdout), to) != nil {
		return failed
	}
	switch v := to.(type) {
	case *[]any:
		return *v
	case *map[string]any:
		return *v
	case *any:
		return *v
	}
	return to
}

// readiness is evaluate's answer in the recording's terms: what ops waits for it never says.
func readiness(t *testing.T, run *world.Run, name string) any {
	t.Helper()
	var answer struct {
		Ready   bool
		Message string
	}
	res := run.Command("evaluate", "--format", "json")
	if err := json.Unmarshal([]byte(res.Stdout), &answer); err != nil {
		t.Fatalf("evaluate exits %d: %s", res.Code, res.Stderr)
	}
	switch {
	case name == "@is_ready":
		return answer.Ready
	case answer.Ready:
		return nil
	case strings.HasPrefix(answer.Message, "Missing"):
		return answer.Message
	}
	return "Waiting for kube-control relation"
}

// commandOf is the command line of a setter, nil for a method that is not compared.
func commandOf(name string, args []any, kw map[string]any) []string {
	arg := func(i int) string {
		if i < len(args) {
			return text(args[i])
		}
		return ""
	}
	switch name {
	case "set_dns":
		if args[0] != nil && args[1] != nil {
			return []string{"set-dns", arg(0), arg(1), arg(2), "--enable-kube-dns=" + arg(3)}
		}
		return []string{"set-dns", "--port=" + arg(0), "--domain=" + arg(1), "--sdn-ip=" + arg(2), "--enable-kube-dns=" + arg(3)}
	case "set_dns_port":
		return []string{"set-dns", "--port=" + arg(0)}
	case "set_dns_domain":
		return []string{"set-dns", "--domain=" + arg(0)}
	case "set_dns_address":
		return []string{"set-dns", "--sdn-ip=" + arg(0)}
	case "set_dns_enabled":
		return []string{"set-dns", "--enable-kube-dns=" + arg(0)}
	case "set_cluster_tag", "set_cluster_name":
		return []string{"set-cluster-tag", arg(0)}
	case "set_registry_location", "set_image_registry":
		return []string{"set-registry-location", arg(0)}
	case "set_default_cni":
		return []string{"set-default-cni", arg(0)}
	case "set_has_xcp", "set_has_external_cloud_provider":
		return []string{"set-has-xcp", arg(0)}
	case "set_api_endpoints":
		return append([]string{"set-api-endpoints", "--"}, texts(args)...)
	case "set_controller_taints", "set_taints":
		return append([]string{"set-controller-taints", "--"}, texts(args)...)
	case "set_controller_labels", "set_labels":
		return append([]string{"set-controller-labels", "--"}, texts(args)...)
	case "flush_departed":
		return []string{"flush-departed"}
	case "clear_creds":
		return []string{"clear-creds"}
	case "set_gpu":
		if len(args) == 0 {
			return []string{"set-gpu"}
		}
		return []string{"set-gpu", arg(0)}
	case "set_auth_request":
		group, named := kw["group"]
		if len(args) > 1 {
			group, named = args[1], true
		}
		argv := []string{"set-auth-request"}
		if named {
			argv = append(argv, "--group="+text(group))
		}
		return append(argv, "--", arg(0))
	case "flag:clear":
		if arg(0) == "kube-control.requests.changed" {
			return []string{"flags", "clear", arg(0)}
		}
	}
	return nil
}

// texts are the members of a recorded list, or the one text in its place.
func texts(args []any) []string {
	list, ok := args[0].([]any)
	if !ok {
		list = args
	}
	words := make([]string, 0, len(list))
	for _, item := range list {
		words = append(words, text(item))
	}
	return words
}

func setCohortKeys(t *testing.T, run *world.Run, keys any) any {
	t.Helper()
	stdin, err := json.Marshal(keys)
	if err != nil {
		t.Fatal(err)
	}
	if res := run.Program(string(stdin), "kube-control", "set-cohort-keys"); res.Code != 0 {
		return failed
	}
	return nil
}

// sign runs sign_auth_request in either form: scope, user and tokens, or ops' request object with client, kubelet, proxy.
func sign(t *testing.T, run *world.Run, args []any) any {
	t.Helper()
	argv, tokens := []string{"sign-auth-request", "--"}, map[string]any{}
	if request, ok := args[0].(map[string]any); ok {
		if unit, ok := request["$unit"]; ok {
			argv = append(argv, unit.(string))
		} else {
			inner := request["$request"].(map[string]any)
			argv = append(argv, text(inner["unit"]), text(inner["kubelet_user"]))
		}
		tokens["client_token"], tokens["kubelet_token"], tokens["proxy_token"] = args[1], args[2], args[3]
	} else {
		argv = append(argv, args[0].(string), args[1].(string))
		tokens["kubelet_token"], tokens["proxy_token"], tokens["client_token"] = args[2], args[3], args[4]
	}
	stdin, err := json.Marshal(tokens)
	if err != nil {
		t.Fatal(err)
	}
	if res := run.Program(string(stdin), append([]string{"kube-control"}, argv...)...); res.Code != 0 {
		return failed
	}
	return nil
}

func keywords(call []any) map[string]any {
	if len(call) < 3 {
		return nil
	}
	kw, _ := call[2].(map[string]any)
	return kw
}

// text is Python's str() of a recorded argument, "" for None.
func text(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// wanted is the recorded answer of call i in our terms; of several recorded ones that which we gave, if any.
func (c *testCase) wanted(i int, got any) any {
	want := c.translate(i, c.Expect.Returns, got)
	for _, returns := range c.Expect.Alternatives {
		if other := c.translate(i, returns, got); equal(other, got) {
			return other
		}
	}
	return want
}

func equal(a, b any) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}

func (c *testCase) translate(i int, returns []map[string]any, got any) any {
	value, isValue := returns[i]["value"]
	switch {
	case got == skipped:
		return skipped
	case !isValue:
		return failed
	}
	return c.value(c.Calls[i][0].(string), value, got)
}

// value translates one recorded answer.
func (c *testCase) value(name string, value, got any) any {
	switch name {
	case "auth_user":
		var list []any
		for _, pair := range value.([]any) {
			p := pair.([]any)
			r := p[1].(map[string]any)
			if r["user"] != nil {
				list = append(list, map[string]any{"unit": p[0], "user": r["user"], "group": r["group"]})
			}
		}
		return sorted(list, got)
	case "closed_auth_creds":
		list := []any{}
		for _, pair := range value.([]any) {
			p := pair.([]any)
			list = append(list, map[string]any{"user": p[0], "scope": p[1].(map[string]any)["scope"], "generation": 0.0})
		}
		return list
	case "@auth_requests":
		var list []any
		for _, item := range value.([]any) {
			r := item.(map[string]any)
			list = append(list, map[string]any{"unit": r["unit"], "user": r["user"], "group": r["group"]})
		}
		return sorted(list, got)
	case "set_controller_taints", "set_controller_labels":
		return nil // Python returns the object itself
	case "get_controller_taints", "get_controller_labels":
		list := []any{}
		for _, item := range value.([]any) {
			list = append(list, item.(map[string]any)["str"])
		}
		return list
	case "get_dns":
		dns := value.(map[string]any)
		for key, v := range dns {
			switch v := v.(type) {
			case float64:
				dns[key] = fmt.Sprint(v)
			case bool:
				dns[key] = map[bool]string{true: "True", false: "False"}[v]
			}
		}
	}
	return value
}

// sorted puts a recorded list of requests into our order, by relation and unit number, where it holds the same ones.
func sorted(list []any, got any) []any {
	ours, _ := got.([]any)
	rank := func(v any) int {
		return slices.IndexFunc(ours, func(o any) bool { return equal(o, v) })
	}
	slices.SortStableFunc(list, func(a, b any) int { return rank(a) - rank(b) })
	if list == nil {
		list = []any{}
	}
	return list
}

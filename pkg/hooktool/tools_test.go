package hooktool_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/pkg/hooktool"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// none stands for calls without an answer.
func none(err error) (any, error) { return nil, err }

// Each method runs one real process; the test sees what it was given and what becomes of Juju's own answers.
func TestTools(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		do    func(context.Context, *hooktool.Tools) (any, error)
		argv  []string
		stdin string
		want  any
	}{{
		"relation ids come in order of number",
		func(ctx context.Context, h *hooktool.Tools) (any, error) { return h.RelationIDs(ctx, "kube-control") },
		[]string{"relation-ids", "--format=json", "--", "kube-control"},
		"",
		[]kubecontrol.RelationID{"kube-control:3", "kube-control:12"},
	}, {
		"units come in order of number",
		func(ctx context.Context, h *hooktool.Tools) (any, error) {
			return h.RelationList(ctx, "kube-control:3")
		},
		[]string{"relation-list", "-r", "kube-control:3", "--format=json"},
		"",
		[]kubecontrol.Unit{"another/7", "kw/2", "kw/10"},
	}, {
		"a bag",
		func(ctx context.Context, h *hooktool.Tools) (any, error) {
			return h.RelationGet(ctx, "kube-control:3", "kw/2", 1000)
		},
		[]string{"relation-get", "-r", "kube-control:3", "--format=json", "--", "-", "kw/2"},
		"",
		map[string]string{"gpu": "False", "json": `{"a": 1}`, "multi": "line1\nline2", "unicode": "é ☃", "url": "https://x/?a=b&c=<d>"},
	}, {
		"data of a relation goes through standard input, in key order",
		func(ctx context.Context, h *hooktool.Tools) (any, error) {
			return none(h.RelationSet(ctx, "kube-control:3", map[string]string{"port": "53", "domain": " a\n", "sdn-ip": ""}))
		},
		[]string{"relation-set", "-r", "kube-control:3", "--file", "-"},
		`{"domain": " a\n",` + "\n " + `"port": "53",` + "\n " + `"sdn-ip": ""}` + "\n", nil,
	}, {
		"leadership",
		func(ctx context.Context, h *hooktool.Tools) (any, error) { return h.IsLeader(ctx) },
		[]string{"is-leader", "--format=json"},
		"", true,
	}, {
		"options",
		func(ctx context.Context, h *hooktool.Tools) (any, error) { return h.ConfigGet(ctx) },
		[]string{"config-get", "--format=json"},
		"",
		map[string]any{"big": json.Number("12345678"), "dns-domain": "cluster.local", "enabled": true, "ratio": json.Number("0.5")},
	}, {
		"a status whose message begins with a dash",
		func(ctx context.Context, h *hooktool.Tools) (any, error) {
			return none(h.StatusSet(ctx, hooktool.Status{Status: "waiting", Message: "-x for workers"}))
		},
		[]string{"status-set", "waiting", "--", "-x for workers"},
		"", nil,
	}, {
		"a version that begins with a dash",
		func(ctx context.Context, h *hooktool.Tools) (any, error) {
			return none(h.ApplicationVersionSet(ctx, "-1.2.3"))
		},
		[]string{"application-version-set", "--", "-1.2.3"},
		"", nil,
	}, {
		"the status",
		func(ctx context.Context, h *hooktool.Tools) (any, error) { return h.StatusGet(ctx) },
		[]string{"status-get", "--format=json", "--include-data"},
		"",
		hooktool.Status{Status: "active", Message: "ready"},
	}, {
		"a line of the log, fit for argv",
		func(ctx context.Context, h *hooktool.Tools) (any, error) {
			return none(h.JujuLog(ctx, "WARNING", "--x\x00\xff"))
		},
		[]string{"juju-log", "--log-level", "WARNING", "--", `--x\u0000` + "\ufffd"},
		"", nil,
	}, {
		"the network",
		func(ctx context.Context, h *hooktool.Tools) (any, error) { return h.NetworkGet(ctx, "kube-control") },
		[]string{"network-get", "--format=json", "--", "kube-control"},
		"",
		hooktool.Network{
			Bind:    []string{"10.0.0.1", "fd00::1", "192.168.1.1"},
			Ingress: []string{"10.0.0.1", "192.168.1.1"},
			Egress:  []string{"10.0.0.1/32", "192.168.1.1/32"},
		},
	}, {
		"the kept state",
		func(ctx context.Context, h *hooktool.Tools) (any, error) { return h.StateGet(ctx) },
		[]string{"state-get", "--format=json"},
		"",
		map[string]string{"a": "1", "b.c": "x y"},
	}, {
		"state goes through standard input",
		func(ctx context.Context, h *hooktool.Tools) (any, error) {
			return none(h.StateSet(ctx, map[string]string{"kube-control/1/r/kube-control:3/kw/0": `{"user":"x"}`, "a": ""}))
		},
		[]string{"state-set", "--file", "-"},
		`{"a": "",` + "\n " + `"kube-control/1/r/kube-control:3/kw/0": "{\"user\":\"x\"}"}` + "\n", nil,
	}, {
		"dropping state",
		func(ctx context.Context, h *hooktool.Tools) (any, error) { return none(h.StateDelete(ctx, "-a")) },
		[]string{"state-delete", "--", "-a"},
		"", nil,
	}, {
		"the goal",
		func(ctx context.Context, h *hooktool.Tools) (any, error) { return h.GoalState(ctx) },
		[]string{"goal-state", "--format=json"},
		"",
		hooktool.GoalState{
			Units:     map[kubecontrol.Unit]hooktool.GoalStatus{"kcp/0": {Status: "active", Since: "2026-01-02 03:04:05Z"}},
			Relations: map[string]map[string]hooktool.GoalStatus{"kube-control": {"kw": {Status: "joined", Since: "2026-01-02 03:04:07Z"}}},
		},
	}, {
		"an action's parameters",
		func(ctx context.Context, h *hooktool.Tools) (any, error) { return h.ActionGet(ctx) },
		[]string{"action-get", "--format=json"},
		"",
		map[string]any{"big": json.Number("12345678"), "deep": map[string]any{"a": map[string]any{"b": true}}, "name": "x"},
	}, {
		"an action's results",
		func(ctx context.Context, h *hooktool.Tools) (any, error) {
			return none(h.ActionSet(ctx, map[string]string{"units.kw-0": "a=b", "port": "-53"}))
		},
		[]string{"action-set", "--", "port=-53", "units.kw-0=a=b"},
		"", nil,
	}, {
		"failing an action",
		func(ctx context.Context, h *hooktool.Tools) (any, error) { return none(h.ActionFail(ctx, "-no")) },
		[]string{"action-fail", "--", "-no"},
		"", nil,
	}, {
		"an action's progress",
		func(ctx context.Context, h *hooktool.Tools) (any, error) { return none(h.ActionLog(ctx, "half done")) },
		[]string{"action-log", "--", "half done"},
		"", nil,
	}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			runner := &recording{t: t}
			tools := hooktool.New(runner)
			got, err := test.do(t.Context(), tools)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			want := []record{{Argv: test.argv, Stdin: test.stdin, Unit: "kcp/0"}}
			if diff := cmp.Diff(want, runner.seen); diff != "" {
				t.Errorf("what the tool saw (-want +got):\n%s", diff)
			}
			if tools.Calls() != 1 {
				t.Errorf("%d calls", tools.Calls())
			}
		})
	}
}

func TestNothingToWriteRunsNothing(t *testing.T) {
	t.Parallel()
	tools := hooktool.New(&canned{err: errors.New("must not run")})
	for name, err := range map[string]error{
		"relation-set": tools.RelationSet(t.Context(), "kube-control:3", nil),
		"state-set":    tools.StateSet(t.Context(), map[string]string{}),
		"action-set":   tools.ActionSet(t.Context(), nil),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if tools.Calls() != 0 {
		t.Errorf("%d calls", tools.Calls())
	}
}

func TestEmptyAnswersAreEmptyMaps(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ tool, answer string }{
		{"state-get", "null\n"},
		{"state-get", "{}\n"},
		{"state-get", "\"\"\n"},
		{"relation-get", "null\n"},
		{"relation-get", "{}\n"},
		{"config-get", "null\n"},
		{"action-get", "null\n"},
	} {
		tools := hooktool.New(&canned{out: hooktool.Output{Stdout: []byte(test.answer)}})
		var size int
		var isNil bool
		var err error
		switch test.tool {
		case "state-get":
			m, e := tools.StateGet(t.Context())
			size, isNil, err = len(m), m == nil, e
		case "relation-get":
			m, e := tools.RelationGet(t.Context(), "kube-control:3", "kw/0", 100)
			size, isNil, err = len(m), m == nil, e
		case "config-get":
			m, e := tools.ConfigGet(t.Context())
			size, isNil, err = len(m), m == nil, e
		case "action-get":
			m, e := tools.ActionGet(t.Context())
			size, isNil, err = len(m), m == nil, e
		}
		if err != nil || isNil || size != 0 {
			t.Errorf("%s of %q: %d entries, nil %t, error %v", test.tool, test.answer, size, isNil, err)
		}
	}
}

func TestRelationGetIsBounded(t *testing.T) {
	t.Parallel()
	bag := map[string]string{"k": strings.Repeat("\x01", 99)}
	answer, err := json.Marshal(bag)
	if err != nil {
		t.Fatal(err)
	}
	runner := &canned{out: hooktool.Output{Stdout: answer}}
	tools := hooktool.New(runner)
	if got, err := tools.RelationGet(t.Context(), "kube-control:3", "kw/0", 100); err != nil || len(got["k"]) != 99 {
		t.Errorf("bag %q, error %v", got, err)
	}
	if runner.call.MaxOutput < int64(len(answer)) || runner.call.MaxOutput > 5000 {
		t.Errorf("%d bytes of output allowed", runner.call.MaxOutput)
	}
	_, err = tools.RelationGet(t.Context(), "kube-control:3", "kw/0", 99)
	want := "cannot read the data of kw/0 in relation kube-control:3: 100 bytes of at most 99: too large"
	if !errors.Is(err, hooktool.ErrTooLarge) || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestRelationsAreNamedWhole(t *testing.T) {
	t.Parallel()
	tools := hooktool.New(&canned{err: errors.New("must not run")})
	for _, rel := range []kubecontrol.RelationID{"", "3", "kube-control", ":3", "kube-control:", "kube-control:x", "-r:3"} {
		for _, do := range []func() error{
			func() error { _, err := tools.RelationList(t.Context(), rel); return err },
			func() error { _, err := tools.RelationGet(t.Context(), rel, "kw/0", 1); return err },
			func() error { return tools.RelationSet(t.Context(), rel, map[string]string{"a": "b"}) },
		} {
			if err := do(); err == nil || !strings.HasSuffix(err.Error(), fmt.Sprintf("%q is not a relation's id", string(rel))) {
				t.Errorf("relation %q: error %v", rel, err)
			}
		}
	}
	if tools.Calls() != 0 {
		t.Errorf("%d calls", tools.Calls())
	}
}

package hooktool_test

import (
	"context"
	"fmt"

	"github.com/kube-control/kube-control/pkg/hooktool"
)

// fixed is a Runner for tests: it answers each tool with a fixed text.
type fixed map[string]string

func (a fixed) Run(_ context.Context, call hooktool.Call) (hooktool.Output, error) {
	answer, known := a[call.Tool]
	if !known {
		return hooktool.Output{Stderr: []byte("ERROR permission denied"), ExitCode: 1}, nil
	}
	return hooktool.Output{Stdout: []byte(answer)}, nil
}

// In a hook the Runner is hooktool.Exec{}, which starts the tools as processes.
func ExampleTools_RelationList() {
	tools := hooktool.New(fixed{"relation-list": `["kubernetes-worker/0", "kubernetes-worker/1"]`})
	units, err := tools.RelationList(context.Background(), "kube-control:1")
	fmt.Println(units, err)
	// Output:
	// [kubernetes-worker/0 kubernetes-worker/1] <nil>
}

func ExampleTools_IsLeader() {
	tools := hooktool.New(fixed{"is-leader": "true"})
	leads, err := tools.IsLeader(context.Background())
	fmt.Println(leads, err)
	// Output:
	// true <nil>
}

// An error names the tool and what it said, and no value.
func ExampleError() {
	tools := hooktool.New(fixed{})
	_, err := tools.StateGet(context.Background())
	fmt.Println(err)
	// Output:
	// cannot read the kept state: state-get (--format) ended with exit code 1: ERROR permission denied
}

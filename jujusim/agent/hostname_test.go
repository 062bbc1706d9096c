package agent_test

import (
	"os"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/agent"
)

func TestHostname(t *testing.T) {
	t.Parallel()
	own, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	unit := map[string]string{"JUJU_MODEL_NAME": "k8s", "JUJU_MACHINE_ID": "3"}
	for _, tt := range []struct {
		env  map[string]string
		args []string
		want string
	}{
		{unit, nil, "juju-k8s-3"},
		{unit, []string{"-f"}, "juju-k8s-3.lxd"},
		{nil, nil, own},
	} {
		var out strings.Builder
		if code := agent.Hostname(tt.args, func(key string) string { return tt.env[key] }, &out); code != 0 || out.String() != tt.want+"\n" {
			t.Errorf("hostname %v with %v: exit %d, %q, want %q", tt.args, tt.env, code, out.String(), tt.want)
		}
	}
}

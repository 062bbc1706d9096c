package ready

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

func TestWorkerOptions(t *testing.T) {
	t.Parallel()
	yes := true
	standard := WorkerOptions{Group: "system:nodes", Schemas: "0,1", Dir: "/root/cdk"}
	for _, tt := range []struct {
		name   string
		config map[string]any
		change func(*WorkerOptions)
	}{
		{"none", nil, func(*WorkerOptions) {}},
		{"empty ones", map[string]any{"node-name": "", "auth-group": "", "gpu": "", "schemas": "", "kubeconfig-dir": "", "ca-file": "", "on-credentials-changed": ""}, func(*WorkerOptions) {}},
		{"auto", map[string]any{"gpu": "auto", "schemas": "auto"}, func(*WorkerOptions) {}},
		{"all", map[string]any{
			"node-name": " Node-A.example ", "auth-group": "g", "gpu": "true", "schemas": "1", "kubeconfig-dir": "cdk/", "ca-file": "../ca.crt",
			"on-credentials-changed": "systemctl restart kubelet",
		}, func(o *WorkerOptions) {
			*o = WorkerOptions{NodeName: "node-a.example", Group: "g", GPU: &yes, Schemas: "1", Dir: "/charm/cdk", CAFile: "/ca.crt", Command: "systemctl restart kubelet"}
		}},
		{"bad ones leave the others", map[string]any{"node-name": "-", "auth-group": "a b", "gpu": true, "schemas": "0, 1", "kubeconfig-dir": "a\nb", "ca-file": "dir/", "on-credentials-changed": "true"}, func(o *WorkerOptions) {
			o.Command = "true"
			o.Problems = []Problem{
				{"node-name", "is not a node name: use letters, digits, dashes and dots"},
				{"auth-group", "has characters that are not allowed in a name"},
				{"gpu", "is not a text"},
				{"schemas", `is "0, 1", not one of auto, 0, 1, 0,1`},
				{"kubeconfig-dir", "is not the path of a folder"},
				{"ca-file", "is not the path of a file"},
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := standard
			tt.change(&want)
			if diff := cmp.Diff(want, ReadWorker(tt.config, "/charm")); diff != "" {
				t.Errorf("options differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWorkerRequest(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		config   map[string]any
		machine  Machine
		want     map[string]string
		problems []Problem
	}{
		{"the machine's", nil, Machine{Name: "Node-A", NVIDIA: true}, map[string]string{"kubelet_user": "system:node:node-a", "auth_group": "system:nodes", "gpu": "True"}, nil},
		{"the option's", map[string]any{"node-name": "b", "gpu": "false"}, Machine{NVIDIA: true}, map[string]string{"kubelet_user": "system:node:b", "auth_group": "system:nodes", "gpu": "False"}, nil},
		{"no name of a node", nil, Machine{Name: "a_b"}, map[string]string{"auth_group": "system:nodes", "gpu": "False"}, []Problem{{"node-name", `is empty, and the machine's name "a_b" is not a node name`}}},
		{"only in secrets", map[string]any{"schemas": "1"}, Machine{Name: "a", NoSecrets: "Juju has no secrets"}, map[string]string{"auth_group": "system:nodes", "gpu": "False"}, []Problem{{"schemas", "is 1: Juju has no secrets"}}},
		{"bad options", map[string]any{"node-name": "_", "auth-group": ",", "gpu": "?"}, Machine{Name: "a"}, map[string]string{}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			values, problems := ReadWorker(tt.config, "/charm").Request(tt.machine)
			if diff := cmp.Diff([]any{tt.want, tt.problems}, []any{values, problems}); diff != "" {
				t.Errorf("values and problems differ (-want +got):\n%s", diff)
			}
		})
	}
}

// given is an input with all that a worker needs, nothing written yet.
func given() WorkerInput {
	ca := pem
	return WorkerInput{
		Options: ReadWorker(nil, "/charm"), Unit: "kw/1", Related: true, Joined: true, Serving: "kc:1", User: "system:node:a",
		Credential: &kubecontrol.Credential{Scope: "kw/1", Kubelet: kubecontrol.NewToken("kubelet-token"), Proxy: kubecontrol.NewToken("proxy-token"), Client: kubecontrol.NewToken("")},
		Endpoints:  []string{"http://h", "https://a:6443", "https://b:6443"}, CA: &ca, Present: map[string]string{},
	}
}

// written is the input after a plan was carried out.
func written(in WorkerInput, p WorkerPlan) WorkerInput {
	in.Record, in.Present = p.Record, map[string]string{}
	for path, digest := range p.Record.Files {
		in.Present[path] = digest
	}
	return in
}

func paths(files []File) string {
	var all []string
	for _, f := range files {
		all = append(all, f.Path)
	}
	return strings.Join(all, " ")
}

func TestWorkerPlanWritesWhatDiffers(t *testing.T) {
	t.Parallel()
	in := given()
	p := PlanWorker(in)
	if got := paths(p.Write); got != "/root/cdk/kubeconfig /root/cdk/kubeproxyconfig" || p.Waits.Cause != "" {
		t.Errorf("writes %s, waits: %s", got, p.Waits.Status.Message)
	}
	if text := string(p.Write[0].Content); !strings.Contains(text, `"https://b:6443"`) || !strings.Contains(text, `"kubelet-token"`) {
		t.Errorf("kubelet's file:\n%s", text)
	}
	in = written(in, p)
	if again := PlanWorker(in); len(again.Write)+len(again.Remove)+len(again.Notes) > 1 || again.Record.Encode() != p.Record.Encode() {
		t.Errorf("the second time it plans %+v", again)
	}
	if text := p.Record.Encode(); strings.Contains(text, "-token") {
		t.Errorf("the record has a token: %s", text)
	}
	in.Present["/root/cdk/kubeconfig"] = "other"
	if p := PlanWorker(in); paths(p.Write) != "/root/cdk/kubeconfig" {
		t.Errorf("restores %s", paths(p.Write))
	}
}

func TestWorkerPlanKeepsFilesWhateverIsMissing(t *testing.T) {
	t.Parallel()
	garbage := "garbage"
	for name, change := range map[string]func(*WorkerInput){
		"nobody is joined":  func(in *WorkerInput) { in.Joined, in.Serving = false, "" },
		"credentials":       func(in *WorkerInput) { in.Credential = nil },
		"user":              func(in *WorkerInput) { in.User = "" },
		"endpoints":         func(in *WorkerInput) { in.Endpoints = nil },
		"usable endpoints":  func(in *WorkerInput) { in.Endpoints = []string{"http://h", "https://a@b"} },
		"certificate":       func(in *WorkerInput) { in.CA = nil },
		"good certificate":  func(in *WorkerInput) { in.CA = &garbage },
		"tokens that serve": func(in *WorkerInput) { in.Credential.Kubelet = kubecontrol.NewToken("a\nb") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := given()
			in = written(in, PlanWorker(in))
			change(&in)
			p := PlanWorker(in)
			if len(p.Write)+len(p.Remove) > 0 || len(p.Record.Files) != 2 || (p.Waits.Cause == "") == in.Joined {
				t.Errorf("plan %+v", p)
			}
		})
	}
}

func TestWorkerPlanRemovesItsOwnOnceNoRelationIsLeft(t *testing.T) {
	t.Parallel()
	in := given()
	in = written(in, PlanWorker(in))
	in.Related, in.Joined, in.Serving, in.Credential = false, false, "", nil
	in.Present["/root/cdk/kubeproxyconfig"] = "somebody's"
	p := PlanWorker(in)
	if diff := cmp.Diff([]string{"/root/cdk/kubeconfig"}, p.Remove); diff != "" || len(p.Record.Files) != 0 || len(p.Notes) != 1 {
		t.Errorf("plan %+v", p)
	}
}

func TestWorkerRecordThatCannotBeReadIsLost(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{", "7", `{"files": 7}`} {
		if got := ReadWorkerRecord(text).Encode(); got != "" {
			t.Errorf("%q gives %s", text, got)
		}
	}
}

// For an empty token there is no file, also if the master gave one before.
func TestWorkerPlanRemovesTheFileOfATokenThatIsNoLongerGiven(t *testing.T) {
	t.Parallel()
	in := given()
	in.Credential.Client = kubecontrol.NewToken("client-token")
	in = written(in, PlanWorker(in))
	in.Credential.Client = kubecontrol.NewToken("")
	p := PlanWorker(in)
	if diff := cmp.Diff([]string{"/root/cdk/kubeclientconfig"}, p.Remove); diff != "" || len(p.Record.Files) != 2 || len(p.Write) != 0 {
		t.Errorf("plan %+v", p)
	}
	in.Credential.Kubelet, in.Credential.Proxy = kubecontrol.NewToken(""), kubecontrol.NewToken("")
	if p := PlanWorker(in); len(p.Remove) != 0 {
		t.Errorf("credentials without tokens remove %v", p.Remove)
	}
}

// A unit that asks for another user and is not signed keeps its files, and they follow a rotation of what it has.
func TestWorkerPlanFollowsTheCredentialsThatItKeeps(t *testing.T) {
	t.Parallel()
	in := given()
	in = written(in, PlanWorker(in))
	rotated := *in.Credential
	rotated.Kubelet = kubecontrol.NewToken("rotated-token")
	in.User, in.Credential, in.Kept = "system:node:other", nil, &rotated
	p := PlanWorker(in)
	if paths(p.Write) != "/root/cdk/kubeconfig" || p.Waits.Cause != CauseCredentials || p.Record.User != "system:node:a" {
		t.Errorf("plan %+v", p)
	}
}

// Files whose record a refused commit has lost are known by their form once no relation is left.
func TestWorkerPlanRemovesFilesWithoutARecord(t *testing.T) {
	t.Parallel()
	in := given()
	in = written(in, PlanWorker(in))
	in.Record, in.Related, in.Joined, in.Serving, in.Credential = WorkerRecord{}, false, false, "", nil
	in.Ours = map[string]bool{"/root/cdk/kubeconfig": true}
	if diff := cmp.Diff([]string{"/root/cdk/kubeconfig"}, PlanWorker(in).Remove); diff != "" {
		t.Error(diff)
	}
}

func TestIsKubeconfig(t *testing.T) {
	t.Parallel()
	text, err := Kubeconfig{Server: "https://a:6443", CA: "CA", User: "kubelet", Token: kubecontrol.NewToken("some-token")}.Encode()
	if err != nil || !IsKubeconfig(text) {
		t.Fatalf("not known: %v\n%s", err, text)
	}
	for _, other := range []string{
		"", "apiVersion: v1\n", string(text) + "\n", strings.Replace(string(text), `"https://a:6443"`, "https://a:6443", 1),
		strings.Replace(string(text), "preferences: {}", "preferences: {colors: true}", 1), strings.Replace(string(text), "some-token", "t", 1),
	} {
		if IsKubeconfig([]byte(other)) {
			t.Errorf("%q counts as ours", other)
		}
	}
}

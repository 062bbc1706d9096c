package hooktool_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/pkg/hooktool"
)

// answers is what the fake tools print: the answers that Juju's own tools gave in such a place.
func answers() map[string]string {
	return map[string]string{
		"relation-ids":            `["kube-control:12","kube-control:3"]`,
		"relation-list":           `["kw/10","kw/2","another/7"]`,
		"relation-get":            `{"gpu":"False","json":"{\"a\": 1}","multi":"line1\nline2","unicode":"é ☃","url":"https://x/?a=b\u0026c=\u003cd\u003e"}`,
		"relation-set":            ``,
		"is-leader":               `true`,
		"config-get":              `{"big":12345678,"dns-domain":"cluster.local","enabled":true,"ratio":0.5}`,
		"application-version-set": ``,
		"status-set":              ``,
		"status-get":              `{"message":"ready","status":"active","status-data":{}}`,
		"juju-log":                ``,
		"network-get": `{"bind-addresses":[{"mac-address":"aa:bb:cc:00:00:01","interface-name":"eth0","addresses":[` +
			`{"hostname":"","value":"10.0.0.1","cidr":"10.0.0.0/24"},{"hostname":"node-0","value":"fd00::1","cidr":"fd00::/64"}]},` +
			`{"mac-address":"aa:bb:cc:00:00:02","interface-name":"eth1","addresses":[{"hostname":"","value":"192.168.1.1","cidr":"192.168.1.0/24"}]}],` +
			`"egress-subnets":["10.0.0.1/32","192.168.1.1/32"],"ingress-addresses":["10.0.0.1","192.168.1.1"]}`,
		"state-get":    `{"a":"1","b.c":"x y"}`,
		"state-set":    ``,
		"state-delete": ``,
		"goal-state": `{"units":{"kcp/0":{"status":"active","since":"2026-01-02 03:04:05Z"}},` +
			`"relations":{"kube-control":{"kw":{"status":"joined","since":"2026-01-02 03:04:07Z"}}}}`,
		"action-get":  `{"big":12345678,"deep":{"a":{"b":true}},"name":"x"}`,
		"action-set":  ``,
		"action-fail": ``,
		"action-log":  ``,

		"secret-add":    `secret:cq1f3oa5g5v7t8m9n0p0`,
		"secret-set":    ``,
		"secret-grant":  ``,
		"secret-revoke": ``,
		"secret-info-get": `{"cq1f3oa5g5v7t8m9n0p0":{"revision":1,"label":"u-creds","owner":"application","rotation":"never",` +
			`"access":[{"target":"unit-kw-0","scope":"relation-kw.kube-control#kcp.kube-control","role":"view"}]}}`,
		"secret-get":    `{"client-token":"123","endpoint":"kube-control"}`,
		"secret-remove": ``,
	}
}

// record is what a fake tool saw; it goes out on standard error.
type record struct {
	Argv  []string
	Stdin string
	Unit  string // of the environment
	File  string // what the file named by --file held, and its mode
	Mode  os.FileMode
}

// TestMain runs the tests with a PATH on which nothing but fake tools is: links to this very program.
func TestMain(m *testing.M) {
	name := filepath.Base(os.Args[0])
	if answer, ok := answers()[name]; ok {
		os.Exit(fakeTool(name, answer))
	}
	if strings.HasPrefix(name, "fake-") {
		os.Exit(oddTool(name, os.Args[1]))
	}
	os.Exit(withTools(m))
}

func withTools(m *testing.M) int {
	dir, err := os.MkdirTemp("", "tools")
	if err != nil {
		log.Print(err)
		return 1
	}
	defer os.RemoveAll(dir)
	names := []string{"fake-exit", "fake-flood", "fake-hang"}
	for name := range answers() {
		names = append(names, name)
	}
	self, err := os.Executable()
	for _, name := range names {
		if err == nil {
			err = os.Symlink(self, filepath.Join(dir, name))
		}
	}
	if err == nil {
		err = os.Setenv("PATH", dir)
	}
	if err == nil {
		err = os.Setenv("JUJU_UNIT_NAME", "kcp/0")
	}
	if err == nil {
		err = os.Setenv("GORACE", "atexit_sleep_ms=0") // a fake tool under the race detector need not linger
	}
	if err != nil {
		log.Print(err)
		return 1
	}
	return m.Run()
}

func fakeTool(name, answer string) int {
	stdin, err := io.ReadAll(os.Stdin)
	if err != nil {
		return 1
	}
	seen := record{Argv: append([]string{name}, os.Args[1:]...), Stdin: string(stdin), Unit: os.Getenv("JUJU_UNIT_NAME")}
	if i := slices.Index(seen.Argv, "--file"); i > 0 && seen.Argv[i+1] != "-" {
		text, err := os.ReadFile(seen.Argv[i+1])
		info, err2 := os.Stat(seen.Argv[i+1])
		if err != nil || err2 != nil {
			return 1
		}
		seen.File, seen.Mode = string(text), info.Mode()
	}
	if json.NewEncoder(os.Stderr).Encode(seen) != nil {
		return 1
	}
	fmt.Println(answer)
	return 0
}

// oddTool ends with a given code, prints a given number of bytes, or stays until it is killed.
func oddTool(name, arg string) int {
	n, err := strconv.Atoi(arg)
	if err != nil {
		return 99
	}
	switch name {
	case "fake-exit":
		fmt.Fprintln(os.Stderr, "ERROR no luck")
		return n
	case "fake-flood":
		fmt.Print(strings.Repeat("x", n))
		return 0
	}
	forever := make(chan os.Signal, 1)
	signal.Notify(forever, os.Interrupt)
	<-forever
	return 98
}

// recording runs real processes and keeps what they saw.
type recording struct {
	hooktool.Exec
	t    *testing.T
	seen []record
}

func (r *recording) Run(ctx context.Context, call hooktool.Call) (hooktool.Output, error) {
	out, err := r.Exec.Run(ctx, call)
	if err == nil {
		var seen record
		if err := json.Unmarshal(out.Stderr, &seen); err != nil {
			r.t.Errorf("tool said %q: %v", out.Stderr, err)
		}
		r.seen = append(r.seen, seen)
	}
	return out, err
}

// canned is a Runner that gives one answer and keeps the last call.
type canned struct {
	out  hooktool.Output
	err  error
	call hooktool.Call
}

func (c *canned) Run(_ context.Context, call hooktool.Call) (hooktool.Output, error) {
	c.call = call
	return c.out, c.err
}

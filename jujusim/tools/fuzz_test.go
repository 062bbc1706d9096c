package tools_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/kube-control/kube-control/jujusim/tools"
)

// FuzzRun looks for arguments that a tool does not survive, that it answers with another exit code than a tool has, or
// that it refuses as wrong but has acted on.
func FuzzRun(f *testing.F) {
	names := tools.Names()
	for i := range names {
		for _, args := range []string{
			"", "-", "--", "--=x", "-=", "-r", "-r=", "--format\n=", "-ha", "a=b\n-o", "\xff=\xfe", "x:3", "80-90/udp\n--endpoints=a,",
			secretID, "secret:" + secretID + "\nkey", secretID + "\nabc#base64==\n--expire=9999h\n--rotate\ndaily",
			"token=x\n--label\n\n--owner=unit", secretID + "\n--unit=kw/0\n-r3", secretID + "\n--revision=0x9", "--label=l\n--peek",
		} {
			f.Add(uint8(i), args)
		}
	}
	none := filepath.Join(f.TempDir(), "none")
	f.Fuzz(func(t *testing.T, tool uint8, args string) {
		if strings.Contains(args, "/") && strings.ContainsAny(args, "-#") {
			t.Skip("could name a file outside, to read or to write")
		}
		name := names[int(tool)%len(names)]
		hook := newest(name)
		got := tools.Run(hook, tools.Request{Name: name, Args: strings.Split(args, "\n"), Dir: none, StdinSet: true})
		refused := strings.HasPrefix(string(got.Stderr), "ERROR ") || strings.Contains(string(got.Stderr), "\"ERROR ")
		if got.Code < 0 || got.Code > 2 || refused != (got.Code > 0) {
			t.Errorf("%s %q: got %+v", name, args, got)
		}
		if got.Code == 2 && hook.effects != nil {
			t.Errorf("%s %q: refused, but did %v", name, args, hook.effects)
		}
	})
}

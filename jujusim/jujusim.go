// Package jujusim lets the Go tests of a charm use the simulator, without a controller.
//
// A test binary can be the simulator's programs itself. Together with testscript it runs stories: files of commands, such as
// "exec jujusim deploy ./charm", with what they must print.
//
//	func TestMain(m *testing.M) { testscript.Main(m, jujusim.Commands()) }
//
//	func TestCharm(t *testing.T) {
//		testscript.Run(t, testscript.Params{Dir: "testdata", Setup: jujusim.Setup})
//	}
//
// The directory examples/gocharm of this module is a whole charm with such a test.
package jujusim

import (
	"os"
	"path/filepath"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kube-control/kube-control/jujusim/cli"
	"github.com/kube-control/kube-control/jujusim/tools"
)

// Commands are the simulator's programs by name, for testscript.Main: jujusim, and each hook tool. A program ends its process.
func Commands() map[string]func() {
	main := func() int { return cli.Main(os.Args, os.Getenv, os.Stdin, os.Stdout, os.Stderr) }
	commands := map[string]func(){}
	for _, name := range cli.Programs() {
		commands[name] = func() { os.Exit(main()) }
	}
	for _, tool := range tools.Names() {
		// Not os.Exit: under the race detector that sleeps for a second, and a hook's environment, which is Juju's to the
		// letter, cannot tell it not to.
		commands[tool] = func() { _, _, _ = syscall.RawSyscall(syscall.SYS_EXIT_GROUP, uintptr(main()), 0, 0) }
	}
	return commands
}

// Setup gives each story a model of its own, below the story's work directory.
func Setup(e *testscript.Env) error {
	e.Setenv("JUJUSIM_DATA", filepath.Join(e.WorkDir, "data"))
	e.Setenv("GORACE", "atexit_sleep_ms=0")
	return nil
}

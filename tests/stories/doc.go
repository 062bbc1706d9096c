// Package stories holds the tests that run the real programs: kube-control behind the links of real charms, called by
// real hook processes of the simulator, and calling real hook-tool processes.
//
// Each file in testdata is one story, told in testscript's language with the commands of commands_test.go. What needs
// loops, the crash and the scale tests, is written in Go.
package stories

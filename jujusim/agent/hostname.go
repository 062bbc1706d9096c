package agent

import (
	"fmt"
	"io"
	"os"
	"slices"
)

// HostnameProgram is a program that stands beside the hook tools, in front of the machine's own.
const HostnameProgram = "hostname"

// Hostname prints the name of the simulated machine that a unit is on, much as Juju names its containers: the model, then
// the machine's number; with -f the domain, too. Outside a hook it is the name of this machine.
func Hostname(args []string, env func(string) string, stdout io.Writer) int {
	name, err := os.Hostname()
	if model, machine := env("JUJU_MODEL_NAME"), env("JUJU_MACHINE_ID"); machine != "" {
		name, err = fmt.Sprintf("juju-%s-%s", model, machine), nil
		if slices.Contains(args, "-f") {
			name += ".lxd"
		}
	}
	if err != nil {
		return 1
	}
	fmt.Fprintln(stdout, name)
	return 0
}

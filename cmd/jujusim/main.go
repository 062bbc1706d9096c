// Command jujusim is a local Juju: it deploys charms, relates them and runs their hooks on this machine, with no
// controller. Started by the name of a hook tool it is that tool.
package main

import (
	"os"

	"github.com/kube-control/kube-control/jujusim/cli"
)

func main() {
	os.Exit(cli.Main(os.Args, os.Getenv, os.Stdin, os.Stdout, os.Stderr))
}

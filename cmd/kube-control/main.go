// Command kube-control is every kube-control hook of a charm, and the command line beside them.
package main

import (
	"os"

	"github.com/kube-control/kube-control/pkg/charm"
)

func main() { os.Exit(charm.Main(nil)) }

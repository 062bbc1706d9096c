package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// restartProgram is the name by which this test binary is what the master's on-tokens-changed runs: it tells the test
// in which unit's charm folder it was started, and waits until that unit's API server is up again.
const restartProgram = "restart-apiserver"

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) != restartProgram {
		os.Exit(m.Run())
	}
	if err := askForRestart(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func askForRestart(socket string) error {
	for _, variable := range os.Environ() {
		if strings.HasPrefix(variable, "JUJU_") {
			return errors.New("the command sees variables of Juju's")
		}
	}
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	c, err := net.Dial("unix", socket)
	if err != nil {
		return err
	}
	defer c.Close()
	fmt.Fprintln(c, dir)
	answer, err := bufio.NewReader(c).ReadString('\n')
	if err != nil || answer != "ready\n" {
		return fmt.Errorf("cannot restart kube-apiserver: %s", answer)
	}
	return nil
}

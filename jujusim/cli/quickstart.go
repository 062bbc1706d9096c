package cli

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/jujusim/uniter"
)

// placeholder is a certificate in form only. A cluster has its own.
const placeholder = "-----BEGIN CERTIFICATE-----\nMQ==\n-----END CERTIFICATE-----\n"

func (s *session) quickstartCmd() *cobra.Command {
	return verb("quickstart [DIR]", "Deploy the ready charms that make stage has left in DIR, to play with", 0, 1, func(args []string) error {
		self, err := os.Executable()
		if err != nil {
			return fmt.Errorf("cannot find this program: %w", err)
		}
		dir := cmp.Or(first(args), filepath.Join(filepath.Dir(self), "..", "dist"))
		if err := s.change(); err != nil {
			return err
		}
		if len(s.model.Apps) > 0 {
			return fmt.Errorf("cannot start: there is a model already in %s: remove it, or choose another directory with --data", s.data)
		}
		own, err := s.machines()
		if err != nil {
			return err
		}
		if err := s.deployReady(dir, own); err != nil {
			return err
		}
		s.printStatus(false)
		s.printPlaces(self, own)
		return nil
	})
}

// deployReady deploys two masters and three workers, and runs their hooks. Units that share this machine get paths below their
// own directories.
func (s *session) deployReady(dir string, ownMachines bool) error {
	masterOptions, workerOptions := []string{"ca-certificate=" + placeholder}, []string(nil)
	if !ownMachines {
		masterOptions = append(masterOptions, "token-auth-file=known_tokens.csv")
		workerOptions = append(workerOptions, "kubeconfig-dir=kube")
	}
	for _, d := range []struct {
		app string
		deployment
	}{
		{"kube-control-master", deployment{units: 2, numbered: true, config: masterOptions}},
		{"kube-control-worker", deployment{units: 3, numbered: true, config: workerOptions}},
	} {
		charm := filepath.Join(dir, d.app)
		if _, err := os.Stat(charm); err != nil {
			return fmt.Errorf("cannot find the ready charms in %s: run make stage, or name their directory: %w", dir, err)
		}
		if err := s.deploy([]string{charm}, d.deployment); err != nil {
			return err
		}
	}
	if _, err := s.model.Integrate("kube-control-master", "kube-control-worker"); err != nil {
		return err
	}
	return s.uniter.Settle(uniter.Limits{})
}

// printPlaces says where everything is, and what to type next.
func (s *session) printPlaces(self string, ownMachines bool) {
	tokens, kube := "/root/cdk/known_tokens.csv", "/root/cdk"
	if !ownMachines {
		tokens, kube = "known_tokens.csv", "kube"
	}
	fmt.Fprintf(s.stdout, `
The model is in %[1]s. Look around:

  export PATH=%[4]s:$PATH JUJUSIM_DATA=%[1]s
  jujusim shell kube-control-master/0 -- cut -d, -f2- %[2]s     # what kube-apiserver reads, without the tokens
  jujusim shell kube-control-worker/0 -- ls %[3]s               # the kubeconfigs of a worker
  jujusim run kube-control-worker/0 explain                     # why each flag is what it is
  jujusim debug-log                                             # what the hooks said

Change something, and run the hooks that follow:

  jujusim config kube-control-master dns-ip=10.0.0.10
  jujusim remove-unit kube-control-worker/2
  jujusim settle && jujusim status
`, s.data, tokens, kube, filepath.Dir(self))
}

package uniter

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/kube-control/kube-control/jujusim/machine"
)

// Enter makes a command, which has not been started, run on the unit's machine, in the charm's directory if that is there.
func (p *Processes) Enter(unit string, cmd *exec.Cmd) error {
	if _, err := os.Stat(p.charmDir(unit)); err == nil {
		cmd.Dir = p.charmDir(unit)
	}
	if p.Machines == nil {
		return nil
	}
	if own, err := p.Machines(); err != nil || !own {
		return err
	}
	shared := []string{p.Data}
	for _, app := range p.Model.Apps {
		if _, err := os.Stat(app.Source); err == nil && !slices.Contains(shared, app.Source) {
			shared = append(shared, app.Source)
		}
	}
	return machine.Machine{Dir: p.machineDir(unit), Host: p.Model.Hostname(unit), Shared: shared}.Wrap(cmd, p.Client)
}

func (p *Processes) machineDir(unit string) string {
	return filepath.Join(p.Data, "machines", p.Model.Machine(unit))
}

// Tidy removes the machines that have no unit any more. It looks at all of them at once, if a unit has gone.
func (p *Processes) Tidy() {
	if !p.forgot {
		return
	}
	p.forgot = false
	used := map[string]bool{}
	for _, u := range p.Model.Units {
		used[u.Machine] = true
	}
	top := filepath.Join(p.Data, "machines")
	machines, _ := os.ReadDir(top) // there is none where units have none of their own
	for _, m := range machines {
		if !used[m.Name()] {
			_ = machine.Remove(filepath.Join(top, m.Name())) // what stays goes with the next one
		}
	}
}

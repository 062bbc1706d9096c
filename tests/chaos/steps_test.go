package chaos

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/jujusim/uniter"
)

// step is one thing that an operator or fate does, as jujusim's command line has it; "hooks K" runs K hooks.
type step []string

func (s step) String() string {
	if s[0] == "hooks" {
		return "# hooks " + s[1]
	}
	var words []string
	for _, word := range s {
		if strings.ContainsAny(word, " \n'$") {
			word = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
		words = append(words, word)
	}
	return "jujusim " + strings.Join(words, " ")
}

// script is what was played, to be played again by hand.
func (c *cluster) script() string {
	lines := []string{"# jujusim --juju-version " + c.model.Version}
	for _, s := range c.played {
		lines = append(lines, s.String())
	}
	return strings.Join(lines, "\n")
}

// retries is how often an agent runs failed hooks again within one settle. Juju does so without end.
const retries = 30

// play does one step. An error is a step that makes no sense by now, or for settle a unit that stays in error.
func (c *cluster) play(s step) error {
	c.played = append(c.played, s)
	for _, verbs := range []func(step) (bool, error){c.playUnits, c.playRelations, c.playSettings, c.playFaults, c.playHooks} {
		if known, err := verbs(s); known {
			return err
		}
	}
	return fmt.Errorf("unknown step %q", s)
}

// playUnits does what changes applications and units.
func (c *cluster) playUnits(s step) (known bool, err error) {
	switch s[0] {
	case "deploy":
		return true, c.deploy(s)
	case "add-unit":
		return true, c.addUnits(s[1], s[3])
	case "remove-unit":
		if s[1] == "--force" {
			return true, c.uniter.RemoveByForce(s[2])
		}
		return true, c.model.RemoveUnit(s[1])
	case "remove-application":
		return true, c.model.RemoveApplication(s[1])
	case "leader":
		return true, c.model.SetLeader(s[1], s[2])
	case "refresh":
		return true, c.refresh(s[1])
	case "upgrade":
		if s[1] <= c.model.Version { // the versions of the lives are in the order of their texts
			return true, fmt.Errorf("cannot downgrade to %s", s[1])
		}
		c.uniter.Upgrade(s[1])
		return true, nil
	}
	return false, nil
}

// playRelations does what changes relations.
func (c *cluster) playRelations(s step) (known bool, err error) {
	switch s[0] {
	case "integrate":
		if s[1] == "--cross-model" {
			_, err = c.model.IntegrateAcrossModels(s[2], s[3])
			return true, err
		}
		_, err = c.model.Integrate(s[1], s[2])
		return true, err
	case "remove-relation":
		c.asksAnew(s[2])
		return true, c.model.RemoveRelation(s[1], s[2])
	case "suspend-relation", "resume-relation":
		id, err := strconv.Atoi(s[1])
		if err != nil {
			return true, err
		}
		clear(c.barred)
		return true, c.model.Suspend(id, s[0] == "suspend-relation")
	}
	return false, nil
}

// playSettings does what an operator sets, and runs actions.
func (c *cluster) playSettings(s step) (known bool, err error) {
	switch s[0] {
	case "config":
		key, value, _ := strings.Cut(s[2], "=")
		c.asksAnew(s[1])
		if s[1] == masters && key == "allowed-groups" {
			for group := range strings.FieldsSeq(value) {
				c.groups[group] = true
			}
		}
		return true, c.model.SetConfig(s[1], map[string]string{key: value})
	case "run":
		return true, c.act(s[1], s[2], s[3:])
	}
	return false, nil
}

// asksAnew notes that the units of an application may ask for something else, or again, from now on.
func (c *cluster) asksAnew(app string) {
	for unit := range c.barred {
		if model.AppOf(unit) == app {
			delete(c.barred, unit)
		}
	}
}

// playHooks lets agents run, or not.
func (c *cluster) playHooks(s step) (known bool, err error) {
	switch s[0] {
	case "agent":
		if s[2] == "stop" {
			return true, c.uniter.Stop(s[1])
		}
		return true, c.uniter.Start(s[1])
	case "update-status":
		for _, a := range c.agents {
			a.UpdateStatus = true
		}
		return true, nil
	case "resolve":
		return true, c.uniter.Resolve(s[len(s)-1], s[1] == "--no-retry")
	case "hooks":
		n, err := strconv.Atoi(s[1])
		if err != nil {
			return true, err
		}
		_ = c.uniter.Settle(uniter.Limits{Hooks: n, Retries: retries}) // hooks are left, and may have failed
		return true, nil
	case "settle":
		err := c.uniter.Settle(uniter.Limits{Retries: retries})
		if err == nil {
			c.restedAt = len(c.played)
		}
		return true, err
	}
	return false, nil
}

// deploy deploys an application, whose files are in its own folder.
func (c *cluster) deploy(s step) error {
	charm, err := model.ReadCharm(c.charms[s[1]])
	if err != nil {
		return err
	}
	if _, err := c.model.Deploy(s[2], charm, filepath.Join("charms", filepath.Base(c.charms[s[1]]))); err != nil {
		return err
	}
	c.kinds[s[2]] = s[1]
	options := map[string]string{}
	switch {
	case s[2] == masters:
		options["token-auth-file"] = "known_tokens.csv"
	case c.ready && (s[1] == "worker" || s[1] == "side"):
		options["kubeconfig-dir"], options["ca-file"], options["gpu"] = "cdk", "ca.crt", "false"
	}
	if err := c.model.SetConfig(s[2], options); err != nil {
		return err
	}
	return c.addUnits(s[2], s[4])
}

// refresh gives an application the same charm once more.
func (c *cluster) refresh(app string) error {
	a, err := c.model.App(app)
	if err != nil {
		return err
	}
	return c.model.Refresh(app, a.Charm, a.CharmDir)
}

func (c *cluster) addUnits(app, n string) error {
	count, err := strconv.Atoi(n)
	if err != nil {
		return err
	}
	units, err := c.model.AddUnits(app, count)
	for _, unit := range units {
		c.agents.Add(unit, c.model.Apps[app].CharmVersion)
	}
	return err
}

func sorted[K int | string, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// advance runs the next hooks, as few as the simulator can, and reports whether there were any.
func (c *cluster) advance() bool {
	c.played = append(c.played, step{"hooks", "1"})
	return c.uniter.Settle(uniter.Limits{Hooks: 1, Retries: retries}) != nil
}

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

// step is one thing that an operator or fate does, as jujusim's command line has it; "run K" runs K hooks.
type step []string

func (s step) String() string {
	if s[0] == "run" {
		return "# " + s[1] + " hooks run"
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
	switch s[0] {
	case "deploy":
		charm, err := model.ReadCharm(c.charms[s[1]])
		if err != nil {
			return err
		}
		if _, err := c.model.Deploy(s[2], charm, filepath.Join("charms", filepath.Base(c.charms[s[1]]))); err != nil {
			return err
		}
		if s[2] == masters {
			if err := c.model.SetConfig(masters, map[string]string{"token-auth-file": "known_tokens.csv"}); err != nil {
				return err
			}
		}
		return c.addUnits(s[2], s[4])
	case "add-unit":
		return c.addUnits(s[1], s[3])
	case "remove-unit":
		if s[1] == "--force" {
			return c.uniter.RemoveByForce(s[2])
		}
		return c.model.RemoveUnit(s[1])
	case "remove-application":
		return c.model.RemoveApplication(s[1])
	case "integrate":
		if s[1] == "--cross-model" {
			_, err := c.model.IntegrateAcrossModels(s[2], s[3])
			return err
		}
		_, err := c.model.Integrate(s[1], s[2])
		return err
	case "remove-relation":
		return c.model.RemoveRelation(s[1], s[2])
	case "suspend-relation", "resume-relation":
		id, err := strconv.Atoi(s[1])
		if err != nil {
			return err
		}
		return c.model.Suspend(id, s[0] == "suspend-relation")
	case "config":
		key, value, _ := strings.Cut(s[2], "=")
		return c.model.SetConfig(s[1], map[string]string{key: value})
	case "leader":
		return c.model.SetLeader(s[1], s[2])
	case "agent":
		if s[2] == "stop" {
			return c.uniter.Stop(s[1])
		}
		return c.uniter.Start(s[1])
	case "update-status":
		for _, a := range c.agents {
			a.UpdateStatus = true
		}
		return nil
	case "run":
		n, err := strconv.Atoi(s[1])
		if err != nil {
			return err
		}
		_ = c.uniter.Settle(uniter.Limits{Hooks: n, Retries: retries}) // hooks are left, and may have failed
		return nil
	case "settle":
		return c.uniter.Settle(uniter.Limits{Retries: retries})
	}
	return fmt.Errorf("unknown step %q", s)
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

// heal brings back all agents and lets everything come to rest.
func (c *cluster) heal() error {
	for _, unit := range sorted(c.agents) {
		if c.agents[unit].Down {
			if err := c.play(step{"agent", unit, "start"}); err != nil {
				return err
			}
		}
	}
	for _, id := range sorted(c.model.Relations) {
		if c.model.Relations[id].Suspended {
			if err := c.play(step{"resume-relation", strconv.Itoa(id)}); err != nil {
				return err
			}
		}
	}
	for _, s := range []step{{"settle"}, {"update-status"}, {"settle"}, {"update-status"}, {"settle"}} {
		if err := c.play(s); err != nil {
			return err
		}
	}
	return nil
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
	c.played = append(c.played, step{"run", "1"})
	return c.uniter.Settle(uniter.Limits{Hooks: 1, Retries: retries}) != nil
}

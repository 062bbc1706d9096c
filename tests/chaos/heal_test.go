package chaos

import (
	"fmt"
	"strconv"

	"github.com/kube-control/kube-control/jujusim/uniter"
)

// heal takes back all faults, brings back all agents, repairs the options, and lets everything come to rest.
func (c *cluster) heal() error {
	c.healedAt = len(c.played)
	for _, unit := range sorted(c.agents) {
		c.agents[unit].Faults = uniter.Faults{}
		if u := c.model.Units[unit]; u != nil {
			u.RefuseCommit = false
		}
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
	if err := c.repair(); err != nil {
		return err
	}
	// Replaced tokens are accepted until the second update-status, and the workers rest before the masters.
	for _, s := range []step{{"settle"}, {"update-status"}, {"settle"}, {"update-status"}, {"settle"}, {"update-status"}, {"settle"}} {
		if err := c.play(s); err != nil {
			return err
		}
	}
	return nil
}

// repair gives each invalid option a valid value, and each application a leader.
func (c *cluster) repair() error {
	for _, app := range sorted(c.model.Apps) {
		a := c.model.Apps[app]
		if a.Leader == "" && len(a.Units) > 0 {
			if err := c.play(step{"leader", app, a.Units[0]}); err != nil {
				return err
			}
		}
		for _, o := range optionsOf(c.kinds[app]) {
			if !o.isBad(fmt.Sprint(c.model.Config(app)[o.key])) {
				continue
			}
			if err := c.play(step{"config", app, o.key + "=" + o.good[0]}); err != nil {
				return err
			}
		}
	}
	return nil
}

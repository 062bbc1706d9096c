package chaos

import (
	"math/rand/v2"
	"strconv"
)

// dice draw what happens next in a cluster. It may make no sense by then, as with real operators.
type dice struct {
	r *rand.Rand
	c *cluster
}

// verb is one thing that can happen, and how often it does beside the others.
type verb struct {
	weight int
	draw   func(d dice) step
}

// verbs are all that an operator or fate does.
func verbs() []verb {
	return []verb{
		{10, func(d dice) step { return step{"hooks", strconv.Itoa(1 + d.r.IntN(12))} }},
		{5, func(dice) step { return step{"settle"} }},
		{2, func(dice) step { return step{"update-status"} }},
		{6, dice.deploy},
		{5, dice.integrate},
		{3, func(d dice) step { return step{"add-unit", d.one("kw", "box", d.app(), masters), "-n", "1"} }},
		{3, func(d dice) step { return step{"remove-unit", d.unit()} }},
		{3, func(d dice) step { return step{"remove-unit", "--force", d.unit()} }},
		{2, func(d dice) step { return step{"remove-relation", masters, d.app()} }},
		{1, func(d dice) step { return step{"remove-application", d.app()} }},
		{2, func(d dice) step {
			return step{d.one("suspend-relation", "resume-relation"), strconv.Itoa(d.r.IntN(6))}
		}},
		{3, func(d dice) step { return step{"leader", masters, masters + "/" + d.one("0", "1", "2")} }},
		{8, dice.config},
		{3, dice.rotate},
		{3, dice.revoke},
		{1, dice.sign},
		{1, dice.read},
		{3, func(d dice) step { return step{"agent", d.unit(), d.one("stop", "start")} }},
		{2, func(d dice) step { return step{"fail-tool", d.unit(), d.call()} }},
		{3, dice.kill},
		{2, func(d dice) step { return step{"refuse-commit", d.unit()} }},
		{2, func(d dice) step { return step{"lose-leadership", d.master(), d.call()} }},
		{1, func(d dice) step { return step{"deny-secret", d.unit()} }},
		{1, func(d dice) step { return step{"drop-grant", d.master()} }},
		{1, func(d dice) step { return step{"repeat-hook", d.unit()} }},
		{1, func(d dice) step { return step{"delay-tool", d.unit(), d.call(), "10m"} }},
		{1, func(d dice) step { return step{"resolve", d.one("--retry", "--no-retry"), d.unit()} }},
		{1, func(d dice) step { return step{"refresh", d.one(masters, d.app())} }},
		{1, func(d dice) step { return step{"upgrade", versions()[d.r.IntN(4)]} }},
	}
}

// draw picks what happens next.
func (c *cluster) draw(r *rand.Rand) step {
	if c.restedAt == len(c.played) && r.IntN(4) == 0 {
		return dice{r, c}.revoke() // what it must lead to is certain only at rest
	}
	all, total := verbs(), 0
	for _, v := range all {
		total += v.weight
	}
	at := r.IntN(total)
	for _, v := range all {
		if at -= v.weight; at < 0 {
			return v.draw(dice{r, c})
		}
	}
	return step{"settle"}
}

func (d dice) one(list ...string) string { return list[d.r.IntN(len(list))] }

func (d dice) app() string { return d.one("kw", "side", "far", "cloud", "rogue") }

// call is the number of a tool call, within a hook or a few.
func (d dice) call() string { return strconv.Itoa(1 + d.r.IntN(25)) }

func (d dice) unit() string {
	if units := sorted(d.c.model.Units); len(units) > 0 {
		return d.one(units...)
	}
	return "kw/0"
}

func (d dice) master() string {
	if a := d.c.model.Apps[masters]; a != nil && len(a.Units) > 0 {
		return d.one(a.Units...)
	}
	return masters + "/0"
}

func (d dice) leader() string {
	if a := d.c.model.Apps[masters]; a != nil && a.Leader != "" && d.r.IntN(5) > 0 {
		return a.Leader
	}
	return d.master()
}

// worker is a unit that may ask for credentials.
func (d dice) worker() string {
	var units []string
	for _, unit := range sorted(d.c.model.Units) {
		if kind := d.c.kindOf(unit); kind != "master" && kind != "box" {
			units = append(units, unit)
		}
	}
	if len(units) == 0 {
		return "kw/0"
	}
	return d.one(units...)
}

func (d dice) deploy() step {
	switch app := d.app(); app {
	case "side":
		return step{"deploy", "side", app, "-n", "0"}
	case "rogue":
		return step{"deploy", "rogue", app, "-n", "1"}
	default:
		return step{"deploy", "worker", app, "-n", d.one("1", "2")}
	}
}

// integrate relates an application that is there to the masters, or a subordinate to its principal.
func (d dice) integrate() step {
	switch app := d.app(); {
	case app == "far":
		return step{"integrate", "--cross-model", masters, app}
	case app == "side" && d.r.IntN(2) == 0:
		return step{"integrate", "side:host", "box"}
	default:
		return step{"integrate", masters, app}
	}
}

// config gives an option of any application a value, which is invalid one time in four.
func (d dice) config() step {
	app := d.one(masters, masters, d.app(), d.app())
	options := optionsOf(d.c.kinds[app])
	if len(options) == 0 {
		app, options = masters, masterOptions()
	}
	o := options[d.r.IntN(len(options))]
	if len(o.bad) > 0 && d.r.IntN(4) == 0 {
		return step{"config", app, o.key + "=" + d.one(o.bad...)}
	}
	return step{"config", app, o.key + "=" + d.one(o.good...)}
}

func (d dice) rotate() step {
	return step{"run", d.leader(), "rotate-credentials", d.one("all=true", "finish=true", "list=true", "unit="+d.worker(), "unit="+d.worker())}
}

func (d dice) revoke() step {
	s := step{"run", d.leader(), "revoke", "unit=" + d.worker()}
	if d.r.IntN(2) == 0 {
		s = append(s, "undo=true")
	}
	return s
}

func (d dice) sign() step {
	return step{"run", d.leader(), "sign-auth-request", "unit=" + d.worker(), "tokens-file=hand.json"}
}

// read runs an action that changes nothing.
func (d dice) read() step {
	unit := d.unit()
	if d.c.kindOf(unit) == "master" {
		return step{"run", unit, d.one("audit", "auth-user", "explain", "flags", "get-gpu", "dump", "flush-departed")}
	}
	return step{"run", unit, d.one("explain", "flags", "get-dns", "dump", "get-cluster-tag")}
}

func (d dice) kill() step {
	s := step{"kill-tool", d.unit(), d.call()}
	if d.r.IntN(2) == 0 {
		s = step{"kill-tool", "--agent", d.unit(), d.call()}
	}
	return s
}

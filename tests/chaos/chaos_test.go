package chaos

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
)

// certificate is a CA's, for what it is worth to a kubeconfig.
const certificate = "-----BEGIN CERTIFICATE-----\nMQ==\n-----END CERTIFICATE-----\n"

// versions are those of Juju that the lives run on.
func versions() []string { return []string{"2.9.51", "3.1.10", "3.6.1", "4.0.1"} }

// life is what an operator does before something is removed: masters with workers of four applications, of which one is
// subordinate, beside a principal, and one is in another model, and one waits for a group that is not allowed yet.
func life() []step {
	return []step{
		{"deploy", "master", masters, "-n", "2"},
		{"deploy", "worker", "kw", "-n", "2"},
		{"deploy", "box", "box", "-n", "1"},
		{"deploy", "side", "side", "-n", "0"},
		{"integrate", "side:host", "box"},
		{"deploy", "worker", "far", "-n", "1"},
		{"deploy", "worker", "cloud", "-n", "1"},
		{"config", "cloud", "auth-group=clouds"},
		{"integrate", masters, "kw"},
		{"integrate", masters, "side"},
		{"integrate", "--cross-model", masters, "far"},
		{"integrate", masters, "cloud"},
		{"settle"},
		{"config", masters, "ca-certificate=" + certificate},
		{"config", masters, "allowed-groups=system:nodes clouds"},
		{"add-unit", "kw", "-n", "2"},
		{"settle"},
		{"leader", masters, masters + "/1"},
		{"config", "kw", "node-name=shared"},
		{"settle"},
		{"config", "kw", "node-name="},
	}
}

// removals are the ways in which something begins to die, with or without the leader's agent.
func removals() [][]step {
	plain := [][]step{
		{{"remove-unit", "kw/0"}},
		{{"remove-unit", "--force", "kw/0"}},
		{{"remove-unit", "--force", "side/0"}, {"remove-unit", "--force", "far/0"}},
		{{"remove-unit", "side/0"}, {"remove-unit", "far/0"}, {"remove-unit", "cloud/0"}},
		{{"remove-unit", "box/0"}, {"remove-relation", masters, "side"}},
		{{"remove-relation", "side:host", "box"}, {"remove-unit", "--force", "far/0"}},
		{{"remove-relation", masters, "kw"}},
		{{"remove-application", "kw"}},
		{{"remove-application", "side"}, {"remove-application", "far"}, {"remove-relation", masters, "cloud"}},
		{{"remove-unit", masters + "/0"}},
		{{"remove-unit", "--force", masters + "/0"}, {"remove-unit", "kw/1"}},
	}
	var all [][]step
	for _, steps := range plain {
		all = append(all, steps)
		down := append([]step{{"agent", masters + "/0", "stop"}}, steps...)
		all = append(all, append(down, step{"leader", masters, masters + "/1"}))
	}
	return all
}

// fail tells what is wrong, and how to play it again.
func (c *cluster) fail(t *testing.T, wrong ...string) {
	t.Helper()
	t.Fatalf("%s\nplayed:\n%s\nthe last of the log:\n%s", strings.Join(wrong, "\n"), c.script(), c.tail())
}

// tail is the end of the log.
func (c *cluster) tail() string {
	var lines []string
	for _, r := range c.model.TakeLogs() {
		if r.Level == "ERROR" || r.Level == "WARNING" {
			lines = append(lines, r.String())
		}
	}
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}

// TestRow85RemovalAtEveryPointOfALife begins each removal after each hook of a life, and lets everything come to rest: no
// unit ends in error, and each live unit is served.
func TestRow85RemovalAtEveryPointOfALife(t *testing.T) {
	t.Parallel()
	for v, version := range versions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			c := newCluster(t, version, uint64(v+1))
			ways, point := removals(), 0
			for _, s := range life() {
				if s[0] != "settle" {
					if err := c.play(s); err != nil {
						c.fail(t, err.Error())
					}
					continue
				}
				for c.advance() {
					// Each point has two of the ways, so that all come at all stages on some version.
					at := c.save(t)
					for _, way := range [][]step{ways[(point*7+v*5)%len(ways)], ways[(point*5+v*7+9)%len(ways)]} {
						removed := at.restore(t)
						for _, s := range way {
							_ = removed.play(s) // what is not there yet can't be removed
						}
						if err := removed.heal(); err != nil {
							removed.fail(t, err.Error())
						}
						if wrong := removed.judge(); len(wrong) > 0 {
							removed.fail(t, wrong...)
						}
					}
					point++
				}
			}
			if point < 70 {
				t.Errorf("the life has only %d points", point)
			}
		})
	}
}

// TestRow85RandomRemovals plays 300 random schedules in process.
func TestRow85RandomRemovals(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			version := versions()[seed%4]
			c := newCluster(t, version, seed+1)
			play(t, c, rand.New(rand.NewPCG(seed, 85)))
		})
	}
}

// play begins with a small life and goes on at random.
func play(t *testing.T, c *cluster, r *rand.Rand) {
	t.Helper()
	for _, s := range []step{
		{"deploy", "master", masters, "-n", strconv.Itoa(1 + r.IntN(3))},
		{"deploy", "worker", "kw", "-n", "2"},
		{"deploy", "box", "box", "-n", "1"},
		{"integrate", masters, "kw"},
		{"run", strconv.Itoa(r.IntN(60))},
	} {
		if err := c.play(s); err != nil {
			c.fail(t, err.Error())
		}
	}
	for range 20 {
		s := c.draw(r)
		if err := c.play(s); err != nil && s[0] == "settle" {
			c.fail(t, err.Error())
		}
	}
	if err := c.heal(); err != nil {
		c.fail(t, err.Error())
	}
	if wrong := c.judge(); len(wrong) > 0 {
		c.fail(t, wrong...)
	}
}

// draw picks what happens next. It may make no sense by then, as with real operators.
func (c *cluster) draw(r *rand.Rand) step {
	one := func(list ...string) string { return list[r.IntN(len(list))] }
	unit := func() string {
		units := sorted(c.model.Units)
		if len(units) == 0 {
			return "kw/0"
		}
		return units[r.IntN(len(units))]
	}
	app := one("kw", "side", "far", "cloud")
	switch r.IntN(20) {
	case 0:
		if app == "side" {
			return step{"deploy", "side", app, "-n", "0"}
		}
		return step{"deploy", "worker", app, "-n", one("1", "2")}
	case 1, 2:
		switch {
		case app == "far":
			return step{"integrate", "--cross-model", masters, app}
		case app == "side" && r.IntN(2) == 0:
			return step{"integrate", "side:host", "box"}
		}
		return step{"integrate", masters, app}
	case 3:
		return step{"add-unit", one("kw", "box", app, masters), "-n", "1"}
	case 4, 5:
		return step{"remove-unit", unit()}
	case 6, 7:
		return step{"remove-unit", "--force", unit()}
	case 8:
		return step{"remove-relation", masters, app}
	case 9:
		return step{"remove-application", app}
	case 10:
		return step{"leader", masters, masters + "/" + one("0", "1", "2")}
	case 11:
		return step{"agent", unit(), one("stop", "start")}
	case 12:
		return step{"config", masters, "ca-certificate=" + one("", certificate, certificate+certificate)}
	case 13:
		return step{"config", masters, "allowed-groups=" + one("system:nodes", "system:nodes clouds")}
	case 14:
		return step{"config", app, "auth-group=" + one("system:nodes", "clouds")}
	case 15:
		return step{"config", app, "node-name=" + one("", "shared", "other")}
	case 16:
		return step{one("suspend-relation", "resume-relation"), strconv.Itoa(r.IntN(6))}
	case 17:
		return step{"settle"}
	}
	return step{"run", strconv.Itoa(1 + r.IntN(12))}
}

// TestRow85RandomRemovalsOfProcesses plays 8 of them with the real binary, hook links and hook tools, on both sides, and 20
// with SWEEP=all, as .ci/run does.
func TestRow85RandomRemovalsOfProcesses(t *testing.T) {
	t.Parallel()
	seeds := uint64(8)
	if os.Getenv("SWEEP") == "all" {
		seeds = 20
	}
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			c := newCluster(t, versions()[seed%4], seed+1)
			c.useProcesses(t)
			play(t, c, rand.New(rand.NewPCG(seed, 20)))
		})
	}
}

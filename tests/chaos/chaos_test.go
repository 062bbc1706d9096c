package chaos

import (
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
	c.watch() // which takes the log
	return strings.Join(c.troubles[max(0, len(c.troubles)-15):], "\n")
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
					// Each point has one of the ways, so that all come at all stages on some version.
					removed := c.save(t).restore(t)
					for _, s := range ways[(point*7+v*5)%len(ways)] {
						_ = removed.play(s) // what is not there yet can't be removed
					}
					if err := removed.heal(); err != nil {
						removed.fail(t, err.Error())
					}
					if wrong := removed.judge(); len(wrong) > 0 {
						removed.fail(t, wrong...)
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

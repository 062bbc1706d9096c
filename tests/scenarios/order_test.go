package scenarios

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kube-control/kube-control/tests/cluster"
	"github.com/kube-control/kube-control/tests/oracle"
)

// TestS9OrderIndependence plays the same life in many orders of what operators do and of hooks. Each schedule must end with
// the same databags, flags and statuses. It plays 24 schedules, and 100 with SWEEP=all, as .ci/run does.
func TestS9OrderIndependence(t *testing.T) {
	t.Parallel()
	schedules := uint64(24)
	if os.Getenv("SWEEP") == "all" {
		schedules = 100
	}
	for _, juju := range []string{"2.9.51", "3.6.1", "4.0.1"} {
		t.Run(juju, func(t *testing.T) {
			t.Parallel()
			want := play(t, juju, 0, nil)
			for seed := uint64(1); seed < schedules/3; seed++ {
				t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
					t.Parallel()
					r := rand.New(rand.NewPCG(seed, 9))
					if diff := cmp.Diff(want, play(t, juju, seed, r)); diff != "" {
						t.Errorf("seed %d on %s ends otherwise (-seed 0 +this):\n%s", seed, juju, diff)
					}
				})
			}
		})
	}
}

// step is something that an operator or fate does, once those that it names are done.
type step struct {
	name, after string
	do          func(t *testing.T, c *cluster.Cluster) bool // false: not yet
}

func steps() []step {
	set := func(app, option, value string) func(*testing.T, *cluster.Cluster) bool {
		return func(t *testing.T, c *cluster.Cluster) bool {
			t.Helper()
			c.Set(t, app, map[string]string{option: value})
			return true
		}
	}
	relate := func(app string) step {
		return step{"relate " + app, "", func(t *testing.T, c *cluster.Cluster) bool {
			t.Helper()
			c.Relate(t, app)
			return true
		}}
	}
	return []step{
		relate("kw"), relate("gpu"), relate("old"),
		{"relate far", "", func(t *testing.T, c *cluster.Cluster) bool {
			t.Helper()
			if _, err := c.Model.IntegrateAcrossModels(cluster.Masters, "far"); err != nil {
				t.Fatal(err)
			}
			return true
		}},
		{"DNS off", "", set(cluster.Masters, "dns-provider", "none")},
		{"DNS on", "DNS off", set(cluster.Masters, "dns-provider", "auto")},
		{"another registry", "", set(cluster.Masters, "image-registry", "registry.example.com:5000/k8s")},
		{"node renamed", "", set("gpu", "node-name", "renamed")},
		{"far suspended", "relate far", func(t *testing.T, c *cluster.Cluster) bool {
			t.Helper()
			r := c.Model.RelationsOf("far")[0]
			if len(oracle.Present(r.Side("far"))) == 0 {
				return false // goal-state would show it as joining for ever, and the worker would wait
			}
			if err := c.Model.Suspend(r.ID, true); err != nil {
				t.Fatal(err)
			}
			return true
		}},
		{"old forgotten", "relate old", func(_ *testing.T, c *cluster.Cluster) bool {
			return c.ForgetRelation(c.Model.RelationsOf("old")[0].ID, denied) == nil
		}},
	}
}

// denied is the master to which the relation with the application old is denied.
const denied = cluster.Masters + "/1"

// play plays all steps, in their order without r, and gives what is there in the end.
func play(t *testing.T, juju string, seed uint64, r *rand.Rand) string {
	t.Helper()
	c := cluster.New(t, juju, seed)
	c.Deploy(t, cluster.Masters, "master", 2, nil)
	c.Deploy(t, "kw", "worker", 2, map[string]string{"ca-file": "ca.crt"})
	c.Deploy(t, "gpu", "worker", 1, map[string]string{"ca-file": "ca.crt", "gpu": "true"})
	c.Deploy(t, "old", "worker", 1, map[string]string{"ca-file": "ca.crt"})
	c.Deploy(t, "far", "worker", 1, map[string]string{"ca-file": "ca.crt"})
	var played []string
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d: %s", seed, strings.Join(played, ", "))
		}
	})
	left, done := steps(), map[string]bool{"": true}
	for len(left) > 0 {
		n, i := 40, 0
		if r != nil {
			n, i = r.IntN(25), r.IntN(len(left))
		}
		for range n {
			c.RunNext()
		}
		played = append(played, fmt.Sprint(n, " hooks"))
		if s := left[i]; done[s.after] && s.do(t, c) {
			done[s.name] = true
			played = append(played, s.name)
			left = slices.Delete(left, i, i+1)
		}
	}
	c.Rest(t, 0)
	for range 3 {
		c.UpdateStatus(t)
	}
	c.Oracle(t)
	for _, unit := range c.Model.Apps[cluster.Masters].Units {
		c.On(t, unit, "bin/kube-control flush-departed") // a unit of far has left only where it had joined
	}
	return picture(t, c)
}

// random is what differs from life to life: tokens, of which the generation counts as a part, secrets' IDs, the cluster's tag
// and the other model's name. A generation goes on from those of units that have left, so that no token comes twice.
var random = regexp.MustCompile(`"generation": \d+, |\b[0-9a-v]{20}\b|kubernetes-[0-9a-z]{32}|remote-[0-9a-f]{32}|[0-9A-Za-z_-]{43}`)

// picture is what the units show each other and their charms: databags, flags and statuses.
func picture(t *testing.T, c *cluster.Cluster) string {
	t.Helper()
	var b strings.Builder
	for _, app := range slices.Sorted(maps.Keys(c.Model.Apps)) {
		if app == cluster.Masters {
			continue
		}
		r := c.Model.RelationsOf(app)[0]
		for _, side := range r.Sides {
			fmt.Fprintf(&b, "%s with %s: %v\n", side.App, app, side.Bag.Settings)
			for _, unit := range oracle.Present(side) {
				if app == "old" && unit == denied {
					continue // its bag is as it was when the relation was forgotten
				}
				settings := side.Units[unit].Settings
				for _, key := range slices.Sorted(maps.Keys(settings)) {
					fmt.Fprintf(&b, "%s with %s: %s=%s\n", unit, app, key, settings[key])
				}
			}
		}
	}
	for _, unit := range slices.Sorted(maps.Keys(c.Model.Units)) {
		status := c.Model.UnitStatus(unit)
		flags := strings.Join(strings.Fields(c.On(t, unit, "bin/kube-control flags")), " ")
		fmt.Fprintf(&b, "%s: %s %q, flags %s, files %v\n", unit, status.Status, status.Message, flags, slices.Sorted(maps.Keys(c.AtRest().Held(unit))))
	}
	return random.ReplaceAllStringFunc(b.String(), func(found string) string {
		if strings.HasPrefix(found, `"generation`) {
			return "" // a first credential has none
		}
		return "<random>"
	})
}

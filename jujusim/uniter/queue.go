package uniter

import (
	"slices"

	"github.com/kube-control/kube-control/jujusim/model"
)

// queue is the set of units that may have something to do, in an order that depends on nothing but its history.
//
// A draw takes an application first, and then one of its units: an application of one unit has its turn as often as
// one of a thousand, so that the thousand see several of its writes in one hook, as they do where agents run side by
// side and the network takes its time. Every order remains possible.
type queue struct {
	apps  []string
	units map[string][]string
	at    map[string]int // a queued unit's place in its application's list
}

func newQueue(units []string) *queue {
	q := &queue{units: map[string][]string{}, at: map[string]int{}}
	q.add(units)
	return q
}

// draw gives one queued unit; below gives a random number below its argument.
func (q *queue) draw(below func(int) int) string {
	units := q.units[q.apps[below(len(q.apps))]]
	return units[below(len(units))]
}

func (q *queue) add(units []string) {
	for _, unit := range units {
		if _, queued := q.at[unit]; queued {
			continue
		}
		app := model.AppOf(unit)
		if len(q.units[app]) == 0 {
			q.apps = append(q.apps, app)
		}
		q.at[unit] = len(q.units[app])
		q.units[app] = append(q.units[app], unit)
	}
}

func (q *queue) remove(unit string) {
	app := model.AppOf(unit)
	units := q.units[app]
	last := units[len(units)-1]
	units[q.at[unit]] = last
	q.at[last] = q.at[unit]
	q.units[app] = units[:len(units)-1]
	delete(q.at, unit)
	if len(q.units[app]) == 0 {
		q.apps = slices.DeleteFunc(q.apps, func(a string) bool { return a == app })
	}
}

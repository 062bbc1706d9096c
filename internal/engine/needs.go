package engine

import (
	"slices"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// refreshed is the number of records that one update-status reads again.
const refreshed = 16

// Needs is what an evaluation must see before it can decide: databags first, and then secrets.
type Needs struct {
	Bags    []Read
	Secrets []SecretRead
}

// Read names one remote unit's bag.
type Read struct {
	Relation kubecontrol.RelationID
	Unit     kubecontrol.Unit
}

// missingBags lists the remote bags that an evaluation must see and that v has not. A worker sees every master. A master sees
// the unit of the event or the question, the units of which it has no record, and in an update-status the next 16. So the
// cost of a hook does not grow with the number of workers.
func missingBags(st State, ev Event, v View) []Read {
	return slices.DeleteFunc(neededBags(st, ev, v), func(read Read) bool {
		i := slices.IndexFunc(v.Relations, func(rel Relation) bool { return rel.ID == read.Relation })
		_, isRead := v.Relations[i].Remote[read.Unit]
		return isRead || v.Relations[i].Refused[read.Unit] != ""
	})
}

func neededBags(st State, ev Event, v View) []Read {
	hook, _ := ev.(Hook)
	look, _ := ev.(LookAt)
	_, all := ev.(Refresh)
	all = all || hook.Kind == UpgradeCharm
	var reads, known []Read
	for _, e := range v.Endpoints {
		for _, r := range v.RelationsOf(e.Name) {
			for _, u := range r.Members {
				read := Read{Relation: r.ID, Unit: u}
				_, seen := st.Seen[r.ID][u]
				switch {
				case e.Role == kubecontrol.Worker, all, !seen, u == look.Unit, r.ID == hook.Relation && u == hook.Unit:
					reads = append(reads, read)
				default:
					known = append(known, read)
				}
			}
		}
	}
	if hook.Kind == UpdateStatus {
		reads = append(reads, window(known, hook.Turn)...)
	}
	return reads
}

// window takes up to 16 of a list in a row, from a place that the turn decides, round the end.
func window[T any](list []T, turn uint64) []T {
	n := len(list)
	if n <= refreshed {
		return list
	}
	start := int(turn % uint64(n))
	w := make([]T, 0, refreshed)
	for i := range refreshed {
		w = append(w, list[(start+i)%n])
	}
	return w
}

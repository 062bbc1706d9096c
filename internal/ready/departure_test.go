package ready_test

import (
	"testing"

	"github.com/kube-control/kube-control/tests/world"
)

// TestRow124AbsenceProvesNothing holds what proves to a new leader that a unit with a grant has left, if it has not joined
// here. goal-state leaves out subordinate units and units of other models.
func TestRow124AbsenceProvesNothing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		goal []string // of units and the application, with statuses
		hook string
		left bool // kw/0 has left
	}{
		{"a subordinate application", []string{"kw", "joined"}, "leader-elected", false},
		{"an application of another model, seen from its offer", nil, "leader-elected", false},
		{"a subordinate application with a unit on this machine", []string{"kw", "joined", "kw/1", "active"}, "leader-elected", false},
		{"goal-state shows it", []string{"kw", "joined", "kw/0", "waiting"}, "leader-elected", false},
		{"goal-state shows it in update-status", []string{"kw", "joined", "kw/0", "waiting"}, "update-status", false},
		{"it is dying", []string{"kw", "joined", "kw/0", "dying"}, "leader-elected", true},
		{"goal-state shows others of its application", []string{"kw", "joined", "kw/1", "active", "kw/2", "active"}, "leader-elected", true},
		{"no joined hook is due", []string{"kw", "joined"}, "update-status", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			first, _ := signed(t)
			other := first.Beside(t, "kcp/1")
			other.Relate("kube-control:1", "kw")
			first.Leader, other.Leader = false, true
			goal(other, tt.goal...)
			other.MustHook(t, world.Hook{Name: tt.hook})
			if left := len(rows(t, other, "kw/0")) == 0; left != tt.left {
				t.Errorf("kw/0 has left: %t, want %t", left, tt.left)
			}
		})
	}
}

// TestLeaderRemembersWhatItSawLeave: a unit that led later saw a worker leave, which the leader of that time missed.
func TestLeaderRemembersWhatItSawLeave(t *testing.T) {
	t.Parallel()
	first, _ := signed(t)
	other := first.Beside(t, "kcp/1")
	r := other.Relate("kube-control:1", "kw")
	other.Joined(t, r, "kw/0", node("a"))
	other.Joined(t, r, "kw/1", node("b"))
	other.Departed(t, r, "kw/0", "kw/0")
	first.Leader, other.Leader = false, true
	goal(other, "kw", "joined")
	other.MustHook(t, world.Hook{Name: "leader-elected"})
	if len(rows(t, other, "kw/0")) > 0 || len(rows(t, other, "kw/1")) == 0 {
		t.Errorf("the token file is\n%s", other.TokenFile(t))
	}
}

package uniter

import "testing"

func TestLeaderSettingsAreAnnouncedToFollowers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.deploy("db", 2)
	w.settle()
	w.ran = nil
	w.hooks["db/0 update-status"] = func(call func(...string) string) Outcome {
		call("leader-set", "k=a")
		call("leader-set", "k=b")
		return failWith("what was shared stays shared")
	}
	w.hooks["db/1 leader-settings-changed"] = func(call func(...string) string) Outcome {
		if got := call("leader-get", "k"); got != "b\n" {
			t.Errorf("the follower reads %q", got)
		}
		return Outcome{}
	}
	w.Agents["db/0"].UpdateStatus = true
	if err := w.Settle(Limits{}); err == nil {
		t.Error("the failed hook is no error")
	}
	w.expect("db/0", "update-status")
	w.expect("db/1", "leader-settings-changed")
}

func TestAQueuedLeaderElectedIsDroppedWithTheLeadership(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.deploy("db", 2)
	w.hooks["db/0 leader-elected"] = func(func(...string) string) Outcome { return Outcome{Killed: true} }
	w.steps("db/0", 2) // install, and leader-elected, to be run again
	if err := w.Model.SetLeader("db", "db/1"); err != nil {
		t.Fatal(err)
	}
	w.ran = nil
	w.settle()
	w.expect("db/0", "leader-settings-changed", "config-changed", "start")
}

package uniter

import "github.com/kube-control/kube-control/jujusim/model"

// secretHook is the hook of something about a secret.
func secretHook(e model.SecretEvent) Hook {
	return Hook{Kind: e.Kind, Relation: -1, Secret: e.ID, SecretLabel: e.Label, Version: e.Revision}
}

func (h Hook) secretEvent() model.SecretEvent {
	return model.SecretEvent{Kind: h.Kind, ID: h.Secret, Label: h.SecretLabel, Revision: h.Version}
}

// lostLeadership tells whether the queued hook is for a leader, which the unit no longer is.
func (u *Uniter) lostLeadership(a *Agent) bool {
	switch a.Pending.Kind {
	case leaderElected:
		return !u.Model.IsLeader(a.Unit)
	case model.SecretExpired, model.SecretRotate, model.SecretRemove:
		return !u.Model.OwnsSecret(a.Unit, a.Pending.Secret)
	}
	return false
}

package engine

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/internal/printable"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// sign publishes the credentials of a Sign command: all of them or, if one is refused, none.
func (r *run) sign(ev Sign) error {
	if !r.view.Leader {
		return fmt.Errorf("cannot sign: %w", ErrNotLeader)
	}
	if err := r.checkRelation(ev.Endpoint, ev.Relation); err != nil {
		return err
	}
	signed := map[kubecontrol.RelationID]kubecontrol.Creds{}
	holders := maps.Clone(r.requestFacts().holders)
	for _, sig := range ev.Signatures {
		if err := r.signOne(ev, sig, holders, signed); err != nil {
			return fmt.Errorf("cannot sign for %s: %w", printable.Quoted(string(sig.Scope)), err)
		}
	}
	r.fill()
	old := map[kubecontrol.Unit][]string{}
	for _, sig := range ev.Signatures {
		old[sig.Scope] = sig.Retire
	}
	for rel, added := range signed {
		entries := kubecontrol.Creds{}
		maps.Copy(entries, r.creds[rel])
		r.retire(rel, entries, added, old)
		maps.Copy(entries, added)
		r.publish(rel, entries, "signed")
	}
	return nil
}

// signOne adds one credential to the relations on which it belongs, and its scope to the holders.
func (r *run) signOne(ev Sign, sig Signature, holders map[string]kubecontrol.Unit, signed map[kubecontrol.RelationID]kubecontrol.Creds) error {
	credential := kubecontrol.Credential{Scope: sig.Scope, Kubelet: sig.Kubelet, Proxy: sig.Proxy, Client: sig.Client, Generation: sig.Generation}
	if !credential.Complete() {
		return Usagef("no token is given")
	}
	joined := r.joined(ev, sig.Scope)
	if len(joined) == 0 {
		return fmt.Errorf("no such unit is joined on %s", ev.Endpoint)
	}
	user, err := r.userOf(sig, joined)
	if err != nil {
		return err
	}
	name := kubecontrol.NormalUser(user)
	if holder, held := holders[name]; held && holder != sig.Scope {
		return fmt.Errorf("%s holds the user %s", holder, printable.Quoted(user))
	}
	if slices.ContainsFunc(joined, func(rel kubecontrol.RelationID) bool {
		record := r.state.Seen[rel][sig.Scope]
		return record.User == user && record.isRevoked() && sig.mark(record) == record.mark()
	}) {
		return errors.New("the request was revoked: the unit must ask for another user or group")
	}
	holders[name] = sig.Scope
	asking := joined
	if some := r.askingFor(user, sig.Scope, joined); len(some) > 0 {
		asking = some
	}
	for _, rel := range asking {
		if signed[rel] == nil {
			signed[rel] = kubecontrol.Creds{}
		}
		entry, made := r.inSecret(rel, user, r.renew(rel, user, credential))
		if !made {
			continue
		}
		signed[rel][user] = entry
		if record, ok := r.state.Seen[rel][sig.Scope]; ok && record.User == user {
			r.record(rel, sig.Scope, record.withSigned(sig.mark(record)))
		}
	}
	return nil
}

// mark is the mark of what is signed for a record's unit.
func (sig Signature) mark(record Record) string {
	if asked := cmp.Or(record.Group, kubecontrol.DefaultGroup); sig.Group != "" && sig.Group != asked {
		record.Group = sig.Group
	}
	return record.mark()
}

// joined lists the endpoint's relations of which a unit is a member.
func (r *run) joined(ev Sign, u kubecontrol.Unit) []kubecontrol.RelationID {
	var ids []kubecontrol.RelationID
	for _, rel := range r.view.RelationsOf(ev.Endpoint) {
		if (ev.Relation == "" || rel.ID == ev.Relation) && rel.has(u) {
			ids = append(ids, rel.ID)
		}
	}
	return ids
}

// userOf finds the user to sign.
func (r *run) userOf(sig Signature, joined []kubecontrol.RelationID) (string, error) {
	users := flags.Set{}
	for _, rel := range joined {
		if user := r.state.Seen[rel][sig.Scope].User; user != "" {
			users.Put(user, true)
		}
	}
	user := sig.User
	if user == "" {
		if len(users) == 0 {
			return "", fmt.Errorf("the unit asks for no user")
		}
		if len(users) > 1 {
			return "", fmt.Errorf("the unit asks for %d users, one on each relation: name one", len(users))
		}
		user = users.Sorted()[0]
	}
	if err := (kubecontrol.Request{User: user}).Check(); err != nil {
		return "", Usagef("the user's name is not UTF-8 text")
	}
	return user, nil
}

func (r *run) askingFor(user string, u kubecontrol.Unit, in []kubecontrol.RelationID) []kubecontrol.RelationID {
	var ids []kubecontrol.RelationID
	for _, rel := range in {
		if r.state.Seen[rel][u].User == user {
			ids = append(ids, rel)
		}
	}
	return ids
}

// retire drops what units were signed for before they asked for another user, once that one is signed. Signing the same
// user again retires nothing but what the signer names: what a master gave a unit unasked stays.
func (r *run) retire(rel kubecontrol.RelationID, entries, added kubecontrol.Creds, old map[kubecontrol.Unit][]string) {
	retired := kubecontrol.Creds{}
	for user, c := range entries {
		asked := r.state.Seen[rel][c.Scope].User
		replaced := user != asked && added[asked].Scope == c.Scope && !r.published(rel, asked, c.Scope)
		if replaced || slices.Contains(old[c.Scope], user) {
			retired[user] = c
			delete(entries, user)
		}
	}
	r.abandon(retired)
	r.close(rel.Endpoint(), retired)
}

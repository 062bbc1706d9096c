package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/sirupsen/logrus"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/explain"
	"github.com/kube-control/kube-control/internal/hookenv"
	"github.com/kube-control/kube-control/internal/ready"
	"github.com/kube-control/kube-control/pkg/hooktool"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Marks of a ready master: the digest of the token file that its command was run for last, that of a master
// at rest, and that of the certificate that was published last.
const (
	markTokens      = "tokens"
	markSettled     = "settled" // see settled
	markCertificate = "certificate"
	// certificateWithdrawn is the mark once no option names a certificate any more.
	certificateWithdrawn = "none"
)

// operateMaster runs the master's policy: it publishes and signs through the engine like a person's command, and then
// writes the token file and runs its command. A failure outside Juju is a warning and a status, and the next hook tries
// again.
func (s *Session) operateMaster(ctx context.Context, ev engine.Event) error {
	endpoint, err := s.OnlyEndpoint(kubecontrol.Master)
	if err != nil {
		return err
	}
	in, file, err := s.masterInput(ctx, endpoint, ev)
	if err != nil {
		return err
	}
	if asking, contested := in.Facts.Asking(endpoint); contested {
		s.refuse(ready.Refusals(in.Options, asking, in.Users))
		in.Facts = s.answers()
	}
	plan := ready.Master(in)
	for _, n := range plan.Notes {
		s.log.Log(logLevel(n.Level), n.Text)
	}
	err = s.keepRecords(ctx, in, plan)
	if err == nil {
		err = s.carryOut(ctx, endpoint, plan)
	}
	if _, isHook := ev.(engine.Hook); isHook && errors.Is(err, hooktool.ErrNotLeader) && s.view.Leader {
		if err := s.follow(ctx, ev, err); err != nil {
			return err
		}
		return s.operateMaster(ctx, ev)
	}
	if err != nil {
		return asLeader(err)
	}
	s.refuse(plan.Refused)
	s.trouble, s.workload.RequireWorkers = plan.Trouble, in.Options.WorkersNeeded
	s.logRefusals(ev, plan.Refused)
	if in.Options.TokenFile != "" && in.HasPeer { // without the ledger, the accepted units are not known: the rows stay
		if err := s.writeTokens(ctx, in, file, plan); err != nil {
			return err
		}
	}
	return s.runForLeft(ctx, in, plan)
}

// carryOut does through the engine what the policy has decided.
func (s *Session) carryOut(ctx context.Context, endpoint string, plan ready.MasterPlan) error {
	if err := s.forgetOrphanTokens(ctx, s.peer.ledger); err != nil {
		return err
	}
	if err := s.publishOptions(ctx, endpoint, plan); err != nil {
		return err
	}
	for _, sign := range plan.Sign {
		if err := s.sign(ctx, sign); err != nil {
			return err
		}
	}
	var events []engine.Event
	for _, unit := range plan.Revoked {
		events = append(events, engine.Revoke{Endpoint: endpoint, Unit: unit})
	}
	if len(plan.Gone) > 0 {
		events = append(events, engine.RemoveOrphanSecrets{Holders: plan.Gone})
	}
	for _, ev := range events {
		if err := s.run(ctx, ev); err != nil {
			return err
		}
	}
	return nil
}

// logRefusals logs refused requests: as a warning in the hook of that unit, because every other hook would repeat it.
func (s *Session) logRefusals(ev engine.Event, refused []engine.Refusal) {
	hook, _ := ev.(engine.Hook)
	for _, refusal := range refused {
		level := logrus.DebugLevel
		if hook.Relation == refusal.Relation && hook.Unit == refusal.Unit {
			level = logrus.WarnLevel
		}
		s.log.Logf(level, "refused: %s %s", refusal.Unit, explain.Reason(refusal))
	}
}

// refuse lets the engine know what the policy refuses.
func (s *Session) refuse(refused []engine.Refusal) {
	if !slices.Equal(s.policy.Refused, refused) {
		s.policy.Refused, s.asked = refused, nil
	}
}

// sign signs a batch; where the engine refuses it, one by one, so that a single unit does not block the others.
func (s *Session) sign(ctx context.Context, batch engine.Sign) error {
	if err := s.load(ctx, batch); err != nil {
		return err
	}
	err := s.evaluate(ctx, batch)
	var refused refusedError
	switch {
	case !errors.As(err, &refused):
		return err
	case len(batch.Signatures) == 1:
		s.log.Warn(err)
		return nil
	}
	for _, signature := range batch.Signatures {
		one := batch
		one.Signatures = []engine.Signature{signature}
		if err := s.sign(ctx, one); err != nil {
			return err
		}
	}
	return nil
}

// masterInput gathers what the policy sees.
func (s *Session) masterInput(ctx context.Context, endpoint string, ev engine.Event) (ready.MasterInput, tokenFile, error) {
	config, err := s.tools.ConfigGet(ctx)
	if err != nil {
		return ready.MasterInput{}, tokenFile{}, err
	}
	hook, _ := ev.(engine.Hook)
	rotate, _ := ev.(engine.Rotate)
	revoke, _ := ev.(engine.Revoke)
	sign, _ := ev.(engine.Sign)
	in := ready.MasterInput{
		Leader: s.view.Leader, Dying: s.state.Dying, Endpoint: endpoint,
		Options: ready.ReadMaster(config), Facts: s.answers(),
		HasPeer: s.peer.relation != "", Ledger: s.peer.ledger,
		MaxSecret: s.maxSecret(), Tag: s.state.Values[endpoint][kubecontrol.KeyClusterTag],
		Random: make([]byte, ready.RandomSize), IsUpdateStatus: hook.Kind == engine.UpdateStatus,
		Finish: rotate.Finish, Revoke: revoke, ByHand: sign.Signatures, OrphanTokens: strings.Fields(s.marks[markOrphans]),
	}
	if hook.Kind == engine.DepartedHook {
		in.Left = hook.Unit
	}
	in.Departed, in.AllJoined = s.state.Departed[endpoint], s.env.HookKind == hookenv.UpdateStatus
	_, _ = rand.Read(in.Random) // never fails
	if in.Options.OwnEndpoint {
		in.Address = s.ownAddress(ctx, endpoint)
	}
	if in.Goal, err = s.goal(ctx, in); err != nil {
		return ready.MasterInput{}, tokenFile{}, err
	}
	file := s.readTokens(in.Options.TokenFile)
	in.Users, in.Groups, in.TokenFileUnreadable = file.parsed.Users(), file.parsed.Groups(), file.err != nil
	if in.Rested = s.isAboutRelation() && in.Quiet() && s.isSettled(file.digest()); !in.Rested {
		s.loadAuthority(ctx)
	}
	in.Authority, in.AuthorityExists = s.peer.authority, s.peer.made()
	return in, file, nil
}

// settled is a digest of the token file's inputs and content. Of the authority it has the digest that the leader keeps beside
// the ledger, and without that it is "". If it equals the mark of a master at rest, a hook needs no authority unless a request
// waits.
func (s *Session) settled(file string) string {
	if s.peer.bag[ready.KeyDigest] == "" {
		return ""
	}
	sum := sha256.New()
	encoder := json.NewEncoder(sum) // a sum takes everything
	_ = encoder.Encode([]any{file, s.peer.bag})
	for _, rel := range s.view.Relations {
		_ = encoder.Encode([]string{string(rel.ID), rel.Local[kubecontrol.KeyCreds]})
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

func (s *Session) isSettled(file string) bool {
	mark := s.settled(file)
	return mark != "" && s.marks[markSettled] == mark
}

// address is where workers reach this unit, "" if Juju does not know.
func (s *Session) address(ctx context.Context, endpoint string) string {
	network, err := s.tools.NetworkGet(ctx, endpoint)
	if err == nil && len(network.Ingress) == 0 {
		err = errors.New("network-get gives no ingress address")
	}
	if err != nil {
		s.log.Warnf("this unit's address is not known: %v", err)
		return ""
	}
	return network.Ingress[0]
}

// goal asks goal-state for the units of the endpoint, and which of them are to stay, if a unit with a grant is not joined: a
// unit of ours is new, or one has just left.
func (s *Session) goal(ctx context.Context, in ready.MasterInput) (map[kubecontrol.Unit]bool, error) {
	if in.Dying || !in.Ledger.HasAbsent(in.Facts.Members(in.Endpoint)) {
		return nil, nil
	}
	goal, err := s.tools.GoalState(ctx)
	if err != nil {
		return nil, err
	}
	stay := map[kubecontrol.Unit]bool{}
	for name, g := range goal.Relations[in.Endpoint] {
		if unit := kubecontrol.Unit(name); unit.Number() >= 0 { // the application has an entry as well
			stay[unit] = g.Status != "dying"
		}
	}
	return stay, nil
}

// keepRecords keeps the authority and the ledger for all masters.
func (s *Session) keepRecords(ctx context.Context, in ready.MasterInput, plan ready.MasterPlan) error {
	if s.peer.relation == "" {
		return nil
	}
	authority := plan.Authority
	if authority == nil && in.Leader && s.peer.inBag() && s.view.Secrets.Supported {
		authority = in.Authority // Juju has secrets now
	}
	set := map[string]string{}
	if authority != nil {
		var err error
		if set, err = s.keepAuthority(ctx, in.Endpoint, authority); err != nil {
			return err
		}
	}
	maps.Copy(set, plan.Bag)
	if digest := plan.Tokens.Digest(); in.Leader && digest != "" && digest != s.peer.bag[ready.KeyDigest] {
		set[ready.KeyDigest] = digest
	}
	if s.peer.secret != s.peer.bag[ready.KeyAuthority] {
		set[ready.KeyAuthority] = s.peer.secret
	}
	return s.tell(ctx, set)
}

// publishOptions publishes what the options say, where it differs from what was set last.
func (s *Session) publishOptions(ctx context.Context, endpoint string, plan ready.MasterPlan) error {
	values := map[string]string{}
	for key, value := range plan.Values {
		if old, ok := s.state.Values[endpoint][key]; !ok || old != value {
			values[key] = value
		}
	}
	if len(values) > 0 {
		if err := s.run(ctx, engine.SetValues{Endpoint: endpoint, Values: values}); err != nil {
			return err
		}
	}
	if err := s.publishForApps(ctx, endpoint, plan); err != nil {
		return err
	}
	if plan.Withdraw {
		return s.withdraw(ctx, endpoint)
	}
	if plan.Certificate == "" || !s.view.Secrets.Supported {
		return nil
	}
	digest := ready.Digest([]byte(plan.Certificate))
	if s.marks[markCertificate] == digest && s.state.Certificates[endpoint] != "" {
		return nil
	}
	if err := s.run(ctx, engine.SetCertificate{Endpoint: endpoint, Certificate: plan.Certificate}); err != nil {
		return err
	}
	return s.mark(ctx, markCertificate, digest)
}

// publishForApps publishes the lists with entries for single applications. While a relation's application is not known, because
// no unit has joined, it has none of such a list: the entries of others would be wrong.
func (s *Session) publishForApps(ctx context.Context, endpoint string, plan ready.MasterPlan) error {
	for _, rel := range s.view.RelationsOf(endpoint) {
		app, own := s.remoteApp(rel), s.state.Values[string(rel.ID)]
		values := map[string]string{}
		for key, value := range plan.ForApp(app) {
			old, set := own[key]
			if !set {
				old = s.state.Values[endpoint][key]
			}
			if old != value && (app != "" || !set) {
				values[key] = value
			}
		}
		if len(values) == 0 {
			continue
		}
		if err := s.run(ctx, engine.SetValues{Endpoint: endpoint, Relation: rel.ID, Values: values}); err != nil {
			return err
		}
	}
	return nil
}

// remoteApp is the application on the other side of a relation, "" while that is not known.
func (s *Session) remoteApp(rel engine.Relation) string {
	switch {
	case len(rel.Members) > 0:
		return rel.Members[0].App()
	case rel.ID == s.env.Relation:
		return s.env.RemoteApp
	}
	return ""
}

// withdraw takes back the CA certificate that this unit has published, once.
func (s *Session) withdraw(ctx context.Context, endpoint string) error {
	published := s.state.Certificates[endpoint] != "" || slices.ContainsFunc(s.view.Relations, func(r engine.Relation) bool {
		return r.ID.Endpoint() == endpoint && r.Local[kubecontrol.KeyCASecretID] != ""
	})
	if !published || s.marks[markCertificate] == certificateWithdrawn {
		return nil
	}
	if err := s.run(ctx, engine.WithdrawCertificate{Endpoint: endpoint}); err != nil {
		return err
	}
	return s.mark(ctx, markCertificate, certificateWithdrawn)
}

// maxSecret is how many bytes a value of a secret may have, 0 where Juju has none.
func (s *Session) maxSecret() int {
	if !s.view.Secrets.Supported {
		return 0
	}
	return s.view.Secrets.MaxValue
}

// meet keeps the more urgent of the present trouble and a new one.
func (s *Session) meet(t ready.Trouble) {
	if t.Status.IsMoreUrgentThan(s.trouble.Status) {
		s.trouble = t
	}
}

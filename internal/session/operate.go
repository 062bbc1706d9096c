package session

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/internal/charmfile"
	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/explain"
	"github.com/kube-control/kube-control/internal/hookenv"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// operate does what the ready policy adds to an event, if the charm runs one: after the flags are settled and before
// the handlers. An install hook comes before this unit has seen any relation, so the policy does not run in it.
func (s *Session) operate(ctx context.Context, ev engine.Event) error {
	if s.settings.Operator == "" || s.env.HookKind == hookenv.Install {
		return nil
	}
	run := s.operateWorker
	if s.settings.Operator == charmfile.OperatorMaster {
		run = s.operateMaster
	}
	if err := run(ctx, ev); err != nil {
		return err
	}
	return s.showVersion(ctx)
}

// markVersion is the mark of the version that this unit has shown last.
const markVersion = "version"

// showVersion shows the program's version as that of the ready charm's workload, once for each version.
func (s *Session) showVersion(ctx context.Context) error {
	switch {
	case s.version == "" || s.marks[markVersion] == s.version:
		return nil
	case s.dryRun:
		s.would("show version %s", s.version)
		return nil
	}
	if err := s.tools.ApplicationVersionSet(ctx, s.version); err != nil {
		return err
	}
	return s.mark(ctx, markVersion, s.version)
}

// decidedByOption refuses to set by hand what an option of a ready charm decides: the next hook would undo it.
func (s *Session) decidedByOption(ev engine.Event) error {
	var keys []string
	endpoint := ""
	switch ev := ev.(type) {
	case engine.SetValues:
		keys, endpoint = slices.Sorted(maps.Keys(ev.Values)), ev.Endpoint
	case engine.SetCertificate:
		keys, endpoint = []string{kubecontrol.KeyCASecretID}, ev.Endpoint
	}
	if s.settings.Operator == "" {
		return nil
	}
	var decided, options []string
	for _, key := range keys {
		if option := kubecontrol.OptionOf(s.role(endpoint), key); option != "" {
			decided, options = append(decided, key), append(options, option+"=VALUE")
		}
	}
	if len(decided) == 0 {
		return nil
	}
	app := s.env.Unit.App()
	return engine.Usagef("the options of %s decide %s: juju config %s %s", app, strings.Join(decided, ", "), app, strings.Join(options, " "))
}

// checkSigned judges what a person signs on a ready master by the charm's policy.
func (s *Session) checkSigned(ctx context.Context, ev engine.Event) error {
	sign, ok := ev.(engine.Sign)
	if !ok || s.settings.Operator != charmfile.OperatorMaster {
		return nil
	}
	if err := s.load(ctx, ev); err != nil || !s.view.Leader { // of a unit that does not lead the engine refuses it
		return err
	}
	in, _, err := s.masterInput(ctx, sign.Endpoint, engine.Look{})
	if err != nil {
		return err
	}
	asking, _ := in.Facts.Asking(sign.Endpoint)
	for _, signature := range sign.Signatures {
		q := engine.Request{Unit: signature.Scope, User: signature.User, Group: signature.Group}
		for _, asked := range asking {
			if asked.Unit == q.Unit && (q.User == "" || q.User == asked.User) {
				q = asked
			}
		}
		if q.User == "" {
			continue // the engine says what is missing
		}
		cause, err := in.Options.CheckSigned(q, signature, in.Users)
		if cause != "" {
			err = fmt.Errorf("the policy refuses it, because it %s", explain.Reason(engine.Refusal{Request: q, Cause: cause}))
		}
		if err != nil {
			return fmt.Errorf("cannot sign for %q: %w", signature.Scope, err)
		}
	}
	return nil
}

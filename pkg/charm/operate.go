package charm

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/pkg/engine"
	"github.com/kube-control/kube-control/pkg/hookenv"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
	"github.com/kube-control/kube-control/pkg/operator"
)

// operate does what the ready policy adds to an event, if the charm runs one: after the flags are settled and before
// the handlers. An install hook comes before this unit has seen any relation, so nothing is concluded from it.
func (s *Session) operate(ctx context.Context, ev engine.Event) error {
	if s.dryRun || s.env.HookKind == hookenv.Install {
		return nil
	}
	switch s.settings.Operator {
	case OperatorMaster:
		return s.operateMaster(ctx, ev)
	case OperatorWorker:
		return s.operateWorker(ctx, ev)
	}
	return nil
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
		if option := operator.OptionOf(s.role(endpoint), key); option != "" {
			decided, options = append(decided, key), append(options, option+"=VALUE")
		}
	}
	if len(decided) == 0 {
		return nil
	}
	app := s.env.Unit.App()
	return engine.Usagef("the options of %s decide %s: juju config %s %s", app, strings.Join(decided, ", "), app, strings.Join(options, " "))
}

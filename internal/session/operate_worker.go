package session

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/kube-control/kube-control/internal/charmfile"
	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/ready"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// workerMark is the mark under which the worker's policy keeps its record.
const workerMark = "worker"

// loadWorker tells the engine what a ready worker's options let it offer. It must know in each run, or a hook would write
// schema_vers twice.
func (s *Session) loadWorker(ctx context.Context) error {
	if s.settings.Operator != charmfile.OperatorWorker {
		return nil
	}
	o, err := s.workerOptions(ctx)
	if err != nil {
		return err
	}
	if s.policy.Schemas != o.Schemas {
		s.policy.Schemas, s.asked = o.Schemas, nil
	}
	return nil
}

// workerOptions are a ready worker's options, read once in a process.
func (s *Session) workerOptions(ctx context.Context) (ready.WorkerOptions, error) {
	if s.worker == nil {
		config, err := s.tools.ConfigGet(ctx)
		if err != nil {
			return ready.WorkerOptions{}, err
		}
		o := ready.ReadWorker(config, s.env.CharmDir)
		s.worker = &o
	}
	return s.worker.Last(s.workerRecord()), nil
}

func (s *Session) workerRecord() ready.WorkerRecord {
	return ready.ReadWorkerRecord(s.marks[workerMark])
}

// operateWorker runs the worker's policy: it asks, writes the kubeconfigs, and runs the operator's command. A failure outside
// Juju is in the status, and the next hook tries again.
func (s *Session) operateWorker(ctx context.Context, _ engine.Event) error {
	endpoint, err := s.OnlyEndpoint(kubecontrol.Worker)
	if err != nil {
		return fmt.Errorf("cannot run the worker's policy: %w", err)
	}
	record := s.workerRecord()
	problems, err := s.request(ctx, endpoint, &record)
	if err != nil {
		return err
	}
	in, err := s.workerInput(ctx, endpoint, record)
	if err != nil {
		return err
	}
	plan := ready.PlanWorker(in)
	for _, n := range plan.Notes {
		if err := s.applyOne(ctx, n); err != nil {
			return err
		}
	}
	failed := s.placeFiles(in, &plan)
	var ran error
	if command := plan.Command(in.Options); command != "" && failed == "" {
		if ran, err = s.runCommand(ctx, "on-credentials-changed", command); err != nil {
			return err
		}
		if ran == nil {
			plan.Record.Ran = plan.Record.Content()
		}
	}
	s.trouble = worst(slices.Concat(problems, plan.Problems), failed, plan.Waits, ran)
	return s.mark(ctx, workerMark, plan.Record.Encode())
}

// worst is the most urgent of a worker's troubles.
func worst(problems []ready.Problem, failed string, waits ready.Trouble, ran error) ready.Trouble {
	switch {
	case len(problems) > 0:
		return ready.OfOptions(problems)
	case failed != "":
		return ready.Blocking(ready.CauseFile, "", "%s", failed)
	case waits.Cause != "":
		return waits
	case ran != nil:
		return commandFailed("on-credentials-changed", ran)
	}
	return ready.Trouble{}
}

// emptied reports whether a relation of the endpoint has nothing of this unit under a key: a person or another program has
// removed it.
func (s *Session) emptied(endpoint, key string) bool {
	return slices.ContainsFunc(s.view.Relations, func(r engine.Relation) bool {
		return r.ID.Endpoint() == endpoint && !r.Forgotten && r.Local[key] == ""
	})
}

// request publishes what the policy asks for where that is new, or where the wire has nothing. The problems
// are those of all options.
func (s *Session) request(ctx context.Context, endpoint string, record *ready.WorkerRecord) ([]ready.Problem, error) {
	a, err := s.Ask(ctx)
	if err != nil {
		return nil, err
	}
	o, err := s.workerOptions(ctx)
	if err != nil {
		return nil, err
	}
	// Without that value, node names do not change.
	if xcp := a.Value(endpoint, a.Serving(endpoint, record.Relation), kubecontrol.KeyHasXCP); xcp != nil {
		record.XCP = kubecontrol.DecodeBool(*xcp)
	}
	m := ready.Machine{NVIDIA: s.machine.HasNVIDIA(), NoSecrets: s.view.Secrets.Reason}
	if o.NodeName == "" {
		if m.Name, err = s.machine.HostName(ctx, record.XCP); err != nil {
			s.log.Warn(err)
		}
	}
	wanted, problems := o.Request(m)
	values := map[string]string{}
	for key, value := range wanted {
		if record.Asked[key] != value || s.emptied(endpoint, key) {
			values[key] = value
		}
	}
	record.Schemas = s.policy.Schemas
	if len(values) == 0 {
		return slices.Concat(o.Problems, problems), nil
	}
	asked := maps.Clone(record.Asked)
	if asked == nil {
		asked = map[string]string{}
	}
	maps.Copy(asked, values)
	record.Asked = asked
	return slices.Concat(o.Problems, problems), s.run(ctx, engine.SetValues{Endpoint: endpoint, Values: values})
}

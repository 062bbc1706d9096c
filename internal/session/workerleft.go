package session

import (
	"context"
	"encoding/json"

	"github.com/kube-control/kube-control/internal/ready"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// The option with the command for a worker that has left, and the mark of the workers for which it has still to run.
const onWorkerLeft = "on-worker-left"

// runForLeft runs the operator's command for each worker that has left, in the order in which they left. After a failure the
// rest waits for the next hook. A node that another unit has by now is not reported.
func (s *Session) runForLeft(ctx context.Context, in ready.MasterInput, plan ready.MasterPlan) error {
	command := in.Options.WorkerLeft
	switch {
	case in.Dying:
		return nil
	case command == "":
		return s.mark(ctx, onWorkerLeft, "")
	}
	var waiting []ready.Left
	if text := s.marks[onWorkerLeft]; text != "" {
		if err := json.Unmarshal([]byte(text), &waiting); err != nil {
			s.log.Warnf("cannot read for which workers on-worker-left has to run: %v", err)
		}
	}
	waiting = append(waiting, plan.Left...)
	holders := plan.Accepted.Bound()
	for len(waiting) > 0 {
		left := waiting[0]
		if holders[kubecontrol.NormalUser(left.User)] == "" {
			failed, err := s.runCommand(ctx, onWorkerLeft, command, left.Environ()...)
			if err != nil {
				return err
			}
			if failed != nil {
				s.meet(commandFailed(onWorkerLeft, failed))
				break
			}
		}
		waiting = waiting[1:]
	}
	if len(waiting) == 0 {
		return s.mark(ctx, onWorkerLeft, "")
	}
	return s.keepLeft(ctx, waiting)
}

// maxLeft is how many bytes the workers have for which the command has still to run: Juju keeps 65536 bytes in a value.
const maxLeft = 60000

// keepLeft remembers workers for the next hook. If they are too many, the first ones are forgotten: a command that
// always fails must not fail the hook.
func (s *Session) keepLeft(ctx context.Context, waiting []ready.Left) error {
	for {
		text, err := json.Marshal(waiting)
		if err != nil {
			return err
		}
		if len(text) <= maxLeft {
			return s.mark(ctx, onWorkerLeft, string(text))
		}
		s.log.Warnf("on-worker-left does not run for %s, because too many workers wait for it", waiting[0].Unit)
		waiting = waiting[1:]
	}
}

package session

import (
	"context"

	"github.com/kube-control/kube-control/internal/charmfile"
	"github.com/kube-control/kube-control/internal/ready"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Files are the files of the machine that a ready charm keeps and reads, as absolute paths; none of another charm.
func (s *Session) Files(ctx context.Context) ([]string, error) {
	switch s.settings.Operator {
	case charmfile.OperatorMaster:
		config, err := s.tools.ConfigGet(ctx)
		if err != nil {
			return nil, err
		}
		if file := ready.ReadMaster(config).TokenFile; file != "" {
			return []string{s.inCharm(file)}, nil
		}
	case charmfile.OperatorWorker:
		endpoint, err := s.OnlyEndpoint(kubecontrol.Worker)
		if err != nil {
			return nil, err
		}
		in, err := s.workerInput(ctx, endpoint, s.workerRecord())
		if err != nil {
			return nil, err
		}
		files := in.Paths()
		if in.Options.CAFile != "" {
			files = append(files, in.Options.CAFile)
		}
		return files, nil
	}
	return nil, nil
}

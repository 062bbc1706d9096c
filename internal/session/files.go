package session

import (
	"context"

	"github.com/kube-control/kube-control/internal/charmfile"
	"github.com/kube-control/kube-control/internal/ready"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Files are the files of the machine that a ready charm keeps and reads: the token file of a master, and the others, each as an
// absolute path. Another charm has none, and tokens is "" where there is no token file.
func (s *Session) Files(ctx context.Context) (tokens string, others []string, err error) {
	switch s.settings.Operator {
	case charmfile.OperatorMaster:
		config, err := s.tools.ConfigGet(ctx)
		if err != nil {
			return "", nil, err
		}
		if file := ready.ReadMaster(config).TokenFile; file != "" {
			return s.inCharm(file), nil, nil
		}
	case charmfile.OperatorWorker:
		endpoint, err := s.OnlyEndpoint(kubecontrol.Worker)
		if err != nil {
			return "", nil, err
		}
		in, err := s.workerInput(ctx, endpoint, s.workerRecord())
		if err != nil {
			return "", nil, err
		}
		others = in.Paths()
		if in.Options.CAFile != "" {
			others = append(others, in.Options.CAFile)
		}
	}
	return "", others, nil
}

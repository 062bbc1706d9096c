package charm

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/kube-control/kube-control/pkg/engine"
	"github.com/kube-control/kube-control/pkg/flags"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
	"github.com/kube-control/kube-control/pkg/operator"
)

// Kubeconfig writes the kubeconfig with this unit's client token, mode 0600, and returns its path: the given one, else
// the one that the ready worker keeps. Without credentials, API endpoints or a CA certificate it is an error and nothing
// is written.
func (w *Worker) Kubeconfig(ctx context.Context, path string) (string, error) {
	path, err := w.kubeconfigFile(ctx, path)
	if err != nil {
		return "", fmt.Errorf("cannot write kubeconfig: %w", err)
	}
	return path, nil
}

func (w *Worker) kubeconfigFile(ctx context.Context, path string) (string, error) {
	if err := w.session.load(ctx, engine.Look{}); err != nil {
		return "", err
	}
	in, err := w.session.workerInput(ctx, w.endpoint, w.session.workerRecord())
	if err != nil {
		return "", err
	}
	f, err := operator.ClientKubeconfig(in)
	if err != nil {
		return "", err
	}
	if path == "" {
		path = f.Path
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", err
	}
	return path, writeKubeconfig(operator.File{Path: path, Content: f.Content})
}

// workerInput gathers what a ready worker's plan rests on.
func (s *Session) workerInput(ctx context.Context, endpoint string, record operator.WorkerRecord) (operator.WorkerInput, error) {
	a, err := s.Ask(ctx)
	if err != nil {
		return operator.WorkerInput{}, err
	}
	o, err := s.workerOptions(ctx)
	if err != nil {
		return operator.WorkerInput{}, err
	}
	in := operator.WorkerInput{
		Options: o, Record: record, Unit: s.env.Unit, Related: a.Related(endpoint),
		Joined: a.Flags().Has(flags.Name(endpoint, flags.Connected)), Serving: a.Serving(endpoint, record.Relation),
		Present: map[string]string{},
	}
	if rel := in.Serving; rel != "" {
		in.User = a.Asked(rel)
		if c, ok := a.Given(endpoint, rel); ok {
			in.Credential = &c
		}
		in.Named = a.Named(rel, in.User)
		if members := a.Members(endpoint)[rel]; len(members) > 0 && !strings.HasPrefix(string(members[0]), "remote-") {
			in.Masters = members[0].App()
		}
		in.Endpoints = a.List(endpoint, rel, kubecontrol.KeyAPIEndpoints)
		in.CA = a.CACertificate(endpoint, rel)
		in.Registry = a.Value(endpoint, rel, kubecontrol.KeyRegistryLocation)
		in.CNI = a.DefaultCNI(endpoint, rel)
		in.Taints = a.List(endpoint, rel, kubecontrol.KeyTaints)
		in.Labels = a.List(endpoint, rel, kubecontrol.KeyLabels)
		in.Disagree = a.Disagreeing(rel, in.User)
	}
	if text, err := os.ReadFile(o.CAFile); err == nil {
		ca := string(text)
		in.CAFile = &ca
	}
	for _, path := range in.Paths() {
		if text, err := os.ReadFile(path); err == nil {
			in.Present[path] = operator.Digest(text)
		}
	}
	return in, nil
}

// place brings the files to what the plan says. What could not be done is put back into the plan's record as it was, so
// that the next hook tries again; the first failure is returned in words for the status, "" for none.
func (s *Session) place(in operator.WorkerInput, plan *operator.WorkerPlan) string {
	first := ""
	undone := func(path string, err error) {
		s.log.Warn(err)
		if first == "" {
			first = operator.CutStatus(fmt.Sprintf("Cannot write or remove %s: %v", path, cause(err)))
		}
		delete(plan.Record.Files, path)
		if digest, ok := in.Record.Files[path]; ok {
			plan.Record.Files[path] = digest
		}
	}
	for _, f := range plan.Write {
		if err := writeKubeconfig(f); err != nil {
			undone(f.Path, err)
		} else {
			s.log.Infof("wrote %s", f.Path)
		}
	}
	for _, path := range plan.Remove {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			undone(path, err)
		} else {
			s.log.Infof("removed %s", path)
		}
	}
	for path := range plan.Record.Files {
		if err := protect(path); err != nil {
			s.log.Warn(err)
		}
	}
	return first
}

// cause is what the system says of a file, without the file.
func cause(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}

// writeKubeconfig replaces a file unless it is as it should be, in a folder that only its owner may enter if it must be
// made, and clears away what a killed process left of it.
func writeKubeconfig(f operator.File) error {
	if err := os.MkdirAll(filepath.Dir(f.Path), 0o700); err != nil {
		return fmt.Errorf("cannot make the folder of %s: %w", f.Path, err)
	}
	if old, err := os.ReadFile(f.Path); err == nil && string(old) == string(f.Content) {
		return protect(f.Path)
	}
	return WriteFile(f.Path, f.Content)
}

// protect takes from others the right to a file with tokens, and clears away what a killed process left of it.
func protect(path string) error {
	leftovers, err := filepath.Glob(filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".*"))
	if err != nil {
		return err
	}
	for _, name := range leftovers {
		number := name[strings.LastIndexByte(name, '.')+1:]
		if strings.Trim(number, "0123456789") == "" {
			if err := os.Remove(name); err != nil {
				return err
			}
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm()&0o077 == 0 {
		return err
	}
	return os.Chmod(path, 0o600)
}

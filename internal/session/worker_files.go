package session

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/internal/ready"
	"github.com/kube-control/kube-control/internal/safefile"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// Kubeconfig writes the kubeconfig with this unit's client token, mode 0600, and returns its path: the given one, else
// the one that the ready worker keeps. A user of this machine that owner names gets the file, which needs a path. Without
// credentials, API endpoints or a CA certificate it is an error and nothing is written.
func (w *Worker) Kubeconfig(ctx context.Context, path, owner string) (string, error) {
	path, err := w.kubeconfigFile(ctx, path, owner)
	if err != nil {
		return "", fmt.Errorf("cannot write kubeconfig: %w", err)
	}
	return path, nil
}

func (w *Worker) kubeconfigFile(ctx context.Context, path, owner string) (string, error) {
	if err := w.session.load(ctx, engine.Look{}); err != nil {
		return "", err
	}
	in, err := w.session.workerInput(ctx, w.endpoint, w.session.workerRecord())
	if err != nil {
		return "", err
	}
	f, err := ready.ClientKubeconfig(in)
	if err != nil {
		return "", err
	}
	if path == "" {
		path = f.Path
	}
	if err := safefile.CheckPath(path); err != nil {
		return "", err
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", err
	}
	if owner != "" {
		return path, writeOwned(path, f.Content, owner)
	}
	return path, writeKubeconfig(ready.File{Path: path, Content: f.Content})
}

// writeOwned writes a file that a user of this machine owns.
func writeOwned(path string, content []byte, owner string) error {
	account, err := user.Lookup(owner)
	if err != nil {
		return engine.Usagef("there is no user %q on this machine", owner)
	}
	uid, err := strconv.Atoi(account.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(account.Gid)
	if err != nil {
		return err
	}
	return safefile.WriteFor(path, content, uid, gid)
}

// workerInput gathers what a ready worker's plan rests on.
func (s *Session) workerInput(ctx context.Context, endpoint string, record ready.WorkerRecord) (ready.WorkerInput, error) {
	a, err := s.Ask(ctx)
	if err != nil {
		return ready.WorkerInput{}, err
	}
	o, err := s.workerOptions(ctx)
	if err != nil {
		return ready.WorkerInput{}, err
	}
	in := ready.WorkerInput{
		Options: o, Record: record, Unit: s.env.Unit, Related: a.Related(endpoint),
		Joined: a.Flags().Has(flags.Name(endpoint, flags.Connected)), Serving: a.Serving(endpoint, record.Relation),
		Present: map[string]string{}, Ours: map[string]bool{},
	}
	if rel := in.Serving; rel != "" {
		in.User = a.Asked(rel)
		if c, ok := a.Given(endpoint, rel, in.User); ok {
			in.Credential = &c
		}
		if c, ok := a.Given(endpoint, rel, record.User); ok {
			in.Kept = &c
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
		in.Disagree = a.Disagreeing(rel)
	}
	if o.CAFile != "" {
		text, err := s.machine.ReadFile(o.CAFile)
		if ca := string(text); err == nil {
			in.CAFile = &ca
		} else if !errors.Is(err, fs.ErrNotExist) {
			s.log.Warnf("cannot read the CA certificate: %v", err)
			in.CAProblem = cause(err).Error()
		}
	}
	for _, path := range in.Paths() {
		if text, err := s.machine.ReadFile(path); err == nil {
			in.Present[path] = ready.Digest(text)
			in.Ours[path] = in.Present[path] != record.Files[path] && ready.IsKubeconfig(text)
		}
	}
	return in, nil
}

// placeFiles writes and removes files as planned. The plan's record keeps the old entry of a failed one, so that the next
// hook tries again; the first failure is returned in words for the status, "" for none.
func (s *Session) placeFiles(in ready.WorkerInput, plan *ready.WorkerPlan) string {
	if s.dryRun {
		s.foreseeFiles(plan)
		return ""
	}
	first := ""
	undone := func(path string, err error) {
		s.log.Warn(err)
		if first == "" {
			first = fmt.Sprintf("Cannot write or remove %s: %v", path, cause(err))
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
			s.did("write %s", f.Path)
			s.log.Infof("wrote %s", f.Path)
		}
	}
	for _, path := range plan.Remove {
		if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
			s.log.Warnf("%s is kept, because this unit did not create it", path)
		} else if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			undone(path, err)
		} else {
			s.did("remove %s", path)
			s.log.Infof("removed %s", path)
		}
	}
	for path := range plan.Record.Files {
		if err := safefile.Protect(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.log.Warn(err)
		}
	}
	return first
}

// cause is the innermost reason of an error, without the file that it is about.
func cause(err error) error {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err
}

// writeKubeconfig replaces a file if it differs. A missing folder is made so that only its owner can enter it.
func writeKubeconfig(f ready.File) error {
	if err := makeFolder(filepath.Dir(f.Path)); err != nil {
		return err
	}
	return safefile.Write(f.Path, f.Content)
}

// makeFolder makes a folder and those above it that are missing, each its owner's alone.
func makeFolder(dir string) error {
	if err := safefile.CheckPath(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("cannot make folder %s: %w", dir, err)
	}
	return nil
}

// maxFile is how much of an operator's file is read at most: a token file of 5,000 workers has below 8 MiB.
const maxFile = 64 << 20

package ready

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/printable"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// maxListed is how many entries of a master's list are read, and maxTokens how many fingerprints are remembered.
const (
	maxListed = 64
	maxTokens = 8
	maxURL    = 253
)

// Kubeconfigs are the names of a ready worker's three files, as the Charmed Kubernetes worker has them, with one more for
// the client.
const (
	KubeletFile = "kubeconfig"
	ProxyFile   = "kubeproxyconfig"
	ClientFile  = "kubeclientconfig"
)

// WorkerInput is everything that a ready worker's plan is made from.
type WorkerInput struct {
	Options WorkerOptions
	Record  WorkerRecord
	Unit    kubecontrol.Unit
	Related bool                   // the endpoint has a relation, with or without members
	Joined  bool                   // a master is joined in one of them
	Serving kubecontrol.RelationID // the relation that is used; "" while no unit has joined any
	// What its masters give this unit.
	User       string // that we ask for
	Credential *kubecontrol.Credential
	Kept       *kubecontrol.Credential // for the user of the files, which this unit may ask for no longer
	Named      bool                    // a master has an entry for that user, with or without tokens that this unit can read
	Endpoints  []string
	CA         *string
	Registry   *string
	CNI        *string
	Taints     []string
	Labels     []string
	Disagree   []kubecontrol.Unit // masters whose entries for us differ
	Masters    string             // the application of these masters, as this model names it; "" if it does not
	// What is on the disk.
	CAFile    *string           // the content of the option's file; nil if it is missing
	CAProblem string            // why an existing file cannot be read
	Present   map[string]string // the digest of each file of Paths that is there
	Ours      map[string]bool   // which of them have the form that this program writes
}

// File is a file to be written, for its owner alone.
type File struct {
	Path    string
	Content []byte
}

// WorkerPlan is what a ready worker has to do about its files. While anything is missing or invalid, the files do not change.
type WorkerPlan struct {
	Write  []File
	Remove []string // files that we wrote and that are still as we wrote them
	Record WorkerRecord
	// Waits is the missing part; without a cause if nothing is missing, or if no master is joined.
	Waits    Trouble
	Problems []Problem
	Notes    []engine.Note // for the log, each once
}

// Paths are the files to be read: the required ones and those that this unit wrote.
func (in WorkerInput) Paths() []string {
	paths := []string{}
	for _, name := range []string{KubeletFile, ProxyFile, ClientFile} {
		paths = append(paths, filepath.Join(in.Options.Dir, name))
	}
	for path := range in.Record.Files {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// PlanWorker decides which files a ready worker writes and removes.
func PlanWorker(in WorkerInput) WorkerPlan {
	p := WorkerPlan{Record: in.Record.clone()}
	if !in.Related {
		p.removeAll(in)
		return p
	}
	if in.Serving == "" {
		return p
	}
	p.Record.Relation = in.Serving
	said := warnings(in)
	files, waits := p.files(in, &said)
	if waits.Cause == CauseCredentials && in.Kept != nil { // the request for another user is not signed: the old files stay valid
		kept := in
		kept.User, kept.Credential = in.Record.User, in.Kept
		files, _ = p.files(kept, &said)
	}
	p.say(said)
	if in.Joined {
		p.Waits = waits
	}
	if waits.Cause != "" && len(files) == 0 {
		return p
	}
	p.Record.Dir = in.Options.Dir
	for _, f := range files {
		digest := Digest(f.Content)
		if in.Present[f.Path] != digest {
			p.Write = append(p.Write, f)
		}
		p.Record.Files[f.Path] = digest
	}
	p.removeOthers(in, files)
	if len(p.Write) > 0 {
		p.Record.Ran = ""
	}
	return p
}

func (p *WorkerPlan) note(level engine.Level, format string, args ...any) {
	p.Notes = append(p.Notes, engine.Note{Level: level, Text: fmt.Sprintf(format, args...)})
}

// say warns of invalid values of the masters, unless it did so last time.
func (p *WorkerPlan) say(warnings []string) {
	said := ""
	if len(warnings) > 0 {
		said = Digest([]byte(strings.Join(warnings, "\n")))[:12]
	}
	if said != p.Record.Said {
		for _, text := range warnings {
			p.note(engine.Warning, "%s", text)
		}
	}
	p.Record.Said = said
}

// removeAll removes all files, because no relation is left: also those that the record does not have, because the commit after
// they were written was refused.
func (p *WorkerPlan) removeAll(in WorkerInput) {
	for _, path := range in.Paths() {
		if _, recorded := in.Record.Files[path]; recorded || in.Ours[path] {
			p.remove(in, path)
		}
	}
	p.Record = WorkerRecord{Asked: in.Record.Asked, Schemas: in.Record.Schemas}
}

// removeOthers removes the files that are no longer required: those in a folder that the option named before, and that of a
// token which the master no longer gives.
func (p *WorkerPlan) removeOthers(in WorkerInput, files []File) {
	for _, path := range slices.Sorted(maps.Keys(in.Record.Files)) {
		if len(files) > 0 && !slices.ContainsFunc(files, func(f File) bool { return f.Path == filepath.Clean(path) }) {
			p.remove(in, path)
			delete(p.Record.Files, path)
		}
	}
}

func (p *WorkerPlan) remove(in WorkerInput, path string) {
	switch {
	case in.Present[path] == "":
	case in.Present[path] == in.Record.Files[path], in.Ours[path]:
		p.Remove = append(p.Remove, path)
	default:
		p.note(engine.Warning, "%s stays: another program has changed it", path)
	}
}

// files are the required kubeconfigs, or what is missing for them.
func (p *WorkerPlan) files(in WorkerInput, said *[]string) ([]File, Trouble) {
	switch {
	case in.Credential == nil && !in.Named && in.User != "" && in.User == in.Record.User:
		return nil, Awaiting(CauseUnusable, "", "Waiting for cluster credentials: the master has taken back those of %s", printable.Cut(in.User, 48))
	case in.Credential == nil || in.User == "":
		return nil, Awaiting(CauseCredentials, "", "Waiting for cluster credentials")
	}
	servers := usable(in.Endpoints)
	p.noteServers(in.Record.Servers, servers)
	ca, waits := p.certificate(in, said)
	switch {
	case len(servers) == 0 && len(in.Endpoints) > 0:
		return nil, Awaiting(CauseEndpoints, "", "Waiting for API endpoints: none of the given ones is valid")
	case len(servers) == 0:
		return nil, Awaiting(CauseEndpoints, "", "Waiting for API endpoints")
	case waits.Cause != "":
		return nil, waits
	}
	p.noteCertificate(in.Record.CA, ca)
	p.noteCredential(in)
	var files []File
	for _, f := range []struct {
		file, user, what string
		token            kubecontrol.Token
	}{
		{KubeletFile, "kubelet", "kubelet", in.Credential.Kubelet},
		{ProxyFile, "kube-proxy", "proxy", in.Credential.Proxy},
		{ClientFile, "client", "client", in.Credential.Client},
	} {
		if f.token.IsEmpty() {
			continue
		}
		text, err := Kubeconfig{Server: ServerFor(in.Unit, servers), CA: ca, User: f.user, Token: f.token}.Encode()
		if err != nil {
			*said = append(*said, fmt.Sprintf("the %s token that the master gives can't be used: %v", f.what, err))
			return nil, Awaiting(CauseUnusable, "", "Waiting for cluster credentials: the %s token can't be used", f.what)
		}
		files = append(files, File{Path: filepath.Join(in.Options.Dir, f.file), Content: text})
	}
	return files, Trouble{}
}

// certificate is the cluster's CA certificate: the masters', else that of the option's file.
func (p *WorkerPlan) certificate(in WorkerInput, said *[]string) (string, Trouble) {
	if in.CA != nil {
		ca, err := readPEM(strings.TrimSpace(*in.CA))
		if err == nil {
			return ca, Trouble{}
		}
		*said = append(*said, fmt.Sprintf("the CA certificate that the master gives %v", err))
	}
	waits := func(format string, args ...any) (string, Trouble) {
		return "", Awaiting(CauseCertificate, "", "Waiting for the CA certificate"+format, args...)
	}
	switch {
	case in.Options.CAFile == "" && in.Masters != "":
		return waits(`: juju config %s ca-certificate="$(cat ca.crt)"`, in.Masters)
	case in.Options.CAFile == "":
		return waits(": set ca-certificate on the master, or ca-file here")
	case in.CAProblem != "":
		p.Problems = append(p.Problems, Problem{"ca-file", "cannot be read: " + in.CAProblem})
		return waits("")
	case in.CAFile == nil:
		return waits(": there is no file %s", in.Options.CAFile)
	}
	ca, err := readPEM(strings.TrimSpace(*in.CAFile))
	if err != nil {
		p.Problems = append(p.Problems, Problem{"ca-file", "names a file that " + err.Error()})
		return waits("")
	}
	return ca, Trouble{}
}

// noteServers logs that the API servers have changed, because tokens go there.
func (p *WorkerPlan) noteServers(before, now []string) {
	if len(now) == 0 || slices.Equal(before, now) {
		return
	}
	if len(before) > 0 {
		p.note(engine.Info, "the API endpoints were %s and are %s", list(before), list(now))
	}
	p.Record.Servers = now
}

// noteCertificate logs that the CA has changed, because it decides which servers see tokens.
func (p *WorkerPlan) noteCertificate(before, ca string) {
	now := Digest([]byte(ca))
	if before != "" && before != now {
		p.note(engine.Warning, "the cluster's CA certificate has changed: SHA-256 %.12s before, %.12s now", before, now)
	}
	p.Record.CA = now
}

// noteCredential remembers the credentials, and logs when replaced ones come back.
func (p *WorkerPlan) noteCredential(in WorkerInput) {
	c := in.Credential
	p.Record.User = in.User
	now := Digest([]byte(c.Kubelet.Reveal() + "\x00" + c.Proxy.Reveal() + "\x00" + c.Client.Reveal()))[:32]
	before := p.Record.Tokens
	if len(before) > 0 && before[len(before)-1] == now {
		return
	}
	if slices.Contains(before, now) || c.Generation > 0 && c.Generation < in.Record.Generation {
		p.note(engine.Warning, "the master gives credentials for %s that it had replaced already", printable.Brief(in.User))
	}
	before = slices.DeleteFunc(before, func(old string) bool { return old == now })
	p.Record.Tokens = append(before[max(0, len(before)-maxTokens+1):], now)
	p.Record.Generation = max(c.Generation, in.Record.Generation)
}

// usable are the API servers that may get tokens.
func usable(endpoints []string) []string {
	var servers []string
	for _, url := range endpoints {
		if len(servers) < maxListed && len(url) <= maxURL && kubecontrol.CheckItem(kubecontrol.KeyAPIEndpoints, url) == nil {
			servers = append(servers, url)
		}
	}
	return servers
}

// warnings are the invalid values of the masters, which are not used.
func warnings(in WorkerInput) []string {
	var all []string
	if len(in.Disagree) > 0 {
		all = append(all, fmt.Sprintf("masters give different credentials for %s: %s", printable.Brief(in.User), list(in.Disagree)))
	}
	for _, given := range []struct {
		what, key string
		values    []string
	}{
		{"API endpoint", kubecontrol.KeyAPIEndpoints, in.Endpoints},
		{"taint", kubecontrol.KeyTaints, in.Taints},
		{"label", kubecontrol.KeyLabels, in.Labels},
		{"registry", kubecontrol.KeyRegistryLocation, one(in.Registry)},
		{"default CNI", kubecontrol.KeyDefaultCNI, one(in.CNI)},
	} {
		for _, value := range given.values[:min(len(given.values), maxListed)] {
			if err := kubecontrol.CheckItem(given.key, value); err != nil {
				all = append(all, fmt.Sprintf("%s %s of the master is not used: it %.120s", given.what, printable.Brief(value), err.Error()))
			}
		}
	}
	const most = 8
	if n := len(all); n > most {
		all = append(all[:most], fmt.Sprintf("and %d more", n-most))
	}
	return all
}

// one is a list of a text, without one that is not there or empty.
func one(text *string) []string {
	if text == nil || *text == "" {
		return nil
	}
	return []string{*text}
}

// list names some texts of unknown origin for the log.
func list[T ~string](texts []T) string {
	const most = 4
	var quoted []string
	for _, text := range texts[:min(len(texts), most)] {
		quoted = append(quoted, printable.Brief(string(text)))
	}
	if n := len(texts) - most; n > 0 {
		quoted = append(quoted, fmt.Sprintf("%d more", n))
	}
	return strings.Join(quoted, ", ")
}

// ClientKubeconfig is the kubeconfig with the client's token, as the plan writes it. It is an error if a part of it is
// missing.
func ClientKubeconfig(in WorkerInput) (File, error) {
	p := WorkerPlan{Record: in.Record.clone()}
	files, waits := p.files(in, new([]string))
	if waits.Cause != "" {
		return File{}, errors.New("not yet there: " + waits.Status.Message)
	}
	for _, f := range files {
		if filepath.Base(f.Path) == ClientFile {
			return f, nil
		}
	}
	return File{}, errors.New("the master gives no token for the client")
}

// Command is the command to be run now, "" for none: files have changed since it last succeeded.
func (p WorkerPlan) Command(o WorkerOptions) string {
	if content := p.Record.Content(); content == "" || content == p.Record.Ran {
		return ""
	}
	return o.Command
}

package ready

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kube-control/kube-control/internal/printable"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// What a ready worker offers in schema_vers.
const (
	schemaClear  = "0"   // tokens in the databag only
	schemaSecret = "1"   // tokens in a Juju secret only
	schemaBoth   = "0,1" // a secret where Juju has them, else the databag
)

// WorkerOptions is the configuration of a ready worker. An invalid option is among the problems, and its
// field has the value of an option that is not set.
type WorkerOptions struct {
	NodeName string // "" for the machine's own
	Group    string
	GPU      *bool  // nil: as the machine is
	Schemas  string // as engine.Policy has them, never empty
	Dir      string // where the kubeconfigs go, absolute
	CAFile   string // absolute, "" for none
	Command  string // to be run when the kubeconfigs have changed; "" for none
	Problems []Problem
}

// ReadWorker reads the options of a ready worker, as config-get gives them. Paths are taken relative to the charm's
// folder; an option that is not there or empty has its default.
func ReadWorker(config map[string]any, charmDir string) WorkerOptions {
	r := &reader{config: config}
	o := WorkerOptions{Group: kubecontrol.DefaultGroup, Schemas: schemaBoth, Dir: "/root/cdk"}
	if name, ok := r.text("node-name", or(checkNode)); ok {
		o.NodeName = strings.ToLower(name)
	}
	if group, ok := r.text("auth-group", or(as(kubecontrol.KeyAuthGroup))); ok && group != "" {
		o.Group = group
	}
	if gpu, ok := r.text("gpu", or(oneOf("auto", "true", "false"))); ok && gpu != "" && gpu != "auto" {
		has := gpu == "true"
		o.GPU = &has
	}
	schemas, ok := r.text("schemas", or(oneOf("auto", schemaClear, schemaSecret, schemaBoth)))
	if ok && schemas != "" && schemas != "auto" {
		o.Schemas = schemas
	}
	if dir, ok := r.text("kubeconfig-dir", or(checkFolder)); ok && dir != "" {
		o.Dir = dir
	}
	if file, ok := r.text("ca-file", or(checkPath)); ok {
		o.CAFile = file
	}
	o.Command, _ = r.text("on-credentials-changed", func(text string) error {
		if strings.Contains(text, "\x00") {
			return errors.New("is not a command")
		}
		return nil
	})
	for _, path := range []*string{&o.Dir, &o.CAFile} {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(charmDir, *path)
		}
	}
	o.Problems = r.problems
	return o
}

// IsBad reports whether an option is among the problems.
func (o WorkerOptions) IsBad(option string) bool {
	return slices.ContainsFunc(o.Problems, func(p Problem) bool { return p.Option == option })
}

// Last is the options with the last valid values of invalid ones.
func (o WorkerOptions) Last(r WorkerRecord) WorkerOptions {
	if o.IsBad("schemas") && r.Schemas != "" {
		o.Schemas = r.Schemas
	}
	if o.IsBad("kubeconfig-dir") && r.Dir != "" {
		o.Dir = r.Dir
	}
	return o
}

// Machine is data of the machine itself.
type Machine struct {
	Name   string // of the node, if no option names it: the machine's own, or the fully qualified one
	NVIDIA bool
	// NoSecrets says why this Juju has no secrets, "" if it has.
	NoSecrets string
}

// Request is what a worker publishes, by wire key: the user, the group, whether there is a GPU. An invalid option
// leaves out its key. The problems are those that only this machine shows.
func (o WorkerOptions) Request(m Machine) (map[string]string, []Problem) {
	values := map[string]string{}
	var problems []Problem
	name := o.NodeName
	if name == "" {
		name = strings.ToLower(m.Name)
	}
	switch {
	case o.IsBad("node-name"):
	case o.Schemas == schemaSecret && m.NoSecrets != "": // a request would get the tokens in clear
		problems = append(problems, Problem{"schemas", "is 1: " + m.NoSecrets})
	case checkNode(name) != nil:
		problems = append(problems, Problem{"node-name", "is empty, and the machine's name " + printable.Brief(name) + " is not a node name"})
	default:
		values[kubecontrol.KeyKubeletUser] = kubecontrol.NodeUserPrefix + name
	}
	if !o.IsBad("auth-group") {
		values[kubecontrol.KeyAuthGroup] = o.Group
	}
	if !o.IsBad("gpu") {
		has := m.NVIDIA
		if o.GPU != nil {
			has = *o.GPU
		}
		values[kubecontrol.KeyGPU] = kubecontrol.FormatBool(has)
	}
	return values, problems
}

// checkNode checks a node's name, in which capitals are allowed.
func checkNode(name string) error {
	if len(validation.IsDNS1123Subdomain(strings.ToLower(name))) > 0 {
		return errors.New("is not a node name: use letters, digits, dashes and dots")
	}
	return nil
}

// checkFolder says whether a text can be the path of a folder.
func checkFolder(text string) error {
	switch {
	case strings.HasPrefix(text, "~"):
		return checkPath(text)
	case checkPath(strings.TrimRight(text, "/")) != nil:
		return errors.New("is not the path of a folder")
	}
	return nil
}

package lives

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/jujusim/tools"
	"github.com/kube-control/kube-control/jujusim/uniter"
)

// control is what a ctl step has the probe do in a hook, after it has asked its questions.
type control struct {
	Cmds  [][]string `json:"cmds"` // tools to call; "save1" in front keeps what the tool prints as $S1
	Exit  int        `json:"exit"`
	Kill  bool       `json:"kill"`  // the program kills itself at its end
	Block bool       `json:"block"` // the program waits until it is killed
	Once  bool       `json:"once"`  // only in the next hook
}

// probe is the program of the probe charms, and the Runner that runs it on all units.
type probe struct {
	controls  map[string]map[string]control // by unit and hook; "all" is for each hook that has none
	killAgent map[string]bool               // the agent of the unit dies in its next hook
	agents    uniter.State
	saved     map[string]string // by name, such as "S1"
	ids       map[string]string // names of secrets, such as S1 for the first, by their ids
	byName    map[string]string // the reverse
	// next gives what was recorded for the run that begins; nil if none was.
	next func(Ran) *Ran
	ran  []Ran
}

func (p *probe) Unpack(string, string, string) error { return nil }
func (p *probe) Forget(string)                       {}

func (p *probe) Find(_, name string) (uniter.Program, error) { return uniter.Program{Path: name}, nil }

// Run asks the recorded questions, and does what the steps have said.
func (p *probe) Run(r uniter.Run) uniter.Outcome {
	info := r.Context.Info()
	if info.FlushOnFailure && !strings.Contains(r.Command, "/probe") {
		return p.shell(r.Context, r.Command)
	}
	ran := Ran{Unit: info.Unit, Hook: info.Name, Env: p.environment(r)}
	if info.Action != nil {
		ran.Hook = "action:" + info.Action.Name
	}
	if ran.recorded = p.next(ran); ran.recorded != nil {
		for _, a := range ran.recorded.Answers {
			ran.Answers = append(ran.Answers, p.call(r.Context, a.Argv))
		}
	}
	c := p.control(info.Unit, ran.Hook)
	for _, cmd := range c.Cmds {
		ran.Did = append(ran.Did, p.command(r.Context, cmd))
	}
	ran.Exit, ran.Killed = c.Exit, c.Kill
	p.ran = append(p.ran, ran)
	switch {
	case p.killAgent[info.Unit]:
		p.killAgent[info.Unit] = false
		p.agents[info.Unit].Down = true
		return uniter.Outcome{Killed: true, Err: errors.New("signal: killed"), Code: -1}
	case c.Kill:
		return uniter.Outcome{Killed: true, Err: errors.New("signal: killed"), Code: -1}
	case c.Exit != 0:
		return uniter.Outcome{Err: fmt.Errorf("exit status %d", c.Exit), Code: c.Exit}
	}
	return uniter.Outcome{}
}

// shell runs an exec that does not run the probe: tools and exit, separated by semicolons. It ends with the first that
// fails. The recordings do not have it among the hooks.
func (p *probe) shell(c *agent.HookContext, command string) uniter.Outcome {
	for _, one := range strings.Split(command, ";") {
		words := strings.Fields(one)
		if len(words) == 0 {
			continue
		}
		code := 0
		if words[0] == "exit" && len(words) > 1 {
			code, _ = strconv.Atoi(words[1]) // else 0, as of a command that is empty
		} else {
			code = p.call(c, words).Code
		}
		if code != 0 {
			return uniter.Outcome{Err: fmt.Errorf("exit status %d", code), Code: code}
		}
	}
	return uniter.Outcome{}
}

var (
	contextHex = regexp.MustCompile(`[0-9a-f]{32}$`)
	timestamp  = regexp.MustCompile(`\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\dZ`)
	secretName = regexp.MustCompile(`\bS\d+\b`)
)

// environment is that of the program, with the places of a real machine, but without PATH.
func (p *probe) environment(r uniter.Run) map[string]string {
	dir := "/var/lib/juju/agents/" + model.Tag(r.Context.Info().Unit)
	env := map[string]string{}
	for _, entry := range slices.Concat(r.Env, uniter.Places(dir+"/charm", dir+"/agent.socket")) {
		name, value, _ := strings.Cut(entry, "=")
		env[name] = value
	}
	if id, found := env["JUJU_SECRET_ID"]; found {
		env["JUJU_SECRET_ID"] = p.named(id)
	}
	env["JUJU_CONTEXT_ID"] = contextHex.ReplaceAllString(env["JUJU_CONTEXT_ID"], "<32 hex>")
	return env
}

func (p *probe) control(unit, hook string) control {
	for _, name := range []string{hook, strings.TrimPrefix(hook, "action:"), "all"} {
		c, found := p.controls[unit][name]
		if !found {
			continue
		}
		if c.Once {
			delete(p.controls[unit], name)
		}
		return c
	}
	return control{}
}

func (p *probe) command(c *agent.HookContext, argv []string) Answer {
	save, saves := strings.CutPrefix(argv[0], "save")
	if saves {
		argv = argv[1:]
	}
	a := p.call(c, argv)
	if saves && a.Code == 0 {
		p.saved["S"+save] = a.Out
	}
	return a
}

// call runs a tool as the agent's server does. In the answer, secrets have their names.
func (p *probe) call(c *agent.HookContext, argv []string) Answer {
	filled := make([]string, len(argv))
	for i, arg := range argv {
		filled[i] = p.fill(arg)
	}
	a := Answer{Argv: filled}
	if err := c.Known(filled[0]); err != nil {
		a.Code, a.Err = -1, err.Error()
	} else {
		response := c.Call(tools.Request{Name: filled[0], Args: filled[1:], Dir: "/"})
		a.Code, a.Out, a.Err = response.Code, trimmed(response.Stdout), trimmed(response.Stderr)
	}
	if a.Code == 0 && filled[0] == "secret-add" {
		p.learn(strings.TrimPrefix(a.Out, "secret:"))
	}
	a.Out, a.Err = p.named(a.Out), p.named(a.Err)
	for i := range a.Argv {
		a.Argv[i] = p.named(a.Argv[i])
	}
	return a
}

func trimmed(out []byte) string { return strings.TrimSuffix(string(out), "\n") }

func (p *probe) learn(id string) {
	if p.ids[id] == "" {
		name := fmt.Sprintf("S%d", len(p.ids)+1)
		p.ids[id], p.byName[name] = name, id
	}
}

// fill puts saved texts and ids into the place of their names.
func (p *probe) fill(arg string) string {
	for name, text := range p.saved {
		arg = strings.ReplaceAll(arg, "$"+name, text)
	}
	return secretName.ReplaceAllStringFunc(arg, func(name string) string {
		if id := p.byName[name]; id != "" {
			return id
		}
		return name
	})
}

// named puts names into the place of ids, and T into that of times.
func (p *probe) named(text string) string {
	for id, name := range p.ids {
		text = strings.ReplaceAll(text, id, name)
	}
	return timestamp.ReplaceAllString(text, "T")
}

// charm is one of the probe charms.
func charm(name string) (*model.Charm, error) {
	endpoints := map[string]model.Endpoint{"juju-info": {Role: model.Provider, Interface: "juju-info"}}
	switch name {
	case "probe-p", "probe-p2":
		endpoints["kube-control"] = model.Endpoint{Role: model.Provider, Interface: "kube-control"}
	case "probe-r", "probe-r2":
		endpoints["kube-control"] = model.Endpoint{Role: model.Requirer, Interface: "kube-control"}
	case "solo-p", "solo-p2":
		endpoints["db"] = model.Endpoint{Role: model.Provider, Interface: "db"}
	case "solo-r", "solo-r2":
		endpoints["db"] = model.Endpoint{Role: model.Requirer, Interface: "db"}
	default:
		return nil, fmt.Errorf("there is no probe charm %q", name)
	}
	if strings.HasPrefix(name, "probe-") {
		endpoints["mates"] = model.Endpoint{Role: model.Peer, Interface: "mates"}
	}
	return &model.Charm{
		Name: strings.TrimSuffix(name, "2"), Endpoints: endpoints,
		Options: map[string]model.Option{"word": {Type: "string", Default: "zero"}},
	}, nil
}

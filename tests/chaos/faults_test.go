package chaos

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/jujusim/uniter"
)

// playFaults does what fate has ready for a unit's next hooks.
func (c *cluster) playFaults(s step) (known bool, err error) {
	set := faults()[s[0]]
	if set == nil {
		return false, nil
	}
	unit := s[len(s)-1]
	for _, word := range s[1:] {
		if strings.Contains(word, "/") {
			unit = word
		}
	}
	a, u := c.agents[unit], c.model.Units[unit]
	if a == nil || u == nil {
		return true, fmt.Errorf("unit %q not found", unit)
	}
	k := 0
	for _, word := range s[1:] {
		if n, err := strconv.Atoi(word); err == nil {
			k = n
		}
	}
	a.KillAgent = a.KillAgent || s[1] == "--agent"
	set(a, u, k)
	if slices.Contains([]string{"fail-tool", "kill-tool", "refuse-commit"}, s[0]) {
		c.excuses[unit]++
	}
	return true, nil
}

// faults are the verbs that make something go wrong with a unit's hooks, once.
func faults() map[string]func(a *uniter.Agent, u *model.Unit, k int) {
	return map[string]func(a *uniter.Agent, u *model.Unit, k int){
		"fail-tool":       func(a *uniter.Agent, _ *model.Unit, k int) { a.FailTool = k },
		"kill-tool":       func(a *uniter.Agent, _ *model.Unit, k int) { a.KillTool = k },
		"lose-leadership": func(a *uniter.Agent, _ *model.Unit, k int) { a.LoseLeadership = k },
		"delay-tool":      func(a *uniter.Agent, _ *model.Unit, k int) { a.DelayTool, a.Delay = k, 10*time.Minute },
		"deny-secret":     func(a *uniter.Agent, _ *model.Unit, _ int) { a.DenySecret = true },
		"drop-grant":      func(a *uniter.Agent, _ *model.Unit, _ int) { a.DropGrant = true },
		"repeat-hook":     func(a *uniter.Agent, _ *model.Unit, _ int) { a.RepeatHook = true },
		"refuse-commit":   func(_ *uniter.Agent, u *model.Unit, _ int) { u.RefuseCommit = true },
	}
}

// act runs an action. The file of tokens that one names is made for it.
func (c *cluster) act(unit, name string, words []string) error {
	params := map[string]any{}
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		params[key] = value
		if value == "true" {
			params[key] = true
		}
		if key == "tokens-file" {
			path, err := c.handMade()
			if err != nil {
				return err
			}
			params[key] = path
		}
	}
	if c.model.Units[unit] == nil {
		return fmt.Errorf("unit %q not found", unit)
	}
	if err := c.model.CheckParams(model.AppOf(unit), name, params); err != nil {
		return err
	}
	c.model.NextTask++
	task, err := c.uniter.Action(unit, name, params, c.model.NextTask)
	if err != nil {
		return err
	}
	c.seen.say("the results of "+name, fmt.Sprint(task.Results), task.Message)
	if task.Status != "completed" {
		return fmt.Errorf("cannot run action %s: %s", name, task.Message)
	}
	if subject, _ := params["unit"].(string); name == "revoke" {
		c.revoked[subject], c.barred[subject] = params["undo"] != true, params["undo"] != true && c.isServed(subject)
	}
	return nil
}

// isServed reports whether a unit's request was on the wire as it stands now, so that a revocation is certain to be of it.
func (c *cluster) isServed(unit string) bool {
	a := c.agents[unit]
	return a != nil && !a.Down && a.Pending == nil && len(c.model.RelationsOf(model.AppOf(unit))) == 1 && c.restedAt == len(c.played)-1
}

// handMade writes the tokens that an operator has made by hand; no two files have the same.
func (c *cluster) handMade() (path string, err error) {
	path = filepath.Join(c.data, fmt.Sprintf("hand-%d.json", len(c.played)))
	tokens := map[string]string{}
	for _, role := range []string{"kubelet", "proxy", "client"} {
		tokens[role+"_token"] = fmt.Sprintf("made-by-hand-for-%s-%06d", role, len(c.played))
	}
	text, err := json.Marshal(tokens)
	if err != nil {
		return "", err
	}
	return path, os.WriteFile(path, text, 0o600)
}

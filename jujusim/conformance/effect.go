package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/model"
)

// facts is what a hook may change in the model.
type facts struct {
	bags map[string]map[string]agent.Settings // by relation id, then "unit" or "app"
	unit agent.Status
	app  agent.Status

	leader  map[string]string // leader settings
	version string            // of the workload
}

func (h *hook) facts() (facts, error) {
	f := facts{bags: map[string]map[string]agent.Settings{}}
	app := model.AppOf(h.world.Unit)
	for _, r := range h.world.Relations {
		unitBag, err := h.model.UnitSettings(r.ID, h.world.Unit)
		if err != nil {
			return f, fmt.Errorf("cannot read own bag: %w", err)
		}
		appBag, err := h.model.AppSettings(r.ID, app)
		if err != nil {
			return f, fmt.Errorf("cannot read own application's bag: %w", err)
		}
		id := fmt.Sprintf("%s:%d", r.Endpoint, r.ID)
		f.bags[id] = map[string]agent.Settings{"unit": maps.Clone(unitBag), "app": maps.Clone(appBag)}
	}
	f.unit = h.model.UnitStatus(h.world.Unit)
	f.app, _ = h.model.AppStatus(app)
	f.unit.Since, f.app.Since = "", ""
	f.leader = h.model.LeaderSettings(h.world.Unit)
	f.version = h.model.Units[h.world.Unit].WorkloadVersion
	return f, nil
}

// effect commits the hook and tells what it changed, in the form of a case's "after".
func (h *hook) effect(before facts) (any, error) {
	changes := h.context.Changes()
	// A case has the secrets that the agent asks for, because the recorded controller granted everything.
	asksForSecrets := !changes.Secrets.Empty()
	if err := h.model.Commit(h.world.Unit, changes); err != nil && !asksForSecrets {
		return nil, fmt.Errorf("cannot commit: %w", err)
	}
	now, err := h.facts()
	if err != nil {
		return nil, err
	}
	after := map[string]any{}
	if bags := changedBags(before, now); len(bags) > 0 {
		after["own_bags"] = bags
	}
	if changes.State != nil {
		after["state"] = h.model.State(h.world.Unit)
	}
	if now.unit != before.unit {
		after["unit_status"] = statusFact(now.unit)
	}
	if now.app != before.app {
		after["application_status"] = statusFact(now.app)
	}
	if !maps.Equal(now.leader, before.leader) {
		after["leader_settings"] = now.leader
	}
	if now.version != before.version {
		after["workload_version"] = now.version
	}
	for name, ports := range map[string]agent.Ports{"open_ports": changes.OpenPorts, "close_ports": changes.ClosePorts} {
		if len(ports) > 0 {
			after[name] = portFacts(ports)
		}
	}
	if asksForSecrets {
		after["secrets"] = h.world.secretFacts(changes.Secrets)
	}
	result := h.context.ActionResult()
	if len(result.Log) > 0 {
		after["action_log"] = result.Log
	}
	if result.Failed || result.Results != nil {
		after["action"] = actionFact(result)
	}
	return h.secrets.named(after), nil
}

// changedBags are the own bags whose content has changed, by relation and by whose they are.
func changedBags(before, now facts) map[string]map[string]agent.Settings {
	bags := map[string]map[string]agent.Settings{}
	for id, own := range now.bags {
		for who, settings := range own {
			if reflect.DeepEqual(settings, before.bags[id][who]) {
				continue
			}
			if bags[id] == nil {
				bags[id] = map[string]agent.Settings{}
			}
			bags[id][who] = settings
		}
	}
	return bags
}

// portFacts lists ranges as "80/tcp (*)", sorted.
func portFacts(ports agent.Ports) []string {
	var facts []string
	for endpoint, ranges := range ports {
		if endpoint == "" {
			endpoint = "*"
		}
		for _, r := range ranges {
			facts = append(facts, fmt.Sprintf("%s (%s)", r, endpoint))
		}
	}
	slices.Sort(facts)
	return facts
}

func statusFact(s agent.Status) map[string]any {
	return map[string]any{"status": s.Status, "message": s.Message}
}

func actionFact(r agent.ActionResult) map[string]any {
	status := "completed"
	if r.Failed {
		status = "failed"
	}
	results := r.Results
	if results == nil {
		results = map[string]any{}
	}
	return map[string]any{"status": status, "message": r.Message, "results": results}
}

// toAny gives maps as encoding/json reads them, and nil for an empty one.
func toAny(value any) any {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	var result map[string]any
	if err := json.Unmarshal(text, &result); err != nil {
		return err.Error()
	}
	if len(result) == 0 {
		return nil
	}
	return result
}

// show prints a value on one line.
func show(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprintf("%#v", value)
	}
	return string(text)
}

func writeFiles(dir string, files map[string]string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot make working directory: %w", err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return fmt.Errorf("cannot write the case's files: %w", err)
		}
	}
	return nil
}

// newFiles reads the files in the directory that are not among the old ones.
func newFiles(dir string, old map[string]string) (map[string]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot list the hook's files: %w", err)
	}
	files := map[string]string{}
	for _, entry := range entries {
		if _, known := old[entry.Name()]; known {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, fmt.Errorf("cannot read the hook's files: %w", err)
		}
		files[entry.Name()] = string(text)
	}
	return files, nil
}

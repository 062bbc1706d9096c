package stories

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/jujusim/model"
	"github.com/kube-control/kube-control/tests/oracle"
)

// readModel reads what the simulator has written to its data directory.
func readModel(data string) (*model.Model, error) {
	text, err := os.ReadFile(filepath.Join(data, "model.json"))
	if err != nil {
		return nil, err
	}
	var document struct {
		Model json.RawMessage `json:"model"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	return model.Load(document.Model)
}

// entry is one credential on the wire.
type entry struct {
	Relation int
	Master   string // who publishes it
	User     string
	Scope    string `json:"scope"`
	Kubelet  string `json:"kubelet_token"`
	Proxy    string `json:"proxy_token"`
	Client   string `json:"client_token"`
	// SecretID is of the secret that holds the tokens (schema 1); the tokens here are those in it, as its unit may read
	// them.
	SecretID string `json:"secret-id"`
}

// wire lists the credentials in the bags of all masters that their workers can see.
func wire(m *model.Model) ([]entry, error) {
	var all []entry
	for _, id := range slices.Sorted(maps.Keys(m.Relations)) {
		masters, _ := oracle.Sides(m.Relations[id])
		for _, master := range oracle.Present(masters) {
			creds := map[string]entry{}
			text := masters.Units[master].Settings["creds"]
			if text == "" {
				continue
			}
			if err := json.Unmarshal([]byte(text), &creds); err != nil {
				return nil, fmt.Errorf("cannot read creds of %s: %w", master, err)
			}
			for _, user := range slices.Sorted(maps.Keys(creds)) {
				e := creds[user]
				e.Relation, e.Master, e.User = id, master, user
				if err := e.open(m); err != nil {
					return nil, err
				}
				all = append(all, e)
			}
		}
	}
	return all, nil
}

// open takes the tokens of schema 1 from their secret, as far as the entry's unit may read it.
func (e *entry) open(m *model.Model) error {
	s := m.Secrets[e.SecretID[strings.LastIndexAny(e.SecretID, ":/")+1:]]
	granted := s != nil && slices.ContainsFunc(s.Grants, func(g model.Grant) bool { return g.Subject == e.Scope })
	switch {
	case e.SecretID == "" || s != nil && !granted:
		return nil
	case e.Kubelet+e.Proxy+e.Client != "":
		return fmt.Errorf("%s publishes tokens for %s in a secret and in clear", e.Master, e.User)
	case s == nil:
		return fmt.Errorf("%s publishes the secret %s, which is gone", e.Master, e.SecretID)
	}
	content, err := oracle.Opened(s.Revisions[len(s.Revisions)-1])
	e.Kubelet, e.Proxy, e.Client = content["kubelet-token"], content["proxy-token"], content["client-token"]
	return err
}

// check is what must hold in every model at rest: no unit is in error, each worker that asks has exactly one credential,
// for the user that it asks for, and nobody else has any.
func check(m *model.Model) error {
	var wrong []error
	for _, unit := range slices.Sorted(maps.Keys(m.Units)) {
		if u := m.Units[unit]; u.Agent.Status == "error" {
			wrong = append(wrong, fmt.Errorf("%s is in error: %s", unit, u.Agent.Message))
		}
	}
	entries, err := wire(m)
	if err != nil {
		return err
	}
	for id, r := range m.Relations {
		masters, workers := oracle.Sides(r)
		members := oracle.Present(workers)
		held := map[string][]string{}
		for _, e := range entries {
			if e.Relation != id {
				continue
			}
			held[e.Scope] = append(held[e.Scope], e.User)
			if !slices.Contains(members, e.Scope) {
				wrong = append(wrong, fmt.Errorf("%s is not a member of relation %d and has a credential", e.Scope, id))
			}
		}
		for _, worker := range members {
			var asked []string
			if user := workers.Units[worker].Settings["kubelet_user"]; user != "" && len(oracle.Present(masters)) > 0 {
				asked = []string{user}
			}
			if !slices.Equal(held[worker], asked) {
				wrong = append(wrong, fmt.Errorf("%s asks for %q and holds %q", worker, asked, held[worker]))
			}
		}
	}
	return errors.Join(wrong...)
}

// call is one call of a hook tool in a trace.
type call struct {
	Tool string   `json:"tool"`
	Argv []string `json:"argv"`
	Code int      `json:"code"`
}

// writes says whether a call changes something in Juju.
func (c call) writes() bool {
	_, verb, _ := strings.Cut(c.Tool, "-")
	return slices.Contains([]string{"set", "delete", "add", "grant", "revoke", "remove"}, verb)
}

// traced is one run of a hook, an action or an exec in a trace.
type traced struct {
	Hook  string `json:"hook"`
	Calls []call `json:"calls"`
}

// readTrace reads all that a unit has run, the oldest first.
func readTrace(data, unit string) ([]traced, error) {
	f, err := os.Open(filepath.Join(data, "trace", strings.ReplaceAll(unit, "/", "-")+".jsonl"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var runs []traced
	for d := json.NewDecoder(f); ; {
		var r traced
		switch err := d.Decode(&r); {
		case errors.Is(err, io.EOF):
			return runs, nil
		case err != nil:
			return nil, err
		}
		runs = append(runs, r)
	}
}

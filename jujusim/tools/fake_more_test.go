package tools_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/kube-control/kube-control/jujusim/tools"
)

const (
	secretID      = "9m4e2mr0ui3e8a215n4g"
	otherSecretID = "d0rf0nvmp25c77h1q9b0"
	newSecretID   = "d0rf0nvmp25c77h1q9bg"
)

func (f *fake) PublicAddress() string  { return "203.0.113.1" }
func (f *fake) PrivateAddress() string { return "10.0.0.1" }

func (f *fake) RelationModel(relation int) string { return fmt.Sprintf("model-%d", relation) }

func (f *fake) SetWorkloadVersion(version string) { f.note("version is %s", version) }

func (f *fake) LeaderSettings() map[string]string { return f.shared }

func (f *fake) SetLeaderSettings(settings map[string]string) error {
	if !f.leader {
		return errors.New("cannot write settings: not the leader")
	}
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		f.note("shared %s=%q", key, settings[key])
	}
	return nil
}

func (f *fake) OpenedPorts() map[string][]tools.PortRange { return f.ports }

func (f *fake) OpenPorts(endpoint string, r tools.PortRange) error {
	if endpoint == "taken" {
		return errors.New("cannot open it")
	}
	f.note("open %s %q", r, endpoint)
	return nil
}

func (f *fake) ClosePorts(endpoint string, r tools.PortRange) error {
	f.note("close %s %q", r, endpoint)
	return nil
}

func (f *fake) Now() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

func (f *fake) AddSecret(unit bool, u tools.SecretUpdate) (string, error) {
	if !unit && !f.leader {
		return "", errors.New("this unit is not the leader")
	}
	f.note("add (unit %t) %s", unit, secretText(u))
	return newSecretID, nil
}

func (f *fake) UpdateSecret(id string, u tools.SecretUpdate) error {
	f.note("update %s %s", id, secretText(u))
	return nil
}

// secretText is the update as JSON, with the content behind.
func secretText(u tools.SecretUpdate) string {
	properties, _ := json.Marshal(u)
	content, _ := json.Marshal(u.Content)
	return fmt.Sprintf("%s %.60s", properties, content)
}

func (f *fake) RemoveSecret(id string, revision int) error {
	f.note("remove %s revision %d", id, revision)
	return nil
}

func (f *fake) ReadSecret(r tools.SecretRead) (tools.SecretContent, error) {
	f.note("read %+v", r)
	if r.ID == otherSecretID {
		return nil, errDenied
	}
	return f.content, nil
}

func (f *fake) GrantSecret(id string, relation int, unit string) error {
	f.note("grant %s in %d to %q", id, relation, unit)
	return nil
}

func (f *fake) RevokeSecret(id, subject string) error {
	f.note("revoke %s from %s", id, subject)
	return nil
}

func (f *fake) OwnedSecrets() []tools.SecretInfo { return f.secrets }

// write makes a file.
func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

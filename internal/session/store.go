package session

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kube-control/kube-control/internal/engine"
	"github.com/kube-control/kube-control/internal/flags"
	"github.com/kube-control/kube-control/internal/unitstate"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// storeWait is how long a lock of a Python program is waited for: as long as such a program waits.
const storeWait = 5 * time.Second

// The row in which the Python interface keeps the users that it has signed, those of all endpoints.
const rowCreds = "creds"

// rowDeparted is the row in which an Endpoint of charms.reactive keeps the units that have left.
func rowDeparted(endpoint string) string { return "reactive.endpoints.departed." + endpoint }

// rowLeft is where a RelationBase has them: they are the value of its flag.
func rowLeft(endpoint string) string {
	return unitstate.FlagPrefix + flags.Name(endpoint, flags.Departed)
}

// store is the file in the charm's folder that a charm on charms.reactive keeps its flags and data in.
func (s *Session) store() unitstate.File {
	return unitstate.File{Path: filepath.Join(s.env.CharmDir, ".unit-state.db"), Wait: storeWait}
}

// loadFormer reads what a Python charm left on the disk, in the first run of our life. A file that can't be used is a
// warning, and requests are signed again.
func (s *Session) loadFormer(ctx context.Context) {
	s.formerLoaded = true
	if !s.machine.IsHere() {
		return
	}
	keys := []string{rowCreds}
	for _, e := range s.endpoints {
		keys = append(keys, rowDeparted(e.Name), rowLeft(e.Name))
	}
	rows, err := s.store().Read(ctx, keys...)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		s.log.Warnf("what the charm before this one kept is not taken over: %v", err)
		return
	}
	creds, err := kubecontrol.DecodeCreds(rows[rowCreds])
	if err != nil {
		s.log.Warnf("not all that the charm before this one signed is taken over: %v", err)
	}
	s.asked = nil
	s.view.Former = engine.Former{Creds: creds, Departed: map[string][]kubecontrol.Unit{}}
	for _, e := range s.endpoints {
		s.view.Former.Departed[e.Name] = slices.Concat(
			departedUnits(rows[rowDeparted(e.Name)]),
			leftUnits(rows[rowLeft(e.Name)]),
		)
	}
}

// departedUnits reads the departed units as an Endpoint keeps them.
func departedUnits(row string) []kubecontrol.Unit {
	var list []struct {
		Unit kubecontrol.Unit `json:"unit_name"`
	}
	if json.Unmarshal([]byte(row), &list) != nil {
		return nil
	}
	var units []kubecontrol.Unit
	for _, d := range list {
		units = append(units, d.Unit)
	}
	return units
}

// leftUnits reads them as a RelationBase keeps them: as the flag's conversations, each named by its relation and unit.
func leftUnits(row string) []kubecontrol.Unit {
	var flag struct {
		Conversations []string `json:"conversations"`
	}
	if json.Unmarshal([]byte(row), &flag) != nil {
		return nil
	}
	var units []kubecontrol.Unit
	for _, name := range flag.Conversations {
		units = append(units, kubecontrol.Unit(name[strings.LastIndexByte(name, '.')+1:]))
	}
	return units
}

// protectStore lets only the owner read a store, because it may hold tokens.
func (s *Session) protectStore() {
	if err := s.store().Protect(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.log.Warn(err)
	}
}

// mirror shows charms.reactive our computed flags, where the charm asks for it. Flags of others stay as they are, and
// so does leadership's.
func (s *Session) mirror(ctx context.Context) error {
	if !s.settings.Reactive || s.dryRun {
		return nil
	}
	put, drop := map[string]string{}, []string(nil)
	for _, e := range s.endpoints {
		names := flags.OfMaster(e.Name)
		if e.Role == kubecontrol.Worker {
			names = flags.OfWorker(e.Name)
		}
		for _, name := range names {
			if row := unitstate.FlagPrefix + name; s.state.Flags.Has(name) {
				put[row] = unitstate.FlagValue
			} else {
				drop = append(drop, row)
			}
		}
	}
	return s.store().Update(ctx, put, drop)
}

package tools

import (
	"fmt"
	"sort"
	"sync"
)

// entry is one tool. Juju has it from version since on and before version until; the zero version means no limit.
type entry struct {
	make         func(Context) command // nil: the simulator does not imitate it
	since, until Version
}

func (e entry) in(v Version) bool {
	return !v.Before(e.since) && (e.until == Version{} || v.Before(e.until))
}

// table holds every hook tool of a machine charm in Juju 2.9 to 4.0. Nobody changes it.
var table = sync.OnceValue(entries)

func entries() map[string]entry {
	juju3, juju4 := Version{3, 0, -1}, Version{4, 0, -1}
	entries := map[string]entry{
		"action-fail":             {make: newActionFail},
		"action-get":              {make: newActionGet},
		"action-log":              {make: newActionLog},
		"action-set":              {make: newActionSet},
		"application-version-set": {make: newApplicationVersionSet},
		"close-port":              {make: newClosePort},
		"config-get":              {make: newConfigGet},
		"goal-state":              {make: newGoalState},
		"is-leader":               {make: newIsLeader},
		"juju-log":                {make: newJujuLog},
		"leader-get":              {make: newLeaderGet, until: juju4},
		"leader-set":              {make: newLeaderSet, until: juju4},
		"network-get":             {make: newNetworkGet},
		"open-port":               {make: newOpenPort},
		"opened-ports":            {make: newOpenedPorts},
		"credential-get":          {make: newCredentialGet},
		"relation-get":            {make: newRelationGet},
		"relation-ids":            {make: newRelationIDs},
		"relation-list":           {make: newRelationList},
		"relation-model-get":      {make: newRelationModelGet, since: Version{3, 6, 2}},
		"relation-set":            {make: newRelationSet},
		"resource-get":            {make: newResourceGet},
		"state-delete":            {make: newStateDelete},
		"state-get":               {make: newStateGet},
		"state-set":               {make: newStateSet},
		"status-get":              {make: newStatusGet},
		"status-set":              {make: newStatusSet},
		"unit-get":                {make: newUnitGet},
	}
	for name, construct := range secretTools() {
		entries[name] = entry{make: construct, since: juju3}
	}
	for _, name := range []string{
		"juju-reboot", "storage-add", "storage-get", "storage-list",
	} {
		entries[name] = entry{}
	}
	for _, name := range []string{
		"add-metric", "k8s-raw-get", "k8s-raw-set", "k8s-spec-get", "k8s-spec-set", "payload-register",
		"payload-status-set", "payload-unregister", "pod-spec-get", "pod-spec-set",
	} {
		entries[name] = entry{until: juju4}
	}
	return entries
}

// Names lists the tools of all versions of Juju, also those that are not imitated, sorted.
func Names() []string { return names(func(entry) bool { return true }) }

// NamesIn lists the tools that Juju of this version has, also those that are not imitated, sorted.
func NamesIn(jujuVersion string) []string {
	v := versionOf(jujuVersion)
	return names(func(e entry) bool { return e.in(v) })
}

// Imitated tells whether the tool does its work here. The others answer every call with one error that says so.
func Imitated(name string) bool { return table()[name].make != nil }

func names(wanted func(entry) bool) []string {
	var names []string
	for name, e := range table() {
		if wanted(e) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

// Check gives the socket server's error for a command that Juju of this version does not know.
func Check(jujuVersion, name string) error {
	v := versionOf(jujuVersion)
	switch e, known := table()[name]; {
	case known && e.in(v):
		return nil
	case v.Major >= 4:
		return fmt.Errorf("bad request: unknown hook command: %s", name)
	}
	return fmt.Errorf("bad request: unknown command: %s", name)
}

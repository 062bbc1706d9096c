package cli

import (
	"strconv"
	"time"

	"github.com/kube-control/kube-control/jujusim/model"
)

// statusData is what status prints as JSON or YAML.
func (s *session) statusData() map[string]any {
	m := s.model
	machines, apps := map[string]any{}, map[string]any{}
	for _, u := range m.Units {
		if u.Principal == "" {
			machines[u.Machine] = machineData(m, u)
		}
	}
	for name, a := range m.Apps {
		units := map[string]any{}
		for _, unit := range a.Units {
			if m.Principal(unit) == "" {
				units[unit] = s.unitData(m.Units[unit])
			}
		}
		related, principals := map[string][]map[string]any{}, []string{}
		for _, r := range m.RelationsOf(name) {
			ep, scope := r.Side(name).Endpoint, "global"
			if r.Container {
				scope = "container"
				principals = append(principals, r.Remote(name).App)
			}
			related[ep] = append(related[ep], map[string]any{
				"related-application": r.Remote(name).App, "interface": r.Interface, "scope": scope,
			})
		}
		status := m.Derived(a)
		apps[name] = map[string]any{
			"charm": "local:" + a.Charm.Name + "-" + strconv.Itoa(a.CharmVersion), "charm-origin": "local",
			"charm-name": a.Charm.Name, "charm-rev": a.CharmVersion, "exposed": false,
			"base":               map[string]any{"name": "ubuntu", "channel": "22.04"},
			"application-status": s.statusMap(status.Status, status.Message, status.Since),
			"relations":          related, "units": units, "endpoint-bindings": bindings(a.Charm),
		}
		if a.Charm.Subordinate {
			delete(apps[name].(map[string]any), "units")
			apps[name].(map[string]any)["subordinate-to"] = principals
		}
		if a.WorkloadVersion != "" {
			apps[name].(map[string]any)["version"] = a.WorkloadVersion
		}
		if a.Dying {
			apps[name].(map[string]any)["life"] = "dying"
		}
	}
	return map[string]any{
		"model": map[string]any{
			"name": m.Name, "type": "iaas", "controller": "jujusim", "cloud": "localhost",
			"region": "localhost", "version": m.Version, "sla": "unsupported",
			"model-status": map[string]any{"current": "available"},
		},
		"machines": machines, "applications": apps, "storage": map[string]any{},
		"controller": map[string]any{"timestamp": m.Now().Format("15:04:05Z")},
	}
}

// machineData is the machine of a principal unit.
func machineData(m *model.Model, u *model.Unit) map[string]any {
	mac := ""
	if network, found := m.NetworkInfo(u.Name, ""); found && len(network.BindAddresses) > 0 {
		mac = network.BindAddresses[0].MACAddress
	}
	return map[string]any{
		"juju-status": map[string]any{"current": "started", "version": m.Version}, "dns-name": u.PublicAddress,
		"hostname":     m.Hostname(u.Name),
		"ip-addresses": []string{u.PublicAddress, u.PrivateAddress}, "instance-id": "jujusim-" + u.Machine,
		"machine-status":      map[string]any{"current": "running", "message": "Running"},
		"modification-status": map[string]any{"current": "idle"},
		"base":                map[string]any{"name": "ubuntu", "channel": "22.04"},
		"constraints":         "arch=amd64", "hardware": "arch=amd64",
		"network-interfaces": map[string]any{"eth0": map[string]any{
			"ip-addresses": []string{u.PublicAddress, u.PrivateAddress}, "mac-address": mac, "is-up": true,
		}},
	}
}

// bindings gives the space of each endpoint, and of the endpoints without one of their own.
func bindings(c *model.Charm) map[string]string {
	spaces := map[string]string{"": "alpha"}
	for name := range c.Endpoints {
		if name != "juju-info" {
			spaces[name] = "alpha"
		}
	}
	return spaces
}

func (s *session) unitData(u *model.Unit) map[string]any {
	workload, agent := u.Displayed()
	current, message := s.agentStatus(u, agent.Status, agent.Message)
	juju := s.statusMap(current, message, agent.Since)
	juju["version"] = s.model.Version
	data := map[string]any{
		"workload-status": s.statusMap(workload.Status, workload.Message, workload.Since),
		"juju-status":     juju, "machine": u.Machine, "public-address": u.PublicAddress,
	}
	if s.model.IsLeader(u.Name) {
		data["leader"] = true
	}
	if opened := u.Opened(); len(opened) > 0 {
		data["open-ports"] = portsList(opened)
	}
	if u.Dying {
		juju["life"] = "dying"
	}
	if u.Principal != "" {
		delete(data, "machine") // it is the principal's
	}
	subordinates := map[string]any{}
	for _, sub := range s.model.Subordinates(u.Name) {
		subordinates[sub] = s.unitData(s.model.Units[sub])
	}
	if len(subordinates) > 0 {
		data["subordinates"] = subordinates
	}
	return data
}

// statusMap is a status as juju prints it: since is in local time, as 02 Jan 2006 15:04:05Z, or in UTC as the model keeps it.
func (s *session) statusMap(current, message, since string) map[string]any {
	if at, err := time.Parse("2006-01-02 15:04:05Z", since); err == nil && !s.utc {
		since = at.Local().Format("02 Jan 2006 15:04:05Z07:00")
	}
	data := map[string]any{"current": current, "since": since}
	if message != "" {
		data["message"] = message
	}
	return data
}

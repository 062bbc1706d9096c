package judge

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/jujusim/model"
)

// endpoint is that of both ready charms.
const endpoint = "kube-control"

// says lists which flags and statuses of the units are not as docs/protocol.md and docs/operations.md have them. It knows the
// flags that follow from what is on the wire, and not those of a charm's own bookkeeping (departed, requests.changed).
func (s Scene) says() []string {
	var wrong []string
	for _, unit := range slices.Sorted(maps.Keys(s.Model.Units)) {
		app := model.AppOf(unit)
		if s.Model.Units[unit].Dying || s.Model.Apps[app].Dying {
			continue
		}
		switch {
		case app == s.Masters:
			wrong = append(append(wrong, s.flagsOf(unit, s.masterFlags())...), s.masterStatus(unit)...)
		case s.HasFiles(app):
			wrong = append(append(wrong, s.flagsOf(unit, s.workerFlags(unit))...), s.workerStatus(unit)...)
		}
	}
	return wrong
}

// flagsOf compares the flags that a unit keeps with those that it must have.
func (s Scene) flagsOf(unit string, want map[string]bool) []string {
	want["leadership.is_leader"] = s.Model.Apps[model.AppOf(unit)].Leader == unit
	var kept []string
	text := s.Model.Units[unit].CharmState["kube-control/1/flags"] // which is not there if no flag is set
	if text != "" && json.Unmarshal([]byte(text), &kept) != nil {
		return []string{fmt.Sprintf("%s keeps flags that cannot be read: %q", unit, text)}
	}
	var wrong []string
	for _, flag := range slices.Sorted(maps.Keys(want)) {
		switch is := slices.Contains(kept, flag); {
		case is && !want[flag]:
			wrong = append(wrong, fmt.Sprintf("%s has the flag %s, which must be clear", unit, flag))
		case !is && want[flag]:
			wrong = append(wrong, fmt.Sprintf("%s has not the flag %s, which must be set", unit, flag))
		}
	}
	return wrong
}

// joined are the databags of the units that an application sees on the other side of a relation.
func joined(r *model.Relation, app string) map[string]map[string]string {
	bags := map[string]map[string]string{}
	if r.Dying || r.Suspended || r.Peer() || r.Side(app) == nil || r.Side(app).Endpoint != endpoint {
		return bags
	}
	for unit, member := range r.Remote(app).Units {
		if member.Scope == model.InScope {
			bags[unit] = member.Settings
		}
	}
	return bags
}

// masterFlags are those of each master. Only without any request is it certain that none waits.
func (s Scene) masterFlags() map[string]bool {
	connected, gpu, waits := false, false, false
	for _, r := range s.Model.Relations {
		for _, bag := range joined(r, s.Masters) {
			connected, gpu = true, gpu || bag["gpu"] == "True"
			waits = waits || bag["kubelet_user"] != ""
		}
	}
	flags := map[string]bool{endpoint + ".connected": connected, endpoint + ".gpu.available": gpu}
	if !waits { // without a request none can wait
		flags[endpoint+".auth.requested"] = false
	}
	return flags
}

// workerFlags are those of a worker. One value of one master is enough for each.
func (s Scene) workerFlags(unit string) map[string]bool {
	flags := map[string]bool{}
	for _, name := range []string{
		"connected", "dns.available", "auth.available", "auth.ready", "cluster_tag.available", "registry_location.available",
		"controller_taints.available", "controller_labels.available", "api_endpoints.available", "cohort_keys.available",
		"default_cni.available", "ca_certificate.available",
	} {
		flags[endpoint+"."+name] = false
	}
	set := func(name string, is bool) { flags[endpoint+"."+name] = flags[endpoint+"."+name] || is }
	for _, r := range s.relations() {
		if r.Remote(s.Masters).App != model.AppOf(unit) {
			continue
		}
		user, _ := s.asks(r, unit)
		for _, bag := range joined(r, model.AppOf(unit)) {
			set("connected", true)
			set("dns.available", bag["enable-kube-dns"] != "")
			set("cluster_tag.available", bag["cluster-tag"] != "")
			set("registry_location.available", bag["registry-location"] != "")
			set("controller_taints.available", isFilled(bag["taints"]))
			set("controller_labels.available", isFilled(bag["labels"]))
			set("api_endpoints.available", isFilled(bag["api-endpoints"]))
			set("cohort_keys.available", isFilled(bag["cohort-keys"]))
			set("default_cni.available", bag["default-cni"] != "")
			id := bag["ca-certificate-secret-id"]
			set("ca_certificate.available", id != "" && s.Model.Secrets[id[strings.LastIndexAny(id, ":/")+1:]] != nil)
			var creds map[string]entry
			_ = json.Unmarshal([]byte(bag["creds"]), &creds)
			set("auth.available", len(creds) > 0)
			if e, ok := creds[user]; ok && e.Scope == r.Seen(s.Masters, unit) {
				tokens, _ := s.tokens(e, unit)
				set("auth.ready", len(tokens) > 0)
			}
		}
	}
	return flags
}

// isFilled reports whether a JSON array or object has anything. The ready masters publish valid entries only.
func isFilled(text string) bool { return text != "" && text != "[]" && text != "{}" }

// masterStatus: a master with workers is active, because all its options are valid and nothing waits.
func (s Scene) masterStatus(unit string) []string {
	status := s.Model.UnitStatus(unit)
	if s.masterFlags()[endpoint+".connected"] && status.Status != "active" {
		return []string{fmt.Sprintf("%s serves workers, and is %s: %s", unit, status.Status, status.Message)}
	}
	return nil
}

// workerStatus: a worker is active if it has everything, blocked without a relation, and waits in all other cases.
func (s Scene) workerStatus(unit string) []string {
	flags, status := s.workerFlags(unit), s.Model.UnitStatus(unit)
	held, _ := s.held(unit)
	want := "waiting"
	switch {
	case !s.isRelated(model.AppOf(unit)):
		want = "blocked"
	case flags[endpoint+".auth.ready"] && len(held) > 0:
		want = "active"
	case flags[endpoint+".auth.ready"]: // it says what else is missing
		return nil
	}
	if status.Status != want {
		return []string{fmt.Sprintf("%s is %s (%s), and must be %s", unit, status.Status, status.Message, want)}
	}
	return nil
}

// isRelated reports whether an application has a relation with the masters, with or without units.
func (s Scene) isRelated(app string) bool {
	return slices.ContainsFunc(s.relations(), func(r *model.Relation) bool { return !r.Dying && r.Remote(s.Masters).App == app })
}

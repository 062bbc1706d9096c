package uniter

import (
	"maps"
	"slices"
	"strconv"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/model"
)

// environment is what Juju sets for a run, without PATH and Places, which depend on where the runner keeps its files. PWD
// is not set.
func environment(m *model.Model, info agent.HookInfo) []string {
	env := map[string]string{
		"APT_LISTCHANGES_FRONTEND": "none",
		"CLOUD_API_VERSION":        "",
		"DEBIAN_FRONTEND":          "noninteractive",
		"JUJU_API_ADDRESSES":       "127.0.0.1:17070",
		"JUJU_AVAILABILITY_ZONE":   "",
		"JUJU_CHARM_FTP_PROXY":     "",
		"JUJU_CHARM_HTTPS_PROXY":   "",
		"JUJU_CHARM_HTTP_PROXY":    "",
		"JUJU_CHARM_NO_PROXY":      "",
		"JUJU_CONTEXT_ID":          info.ContextID,
		"JUJU_HOOK_NAME":           info.Name,
		"JUJU_MACHINE_ID":          m.Machine(info.Unit),
		"JUJU_MODEL_NAME":          m.Name,
		"JUJU_MODEL_UUID":          m.UUID,
		"JUJU_PRINCIPAL_UNIT":      m.Principal(info.Unit),
		"JUJU_UNIT_NAME":           info.Unit,
		"JUJU_VERSION":             m.Version,
		"LANG":                     "C.UTF-8",
		"TERM":                     "tmux-256color",
	}
	if m.Major() < 4 {
		env["JUJU_SLA"] = "unsupported"
		env["JUJU_METER_STATUS"] = "AMBER"
		env["JUJU_METER_INFO"] = "not set"
	}
	switch {
	case info.Action != nil:
		env["JUJU_ACTION_NAME"] = info.Action.Name
		env["JUJU_ACTION_UUID"] = info.Action.ID
		env["JUJU_ACTION_TAG"] = "action-" + info.Action.ID
		if !isExec(info.Action.Name) {
			env["JUJU_DISPATCH_PATH"] = "actions/" + info.Action.Name
		}
	default:
		env["JUJU_DISPATCH_PATH"] = "hooks/" + info.Name
	}
	for _, r := range info.Relations {
		if r.ID == info.RelationID {
			env["JUJU_RELATION"] = r.Endpoint
			env["JUJU_RELATION_ID"] = relationID(r)
			env["JUJU_REMOTE_UNIT"] = info.RemoteUnit
			env["JUJU_REMOTE_APP"] = info.RemoteApp
		}
	}
	if info.DepartingUnit != "" {
		env["JUJU_DEPARTING_UNIT"] = info.DepartingUnit
	}
	if info.SecretID != "" {
		env["JUJU_SECRET_ID"] = "secret:" + info.SecretID
		if info.Name == model.SecretExpired || info.Name == model.SecretRemove && m.Major() >= 4 {
			env["JUJU_SECRET_ID"] = info.SecretID // as Juju has it
		}
		env["JUJU_SECRET_LABEL"] = info.SecretLabel
	}
	if info.SecretRevision != 0 {
		env["JUJU_SECRET_REVISION"] = strconv.Itoa(info.SecretRevision)
	}
	list := make([]string, 0, len(env))
	for _, name := range slices.Sorted(maps.Keys(env)) {
		list = append(list, name+"="+env[name])
	}
	return list
}

package agent

import (
	"maps"
	"slices"
)

// UnitBag reads the own unit's bag with this hook's writes, or another unit's. A member's bag is
// remembered across hooks by the agent, any other unit's for this hook alone.
func (h hookTools) UnitBag(relation int, unit string) (map[string]string, error) {
	if h.denied(relation) {
		return nil, ErrPermission
	}
	if unit == h.info.Unit {
		return h.ownBag(bagKey{relation, unit})
	}
	remembered := h.memberCache(relation, unit)
	if remembered == nil {
		return h.remoteBag(bagKey{relation, unit}, h.controller.UnitSettings)
	}
	if bag, ok := remembered[unit]; ok {
		return bag, nil
	}
	bag, err := h.controller.UnitSettings(relation, unit)
	if err != nil {
		return nil, err
	}
	remembered[unit] = notNil(bag)
	return remembered[unit], nil
}

// AppBag reads an application's bag: a leader's own with this hook's writes. A follower may not read
// its own application's bag but on a peer relation.
func (h hookTools) AppBag(relation int, app string) (map[string]string, error) {
	key := bagKey{relation, app}
	if h.denied(relation) {
		return nil, ErrPermission
	}
	if app != h.app() {
		return h.remoteBag(key, h.controller.AppSettings)
	}
	if h.IsLeader() {
		return h.ownBag(key)
	}
	for _, r := range h.info.Relations {
		if r.ID == relation && r.Peer {
			return h.remoteBag(key, h.controller.AppSettings)
		}
	}
	return nil, ErrPermission
}

func (h hookTools) WriteUnitBag(relation int, settings map[string]string) error {
	return h.writeBag(bagKey{relation, h.info.Unit}, settings)
}

func (h hookTools) WriteAppBag(relation int, settings map[string]string) error {
	return h.writeBag(bagKey{relation, h.app()}, settings)
}

func (h hookTools) writeBag(key bagKey, settings map[string]string) error {
	if h.denied(key.relation) {
		return ErrPermission
	}
	bag, err := h.ownBag(key)
	if err != nil || len(settings) == 0 {
		return err
	}
	if h.written[key] == nil {
		h.written[key] = Settings{}
	}
	for name, value := range settings {
		h.written[key][name] = value
		if value == "" {
			delete(bag, name)
		} else {
			bag[name] = value
		}
	}
	return nil
}

// ownBag is the copy of an own bag that this hook writes into, made when first used.
func (h hookTools) ownBag(key bagKey) (Settings, error) {
	if bag, ok := h.own[key]; ok {
		return bag, nil
	}
	read := h.controller.AppSettings
	if key.name == h.info.Unit {
		read = h.controller.UnitSettings
	}
	committed, err := read(key.relation, key.name)
	if err != nil {
		return nil, err
	}
	h.own[key] = notNil(maps.Clone(committed))
	return h.own[key], nil
}

// remoteBag reads once in this hook.
func (h hookTools) remoteBag(key bagKey, read func(int, string) (Settings, error)) (Settings, error) {
	if bag, ok := h.fresh[key]; ok {
		return bag, nil
	}
	bag, err := read(key.relation, key.name)
	if err != nil {
		return nil, err
	}
	h.fresh[key] = notNil(bag)
	return h.fresh[key], nil
}

// memberCache is the agent's memory of a relation if the unit is a member of it, else nil.
func (h hookTools) memberCache(relation int, unit string) map[string]Settings {
	for _, r := range h.info.Relations {
		if r.ID != relation {
			continue
		}
		if _, member := slices.BinarySearch(r.Members, unit); member {
			return r.Cache
		}
	}
	return nil
}

func (h hookTools) denied(relation int) bool {
	return slices.ContainsFunc(h.info.Relations, func(r RelationInfo) bool { return r.ID == relation && r.Denied })
}

func notNil(bag Settings) Settings {
	if bag == nil {
		return Settings{}
	}
	return bag
}

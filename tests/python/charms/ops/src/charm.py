"""A charm on ops that lends books to those that relate to it.

The leader of the provider says in the application's bag which books are lent to whom, and each provider unit says its
own name; a requirer unit asks in its bag. Where Juju has secrets, each relation has one with the key of the shelf. An empty file named controller-storage beside dispatch makes ops keep its
state in the controller.
"""

import json
import pathlib

import ops


class ShelfCharm(ops.CharmBase):
    stored = ops.StoredState()

    def __init__(self, framework):
        super().__init__(framework)
        self.stored.set_default(seen=[], lent={}, started=False)
        for name, event in self.on.events().items():
            if not name.startswith("collect_"):
                framework.observe(event, self._note)
        observe = framework.observe
        observe(self.on.start, self._start)
        observe(self.on.config_changed, self._config_changed)
        observe(self.on.leader_elected, self._leader_elected)
        observe(self.on.shelf_relation_created, self._shelf_created)
        observe(self.on.shelf_relation_joined, self._shelf_joined)
        observe(self.on.shelf_relation_changed, self._shelf_changed)
        observe(self.on.shelf_relation_departed, self._shelf_departed)
        observe(self.on.shelf_relation_broken, self._shelf_broken)
        observe(self.on.source_relation_created, self._source_created)
        observe(self.on.source_relation_changed, self._source_changed)
        observe(self.on.secret_changed, self._secret_changed)
        observe(self.on.secret_remove, self._secret_remove)
        observe(self.on.rekey_action, self._rekey)
        observe(self.on.key_action, self._key)
        observe(self.on.seen_action, self._seen)
        observe(self.on.lend_action, self._lend)
        observe(self.on.collect_unit_status, self._unit_status)
        observe(self.on.collect_app_status, self._app_status)

    def _note(self, event):
        words = [event.handle.kind]
        if isinstance(event, ops.RelationEvent):
            words += [f"{event.relation.name}:{event.relation.id}", event.app.name if event.app else "-"]
            words.append(event.unit.name if event.unit else "-")
        if isinstance(event, ops.RelationDepartedEvent):
            words.append(f"({event.departing_unit.name} goes)")
        if isinstance(event, ops.SecretEvent):
            words.append(event.secret.label or "without a label")
        self.stored.seen.append(" ".join(words))

    def _start(self, _):
        self.stored.started = True
        self.unit.set_workload_version("3.9")

    def _config_changed(self, event):
        if not self.stored.started:
            event.defer()
            return
        self.unit.set_ports(*[self.config["port"]] if "port" in self.config else [])
        for relation in self.model.relations["shelf"]:
            relation.data[self.unit]["motto"] = self.config["motto"]

    def _leader_elected(self, _):
        peers = self.model.get_relation("shelves")
        peers.data[self.app]["first-leader"] = peers.data[self.app].get("first-leader", self.unit.name)

    def _shelf_created(self, event):
        if self.unit.is_leader() and ops.JujuVersion.from_environ().has_secrets:
            key = self.app.add_secret({"key": "first key"}, label=f"key-{event.relation.id}")
            key.grant(event.relation)
            event.relation.data[self.app]["key"] = key.id

    def _shelf_broken(self, event):
        if self.unit.is_leader() and "key" in event.relation.data[self.app]:
            self.model.get_secret(label=f"key-{event.relation.id}").remove_all_revisions()

    def _shelf_joined(self, event):
        address = self.model.get_binding(event.relation).network.ingress_address
        event.relation.data[self.unit].update({"keeper": self.unit.name, "address": str(address)})
        event.relation.data[self.unit]["motto"] = self.config["motto"]

    def _shelf_changed(self, event):
        if event.unit is not None:
            self.stored.lent[event.unit.name] = event.relation.data[event.unit].get("wants", "")
            self._publish(event.relation)

    def _shelf_departed(self, event):
        if event.departing_unit != self.unit:
            self.stored.lent.pop(event.departing_unit.name, None)
            self._publish(event.relation)

    def _publish(self, relation):
        if self.unit.is_leader():
            relation.data[self.app]["lent"] = json.dumps(dict(self.stored.lent), sort_keys=True)

    def _source_created(self, event):
        event.relation.data[self.unit]["wants"] = f"a book for {self.unit.name}"

    def _source_changed(self, event):
        if "key" in event.relation.data[event.app]:
            self.model.get_secret(id=event.relation.data[event.app]["key"], label="key").get_content()

    def _secret_changed(self, event):
        event.secret.get_content(refresh=True)

    def _secret_remove(self, event):
        event.remove_revision()

    def _rekey(self, event):
        for relation in self.model.relations["shelf"]:
            self.model.get_secret(label=f"key-{relation.id}").set_content({"key": event.params["key"]})

    def _key(self, event):
        key = self.model.get_secret(label="key")
        event.set_results({"key": key.get_content()["key"], "latest": key.peek_content()["key"]})

    def _seen(self, event):
        event.set_results({"events": "\n".join(self.stored.seen)})

    def _lend(self, event):
        unit = event.params["to"].get("unit")
        if unit not in self.stored.lent:
            event.fail(f"nobody called {unit} is here")
            return
        event.log(f"fetching {event.params['book']}")
        self.stored.lent[unit] = event.params["book"]
        for relation in self.model.relations["shelf"]:
            self._publish(relation)
        event.set_results({"lent": {"to": unit, "copies": event.params["copies"]}})

    def _unit_status(self, event):
        for relation in self.model.relations["source"]:
            lent = json.loads(relation.data[relation.app].get("lent", "{}")) if relation.app else {}
            keepers = sorted(relation.data[unit].get("keeper", "nobody") for unit in relation.units)
            if self.unit.name not in lent:
                event.add_status(ops.WaitingStatus(f"waiting for {relation.app.name}"))
            event.add_status(ops.ActiveStatus(f"has {lent.get(self.unit.name)} of {', '.join(keepers)}"))
        event.add_status(ops.ActiveStatus(f"{len(self.stored.lent)} lent"))

    def _app_status(self, event):
        event.add_status(ops.ActiveStatus(f"led by {self.unit.name}"))


if __name__ == "__main__":
    ops.main(ShelfCharm, use_juju_for_storage=pathlib.Path("controller-storage").exists())

"""The asking side: a RelationBase of old, with one conversation for each remote unit."""

import json

from charmhelpers.core import hookenv
from charms.reactive import RelationBase, hook, scopes


class ShelfRequires(RelationBase):
    scope = scopes.UNIT

    @hook("{requires:shelf}-relation-{joined,changed}")
    def changed(self):
        if not hookenv.remote_unit():
            return  # an application's bag has changed, and such hooks RelationBase takes for a nameless unit's
        self.set_remote("wants", "a book for {}".format(hookenv.local_unit()))
        self.set_state("{relation_name}.connected")
        self.toggle_state("{relation_name}.available", self.get_remote("keeper") is not None)

    @hook("{requires:shelf}-relation-departed")
    def departed(self):
        self.remove_state("{relation_name}.available")
        self.remove_state("{relation_name}.connected")

    def keepers(self):
        return sorted(c.get_remote("keeper", "nobody") for c in self.conversations())

    def lent(self):
        """What this unit has, or None."""
        for rid in hookenv.relation_ids(self.relation_name):
            app = hookenv.remote_service_name(rid)
            text = (hookenv.relation_get(rid=rid, app=app) or {}).get("lent", "{}")
            return json.loads(text).get(hookenv.local_unit())

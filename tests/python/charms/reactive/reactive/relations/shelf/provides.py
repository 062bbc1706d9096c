"""The lending side: a present-day Endpoint."""

import json

from charmhelpers.core import hookenv
from charms.reactive import Endpoint, clear_flag, when


class ShelfProvides(Endpoint):
    @when("endpoint.{endpoint_name}.changed.wants")
    def wishes_changed(self):
        hookenv.log("wishes: {}".format(json.dumps(self.wishes(), sort_keys=True)))
        clear_flag(self.expand_name("endpoint.{endpoint_name}.changed.wants"))

    def wishes(self):
        """What each unit wants; nothing is the empty string."""
        return {u.unit_name: u.received_raw.get("wants") or "" for u in self.all_joined_units}

    def introduce(self, keeper, motto, address):
        for relation in self.relations:
            relation.to_publish_raw.update({"keeper": keeper, "motto": motto, "address": address})

    def lend(self, lent):
        for relation in self.relations:
            relation.to_publish_app_raw["lent"] = json.dumps(lent, sort_keys=True)

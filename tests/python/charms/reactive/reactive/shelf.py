"""A charm on charms.reactive that lends books to those that relate to it, and speaks as the charm on ops does."""

from charmhelpers.core import hookenv, unitdata
from charms.reactive import (
    clear_flag,
    data_changed,
    endpoint_from_flag,
    endpoint_from_name,
    hook,
    is_flag_set,
    set_flag,
    toggle_flag,
    when,
    when_not,
)


def note(line):
    seen = unitdata.kv().get("seen", [])
    unitdata.kv().set("seen", seen + [line])


@hookenv.atstart
def note_hook():
    words = [hookenv.hook_name() or hookenv.action_name()]
    if hookenv.in_relation_hook():
        words += [hookenv.relation_id(), hookenv.remote_unit() or "-"]
    if hookenv.departing_unit():
        words.append("({} goes)".format(hookenv.departing_unit()))
    note(" ".join(words))
    toggle_flag("shelf.leader", hookenv.is_leader())


@when_not("shelf.installed")
def install():
    note("installed")
    hookenv.status_set("maintenance", "putting up shelves")
    hookenv.application_version_set("1.5")
    set_flag("shelf.installed")


@when("endpoint.shelf.joined")
def introduce():
    config = hookenv.config()
    shelf = endpoint_from_flag("endpoint.shelf.joined")
    if data_changed("introduction", [config["motto"], shelf.relations.keys()]):
        note("introduced")
    address = hookenv.network_get_primary_address("shelf")
    shelf.introduce(hookenv.local_unit(), config["motto"], address)


@when("endpoint.shelf.joined", "shelf.leader")
def lend():
    shelf = endpoint_from_flag("endpoint.shelf.joined")
    special = unitdata.kv().get("special", {})
    unitdata.kv().set("readers", sorted(shelf.wishes()))
    lent = {unit: special.get(unit, wish) for unit, wish in shelf.wishes().items()}
    if data_changed("lent", lent):
        note("lent " + ", ".join(sorted(lent)))
        shelf.lend(lent)


@when("shelf.installed")
def open_port():
    port = hookenv.config("port")
    wanted = ["{}/tcp".format(port)] if port else []
    opened = hookenv.opened_ports()
    if wanted != opened:
        for old in opened:
            hookenv.close_port(*old.split("/"))
        if port:
            hookenv.open_port(port)
        note("opened " + ", ".join(hookenv.opened_ports()))


@when("endpoint.shelf.departed")
def clear_up():
    shelf = endpoint_from_name("shelf")
    note("cleared up after " + ", ".join(sorted(shelf.all_departed_units.keys())))
    shelf.all_departed_units.clear()
    clear_flag("endpoint.shelf.departed")


@when("endpoint.shelves.joined", "shelf.leader")
def lead():
    if not hookenv.leader_get("first-leader"):
        hookenv.leader_set({"first-leader": hookenv.local_unit()})
    for relation in endpoint_from_name("shelves").relations:
        relation.to_publish_app["leader"] = hookenv.local_unit()


@when("endpoint.shelves.joined")
@when_not("shelf.leader")
def follow():
    for relation in endpoint_from_name("shelves").relations:
        leaders = [hookenv.leader_get("first-leader"), relation.to_publish_app["leader"]]
        if data_changed("leaders", leaders):
            note("led by {}, first by {}".format(leaders[1], leaders[0]))


@when("source.available")
def read(source):
    note("{} from {}".format(source.lent(), ", ".join(source.keepers())))


@when_not("source.connected", "endpoint.shelf.joined")
def alone():
    hookenv.status_set("blocked", "nobody to read with")


@when("source.connected")
@when_not("source.available")
def wait():
    hookenv.status_set("waiting", "nobody lends")


@hook("stop")
def stop():
    note("closed")


@hookenv.atexit
def status():
    if is_flag_set("endpoint.shelf.joined"):
        hookenv.status_set("active", "{} lent".format(len(endpoint_from_name("shelf").wishes())))
    elif is_flag_set("source.available"):
        source = endpoint_from_flag("source.available")
        hookenv.status_set("active", "has {} of {}".format(source.lent(), ", ".join(source.keepers())))

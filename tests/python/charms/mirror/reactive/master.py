"""A master whose handlers wait for the flags of kube-control, and call its commands."""

import json
import subprocess

from charmhelpers.core import hookenv, unitdata
from charms.reactive import get_flags, hook, set_flag, when, when_not


def kube_control(*args, **kwargs):
    return subprocess.run(["bin/kube-control", *args], check=True, stdout=subprocess.PIPE, text=True, **kwargs).stdout


def note(line):
    unitdata.kv().set("noted", unitdata.kv().get("noted", []) + [line])


@when_not("kube-control.connected")
def wait():
    hookenv.status_set("waiting", "no worker")


@when("kube-control.connected")
@when_not("master.dns.sent")
def send_dns():
    kube_control("set-dns", "53", "cluster.local", "10.152.183.10")
    set_flag("master.dns.sent")
    note("sent DNS")


@when("kube-control.connected")
def connected():
    hookenv.status_set("active", ", ".join(sorted(f for f in get_flags() if f.startswith("kube-control."))))


@when("kube-control.auth.requested")
def sign():
    requests = json.loads(kube_control("auth-user", "--pending", "--format", "json"))
    for unit in (request["unit"] for request in requests):
        tokens = {kind + "_token": kind + " of " + unit for kind in ("kubelet", "proxy", "client")}
        kube_control("sign-auth-request", unit, input=json.dumps(tokens))
        note("signed for " + unit)


@when("kube-control.departed")
def clean_up():
    note("cleaned up after " + kube_control("flush-departed").strip())


@hook("stop")
def stop():
    note("stopped")

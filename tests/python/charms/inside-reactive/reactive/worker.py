"""A worker whose handlers wait for the flags of kube-control, and call its commands."""

import pathlib
import subprocess

from charmhelpers.core import hookenv
from charms.reactive import when, when_not


def kube_control(*args):
    return subprocess.run(["bin/kube-control", *args], check=True, stdout=subprocess.PIPE, text=True).stdout


@when_not("kube-control.connected")
def wait():
    hookenv.status_set("waiting", "no master")


@when("kube-control.connected")
def ask():
    kube_control("set-auth-request", hookenv.local_unit())


@when("kube-control.connected")
@when_not("kube-control.auth.ready")
def expect():
    hookenv.status_set("waiting", "no tokens")


@when("kube-control.auth.ready")
def take():
    creds = kube_control("get-auth-credentials", hookenv.local_unit(), "--reveal", "--format", "json")
    pathlib.Path("creds.json").write_text(creds)
    hookenv.status_set("active", "has its tokens")

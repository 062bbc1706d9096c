"""The fixtures of the integration tests, which run on jujusim and on a real controller.

KC_CHARMS is the directory of the charms: NAME/ as "make stage" lays them out, or NAME_ARCH.charm as "make charm" packs them.
"""

import dataclasses
import os
import pathlib
import platform

import jubilant
import pytest

MASTER = "kube-control-master"
WORKER = "kube-control-worker"

# A certificate in form only. A cluster has its own.
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMQ==\n-----END CERTIFICATE-----\n"

# Seconds between two looks at the status. A controller is asked less often.
DELAY = float(os.environ.get("KC_DELAY", "1"))


def charm(name: str) -> pathlib.Path:
    """The path of a charm that was built."""
    charms = pathlib.Path(os.environ["KC_CHARMS"]).absolute()
    arch = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    packed = charms / f"{name}_{arch}.charm"
    return packed if packed.exists() else charms / name


@dataclasses.dataclass
class Cluster:
    """Two ready masters and some ready workers in a model."""

    juju: jubilant.Juju

    def settle(self, *ready) -> jubilant.Status:
        """Wait until all agents are idle and each condition holds."""
        return self.juju.wait(
            lambda status: jubilant.all_agents_idle(status) and all(condition(status) for condition in ready),
            error=jubilant.any_error,
            delay=DELAY,
            timeout=900,
        )

    def active(self, *apps: str) -> jubilant.Status:
        """Wait until the applications are active, all if none is named."""
        return self.settle(lambda status: jubilant.all_active(status, *apps))

    def units(self, app: str) -> list[str]:
        """The units of an application."""
        return sorted(self.juju.status().apps[app].units)

    def leader(self) -> str:
        """The master that leads."""
        units = self.juju.status().apps[MASTER].units
        return next(name for name, unit in units.items() if unit.leader)

    def value(self, action: str, unit: str = f"{WORKER}/0") -> str:
        """What an action prints."""
        return self.juju.run(unit, action).stdout.strip()

    def held(self, unit: str) -> set[str]:
        """The digests of the tokens in a worker's kubeconfigs."""
        return self._digests(unit, "sed -n 's/^ *token: //p' /root/cdk/*config* | tr -d '\"'")

    def accepted(self, unit: str) -> set[str]:
        """The digests of the tokens that a master's API server accepts."""
        return self._digests(unit, "cut -d, -f1 /root/cdk/known_tokens.csv")

    def _digests(self, unit: str, tokens: str) -> set[str]:
        # Tokens stay on the machine. They are not for the controller's log of operations.
        script = f"{tokens} | sort -u | while read -r token; do printf %s \"$token\" | sha256sum; done | cut -d' ' -f1"
        return set(self.juju.exec(script, unit=unit).stdout.split())

    def accepts(self, unit: str) -> bool:
        """Whether every master accepts all that a worker holds."""
        held = self.held(unit)
        return len(held) == 3 and all(held <= self.accepted(master) for master in self.units(MASTER))


@pytest.fixture(scope="module")
def juju():
    """A model of its own for each module."""
    with jubilant.temp_model() as model:
        yield model


@pytest.fixture(scope="module")
def cluster(juju):
    """Two masters and two workers that are active."""
    juju.deploy(charm(MASTER), MASTER, num_units=2, config={"ca-certificate": CERTIFICATE})
    juju.deploy(charm(WORKER), WORKER, num_units=2)
    juju.integrate(MASTER, WORKER)
    running = Cluster(juju)
    running.active()
    return running

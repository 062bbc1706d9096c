"""The life of a cluster, from deploy to a removed leader. The tests run in this order, in one model."""

import jubilant
import pytest
from conftest import CERTIFICATE, MASTER, WORKER, charm


def test_deploy(cluster):
    status = cluster.juju.status()
    assert jubilant.all_active(status, MASTER, WORKER)
    for unit in cluster.units(WORKER):
        assert cluster.accepts(unit)


def test_values(cluster):
    cluster.juju.config(
        MASTER,
        {
            "dns-ip": "10.152.183.99",
            "cluster-tag": "kubernetes-integration",
            "image-registry": "registry.example:5000/k8s",
            "register-with-taints": "dedicated=control:NoSchedule",
            "labels": "tier=control",
        },
    )
    cluster.active()
    assert "10.152.183.99" in cluster.value("get-dns")
    assert cluster.value("get-cluster-tag") == "kubernetes-integration"
    assert cluster.value("get-registry-location") == "registry.example:5000/k8s"
    view = cluster.juju.show_unit(f"{WORKER}/0")
    data = next(r for r in view.relation_info if r.endpoint == "kube-control").related_units[f"{MASTER}/0"].data
    assert "dedicated=control:NoSchedule" in data["taints"]
    assert "tier=control" in data["labels"]


def test_config_is_reset(cluster):
    cluster.juju.config(MASTER, reset=["cluster-tag", "register-with-taints"])
    cluster.active()
    assert cluster.value("get-cluster-tag") != "kubernetes-integration"
    assert "dedicated" not in cluster.juju.config(MASTER)["register-with-taints"]


def test_invalid_option(cluster):
    cluster.juju.config(MASTER, {"dns-ip": "10.0.0.300"})
    status = cluster.settle(jubilant.any_blocked)
    assert "dns-ip" in status.apps[MASTER].app_status.message
    cluster.juju.config(MASTER, {"dns-ip": "10.152.183.10"})
    cluster.active()


def test_actions(cluster):
    leader = cluster.leader()
    requests = cluster.juju.run(leader, "auth-user", {"format": "json"}).stdout
    assert f"{WORKER}/0" in requests and f"{WORKER}/1" in requests
    with pytest.raises(jubilant.TaskError):
        cluster.juju.run(leader, "auth-user", {"pending": True, "refused": True})
    with pytest.raises((jubilant.CLIError, ValueError)):
        cluster.juju.run(leader, "no-such-action")
    with pytest.raises(jubilant.CLIError):
        cluster.juju.run(f"{MASTER}/99", "auth-user")


def test_added_worker(cluster):
    cluster.juju.add_unit(WORKER)
    cluster.active()
    assert cluster.accepts(f"{WORKER}/2")


def test_removed_worker(cluster):
    gone = cluster.held(f"{WORKER}/2")
    cluster.juju.remove_unit(f"{WORKER}/2")
    cluster.settle(lambda status: f"{WORKER}/2" not in status.apps[WORKER].units)
    for master in cluster.units(MASTER):
        assert not gone & cluster.accepted(master)


def test_worker_removed_by_force(cluster):
    cluster.juju.add_unit(WORKER)
    cluster.active()
    gone = cluster.held(f"{WORKER}/3")
    cluster.juju.remove_unit(f"{WORKER}/3", force=True)
    cluster.settle(lambda status: f"{WORKER}/3" not in status.apps[WORKER].units)
    for master in cluster.units(MASTER):
        assert not gone & cluster.accepted(master)


def test_rotation(cluster):
    before = cluster.held(f"{WORKER}/0")
    cluster.juju.run(cluster.leader(), "rotate-credentials", {"all": True})
    cluster.active()
    after = cluster.held(f"{WORKER}/0")
    assert not before & after
    assert before <= cluster.accepted(cluster.leader())
    cluster.juju.run(cluster.leader(), "rotate-credentials", {"finish": True})
    cluster.active()
    assert not before & cluster.accepted(cluster.leader())
    assert cluster.accepts(f"{WORKER}/0")


def test_revocation(cluster):
    revoked = cluster.held(f"{WORKER}/1")
    cluster.juju.run(cluster.leader(), "revoke", {"unit": f"{WORKER}/1"})
    cluster.settle()
    for master in cluster.units(MASTER):
        assert not revoked & cluster.accepted(master)
    cluster.juju.run(cluster.leader(), "revoke", {"unit": f"{WORKER}/1", "undo": True})
    cluster.active()
    assert cluster.accepts(f"{WORKER}/1")
    assert not revoked & cluster.held(f"{WORKER}/1")


def test_refused_request(cluster):
    cluster.juju.deploy(charm(WORKER), "intruder", config={"auth-group": "system:masters"})
    cluster.juju.integrate(MASTER, "intruder")
    status = cluster.settle(lambda status: "refused" in status.apps[MASTER].app_status.message)
    assert "intruder/0" in status.apps[MASTER].app_status.message
    assert not cluster.held("intruder/0")


def test_conflicting_request(cluster):
    name = cluster.juju.exec("hostname", unit=f"{WORKER}/0").stdout.strip()
    cluster.juju.config("intruder", {"auth-group": "system:nodes", "node-name": name})
    status = cluster.settle(lambda status: "asks for the user of" in status.apps[MASTER].app_status.message)
    assert f"{WORKER}/0" in status.apps[MASTER].app_status.message
    assert cluster.accepts(f"{WORKER}/0")
    cluster.juju.remove_application("intruder")
    cluster.settle(lambda status: "intruder" not in status.apps)
    cluster.active()


def test_refresh(cluster):
    before = cluster.held(f"{WORKER}/0")
    cluster.juju.refresh(MASTER, path=charm(MASTER))
    cluster.juju.refresh(WORKER, path=charm(WORKER))
    cluster.active()
    assert cluster.held(f"{WORKER}/0") == before


def test_removed_leader(cluster):
    before = cluster.held(f"{WORKER}/0")
    leader = cluster.leader()
    cluster.juju.remove_unit(leader)
    cluster.settle(lambda status: leader not in status.apps[MASTER].units)
    cluster.active()
    assert cluster.leader() != leader
    assert cluster.held(f"{WORKER}/0") == before
    assert cluster.accepts(f"{WORKER}/0")


def test_removed_relation(cluster):
    accepted = cluster.held(f"{WORKER}/0")
    cluster.juju.remove_relation(MASTER, WORKER)
    cluster.settle(lambda status: not status.apps[WORKER].relations)
    assert not cluster.held(f"{WORKER}/0")
    assert not accepted & cluster.accepted(cluster.leader())


def test_second_model(cluster):
    with jubilant.temp_model() as other:
        other.deploy(charm(MASTER), MASTER, config={"ca-certificate": CERTIFICATE})
        assert WORKER not in other.status().apps
        assert MASTER in cluster.juju.status().apps

"""A master on ops-interface-kube-control, which it calls as control-plane charms do."""

import json

import ops
from ops.interface_kube_control import KubeControlProvides


class MasterCharm(ops.CharmBase):
    stored = ops.StoredState()

    def __init__(self, framework):
        super().__init__(framework)
        self.stored.set_default(revoked=[])
        self.kube_control = KubeControlProvides(self)
        relation = self.on["kube-control"]
        for event in (
            relation.relation_created,
            relation.relation_joined,
            relation.relation_changed,
            relation.relation_departed,
            relation.relation_broken,
            self.on.config_changed,
            self.on.leader_elected,
            self.on.update_status,
            self.on.upgrade_charm,
        ):
            framework.observe(event, self._reconcile)
        framework.observe(self.on.read_action, self._read)

    def _reconcile(self, _):
        """Say everything again, as control-plane charms do at each event."""
        master = self.kube_control
        master.set_api_endpoints(["https://10.0.0.100:443"])
        master.set_cluster_name("kubernetes-ops")
        master.set_default_cni("")
        master.set_dns_address("10.152.183.20")
        master.set_dns_domain("ops.local")
        master.set_dns_enabled(True)
        master.set_dns_port(53)
        master.set_has_external_cloud_provider(True)
        master.set_image_registry("registry.example/ops")
        master.set_labels(["tier=control", "node-role.kubernetes.io/control-plane="])
        master.set_taints(["node-role.kubernetes.io/control-plane:NoSchedule"])
        if not self.unit.is_leader():
            master.clear_creds()
            return
        if self.model.juju_version.has_secrets:
            master.set_ca_certificate("-----BEGIN CERTIFICATE-----\nb3Bz\n-----END CERTIFICATE-----\n")
        for request in master.auth_requests:
            tokens = [f"{kind}-{request.user}-{self.config['generation']}" for kind in ("client", "kubelet", "proxy")]
            master.sign_auth_request(request, *tokens)
        for user, _ in master.closed_auth_creds():
            self.stored.revoked.append(user)

    def _read(self, event):
        requests = [f"{r.unit} {r.user} {r.group} {r.schema_vers}" for r in self.kube_control.auth_requests]
        event.set_results({"requests": json.dumps(requests), "revoked": json.dumps(list(self.stored.revoked))})


if __name__ == "__main__":
    ops.main(MasterCharm)

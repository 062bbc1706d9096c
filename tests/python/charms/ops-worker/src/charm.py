"""A worker on ops-interface-kube-control, which it calls as charms of cloud providers and storage do."""

import json

import ops
from ops.interface_kube_control import KubeControlRequirer


class WorkerCharm(ops.CharmBase):
    def __init__(self, framework):
        super().__init__(framework)
        self.kube_control = KubeControlRequirer(self, schemas=self.config["schemas"])
        relation = self.on["kube-control"]
        framework.observe(relation.relation_created, self._request)
        framework.observe(relation.relation_joined, self._request)
        framework.observe(self.on.config_changed, self._request)
        for event in (
            relation.relation_created,
            relation.relation_joined,
            relation.relation_changed,
            relation.relation_broken,
            self.on.start,
            self.on.update_status,
        ):
            framework.observe(event, self._merge)
        framework.observe(self.on.read_action, self._read)

    def _request(self, _):
        self.kube_control.set_auth_request(self.unit.name, self.config["group"])

    def _merge(self, event):
        """Write the kubeconfig once all is there, and tell what is not."""
        if waits := self.kube_control.evaluate_relation(event):
            self.unit.status = ops.WaitingStatus(waits)
        elif not self.kube_control.get_auth_credentials(self.unit.name):
            self.unit.status = ops.WaitingStatus("Waiting for credentials")
        else:
            self.kube_control.create_kubeconfig("ca.crt", "kubeconfig", "root", self.unit.name)
            self.unit.status = ops.ActiveStatus("Ready")

    def _read(self, event):
        worker = self.kube_control
        ca = worker.get_ca_certificate()
        answers = {
            "api-endpoints": worker.get_api_endpoints(),
            "ca": ca and ca.decode(),
            "cluster-tag": worker.get_cluster_tag(),
            "cohort-keys": worker.cohort_keys,
            "creds": worker.get_auth_credentials(self.unit.name),
            "default-cni": worker.get_default_cni(),
            "dns": worker.get_dns(),
            "dns-ready": worker.dns_ready(),
            "has-xcp": worker.has_xcp,
            "labels": [str(label) for label in worker.get_controller_labels()],
            "ready": worker.is_ready,
            "registry-location": worker.get_registry_location(),
            "taints": [str(taint) for taint in worker.get_controller_taints()],
            "waits-for": worker.evaluate_relation(event),
        }
        event.set_results({key: json.dumps(answer) for key, answer in answers.items()})


if __name__ == "__main__":
    ops.main(WorkerCharm)

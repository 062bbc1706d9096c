"""A charm on ops that leaves the relation to kube-control, and reacts to its flags."""

import json
import subprocess

import ops


def kube_control(*argv, text=None):
    return subprocess.run(["bin/kube-control", *argv], input=text, stdout=subprocess.PIPE, text=True, check=True).stdout


class InsideCharm(ops.CharmBase):
    stored = ops.StoredState()

    def __init__(self, framework):
        super().__init__(framework)
        self.stored.set_default(seen=[])
        for endpoint in ("kube-control", "control-plane"):
            relation = self.on[endpoint]
            for event in (
                relation.relation_created,
                relation.relation_joined,
                relation.relation_changed,
                relation.relation_departed,
                relation.relation_broken,
            ):
                framework.observe(event, self._settled)
        framework.observe(self.on.leader_elected, self._led)
        framework.observe(self.on.secret_changed, self._settled)
        framework.observe(self.on.update_status, self._settled)
        framework.observe(self.on.seen_action, self._seen)

    def _led(self, event):
        """Only relation hooks are links; what else kube-control is to hear of, the charm passes on."""
        kube_control("hook", "leader-elected")
        self._settled(event)

    def _settled(self, event):
        flags = kube_control("flags").split()
        self.stored.seen.append(" ".join([event.handle.kind, *flags]))
        if "kube-control.connected" in flags:
            kube_control("set-dns", "53", "cluster.local")
        if "kube-control.auth.requested" in flags and "leadership.is_leader" in flags:
            self._sign()
        if "kube-control.departed" in flags:
            self.stored.seen.append("gone: " + kube_control("flush-departed").strip())
        if "control-plane.connected" in flags:
            kube_control("set-auth-request", self.unit.name)
        self._tell(flags)

    def _sign(self):
        requests = json.loads(kube_control("auth-user", "--pending", "--format", "json"))
        batch = [
            {
                "scope": request["unit"],
                "user": request["user"],
                "kubelet_token": f"kubelet-{request['user']}-{self.unit.name}",
                "proxy_token": f"proxy-{request['user']}-{self.unit.name}",
                "client_token": f"client-{request['user']}-{self.unit.name}",
            }
            for request in requests
        ]
        kube_control("sign-auth-request", "--batch", text=json.dumps(batch))

    def _tell(self, flags):
        if "control-plane.auth.ready" in flags:
            creds = json.loads(kube_control("get-auth-credentials", self.unit.name, "--reveal", "--format", "json"))
            dns = json.loads(kube_control("get-dns", "--format", "json"))
            self.unit.status = ops.ActiveStatus(f"{creds['kubelet_token']}, DNS is {dns['domain']}")
        elif "kube-control.connected" in flags:
            self.unit.status = ops.ActiveStatus("serves workers")
        else:
            self.unit.status = ops.WaitingStatus("waits for a relation")

    def _seen(self, event):
        event.set_results({"seen": "\n".join(self.stored.seen)})


if __name__ == "__main__":
    ops.main(InsideCharm)

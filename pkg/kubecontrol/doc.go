// Package kubecontrol is the wire of Juju's kube-control interface: the keys of both databags, how they are written and
// how tolerantly they are read. It is the interface's manual as well.
//
// The provides side, the master (today: control plane), tells the requires side, the worker, of the cluster's DNS, tag
// and image registry, and answers its request for credentials. Only unit databags are used; the application databags
// stay empty. A value is a text, and the empty text deletes its key.
//
// Master to worker, in each master unit's bag:
//
//	port               53                    since 2017-03, raw
//	domain             cluster.local         since 2017-03, raw
//	sdn-ip             10.152.183.10         since 2017-03, raw; optional
//	enable-kube-dns    True or False         since 2017-12; that it is there, whatever it says, means that DNS is settled
//	creds              JSON object           since 2017-08, {USER: {scope, kubelet_token, proxy_token, client_token}}
//	cluster-tag        kubernetes-...        since 2018-05, raw
//	registry-location  host:port/path        since 2019-05, raw
//
// Worker to master, in each worker unit's bag:
//
//	kubelet_user       system:node:NODE      since 2017-05, raw; empty or absent: no request
//	auth_group         system:nodes          since 2017-05, raw; absent if no group is named
//	gpu                True or False         since 2017-03; only True counts
//
// Three Python peers speak this: interface-kube-control as of 2019 and as of today, both on charms.reactive, and
// ops-interface-kube-control. They ignore keys and fields that they do not know, and so does this package. What we write
// is what all three write, byte for byte in raw keys and by value in JSON.
//
// An entry of creds is well-formed if it is an object with a text scope and three tokens, each a text or null. It is
// complete if one of the tokens is not empty. All workers see the entries of their relation; each takes the one for the
// user that it asked for, with its own unit as scope. DecodeCreds leaves bad entries out and keeps the others.
package kubecontrol

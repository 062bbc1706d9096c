package main

// mutant is a fault: in a file, old becomes new.
type mutant struct{ name, what, file, old, new string }

// mutants are the faults that random lives must find. Each breaks one promise of docs/protocol.md or of the READMEs.
func mutants() []mutant {
	const (
		lead   = "internal/ready/lead.go"
		engine = "internal/engine/"
	)
	return []mutant{
		{
			"departed-accepted", "The leader keeps the grants of units that have left.",
			lead, "\t\tdelete(l.grants, m)\n", "",
		},
		{
			"departed-published", "Entries in secrets stay on the wire after their unit has left.",
			engine + "master.go", "if rel.has(c.Scope) {", `if rel.has(c.Scope) || c.SecretID != "" {`,
		},
		{
			"follower-publishes", "A master that no longer leads goes on publishing credentials.",
			engine + "master.go", "if !r.view.Leader {\n\t\t\tkept, why", "if !r.view.Leader && len(kept) == 0 {\n\t\t\tkept, why",
		},
		{
			"rotation-in-name", "A rotation makes the same tokens again.",
			"internal/ready/authority.go", "int64(epoch), 10)", "int64(0), 10)",
		},
		{
			"one-token-for-all", "All workers get the same tokens.",
			"internal/ready/authority.go", "string(r), string(m.relation), string(m.unit), user}", "string(r), string(m.relation)}",
		},
		{
			"granted-to-all", "A secret is granted to the whole application.",
			"internal/session/apply.go", "SecretGrant(ctx, d.ID, d.Relation, d.Unit)", `SecretGrant(ctx, d.ID, d.Relation, "")`,
		},
		{
			"open-files", "New files can be read by all users of the machine.",
			"internal/safefile/write.go", "unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)", "unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o644)",
		},
		{
			"kubeconfig-once", "A kubeconfig that is there is not written again.",
			"internal/ready/worker.go", "if in.Present[f.Path] != digest {", `if in.Present[f.Path] == "" {`,
		},
		{
			"files-stay", "The kubeconfigs stay when the relation has gone.",
			"internal/ready/worker.go", "\t\tp.removeAll(in)\n", "",
		},
		{
			"files-stay-elsewhere", "The kubeconfigs stay in the folder that the option named before.",
			"internal/ready/worker.go", "if len(files) > 0 && !slices.ContainsFunc(files,", "if len(files) < 0 && !slices.ContainsFunc(files,",
		},
		{
			"token-in-log", "The content of a changed secret is logged.",
			"internal/session/apply.go", "case engine.SetSecret:\n\t\ts.log.Info(d)\n", "case engine.SetSecret:\n\t\ts.log.Info(revealed(d.Content))\n",
		},
		{
			"token-in-state", "The worker remembers its kubelet's token in its state.",
			"internal/ready/worker.go", "now := Digest([]byte(c.Kubelet.Reveal() + \"\\x00\" + c.Proxy.Reveal() + \"\\x00\" + c.Client.Reveal()))[:32]",
			"now := c.Kubelet.Reveal()",
		},
		{
			"status-each-hook", "Each hook sets the status, changed or not.",
			"internal/session/status.go", "if status == s.workload.Current {", "if status == s.workload.Current && s.trouble.Cause != \"\" {",
		},
		{
			"no-next-tokens", "Masters do not list the tokens of the next rotation in advance.",
			"internal/ready/tokenrows.go", "epoch <= g.Epoch+1", "epoch <= g.Epoch",
		},
		{
			"old-tokens-stay", "Replaced tokens are accepted for ever.",
			lead, "\t\t\tg.Left--\n", "",
		},
		{
			"revoked-again", "A revoked request is signed again.",
			lead, "case g.revokes(q):", "case g.revokes(q) && q.Rotate:",
		},
		{
			"any-group", "A request for any group is signed.",
			"internal/ready/policy.go", "case !covered(p.groups, q.Unit, group(q)):", "case !covered(p.groups, q.Unit, group(q)) && isNode && node == \"\":",
		},
		{
			"capital-nodes", "Node names are compared with capital letters.",
			"pkg/kubecontrol/request.go", "return NodeUserPrefix + strings.ToLower(node)", "return NodeUserPrefix + strings.ToLower(node[:0]) + node",
		},
		{
			"secret-stays", "The secret of a unit that has left stays.",
			engine + "secret.go", "r.secrets = append(r.secrets, RemoveSecret{ID: id})", "r.note(Debug, \"%s\", id)",
		},
		{
			"revisions-stay", "Old revisions of secrets stay.",
			engine + "secret.go", "r.secrets = append(r.secrets, RemoveSecret{ID: own.ID, Revision: r.hook.SecretRevision})", "r.note(Debug, \"%s\", own.ID)",
		},
		{
			"grant-stays-lost", "A lost grant is not given again.",
			engine + "secret.go", "\t\t\tr.grant(own, rel.ID, c.Scope)\n", "",
		},
		{
			"flag-stays", "A worker keeps the flag of its credentials when they are taken back.",
			engine + "flagrules.go", "Key: kubecontrol.KeyCreds, holds: (*run).hasOwnCreds,", "Key: kubecontrol.KeyCreds, holds: (*run).hasCreds,",
		},
		{
			"dns-needs-address", "A worker waits for the address of a DNS that is switched off.",
			engine + "flagrules.go", "holds: given(Relation.hasValue, kubecontrol.KeyEnableKubeDNS),", "holds: given(Relation.hasValue, kubecontrol.KeySDNIP),",
		},
		{
			"leadership-fails", "A hook fails if the unit loses the leadership in it.",
			"internal/session/operate_master.go", "isHook && errors.Is(err, hooktool.ErrNotLeader) && s.view.Leader {", "isHook && errors.Is(err, hooktool.ErrNotFound) && s.view.Leader {",
		},
	}
}

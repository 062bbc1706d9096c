# The demonstration, told once for the simulator and for the real juju. It is
# sourced by a script that defines:
#
#	charm NAME     prints the path of a charm to deploy
#	run VERB...    runs one verb of juju's, and shows nothing but its output
#	settle         returns once nothing is left to do

master=kube-control-master
worker=kube-control-worker

tell() {
	printf '\n== %s\n' "$*"
}

# show VERB...: shows a command and what it prints.
show() {
	printf '\n$ %s' "$program"
	printf ' %s' "${@//$PWD\//}"
	printf '\n'
	run "$@"
}

# on UNIT COMMAND: shows a command that runs on a unit.
on() {
	show exec --unit "$1" -- "$2"
}

# must WANT COMMAND...: runs a command and fails unless it prints WANT.
must() {
	local want=$1 got
	shift
	got=$("$@")
	if [ "$got" != "$want" ]; then
		printf 'the demonstration failed: wanted %q, got %q\n' "$want" "$got" >&2
		return 1
	fi
}

# signed UNIT: prints for whom credentials stand on the wire, as UNIT sees it.
signed() {
	run exec --unit "$1" -- \
		"relation-get -r \$(relation-ids kube-control) creds $master/0 | grep -o '\"scope\": *\"[^\"]*\"' | cut -d '\"' -f 4 | sort"
}

tell "One master and three workers, each a machine of its own, and not related yet"
show deploy "$(charm $master)"
show deploy "$(charm $worker)" -n 3
settle

tell "Relate them: from here on every step is a hook, and every hook is the same program"
show integrate $master $worker
settle
show status --relations

tell "What the master says about DNS, as a worker reads it"
on $worker/0 'bin/kube-control get-dns'

tell "What the workers asked for, and what one of them got: tokens are shown as fingerprints"
on $master/0 'bin/kube-control auth-user'
on $worker/0 'bin/kube-control get-auth-credentials "$(handlers/user)"'

tell "The flags that a charm acts on, at both ends"
on $master/0 'bin/kube-control flags'
on $worker/0 'bin/kube-control flags'

tell "Credentials stand on the wire for each worker, under its name"
must "$worker/0
$worker/1
$worker/2" signed $worker/0
signed $worker/0

tell "A worker leaves. The hook that says so takes its credentials away, and nobody else's"
show remove-unit "${remove_flags[@]}" $worker/1
settle
must "$worker/0
$worker/2" signed $worker/0
signed $worker/0

tell "The master remembers who left until it has been asked: then it can clean up after them"
on $master/0 'bin/kube-control flags is-set kube-control.departed && echo "kube-control.departed is set"'
printf '\n$ %s exec --unit %s/0 -- bin/kube-control flush-departed\n' "$program" $master
departed=$(run exec --unit $master/0 -- 'bin/kube-control flush-departed')
echo "$departed"
must "$worker/1" echo "$departed"
must cleared run exec --unit $master/0 -- 'bin/kube-control flags is-set kube-control.departed || echo cleared'

tell "The others have not noticed"
settle
show status --relations

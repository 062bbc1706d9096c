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
	local word
	for word; do
		case $word in
		*' '*) printf " '%s'" "$word" ;;
		*) printf ' %s' "${word#"$PWD/"}" ;;
		esac
	done
	printf '\n'
	run "$@"
}

# on UNIT COMMAND: shows a command that runs on a unit.
on() {
	show exec --unit "$1" -- "$2"
}

# must WANT UNIT COMMAND: the same, and fails unless it prints WANT at first.
must() {
	local shown got
	shown=$(on "$2" "$3")
	printf '%s\n' "$shown"
	got=${shown#*"'$3'"}
	if [ "${got:1:${#1}}" != "$1" ]; then
		printf '\nthe demonstration failed: the last command should print\n%s\n' "$1" >&2
		return 1
	fi
}

# What a worker was given, and what stands on the wire for whom, as it sees it.
mine='bin/kube-control get-auth-credentials "$(handlers/user)"'
wire="relation-get -r \$(relation-ids kube-control) creds $master/0 | grep -o \"$worker/[0-9]*\""

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
on $worker/0 "$mine"
before=$(run exec --unit $worker/0 -- "$mine")

tell "The flags that a charm acts on, at both ends"
on $master/0 'bin/kube-control flags'
on $worker/0 'bin/kube-control flags'

tell "Credentials stand on the wire for each worker, and each knows its own by the scope"
must "$worker/0
$worker/1
$worker/2" $worker/0 "$wire"

tell "A worker leaves. The hook that says so takes its credentials away, and nobody else's"
show remove-unit "${remove_flags[@]}" $worker/1
settle
must "$worker/0
$worker/2" $worker/0 "$wire"

tell "The master remembers who left until it is asked, so that it can clean up after them"
must true $master/0 'bin/kube-control flags is-set kube-control.departed'
must $worker/1 $master/0 'bin/kube-control flush-departed'
must false $master/0 'bin/kube-control flags is-set kube-control.departed || true'

tell "The others have not noticed: they are active, with the credentials that they had"
settle
must "$before" $worker/0 "$mine"
show status --relations

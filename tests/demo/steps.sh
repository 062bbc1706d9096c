# The steps of the demonstration. They are sourced by a script that defines:
#
#	charm NAME         prints the path of a charm to deploy
#	run VERB...        runs one verb of juju's, and shows nothing but its output
#	settle             returns once nothing is left to do
#	kill_agent UNIT    ends a unit's agent, as when its machine is gone
#	start_agent UNIT   brings it back
#	elect UNIT         returns once that unit leads

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
		*[' $;|']*) printf " '%s'" "$word" ;;
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

kept=()

# promise WORDS COMMAND...: a promise, and the command that checks it. A broken
# one ends the demonstration.
promise() {
	local words=$1
	shift
	if ! "$@"; then
		printf '\nthe demonstration failed: it is not so that %s\n' "$words" >&2
		exit 1
	fi
	kept+=("$words")
}

# Tokens are compared by their digests: they are for files, not for screens.
digests='while read -r token; do printf %s "$token" | sha256sum; done'

# held UNIT: the digests of the tokens in a worker's kubeconfigs.
held() {
	run exec --unit "$1" -- "cat kube/* | sed -n 's/^ *token: //p' | tr -d '\"' | $digests"
}

# accepted UNIT: the digests of the tokens that a master's API server accepts.
accepted() {
	run exec --unit "$1" -- "cut -d, -f1 known_tokens.csv | $digests"
}

# accepts MASTER WORKER...: whether a master accepts all three tokens of workers.
accepts() {
	local list unit digest
	list=$(accepted "$1")
	for unit in "${@:2}"; do
		[ "$(held "$unit" | wc -l)" = 3 ] || return 1
		for digest in $(held "$unit" | cut -d' ' -f1); do
			grep -q "$digest" <<<"$list" || return 1
		done
	done
}

# knows MASTER WORKER: whether a master's token file has rows of a worker.
knows() {
	run exec --unit "$1" -- "grep -c /$2/ known_tokens.csv || true" | grep -qvx 0
}

# known WORKER: whether any master's token file has rows of a worker.
known() {
	knows $master/0 "$1" || knows $master/1 "$1"
}

not() {
	! "$@"
}

# publishes MASTER WORKER: whether a master's databag has credentials of a worker.
publishes() {
	run exec --unit "$1" -- 'relation-get -r $(relation-ids kube-control) creds '"$1" | grep -q "\"$2\""
}

# says UNIT TEXT: whether a unit's status shows a text.
says() {
	run status | grep -F "$1" | grep -qF -- "$2"
}

same() {
	[ "$1" = "$2" ]
}

# A certificate for workers to put into kubeconfigs; a cluster has its own.
ca=LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1RPT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=

tell "Two masters and three workers, each a machine of its own; options name the files that they keep"
show deploy "$(charm $master)" -n 2 --config token-auth-file=known_tokens.csv --config ca-certificate=$ca
show deploy "$(charm $worker)" -n 3 --config kubeconfig-dir=kube
settle
show integrate $master $worker
settle
show status --relations

tell "What a worker got: kubeconfigs with tokens of its own, which are not for showing"
on $worker/0 'sed "s/token: .*/token: .../; s/-data: .*/-data: .../" kube/kubeconfig'

tell "What an API server reads beside a master: a file with those tokens, here without them"
on $master/1 'cut -d, -f2- known_tokens.csv | sort -u'
promise "every worker has three tokens, and both masters accept them" accepts $master/0 $worker/0 $worker/1 $worker/2
promise "both masters wrote the same file, though only the leader signs" same "$(accepted $master/0)" "$(accepted $master/1)"
before=$(held $worker/0; held $worker/2)

tell "The leader's machine is gone, and the other master leads"
kill_agent $master/0
elect $master/1
settle
promise "the new leader answers every worker" publishes $master/1 $worker/2
promise "no token changed when the leader died" same "$before" "$(held $worker/0; held $worker/2)"

tell "A worker comes while it is away"
show add-unit $worker
settle
promise "the new leader signs a new worker's request" accepts $master/1 $worker/3

tell "The former leader comes back, and follows"
start_agent $master/0
settle
promise "a former leader publishes no credentials" not publishes $master/0 $worker/0
promise "a former leader accepts a worker that the new leader signed" accepts $master/0 $worker/3

tell "A worker leaves. The hook that says so takes its credentials away, and nobody else's"
show remove-unit "${remove_flags[@]}" $worker/1
settle
promise "no master accepts a worker that left" not known $worker/1
promise "the credentials of a worker that left are off the wire" not publishes $master/1 $worker/1
promise "the other workers keep their tokens" same "$before" "$(held $worker/0; held $worker/2)"

tell "A stranger asks for more than a node may have"
show deploy "$(charm $worker)" intruder --config auth-group=system:masters --config kubeconfig-dir=kube
settle
show integrate $master intruder
settle
show run $master/1 auth-user refused=true
promise "a request for system:masters is refused, and the status names it" says $master/1 "1 request refused: intruder/0 asks for group system:masters"
promise "the stranger has no token" not known intruder/0
on $master/1 'bin/kube-control explain --unit intruder/0'

tell "In the end"
show status --relations
printf '\nPromises kept:\n'
printf '  * %s\n' "${kept[@]}"

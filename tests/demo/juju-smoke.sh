#!/usr/bin/env bash
# Takes the steps of the demonstration with the real juju, 3.0 or later, in a
# model of its own that is destroyed at the end. Without juju or a controller it
# says loudly that it did nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."

skip() {
	printf '*** SKIPPED, nothing was checked with a real Juju: %s ***\n' "$1" >&2
	exit 0
}

command -v juju >/dev/null || skip "there is no juju command"
juju show-controller >/dev/null 2>&1 || skip "juju reaches no controller"
case $(juju version) in
2.*) skip "juju $(juju version) is older than 3.0" ;;
esac

model=kube-control-smoke-$$
trap 'juju destroy-model --no-prompt --destroy-storage --force "$model"' EXIT
juju add-model "$model"
program=juju
remove_flags=(--no-prompt)

charm() {
	echo "$PWD/dist/${1}_$(go env GOARCH).charm"
}

# run VERB...: option -m stands behind the verb.
run() {
	juju "$1" -m "$model" "${@:2}"
}

# busy: tells whether a unit's agent is at work or a unit is about to go.
busy() {
	juju status -m "$model" --format=oneline | grep -E '\(agent:(allocating|executing|lost|failed)'
}

# settle: waits until all agents have been idle for three looks in a row, for
# half an hour at most.
settle() {
	local idle=0 looks=0
	while [ "$idle" -lt 3 ]; do
		if [ "$looks" -ge 180 ]; then
			echo "the model has not settled in half an hour" >&2
			return 1
		fi
		sleep 10
		looks=$((looks + 1)) idle=$((idle + 1))
		if busy >/dev/null; then
			idle=0
		fi
	done
}

# agent_service STOP_OR_START UNIT: the agent of the machine that a unit is on.
agent_service() {
	juju ssh -m "$model" "$2" "sudo systemctl $1 'jujud-machine-*'"
}

kill_agent() {
	agent_service stop "$1"
}

# The agent's own service file is looked for: a pattern starts nothing that is stopped.
start_agent() {
	juju ssh -m "$model" "$1" 'sudo systemctl start $(basename /etc/systemd/system/jujud-machine-*.service)'
}

# elect UNIT: a lease ends by itself within a minute or two.
elect() {
	local looks=0
	until run exec --unit "$1" -- is-leader | grep -q True; do
		if [ "$looks" -ge 30 ]; then
			echo "$1 has not come to lead in five minutes" >&2
			return 1
		fi
		sleep 10
		looks=$((looks + 1))
	done
}

. tests/demo/steps.sh

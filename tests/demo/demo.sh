#!/usr/bin/env bash
# Shows kube-control at work in the simulator; `make demo` builds what it needs.
set -euo pipefail
cd "$(dirname "$0")/../.."

data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
program=jujusim
remove_flags=()

charm() {
	echo "$PWD/dist/$1"
}

run() {
	bin/jujusim --data "$data" "$@"
}

settle() {
	run settle
}

kill_agent() {
	show agent "$1" stop
}

start_agent() {
	show agent "$1" start
}

elect() {
	show leader kube-control-master "$1"
}

. tests/demo/steps.sh

run trace --html dist/demo-trace.html
tell "Look at each hook of this demo in a browser: $PWD/dist/demo-trace.html"
tell "Done in $SECONDS s. Tests with a real controller: make integration-juju"

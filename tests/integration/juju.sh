#!/usr/bin/env bash
# Runs the integration tests with the real juju, 3.0 or later, in models of their own. Without juju or a controller it says
# loudly that it did nothing.
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
python=$(tests/python/venv.sh integration)
KC_CHARMS=$PWD/dist exec "$python" -m pytest -v -x -p no:cacheprovider tests/integration

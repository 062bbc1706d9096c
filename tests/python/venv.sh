#!/bin/sh
# Makes .cache/venv, the virtual environment of the Python peers that tests use, and prints its interpreter. It is made
# once, and again when the pins, python3 or this script change. Needs python3 with its venv module, and PyPI the first time.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=$(cd "$here/../.." && pwd)/.cache
venv=$cache/venv

mkdir -p "$cache"
exec 9> "$cache/venv.lock"
flock 9

want=$({ echo "$venv"; python3 --version; cat "$0" "$here"/requirements*.txt; } | sha256sum)
if [ "$(cat "$venv/made-from" 2> /dev/null)" != "$want" ]; then
	rm -rf "$venv"
	{
		python3 -m venv "$venv"
		"$venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: -r "$here/requirements-build.txt"
		"$venv/bin/python" -m pip install -q --disable-pip-version-check --no-build-isolation -r "$here/requirements.txt"
		"$venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps --ignore-requires-python -r "$here/requirements-charmlint.txt"
	} >&2
	# charmhelpers runs on Ubuntu only, which is what Juju's machines have.
	echo "import platform; platform.linux_distribution = lambda: ('Ubuntu', '22.04', 'jammy')" \
		> "$(echo "$venv"/lib/python3*/site-packages)/ubuntu.pth"
	echo "$want" > "$venv/made-from"
fi
echo "$venv/bin/python"

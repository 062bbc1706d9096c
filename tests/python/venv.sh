#!/bin/sh
# Makes the virtual environments of the Python peers that tests use, and prints an interpreter: that of .cache/venv, or with
# a version of ops-interface-kube-control that of .cache/venv-VERSION, which has that version alone. Each is made once, and
# again when its pins, python3 or this script change. Needs python3 with its venv module, and PyPI the first time.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=$(cd "$here/../.." && pwd)/.cache
name=venv${1:+-$1}
venv=$cache/$name
pins="$here/requirements-build.txt $here/requirements.txt $here/requirements-charmlint.txt"
[ $# = 0 ] || pins=$here/requirements-$1.txt

mkdir -p "$cache"
exec 9> "$venv.lock"
flock 9

# shellcheck disable=SC2086 # a list of files
want=$({ echo "$venv"; python3 --version; cat "$0" $pins; } | sha256sum)
if [ "$(cat "$venv/made-from" 2> /dev/null)" != "$want" ]; then
	rm -rf "$venv"
	{
		python3 -m venv "$venv"
		if [ $# = 1 ]; then
			"$venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: -r "$pins"
		else
			"$venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: -r "$here/requirements-build.txt"
			"$venv/bin/python" -m pip install -q --disable-pip-version-check --no-build-isolation -r "$here/requirements.txt"
			"$venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps --ignore-requires-python -r "$here/requirements-charmlint.txt"
		fi
	} >&2
	# charmhelpers runs on Ubuntu only, which is what Juju's machines have.
	echo "import platform; platform.linux_distribution = lambda: ('Ubuntu', '22.04', 'jammy')" \
		> "$(echo "$venv"/lib/python3*/site-packages)/ubuntu.pth"
	echo "$want" > "$venv/made-from"
fi
echo "$venv/bin/python"

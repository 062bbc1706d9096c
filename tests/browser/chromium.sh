#!/bin/sh
# Installs Chromium from the system's packages if it is missing. Without root it says what to do, and fails.
set -eu
for name in chromium chromium-browser google-chrome; do
	if command -v "$name" > /dev/null; then
		exit 0
	fi
done
if [ "$(id -u)" -ne 0 ]; then
	echo "missing: Chromium. Install it: sudo apt install chromium" >&2
	exit 1
fi
apt-get update -q && apt-get install -qy --no-install-recommends chromium

#!/bin/sh
# Checks what make demo and make test need, and says in one line for each missing part how to install it on Debian and
# Ubuntu. With the argument "venv" it also checks what the tests with Python peers need.
set -u
cd "$(dirname "$0")/.." || exit 1
missing=0

report() {
	echo "missing: $1. Install it: $2" >&2
	missing=1
}

if ! command -v "${GO:-go}" > /dev/null; then
	report "Go 1.26" "download it from https://go.dev/dl/, because the stable archives of Debian and Ubuntu have older versions"
elif ! version=$(GOTOOLCHAIN="${GOTOOLCHAIN:-auto}" "${GO:-go}" env GOVERSION 2>&1); then
	report "Go 1.26 ($version)" "download it from https://go.dev/dl/, or let Go download it: unset GOTOOLCHAIN"
elif ! "${GO:-go}" mod download 2> /dev/null; then
	report "the Go modules" "check the network and the proxy of 'go env GOPROXY'; 'go mod download' says more"
fi
command -v gcc > /dev/null || report "gcc" "sudo apt install gcc"
command -v git > /dev/null || report "git" "sudo apt install git"
if [ "${1:-}" = venv ] && ! python3 -c 'import venv, ensurepip' 2> /dev/null; then
	report "Python with venv" "sudo apt install python3-venv"
fi
exit "$missing"

#!/bin/sh
# Runs every fuzz target for a time, one after the other: fuzz.sh [TIME [PACKAGE-DIRECTORY...]], such as fuzz.sh 60s pkg.
# What a target finds stays in its package's testdata/fuzz, to be kept with the fix.
set -eu
time=${1:-60s}
[ $# -eq 0 ] || shift
cd "$(dirname "$0")/.."
targets=$(grep -rHoE '^func Fuzz[A-Za-z0-9]+' --include='*_test.go' "${@:-.}" | sed 's/:func /:/' | sort)
[ -n "$targets" ] || { echo "no fuzz targets" >&2; exit 1; }
for target in $targets; do
	package=./$(dirname "${target%%:*}")
	name=${target##*:}
	echo "== $package $name"
	go test -C "$package" -run '^$' -fuzz "^$name\$" -fuzztime "$time" .
done

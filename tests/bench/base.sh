#!/usr/bin/env bash
# Compares the cost of idle hooks and of joins with that of another commit, in one run:
#
#   tests/bench/base.sh REVISION
#
# The benchmarks are those of this checkout in both.
set -euo pipefail
cd "$(dirname "$0")/../.."

base=$(mktemp -d)
trap 'rm -rf "$base"; git worktree prune' EXIT
git worktree add --quiet --detach "$base/tree" "$1"
for package in bench world; do
	rm -rf "$base/tree/tests/$package"
	cp -r "tests/$package" "$base/tree/tests/"
done

measure() {
	go test -C "$1" -run '^$' -bench '^(BenchmarkIdleHook|BenchmarkJoin)$' -benchtime 1x -count 6 ./tests/bench | tee "$2" >&2
}
measure "$base/tree" "$base/base.txt"
measure . "$base/here.txt"
go tool -C tests/bench/plot benchstat "$base/base.txt" "$base/here.txt"

#!/bin/sh
# Makes all charms for two architectures twice, from two clones of the last commit at paths of different length, each with an empty build
# cache, and compares them byte for byte. Only downloaded modules are shared. Prints the sizes and the sums.
set -eu
cd "$(dirname "$0")/.."
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
from=.
for clone in "$place/one" "$place/another/and/deeper"; do
	git clone -q "$from" "$clone"
	from=$clone
	GOCACHE=$clone.cache make -s --no-print-directory -C "$clone" charm ARCHES="amd64 s390x"
	(cd "$clone/dist" && sha256sum -- *.charm bin/*) > "$clone.sums"
done
cmp "$place/one.sums" "$place/another/and/deeper.sums" || { echo "the two builds differ" >&2; exit 1; }
cat "$place/one.sums"

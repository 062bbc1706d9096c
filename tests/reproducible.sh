#!/bin/sh
# Makes all charms twice, from two clones of the last commit at paths of different length, each with an empty build
# cache, and compares them byte for byte. Only downloaded modules are shared. Prints the sizes and the sums.
set -eu
cd "$(dirname "$0")/.."
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
for clone in "$place/one" "$place/another/and/deeper"; do
	git clone -q . "$clone"
	GOCACHE=$clone.cache make -C "$clone" charm
	(cd "$clone/dist" && sha256sum -- *.charm bin/*) > "$clone.sums"
done
diff "$place/one.sums" "$place/another/and/deeper.sums" || { echo "the two builds differ" >&2; exit 1; }
cat "$place/one.sums"

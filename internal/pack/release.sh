#!/bin/sh
# Makes the files of a release from what "make charm" has packed: release.sh vX.Y.Z DIST [collect]. Without "collect" it
# only checks that the release may be made: the tag is this commit, nothing is uncommitted, and CHANGELOG.md has a section.
set -eu
version=$1 dist=$2
fail() {
	echo "cannot release: $1" >&2
	exit 1
}

echo "$version" | grep -Eqx 'v[0-9]+\.[0-9]+\.[0-9]+(-[0-9a-z.]+)?' || fail "VERSION is \"$version\", not like v1.2.3: make release VERSION=v1.2.3"
[ "$(git rev-parse -q --verify "refs/tags/$version^{commit}")" = "$(git rev-parse HEAD)" ] ||
	fail "the tag $version is not this commit: git tag -s $version"
[ -z "$(git status --porcelain)" ] || fail "files are not committed: git status"
notes=$(awk -v heading="## [${version#v}]" 'index($0, heading) == 1 {found = 1; next} /^## / {found = 0} found' CHANGELOG.md)
[ -n "$notes" ] || fail "CHANGELOG.md has no section \"## [${version#v}]\""
[ "${3:-}" = collect ] || exit 0

rm -rf "$dist/release"
mkdir -p "$dist/release"
cp "$dist"/*.charm "$dist/release/"
for program in "$dist"/bin/kube-control-*; do
	cp "$program" "$dist/release/"
	arch=${program##*-}
	cp "$dist/bill-$arch.json" "$dist/release/kube-control-$arch.sbom.cdx.json"
done
cp -r "$dist/licences" "$dist/release/licences"
(cd "$dist/release" && tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf - licences | gzip -n > THIRD-PARTY-NOTICES.tar.gz && rm -r licences)
(cd "$dist/release" && sha256sum -- * > SHA256SUMS)
printf '%s\n' "$notes" > "$dist/release/NOTES.md"
ls -l "$dist/release"

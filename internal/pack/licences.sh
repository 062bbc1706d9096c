#!/bin/sh
# Fills a directory with the licences of what bin/kube-control is built from: of each module, of code of others that a
# module holds, and of Go itself.
set -eu
[ $# = 1 ] || { echo "usage: licences.sh DIR" >&2; exit 2; }
mkdir -p "$(dirname "$1")"
said=$(mktemp)
trap 'rm -f "$said"' EXIT
# It fails if a package has no licence. It also warns of each package with assembly, so its words are shown on failure only.
go tool -modfile=tools/go.mod go-licenses save ./cmd/kube-control --force --save_path "$1" \
	--ignore github.com/kube-control/kube-control > "$said" 2>&1 || { cat "$said" >&2; exit 1; }
# It takes one licence for a package. There can be more, of code that was copied into the module, so take those of each
# directory from the package's up to the module's.
go list -deps -f '{{with .Module}}{{if not .Main}}{{$.ImportPath}} {{$.Dir}} {{.Path}}{{end}}{{end}}' ./cmd/kube-control > "$said"
while read -r path dir module; do
	while
		for file in "$dir"/LICEN[CS]E* "$dir"/COPYING* "$dir"/NOTICE* "$dir"/PATENTS*; do
			[ ! -f "$file" ] || install -D -m 644 -t "$1/$path" "$file"
		done
		[ "$path" != "$module" ]
	do
		path=${path%/*} dir=${dir%/*}
	done
done < "$said"
install -D -m 644 -t "$1/$(go env GOVERSION)" "$(go env GOROOT)/LICENSE" "$(go env GOROOT)/PATENTS"

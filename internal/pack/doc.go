// Package pack makes charms ready to deploy: it takes from a charm's directory
// the files that are on a fixed list, adds the program and a manifest.yaml, and
// writes them as a .charm archive or as a directory.
//
// Collect chooses and checks; WriteArchive and WriteDir write what it chose.
// Links stay links, which `charmcraft pack` would turn into one copy of the
// program for each hook. The same input gives the same archive, byte for byte:
// entries are sorted, and times and permissions are normalised.
package pack

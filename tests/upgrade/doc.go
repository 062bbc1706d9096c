// Package upgrade replaces charms on each of the three Python peers in place, from what was recorded of them: the files
// that they left in the charm's folder, and their databags. testdata/ondisk.json holds the files, as the peers made
// them; tests/vectors holds databags and more rows.
package upgrade

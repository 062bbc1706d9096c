// Package python holds the stories of charms written in Python, on frameworks as PyPI has them, in the simulator: what
// others' programs take for Juju, the simulator may claim to be.
//
// venv.sh makes the virtual environment of the charms.
package python

// Package cli is the command line of jujusim: the verbs of juju that a charm's life needs, and some of its own to
// make things go wrong.
//
// A model lives in a data directory (--data, or $JUJUSIM_DATA, or .jujusim), mode 0700:
//
//	model.json          the model and the agents' memory, with the bags and the charm state in it
//	debug-log.jsonl     the log, one JSON object a line
//	trace/UNIT.jsonl    what the unit's hooks have called and changed, without what is secret
//	charms/ agents/ tools/   what stands below /var/lib/juju on a machine
//
// One process uses a data directory at a time; others wait. The model is written once, when the process ends.
//
// Exit codes: 0 done; 1 could not, with "ERROR text" on standard error; 2 usage.
package cli

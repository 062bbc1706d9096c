// Package oracle says what must hold of ready charms in every model at rest. It shares no code with the product: it reads
// the simulator's model, and the files of masters and workers.
package oracle

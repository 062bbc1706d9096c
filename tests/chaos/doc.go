// Package chaos plays removals at every point of a life, and random schedules of what operators and fate do, against ready
// masters. The judge shares no code with the product: it reads the simulator's model and the masters' token files.
package chaos

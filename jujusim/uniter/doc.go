// Package uniter is the unit agents' half of the simulated Juju: it decides which hook a unit runs next, runs it, and
// carries on from the outcome.
//
// The order of hooks is that of Juju 3.6's unit agent:
//
//   - one hook at a time per unit; of several units with something to do, the seed draws one;
//   - install, then relation-created for each relation that is there, then leader-elected or
//     leader-settings-changed, then config-changed, start, and only then the other relation hooks;
//   - a unit enters the scope of its relations before its first relation-created hook, so that the other side may
//     see it join earlier than that;
//   - within one relation: changed after joined, then departed, broken, changed for the application's bag, joined,
//     changed; between relations the seed draws, regular ones before peer relations, on 2.9 among all of them;
//   - from install on, after leadership and before the rest, what is new about secrets: secret-expired, secret-rotate
//     and secret-remove to the owner, which for an application is its leader, secret-changed to units that have read it;
//   - a failed hook stays queued with the same facts, and the unit runs no other hook until it is resolved; actions
//     and exec still run;
//   - start follows the first config-changed at once, and config-changed follows upgrade-charm;
//   - a hook that is done takes the place of a pending update-status;
//   - a hook killed by SIGKILL or SIGTERM is run again at once; if its agent died with it, the unit is in error;
//   - an agent that starts again knows of its relations that it is in them, and takes created as done. It knows neither the
//     other application's name for broken, nor which relations are peers.
//
// Package lives compares all this with recordings of Juju's own agents.
//
// A hook's writes reach the model when it has exited 0, all or none but for those to secrets; those of an exec reach it
// always.
package uniter

// Package hookenv says what Juju started this process for. It is the only reader of the environment: everything
// else is handed a [Context].
//
// Juju starts one program for each hook and action, without arguments; which one it is for stands in the name that
// the program was started by and in variables. [Parse] reads both:
//
//   - the base name "kube-control" is the command line, in spite of the variables, because a hook's own children call
//     it;
//   - "dispatch" takes its event from JUJU_DISPATCH_PATH, "hooks/NAME" or "actions/NAME";
//   - any other name is the hook of that name, or the action if the link stands in a directory "actions" or Juju's
//     variables say that the action of that name is running.
//
// The sources are Juju's hook context (worker/uniter/runner, 2.9 to 4.0): every hook and real action has
// JUJU_DISPATCH_PATH; JUJU_HOOK_NAME is empty in actions and under `juju exec`; the relation variables are all set,
// some of them to nothing, in every relation hook.
package hookenv

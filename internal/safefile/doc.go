// Package safefile reads and replaces files that belong to others: an operator's token file, kubeconfigs, a
// certificate. It follows a symbolic link only where only root and this process's own user can change what it leads
// to, reads regular files alone and no more of them than a limit, and removes nothing that it did not make. It does not
// depend on Juju.
package safefile

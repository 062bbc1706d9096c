// Package scenarios plays hard lives of whole clusters of ready charms in process, and judges each with the common oracle
// of package cluster. docs/testing.md lists all scenarios; those that are cheaper as scripts are stories.
package scenarios

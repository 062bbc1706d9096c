// Package ready tests the policies of the two ready charms, in process: what a person who deploys them sees.
package ready

// Command floor is what a hook costs at the least: a Go program that runs hook tools and does nothing else.
//
//	floor N    runs is-leader N times
package main

import (
	"os"
	"os/exec"
	"strconv"
)

func main() {
	calls, err := strconv.Atoi(os.Args[1])
	for i := 0; i < calls && err == nil; i++ {
		_, err = exec.Command("is-leader", "--format=json").Output()
	}
	if err != nil {
		println(err.Error())
		os.Exit(1)
	}
}

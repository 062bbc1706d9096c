package lives

import (
	"fmt"
	"io"
	"strings"
)

// Main replays the lives in the files and prints each difference, and on the last line how many lives passed and failed.
// An error means that the lives could not be read.
func Main(paths []string, stdout io.Writer) (failed int, err error) {
	passed := 0
	for _, path := range paths {
		lives, err := Read(path)
		if err != nil {
			return 0, err
		}
		for _, l := range lives {
			differences := Replay(l)
			if len(differences) == 0 {
				passed++
				continue
			}
			failed++
			fmt.Fprintf(stdout, "%s (Juju %s)\n", l.Name, l.Juju)
			for _, d := range differences {
				fmt.Fprintf(stdout, "    %s\n", strings.ReplaceAll(d, "\n", "\n      "))
			}
		}
	}
	_, err = fmt.Fprintf(stdout, "%d passed, %d failed\n", passed, failed)
	return failed, err
}

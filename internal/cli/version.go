package cli

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// build is how version prints. Commit and Date are empty in a build outside a checkout.
type build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Date     string `json:"date,omitempty"` // of the commit, so that the same commit gives the same program
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// readBuild is how this program was built.
func readBuild() build {
	b := build{Version: "unknown", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.Version = info.Main.Version
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.time":
			b.Date = s.Value
		}
	}
	return b
}

// shown is the version that "juju status" shows for a ready charm: a release's as "1.2.3", and otherwise "dev" with the commit
// where that is known. Go makes a version with the commit in it where no tag names the release.
func (b build) shown() string {
	version, named := strings.CutPrefix(b.Version, "v")
	switch commit := b.Commit; {
	case len(commit) >= 12 && strings.Contains(version, commit[:12]):
		return "dev-" + commit[:7]
	case named:
		return version
	}
	return "dev"
}

func (a *app) version() *cobra.Command {
	return a.withFormat(&cobra.Command{
		Use:     "version",
		GroupID: bothGroup,
		Short:   "Print the program's version",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			b := readBuild()
			return a.print(b, func(w io.Writer) {
				fmt.Fprintf(w, "kube-control %s %s (%s)\n", b.Version, b.Platform, b.Go)
				if b.Commit != "" {
					fmt.Fprintf(w, "commit %s of %s\n", b.Commit, b.Date)
				}
			})
		},
	})
}

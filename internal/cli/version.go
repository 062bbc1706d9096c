package cli

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

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

func (a *app) version() *cobra.Command {
	return a.withFormat(&cobra.Command{
		Use:     "version",
		GroupID: bothGroup,
		Short:   "Print the program's version",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			b := build{Version: "unknown", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
			if info, ok := debug.ReadBuildInfo(); ok {
				b.Version = info.Main.Version
				for _, s := range info.Settings {
					switch s.Key {
					case "vcs.revision":
						b.Commit = s.Value
					case "vcs.time":
						b.Date = s.Value
					}
				}
			}
			return a.print(b, func(w io.Writer) {
				fmt.Fprintf(w, "kube-control %s %s (%s)\n", b.Version, b.Platform, b.Go)
				if b.Commit != "" {
					fmt.Fprintf(w, "commit %s of %s\n", b.Commit, b.Date)
				}
			})
		},
	})
}

package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

func linkJujuCmd() *cobra.Command {
	return verb("link-juju DIR", "Make a link juju, by which jujusim takes Juju's own command line", 1, 1, func(args []string) error {
		self, err := os.Executable()
		if err != nil {
			return fmt.Errorf("cannot find this program: %w", err)
		}
		if err := os.MkdirAll(args[0], 0o755); err != nil {
			return fmt.Errorf("cannot make directory for link: %w", err)
		}
		link := filepath.Join(args[0], jujuProgram)
		if to, err := os.Readlink(link); err == nil && to == self {
			return nil
		}
		if err := os.Symlink(self, link); errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("cannot make link: %s exists already", link)
		} else if err != nil {
			return fmt.Errorf("cannot make link: %w", err)
		}
		return nil
	})
}

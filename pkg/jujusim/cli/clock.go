package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

func (s *session) advanceCmd() *cobra.Command {
	return verb("advance DURATION", "Move the model's clock on, such as by 90m: secrets expire and are to be rotated", 1, 1, func(args []string) error {
		d, err := time.ParseDuration(args[0])
		if err != nil || d < time.Second {
			return usageError{fmt.Errorf("invalid duration %q: must be 1s or more, such as 90m", args[0])}
		}
		if err := s.change(); err != nil {
			return err
		}
		s.model.Clock += int64(d / time.Second)
		return nil
	})
}

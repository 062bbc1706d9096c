package cli

import "github.com/spf13/cobra"

func (s *session) advanceCmd() *cobra.Command {
	return verb("advance DURATION", "Move the model's clock on, such as by 90m: secrets expire and are to be rotated", 1, 1, func(args []string) error {
		d, err := duration(args[0])
		if err != nil {
			return err
		}
		if err := s.change(); err != nil {
			return err
		}
		s.model.Advance(d)
		return nil
	})
}

package cli

// paint colours a status as juju does, on a terminal where NO_COLOR (no-color.org) is not set. Elsewhere, and of other words,
// it changes nothing.
func (s *session) paint() func(word string) string {
	if !isTerminal(s.stdout) || s.env("NO_COLOR") != "" || s.env("TERM") == "dumb" {
		return func(word string) string { return word }
	}
	return func(word string) string {
		switch word {
		case "active", "idle", "started":
			return "\x1b[32m" + word + "\x1b[0m"
		case "error", "blocked", "lost", "failed":
			return "\x1b[31m" + word + "\x1b[0m"
		case "waiting", "maintenance", "allocating", "executing", "terminated", "unknown":
			return "\x1b[33m" + word + "\x1b[0m"
		}
		return word
	}
}

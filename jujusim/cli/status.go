package cli

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

func (s *session) statusCmd() *cobra.Command {
	var format string
	var relations bool
	c := verb("status", "Print the model as juju status does", 0, 0, func([]string) error {
		if err := oneOf(format, "tabular", "json", "yaml"); err != nil {
			return err
		}
		if err := s.open(); err != nil {
			return err
		}
		if format != "tabular" {
			return s.encode(s.statusData(), format)
		}
		s.printStatus(relations)
		return nil
	})
	c.Flags().StringVar(&format, "format", "tabular", "tabular, json or yaml")
	c.Flags().BoolVar(&s.utc, "utc", false, "print times in UTC")
	c.Flags().BoolVar(&relations, "relations", false, "print the relations, too")
	c.Flags().BoolVar(&relations, "integrations", false, "the same as --relations")
	return c
}

func (s *session) printStatus(relations bool) {
	m := s.model
	s.table([][]string{
		{"Model", "Controller", "Cloud/Region", "Version", "Timestamp"},
		{m.Name, "jujusim", "localhost/localhost", m.Version, m.Now().Format("15:04:05Z")},
	})
	if len(m.Apps) == 0 {
		fmt.Fprintf(s.stderr, "\nModel %q is empty.\n", "admin/"+m.Name)
		return
	}
	fmt.Fprintln(s.stdout)
	s.table(s.appRows(), 3, 6)
	units, machines := s.unitRows()
	if len(units) > 1 {
		fmt.Fprintln(s.stdout)
		s.table(units)
		fmt.Fprintln(s.stdout)
		s.table(machines)
	}
	if rows := s.relationRows(); relations && len(rows) > 1 {
		fmt.Fprintln(s.stdout)
		s.table(rows)
	}
}

func (s *session) appRows() [][]string {
	rows := [][]string{{"App", "Version", "Status", "Scale", "Charm", "Channel", "Rev", "Exposed", "Message"}}
	for _, name := range slices.Sorted(maps.Keys(s.model.Apps)) {
		a := s.model.Apps[name]
		status := s.model.Derived(a)
		rows = append(rows, []string{
			name, shortVersion(a.WorkloadVersion), status.Status, strconv.Itoa(len(a.Units)), a.Charm.Name, "", strconv.Itoa(a.CharmVersion), "no",
			short(status.Message),
		})
	}
	return rows
}

func (s *session) unitRows() (units, machines [][]string) {
	base := "Base"
	if s.model.Major() < 3 {
		base = "Series"
	}
	units = [][]string{{"Unit", "Workload", "Agent", "Machine", "Public address", "Ports", "Message"}}
	machines = [][]string{{"Machine", "State", "Address", "Inst id", base, "AZ", "Message"}}
	names := slices.Collect(maps.Keys(s.model.Units))
	naturally(names)
	names = slices.DeleteFunc(names, func(name string) bool { return s.model.Principal(name) != "" })
	for _, name := range names {
		units = append(units, s.unitRow(name, "", s.model.Units[name].Machine))
		for _, sub := range s.model.Subordinates(name) {
			units = append(units, s.unitRow(sub, "  ", ""))
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		return number(s.model.Units[a].Machine) - number(s.model.Units[b].Machine)
	})
	release := "ubuntu@22.04"
	if s.model.Major() < 3 {
		release = "jammy"
	}
	for _, name := range names {
		u := s.model.Units[name]
		machines = append(machines, []string{
			u.Machine, "started", u.PublicAddress, "jujusim-" + u.Machine, release, "", "Running",
		})
	}
	return units, machines
}

// unitRow is a unit's row. Juju indents a subordinate unit below its principal, and leaves out its machine.
func (s *session) unitRow(name, indent, machine string) []string {
	u := s.model.Units[name]
	workload, agent := u.Displayed()
	current, _ := s.agentStatus(u, agent.Status, agent.Message)
	shown := indent + name
	if s.model.IsLeader(name) {
		shown += "*"
	}
	return []string{shown, workload.Status, current, machine, u.PublicAddress, portsCell(u.Opened()), short(workload.Message)}
}

func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

// relationRows have the provider first, and are sorted by it.
func (s *session) relationRows() [][]string {
	title := "Integration provider"
	if s.model.Major() < 3 {
		title = "Relation provider"
	}
	var rows [][]string
	for _, r := range s.model.Relations {
		first, last, kind := r.Sides[0], r.Sides[0], "peer"
		if !r.Peer() {
			first, last, kind = r.Sides[1], r.Sides[0], "regular"
		}
		if r.Container {
			kind = "subordinate"
		}
		rows = append(rows, []string{
			first.App + ":" + first.Endpoint, last.App + ":" + last.Endpoint, r.Interface, kind, "",
		})
	}
	slices.SortFunc(rows, slices.Compare)
	return append([][]string{{title, "Requirer", "Interface", "Type", "Message"}}, rows...)
}

// short cuts a message as the table does: 120 bytes at most.
func short(message string) string {
	if len(message) > 120 {
		return message[:117] + "..."
	}
	return message
}

// shortVersion cuts an application's version as the table does: 15 bytes at most.
func shortVersion(version string) string {
	if len(version) > 15 {
		return version[:12] + "..."
	}
	return version
}

// table prints rows in columns two spaces apart; the cells of the columns named stand at the right. The last column
// is not padded, the others always are. On a terminal a word that is a status has its colour.
func (s *session) table(rows [][]string, right ...int) {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], len([]rune(cell)))
		}
	}
	paint := s.paint()
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", width[i]-len([]rune(cell)))
			switch {
			case slices.Contains(right, i):
				line.WriteString(pad + paint(cell) + "  ")
			case i == len(row)-1:
				line.WriteString(cell)
			default:
				line.WriteString(paint(cell) + pad + "  ")
			}
		}
		fmt.Fprintln(s.stdout, line.String())
	}
}

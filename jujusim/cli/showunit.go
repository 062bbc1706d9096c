package cli

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/jujusim/agent"
	"github.com/kube-control/kube-control/jujusim/model"
)

// unitView is a unit as show-unit prints it; the order of the keys is Juju's.
type unitView struct {
	Version       string         `json:"workload-version,omitempty" yaml:"workload-version,omitempty"`
	Machine       string         `json:"machine" yaml:"machine"`
	OpenedPorts   []string       `json:"opened-ports" yaml:"opened-ports"`
	PublicAddress string         `json:"public-address" yaml:"public-address"`
	Charm         string         `json:"charm" yaml:"charm"`
	Leader        bool           `json:"leader" yaml:"leader"`
	Life          string         `json:"life" yaml:"life"`
	Relations     []relationView `json:"relation-info,omitempty" yaml:"relation-info,omitempty"`
}

type relationView struct {
	ID              int                   `json:"relation-id" yaml:"relation-id"`
	Endpoint        string                `json:"endpoint" yaml:"endpoint"`
	RelatedEndpoint string                `json:"related-endpoint" yaml:"related-endpoint"`
	AppData         agent.Settings        `json:"application-data" yaml:"application-data"`
	Local           memberView            `json:"local-unit" yaml:"-"`
	LocalYAML       *memberView           `json:"-" yaml:"local-unit,omitempty"` // YAML has it on peer relations only
	Units           map[string]memberView `json:"related-units,omitempty" yaml:"related-units,omitempty"`
}

type memberView struct {
	InScope bool           `json:"in-scope" yaml:"in-scope"`
	Data    agent.Settings `json:"data" yaml:"data"`
}

func (s *session) showUnitCmd() *cobra.Command {
	var format, endpoint string
	c := verb("show-unit UNIT...", "Print a unit with its relations' data", 1, -1, func(args []string) error {
		if err := oneOf(format, "yaml", "json"); err != nil {
			return err
		}
		if err := s.open(); err != nil {
			return err
		}
		views := map[string]unitView{}
		for _, name := range args {
			u, err := s.model.Unit(name)
			if err != nil {
				return err
			}
			views[u.Name] = s.viewUnit(u, endpoint)
		}
		return s.encode(views, format)
	})
	c.Flags().StringVar(&format, "format", "yaml", "yaml or json")
	c.Flags().StringVar(&endpoint, "endpoint", "", "print this endpoint's relations only")
	return c
}

func (s *session) viewUnit(u *model.Unit, endpoint string) unitView {
	a := s.model.Apps[model.AppOf(u.Name)]
	view := unitView{
		Version: u.WorkloadVersion, Machine: u.Machine, OpenedPorts: portsList(u.Opened()), PublicAddress: u.PublicAddress,
		Charm: fmt.Sprintf("local:%s-%s", a.Charm.Name, strconv.Itoa(a.CharmVersion)), Leader: a.Leader == u.Name, Life: "alive",
	}
	if u.Dying {
		view.Life = "dying"
	}
	for _, r := range s.model.RelationsOf(a.Name) {
		if endpoint != "" && r.Side(a.Name).Endpoint != endpoint {
			continue
		}
		if rv, hasData := s.viewRelation(r, u.Name); hasData || endpoint != "" {
			view.Relations = append(view.Relations, rv)
		}
	}
	return view
}

// viewRelation shows the remote application's bag, or on 4.x the local one's. It tells whether there is any data.
func (s *session) viewRelation(r *model.Relation, unit string) (relationView, bool) {
	app := model.AppOf(unit)
	local, remote := r.Side(app), r.Remote(app)
	rv := relationView{
		ID: r.ID, Endpoint: local.Endpoint, RelatedEndpoint: remote.Endpoint,
		AppData: remote.Bag.Settings, Local: viewMember(local.Units[unit]), Units: map[string]memberView{},
	}
	if s.model.Major() >= 4 {
		rv.AppData = local.Bag.Settings
	}
	if r.Peer() {
		rv.LocalYAML = &rv.Local
	}
	for name, m := range remote.Units {
		if name != unit && s.model.Units[name] != nil {
			rv.Units[r.Seen(app, name)] = viewMember(m)
		}
	}
	return rv, len(rv.AppData) > 0 || len(rv.Units) > 0 || len(rv.Local.Data) > 0
}

func viewMember(m *model.Member) memberView {
	if m == nil {
		return memberView{}
	}
	return memberView{m.Scope == model.InScope, m.Settings}
}

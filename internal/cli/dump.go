package cli

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/kube-control/kube-control/internal/dump"
	"github.com/kube-control/kube-control/internal/explain"
	"github.com/kube-control/kube-control/internal/hookenv"
	"github.com/kube-control/kube-control/internal/session"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

func (a *app) dump() *cobra.Command {
	var unit string
	c := &cobra.Command{
		Use:     "dump",
		GroupID: bothGroup,
		Short:   "Print all that a supporter needs from this unit as JSON, without secrets",
		Long: `Print all that a supporter needs from this unit as JSON: the answers of the hook tools, the charm's settings, the
states of its files, versions, what the last hooks decided, and what explain says. A fingerprint, or a token of another seed,
stands for each token and for each content of a secret. Equal ones have equal stand-ins within one dump.

A dump has what all units publish that explain lists, but at most 50 of them. --unit adds one more.

A supporter reads it on any machine: kube-control explain --from FILE, kube-control hook NAME --dry-run --from FILE`,
		Example: "  juju exec --unit kube-control-worker/3 -- bin/kube-control dump > dump.json\n  kube-control explain --from dump.json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			units := []kubecontrol.Unit{}
			if unit != "" {
				one, err := checkUnit(unit)
				if err != nil {
					return err
				}
				units = append(units, one)
			}
			d, err := a.makeDump(c.Context(), units)
			if err != nil {
				return err
			}
			text, err := json.MarshalIndent(d, "", "  ")
			if err != nil {
				return fmt.Errorf("cannot print JSON: %w", err)
			}
			return a.write(append(text, '\n'))
		},
	}
	c.Flags().StringVar(&unit, "unit", "", "have what this remote unit publishes in any case")
	return c
}

// makeDump asks what explain and hooks ask, also about single units, and keeps the answers.
func (a *app) makeDump(ctx context.Context, units []kubecontrol.Unit) (dump.Dump, error) {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails
	redaction := dump.NewRedaction(random)
	redaction.CharmDir = a.env.CharmDir
	recorder := dump.NewRecorder(a.Runner, session.ThisMachine())
	a.Runner, a.machine = recorder, recorder
	d := dump.Dump{Version: readBuild().shown(), JujuVersion: a.env.JujuVersion, ModelUUID: a.env.ModelUUID, Unit: a.env.Unit, CharmDir: a.env.CharmDir}
	err := a.session(ctx, func(s *session.Session) error {
		report, err := s.Explain(ctx, "", "")
		if err != nil {
			return err
		}
		d.Explanation, d.Journal = report, append([]session.JournalEntry{}, s.Journal()...)
		for _, unit := range append(units, listed(report)...) {
			if _, err := s.Explain(ctx, "", unit); err != nil {
				return err
			}
		}
		redaction.Authority, redaction.Texts = s.StandIn(ctx, redaction.Seed(), redaction.Fingerprint)
		redaction.TokenFile, err = s.TokenFile(ctx)
		return err
	})
	if err != nil {
		return dump.Dump{}, err
	}
	for _, hook := range []hookenv.Kind{hookenv.UpdateStatus, hookenv.ConfigChanged, hookenv.UpgradeCharm} {
		a.rehearse(ctx, string(hook))
	}
	recorder.Fill(&d, redaction)
	return d, nil
}

// rehearse runs a hook without changes, so that its answers are in the dump. If it fails, it fails as well where the dump is read.
func (a *app) rehearse(ctx context.Context, hook string) {
	env, err := a.env.ForHook(hook)
	if err != nil {
		return // it is the name of a hook
	}
	quiet := *a
	quiet.env, quiet.dryRun, quiet.Stdout, quiet.Stderr = env, true, io.Discard, io.Discard
	_ = quiet.session(ctx, func(s *session.Session) error { return s.Hook(ctx) })
}

// mostUnits is how many units a dump looks at one by one.
const mostUnits = 50

// listed are the first units that a report names: those with a problem, and then the others.
func listed(r explain.Report) []kubecontrol.Unit {
	var units []kubecontrol.Unit
	add := func(name string) {
		if unit := kubecontrol.Unit(name); name != "" && !slices.Contains(units, unit) && len(units) < mostUnits {
			units = append(units, unit)
		}
	}
	for _, e := range r.Endpoints {
		for _, p := range e.Problems {
			add(string(p.Unit))
		}
	}
	for _, e := range r.Endpoints {
		for _, u := range e.Units {
			add(string(u.Unit))
		}
	}
	return units
}

// replay makes this run one on the unit of a dump.
func (a *app) replay(file string) error {
	d, err := dump.Read(file)
	if err != nil {
		return err
	}
	a.env = hookenv.Context{Unit: d.Unit, ModelUUID: d.ModelUUID, JujuVersion: d.JujuVersion, CharmDir: d.CharmDir, InJuju: true, Plain: a.env.Plain}
	player := dump.NewPlayer(d)
	a.Runner, a.machine = player, player
	return nil
}

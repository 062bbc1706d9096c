package ready

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kube-control/kube-control/internal/printable"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// byApp reads a list of entries [APP=]ITEM, in which an item has a = of its own: a label KEY=VALUE, or a taint
// KEY[=VALUE]:EFFECT. An entry with two of them is for the units of one application.
func (r *reader) byApp(o *MasterOptions, option, key string) {
	words, ok := r.words(option)
	if !ok {
		return
	}
	var general []string
	own := map[string][]string{}
	for _, word := range words {
		app, item := "", word
		if strings.Count(word, "=") > 1 {
			app, item, _ = strings.Cut(word, "=")
		}
		if err := kubecontrol.CheckItem(key, item); err != nil {
			r.bad(option, fmt.Errorf("has %s, which %w", printable.Brief(item), err))
			return
		}
		if app == "" {
			general = append(general, item)
			continue
		}
		if kubecontrol.CheckName(app) != nil {
			r.bad(option, fmt.Errorf("has %s, which does not begin with the name of an application", printable.Brief(word)))
			return
		}
		own[app] = append(own[app], item)
	}
	list := kubecontrol.EncodeList(general)
	for app := range own {
		if kubecontrol.CheckValue(kubecontrol.Master, key, withOwn(list, own[app])) != nil {
			r.bad(option, errors.New("is too long"))
			return
		}
	}
	o.Values[key], o.ByApp[key] = list, own
}

// withOwn is a list on the wire with the entries of an application. They replace the general ones of the same key, and for
// taints of the same effect.
func withOwn(general string, own []string) string {
	if len(own) == 0 {
		return general
	}
	var items []string
	if json.Unmarshal([]byte(general), &items) != nil {
		return general
	}
	items = slices.DeleteFunc(items, func(item string) bool {
		return slices.ContainsFunc(own, func(o string) bool { return withoutValue(o) == withoutValue(item) })
	})
	return kubecontrol.EncodeList(slices.Concat(items, own))
}

// withoutValue is a label's key, or a taint's key and effect.
func withoutValue(item string) string {
	before, effect, _ := strings.Cut(item, ":")
	key, _, _ := strings.Cut(before, "=")
	return key + ":" + effect
}

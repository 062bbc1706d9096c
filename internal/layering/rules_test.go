package layering

// A rule says what one package, and all below it, may import besides the
// standard library and itself.
type rule struct {
	// ours are packages of this module, without the module's path; one that
	// ends in /... stands for all below it too.
	ours []string
	// theirs are modules, or packages of modules, of others.
	theirs []string
	// pure packages decide and do not act: the standard library's ways to the
	// world outside are closed to them.
	pure bool
	// testsToo holds the tests to the same rule for packages of this module.
	testsToo bool
}

const (
	yaml      = "sigs.k8s.io/yaml"
	yamlNodes = "go.yaml.in/yaml/v3" // gives the line of each value
	cobra     = "github.com/spf13/cobra"
	pflag     = "github.com/spf13/pflag"
	logrus    = "github.com/sirupsen/logrus"
	sqlite    = "modernc.org/sqlite"
	k8sNaming = "k8s.io/apimachinery/pkg/util/validation"
)

// rules returns the rule of each package. A package is held to the longest name
// that it is or stands below; one without a rule fails the test.
func rules() map[string]rule {
	core := []string{"pkg/kubecontrol", "internal/printable", "internal/flags", "internal/engine"}
	shell := append([]string{"internal/ready", "internal/explain", "internal/hookenv", "pkg/hooktool"}, core...)
	return map[string]rule{
		"pkg/kubecontrol":    {pure: true, theirs: []string{k8sNaming}},
		"internal/printable": {pure: true},
		"internal/flags":     {pure: true},
		"internal/engine":    {pure: true, ours: core},
		"internal/explain":   {pure: true, ours: core},
		"internal/ready":     {pure: true, ours: core, theirs: []string{k8sNaming}},
		"internal/hookenv":   {ours: core},
		"internal/charmfile": {pure: true, ours: core, theirs: []string{yaml}},
		"internal/check":     {pure: true, ours: append([]string{"internal/charmfile", "internal/hookenv"}, core...), theirs: []string{yamlNodes}},
		"pkg/hooktool":       {ours: core},
		"internal/unitstate": {theirs: []string{sqlite}},
		"internal/safefile":  {theirs: []string{"golang.org/x/sys/unix"}},
		"internal/dump":      {ours: append([]string{"internal/ready", "internal/safefile", "pkg/hooktool"}, core...)},
		"internal/session":   {ours: append([]string{"internal/charmfile", "internal/safefile", "internal/unitstate"}, shell...), theirs: []string{logrus, yaml, k8sNaming}},
		"internal/cli": {
			ours:   append([]string{"internal/session", "internal/safefile", "internal/check", "internal/dump"}, shell...),
			theirs: []string{cobra, pflag, logrus, yaml, "github.com/mattn/go-isatty"},
		},
		"pkg/charm":        {ours: append([]string{"internal/session", "internal/cli"}, shell...)},
		"cmd/kube-control": {ours: []string{"pkg/charm"}},

		// The simulator judges the rest, so it must not share their mistakes.
		"jujusim": {testsToo: true, theirs: []string{
			cobra, pflag, yaml, "go.yaml.in/yaml/v2", "github.com/juju/gnuflag",
			"github.com/rogpeppe/go-internal/testscript",
		}},
		"cmd/jujusim": {ours: []string{"jujusim/..."}, testsToo: true},

		"internal/layering": {},
		"internal/language": {testsToo: false},
		"internal/pack":     {theirs: []string{yaml}},
		"examples":          {ours: []string{"pkg/..."}},
		"tests":             {ours: []string{"pkg/...", "internal/...", "jujusim/..."}, theirs: []string{yaml}},
		// Judged here are whole programs, the simulator above all.
		"tests/python": {ours: []string{"tests/programs"}, testsToo: true},
	}
}

// impure lists what a pure package must not import of the standard library:
// files, the network, processes, logs, clocks and chance. net/url and net/netip only read a text.
func impure() []string {
	return []string{
		"os", "os/...", "net", "net/http/...", "net/rpc/...", "net/mail", "net/smtp", "io/ioutil", "log", "log/...", "syscall", "time",
		"math/rand", "math/rand/v2", "crypto/rand", "runtime/...", "plugin",
	}
}

// neverLinked lists what must not be part of the program that runs in hooks: it
// would be slow to start, or is none of a hook's business.
func neverLinked() []string {
	return []string{
		"net/http", "net/rpc", "net/rpc/...", "html/template", "testing",
		"k8s.io/client-go/...", "k8s.io/api/...", "k8s.io/apiserver/...", "k8s.io/kubernetes/...",
		"github.com/kube-control/kube-control/jujusim/...",
		"github.com/kube-control/kube-control/internal/pack/...",
		"github.com/kube-control/kube-control/internal/layering/...",
	}
}

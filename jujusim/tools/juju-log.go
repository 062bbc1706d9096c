package tools

import (
	"errors"
	"fmt"
	"strings"

	"github.com/juju/gnuflag"
)

type jujuLog struct {
	ctx     Context
	format  dummyFormat
	level   string
	debug   bool
	message string
}

func newJujuLog(ctx Context) command { return &jujuLog{ctx: ctx} }

func (j *jujuLog) usage() usage {
	return usage{args: "<message>", purpose: "Write a message to the model's log."}
}

func (j *jujuLog) setFlags(f *gnuflag.FlagSet) {
	j.format.setFlags(f)
	f.BoolVar(&j.debug, "debug", false, "log at level DEBUG")
	f.StringVar(&j.level, "l", "INFO", "the level of the message")
	f.StringVar(&j.level, "log-level", "INFO", "the level of the message")
}

func (j *jujuLog) setUp(args []string) error {
	if len(args) == 0 {
		return errors.New("no message specified")
	}
	j.message = strings.Join(args, " ")
	return nil
}

func (j *jujuLog) run(c *call) error {
	j.format.warn(c)
	level, known := j.logLevel()
	if !known {
		j.ctx.Log("WARNING", fmt.Sprintf("Specified log level of %q is not valid", j.level))
	}
	if level != "" {
		j.ctx.Log(level, j.prefix()+j.message)
	}
	return nil
}

// logLevel is the level to log at, and whether the caller's is a level. "" drops the message.
func (j *jujuLog) logLevel() (level string, known bool) {
	if j.debug {
		return "DEBUG", true
	}
	switch upper := strings.ToUpper(j.level); upper {
	case "TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL":
		return upper, true
	case "WARN":
		return "WARNING", true
	case "UNSPECIFIED":
		return "", true
	case "":
		return "INFO", true
	}
	return "INFO", false
}

// prefix names the relation that the hook is about.
func (j *jujuLog) prefix() string {
	for _, relation := range j.ctx.Relations() {
		if relation.ID == j.ctx.HookRelation() {
			return fmt.Sprintf("%s:%d: ", relation.Endpoint, relation.ID)
		}
	}
	return ""
}

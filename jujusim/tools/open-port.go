package tools

func newOpenPort(ctx Context) command {
	return &portChange{change: ctx.OpenPorts, purpose: "Let others reach a port or range of ports."}
}

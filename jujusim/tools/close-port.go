package tools

func newClosePort(ctx Context) command {
	return &portChange{change: ctx.ClosePorts, purpose: "Stop letting others reach a port or range of ports."}
}

package cli

import "testing"

func TestShownVersion(t *testing.T) {
	t.Parallel()
	const commit = "06ecaeb0c1d2e3f4a5b6c7d8e9f00112233445566"
	for _, tt := range []struct {
		b    build
		want string
	}{
		{build{Version: "v1.2.3", Commit: commit}, "1.2.3"},
		{build{Version: "v1.0.0-rc.1", Commit: commit}, "1.0.0-rc.1"},
		{build{Version: "v0.0.0-20261127101112-06ecaeb0c1d2", Commit: commit}, "dev-06ecaeb"},
		{build{Version: "v0.0.0-20261127101112-06ecaeb0c1d2+dirty", Commit: commit}, "dev-06ecaeb"},
		{build{Version: "(devel)"}, "dev"},
		{build{Version: "unknown"}, "dev"},
	} {
		if got := tt.b.shown(); got != tt.want {
			t.Errorf("%+v is shown as %q, want %q", tt.b, got, tt.want)
		}
	}
}

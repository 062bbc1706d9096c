package ready

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// BenchmarkRender makes the token file of 5,000 workers.
func BenchmarkRender(b *testing.B) {
	l := Ledger{grants: map[member]Grant{}}
	for i := range 5000 {
		m := member{"kube-control:1", kubecontrol.Unit(fmt.Sprintf("kw/%d", i))}
		l.grants[m] = Grant{User: fmt.Sprintf("system:node:n%d", i), Group: "system:nodes", Client: clientPerUnit, ClientGroup: "system:nodes"}
	}
	a := newAuthority(bytes.Repeat([]byte("x"), seedSize))
	b.ReportAllocs()
	for b.Loop() {
		TokenFile{}.Render(l, a)
	}
}

// Lines without quotes, or with them round the last column alone, are split without the CSV reader, and as it does.
func FuzzPlainRow(f *testing.F) {
	for _, line := range []string{"a,b,c", `a,b,c,"d,e"`, `a,b,c,"d""e"`, `a,"b",c`, "a,b,c\r", `a,b,"`, "a,b,c\rd", `a,b,c,""`} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		fields, _ := plainRow([]byte(line))
		if fields == nil || bytes.ContainsRune([]byte(line), '\n') || len(bytes.TrimSpace([]byte(line))) == 0 {
			return
		}
		want, err := readCSV(line)
		if err != nil || fmt.Sprintf("%q", want) != fmt.Sprintf("%q", fields) {
			t.Errorf("%q: %q, want %q, %v", line, fields, want, err)
		}
	})
}

func readCSV(line string) ([]string, error) {
	r := newRowReader()
	fields, _, err := r.read([]byte(line + "\n"))
	return fields, err
}

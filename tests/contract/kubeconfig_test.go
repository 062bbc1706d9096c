package contract

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kube-control/kube-control/internal/ready"
	"github.com/kube-control/kube-control/pkg/kubecontrol"
)

// certificate makes a CA certificate, PEM.
func certificate(t testing.TB) string {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// readKubeconfig reads a kubeconfig as kubectl and kubelet do, up to a transport to the server.
func readKubeconfig(t *testing.T, text []byte) *rest.Config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := clientcmd.LoadFromFile(file)
	if err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	if err := clientcmd.ConfirmUsable(*loaded, ""); err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	config, err := clientcmd.NewDefaultClientConfig(*loaded, nil).ClientConfig()
	if err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	if _, err := rest.TransportFor(config); err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	return config
}

func TestKubeconfigOfEachKindOfServer(t *testing.T) {
	t.Parallel()
	for _, server := range []string{
		"https://10.0.0.1:6443", "https://[2001:db8::1]:6443", "https://master.example", "https://master.example/k8s/1", "HTTPS://10.0.0.1",
	} {
		k := ready.Kubeconfig{
			Server: server, CA: certificate(t), User: "kubelet", Token: kubecontrol.NewToken("kube-control:0123456789abcdef"),
		}
		text, err := k.Encode()
		if err != nil {
			t.Fatal(err)
		}
		wantKubeconfig(t, text, k)
	}
}

// FuzzKubeconfig wants every kubeconfig that is written to be one that client-go can use, and to say what it was told.
func FuzzKubeconfig(f *testing.F) {
	for _, seed := range []struct{ user, token string }{
		{"system:node:juju-0", "kube-control:0123456789abcdef"},
		{"yes", "12345678"},
		{"", "12345678"},
		{"a: b # \"c\"\n- d", "0e123456"},
		{"a: b # \"c\" - d", "0e123456"},
		{"\u2028\u0085\x00\t\x7f", "~~~~~~~~"},
		{"not UTF-8: \xff", "+/=._:-+"},
		{"no character: \uffff", "+/=._:-+"},
		{"*anchor", "--------"},
		{"{{template}}", "123456:60"},
		{"kubelet", "kube-control:0123456789abcdef\n"},
	} {
		f.Add(seed.user, seed.token)
	}
	ca := certificate(f)
	f.Fuzz(func(t *testing.T, user, token string) {
		t.Parallel()
		k := ready.Kubeconfig{Server: "https://10.0.0.1:6443", CA: ca, User: user, Token: kubecontrol.NewToken(token)}
		if text, err := k.Encode(); err == nil { // what is refused is not written
			wantKubeconfig(t, text, k)
		}
	})
}

// wantKubeconfig wants a kubeconfig to tell client-go all that it was made of.
func wantKubeconfig(t *testing.T, text []byte, k ready.Kubeconfig) {
	t.Helper()
	got := readKubeconfig(t, text)
	if diff := cmp.Diff([]string{k.Server, k.Token.Reveal(), k.CA}, []string{got.Host, got.BearerToken, string(got.CAData)}); diff != "" {
		t.Errorf("server, token and CA differ (-want +got):\n%s", diff)
	}
}

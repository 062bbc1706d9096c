package e2e

import (
	"context"
	"testing"

	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// attempt is one thing that a client tries.
type attempt struct {
	name string
	code int // the answer of the API server
	do   func(context.Context, *kubernetes.Clientset) error
}

func createNode(name string) func(context.Context, *kubernetes.Clientset) error {
	return func(ctx context.Context, c *kubernetes.Clientset) error {
		node := &core.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}
		_, err := c.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{})
		return err
	}
}

func labelNode(name, label string) func(context.Context, *kubernetes.Clientset) error {
	return func(ctx context.Context, c *kubernetes.Clientset) error {
		patch := []byte(`{"metadata":{"labels":{"` + label + `":"x"}}}`)
		_, err := c.CoreV1().Nodes().Patch(ctx, name, types.StrategicMergePatchType, patch, metav1.PatchOptions{})
		return err
	}
}

func readNode(name string) func(context.Context, *kubernetes.Clientset) error {
	return func(ctx context.Context, c *kubernetes.Clientset) error {
		_, err := c.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
		return err
	}
}

func listServices(ctx context.Context, c *kubernetes.Clientset) error {
	_, err := c.CoreV1().Services("").List(ctx, metav1.ListOptions{})
	return err
}

func listSecrets(ctx context.Context, c *kubernetes.Clientset) error {
	_, err := c.CoreV1().Secrets("").List(ctx, metav1.ListOptions{})
	return err
}

// wantAnswers tries what a client may and may not do.
func wantAnswers(t *testing.T, who string, config *rest.Config, attempts []attempt) {
	t.Helper()
	for _, a := range attempts {
		err := do(config, func(c *kubernetes.Clientset) error { return a.do(t.Context(), c) })
		if code(err) != a.code {
			t.Errorf("%s %s: %v, want %d", who, a.name, err, a.code)
		}
	}
}

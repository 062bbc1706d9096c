package e2e

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"

	authentication "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// identity is whom the API server takes a client for.
type identity struct {
	User, UID string
	Groups    []string // without system:authenticated, which everybody gets who has a token
}

// kubeconfig is what a program of Kubernetes makes of a kubeconfig file, as it is.
func kubeconfig(t *testing.T, path string) *rest.Config {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// do gives a client to a function. Its connections don't outlive the call, so that none is left over from a server
// that has been stopped.
func do(config *rest.Config, f func(*kubernetes.Clientset) error) error {
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return err
	}
	defer utilnet.CloseIdleConnectionsFor(client.Transport)
	clientset, err := kubernetes.NewForConfigAndClient(config, client)
	if err != nil {
		return err
	}
	return f(clientset)
}

// ready reports whether an API server says that it is.
func ready(ctx context.Context, config *rest.Config) bool {
	return do(config, func(c *kubernetes.Clientset) error {
		return c.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
	}) == nil
}

// whoami asks the API server whom it takes a client for.
func whoami(ctx context.Context, config *rest.Config) (identity, error) {
	var id identity
	err := do(config, func(c *kubernetes.Clientset) error {
		review, err := c.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authentication.SelfSubjectReview{}, metav1.CreateOptions{})
		if err != nil {
			return err
		}
		user := review.Status.UserInfo
		id = identity{User: user.Username, UID: user.UID, Groups: slices.DeleteFunc(user.Groups, func(group string) bool {
			return group == "system:authenticated"
		})}
		return nil
	})
	return id, err
}

// code is the HTTP status that an API server has answered with: 200 for no error, 0 if it is not the server's.
func code(err error) int {
	var status *apierrors.StatusError
	switch {
	case err == nil:
		return http.StatusOK
	case errors.As(err, &status):
		return int(status.ErrStatus.Code)
	}
	return 0
}

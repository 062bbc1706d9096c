package kubecontrol

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Role is one side of the interface.
type Role int

// Master is the provides side (today's control plane), Worker the requires side.
const (
	Master Role = iota
	Worker
)

// String is "master" or "worker".
func (r Role) String() string {
	if r == Worker {
		return "worker"
	}
	return "master"
}

// The keys on the wire, as they have been spelled since they exist.
const (
	KeyPort             = "port"
	KeyDomain           = "domain"
	KeySDNIP            = "sdn-ip"
	KeyEnableKubeDNS    = "enable-kube-dns"
	KeyCreds            = "creds"
	KeyClusterTag       = "cluster-tag"
	KeyRegistryLocation = "registry-location"

	KeyCohortKeys   = "cohort-keys"
	KeyDefaultCNI   = "default-cni"
	KeyAPIEndpoints = "api-endpoints"
	KeyHasXCP       = "has-xcp"
	KeyTaints       = "taints"
	KeyLabels       = "labels"
	KeyCASecretID   = "ca-certificate-secret-id"

	KeyKubeletUser = "kubelet_user"
	KeyAuthGroup   = "auth_group"
	KeyGPU         = "gpu"
	KeySchemaVers  = "schema_vers"

	// Juju itself writes these into every unit's bag. Juju 4 no longer maintains private-address.
	KeyPrivateAddress = "private-address"
	KeyIngressAddress = "ingress-address"
)

// DefaultGroup is the group of a request that names none, in every version of the interface.
const DefaultGroup = "system:nodes"

// What we write under one key at most: names, addresses and tags are far shorter than the one, lists than the other.
const (
	maxValue = 1024
	maxJSON  = 8192
)

// Encoding is how a value stands on the wire.
type Encoding int

const (
	// Raw is the text itself.
	Raw Encoding = iota
	// TitleBool is Python's str(bool), "True" or "False".
	TitleBool
	// JSON is JSON text; two texts of equal value are equal, whatever their spaces and order.
	JSON
)

// Key describes one key of a unit databag.
type Key struct {
	Name     string
	Writer   Role
	Encoding Encoding
	Since    string // year and month of the interface's first version with it
	// Single is true for a plain value that an author sets for the whole endpoint; creds are not one.
	Single bool
	check  func(string) error
}

// Keys is the table of the wire: every key of both databags, in the order in which the interface documents them.
func Keys() []Key {
	return []Key{
		{Name: KeyPort, Writer: Master, Since: "2017-03", Single: true, check: checkPort},
		{Name: KeyDomain, Writer: Master, Since: "2017-03", Single: true},
		{Name: KeySDNIP, Writer: Master, Since: "2017-03", Single: true},
		{Name: KeyEnableKubeDNS, Writer: Master, Encoding: TitleBool, Since: "2017-12", Single: true, check: checkTitleBool},
		{Name: KeyCreds, Writer: Master, Encoding: JSON, Since: "2017-08"},
		{Name: KeyClusterTag, Writer: Master, Since: "2018-05", Single: true},
		{Name: KeyRegistryLocation, Writer: Master, Since: "2019-05", Single: true},
		{Name: KeyCohortKeys, Writer: Master, Encoding: JSON, Since: "2019-11", Single: true, check: checkObject},
		{Name: KeyDefaultCNI, Writer: Master, Encoding: JSON, Since: "2020-03", Single: true, check: checkText},
		{Name: KeyAPIEndpoints, Writer: Master, Encoding: JSON, Since: "2021-04", Single: true, check: checkList(KeyAPIEndpoints)},
		{Name: KeyHasXCP, Writer: Master, Encoding: JSON, Since: "2022-02", Single: true, check: checkLowerBool},
		{Name: KeyTaints, Writer: Master, Encoding: JSON, Since: "2022-08", Single: true, check: checkList(KeyTaints)},
		{Name: KeyLabels, Writer: Master, Encoding: JSON, Since: "2022-08", Single: true, check: checkList(KeyLabels)},
		{Name: KeyCASecretID, Writer: Master, Since: "2024-11"},
		{Name: KeyKubeletUser, Writer: Worker, Since: "2017-05", Single: true},
		{Name: KeyAuthGroup, Writer: Worker, Since: "2017-05", Single: true},
		{Name: KeyGPU, Writer: Worker, Encoding: TitleBool, Since: "2017-03", Single: true, check: checkTitleBool},
		{Name: KeySchemaVers, Writer: Worker, Encoding: JSON, Since: "2024-11"},
	}
}

func (k Key) limit() int {
	if k.Encoding == JSON {
		return maxJSON
	}
	return maxValue
}

// SameValue reports whether two texts under a key say the same: they are equal, or, under a key of JSON, equal as JSON.
func SameValue(key, a, b string) bool {
	if a == b {
		return true
	}
	isJSON := slices.ContainsFunc(Keys(), func(k Key) bool { return k.Name == key && k.Encoding == JSON })
	var x, y any
	return isJSON && json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}

// SingleKeys lists the names of the plain values that a role writes.
func SingleKeys(role Role) []string {
	var names []string
	for _, k := range Keys() {
		if k.Writer == role && k.Single {
			names = append(names, k.Name)
		}
	}
	return names
}

// CheckValue says whether a value may be written under a key of the role; "" always may, it deletes the key.
// Reading is more tolerant than this.
func CheckValue(role Role, key, value string) error {
	for _, k := range Keys() {
		if k.Name != key || k.Writer != role || !k.Single {
			continue
		}
		switch {
		case value == "":
			return nil
		case len(value) > k.limit():
			return fmt.Errorf("%s is longer than %d bytes", key, k.limit())
		case !utf8.ValidString(value) || strings.ContainsRune(value, 0):
			return fmt.Errorf("%s is no text in UTF-8 without NUL", key)
		case k.check != nil:
			if err := k.check(value); err != nil {
				return fmt.Errorf("%s %w", key, err)
			}
		}
		return nil
	}
	return fmt.Errorf("%q is no key that a %s writes", key, role)
}

// FormatBool writes gpu and enable-kube-dns as every peer does.
func FormatBool(b bool) string {
	if b {
		return "True"
	}
	return "False"
}

func checkPort(value string) error {
	// No leading zero: some peers read the port as JSON.
	if n, err := strconv.ParseUint(value, 10, 16); err != nil || n == 0 || value[0] == '0' {
		return fmt.Errorf("%q is not a number from 1 to 65535", value)
	}
	return nil
}

func checkTitleBool(value string) error {
	if value != "True" && value != "False" {
		return fmt.Errorf("%q is neither True nor False", value)
	}
	return nil
}

func checkLowerBool(value string) error {
	if value != "true" && value != "false" {
		return fmt.Errorf("%q is neither true nor false", value)
	}
	return nil
}

func checkText(value string) error {
	if _, ok := DecodeText(value); !ok {
		return errors.New("is no JSON string")
	}
	return nil
}

func checkObject(value string) error {
	var object map[string]*string
	if json.Unmarshal([]byte(value), &object) != nil || object == nil {
		return errors.New("is no JSON object of texts")
	}
	for name, key := range object {
		if key == nil {
			return fmt.Errorf("has null under %q", name)
		}
	}
	return nil
}

func checkList(key string) func(string) error {
	return func(value string) error {
		_, err := DecodeList(key, value)
		return err
	}
}

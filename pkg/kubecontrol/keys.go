package kubecontrol

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
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

// Codec is how a value stands on the wire.
type Codec int

const (
	// Plain is the text itself.
	Plain Codec = iota
	// TitleBool is Python's str(bool), "True" or "False".
	TitleBool
	// LowerBool is JSON's "true" or "false".
	LowerBool
	// JSONText is a JSON string. The empty one is a value.
	JSONText
	// JSONList is a JSON array of texts, sorted, each once.
	JSONList
	// JSONObject is a JSON object of texts.
	JSONObject
	// OwnJSON is JSON of the key's own form.
	OwnJSON
)

// isJSON reports whether a value is JSON text. Two texts of equal value are equal then, whatever their spaces and order.
func (c Codec) isJSON() bool { return c >= LowerBool }

// Key describes one key of a unit databag.
type Key struct {
	Name   string
	Writer Role
	Codec  Codec
	Since  string // year and month of the interface's first version with it
	// Single is true for a plain value that an author sets for the whole endpoint; creds are not one.
	Single bool
	// Option is the ready charm's option that decides the value; "" for none.
	Option string
	// Command names the two simple commands, set-COMMAND and get-COMMAND; "" where the commands have a body of their own.
	Command string
	Arg     string             // the argument of the set command, for the help: "CLUSTER_TAG"
	About   string             // the meaning, for the help, behind "Print": "the tag of the cluster's resources"
	item    func(string) error // see CheckItem
}

// Keys is the table of the wire: every key of both databags, in the order in which the interface documents them.
func Keys() []Key {
	return []Key{
		{Name: KeyPort, Writer: Master, Since: "2017-03", Single: true, item: checkPort, Option: "dns-port"},
		{Name: KeyDomain, Writer: Master, Since: "2017-03", Single: true, item: checkDomain, Option: "dns-domain"},
		{Name: KeySDNIP, Writer: Master, Since: "2017-03", Single: true, item: checkAddress, Option: "dns-ip"},
		{Name: KeyEnableKubeDNS, Writer: Master, Codec: TitleBool, Since: "2017-12", Single: true, Option: "dns-provider"},
		{Name: KeyCreds, Writer: Master, Codec: OwnJSON, Since: "2017-08"},
		{
			Name: KeyClusterTag, Writer: Master, Since: "2018-05", Single: true, item: checkWord,
			Option: "cluster-tag", Command: "cluster-tag", Arg: "CLUSTER_TAG", About: "the tag of the cluster's resources",
		},
		{
			Name: KeyRegistryLocation, Writer: Master, Since: "2019-05", Single: true, item: checkRegistry,
			Option: "image-registry", Command: "registry-location", Arg: "REGISTRY_LOCATION", About: "the registry that container images come from",
		},
		{Name: KeyCohortKeys, Writer: Master, Codec: JSONObject, Since: "2019-11", Single: true, item: checkObject, Option: "cohort-keys"},
		{
			Name: KeyDefaultCNI, Writer: Master, Codec: JSONText, Since: "2020-03", Single: true, item: checkWord,
			Option: "default-cni", Command: "default-cni", Arg: "NAME", About: "the name of the default CNI",
		},
		{
			Name: KeyAPIEndpoints, Writer: Master, Codec: JSONList, Since: "2021-04", Single: true, item: checkEndpoint,
			Option: "api-endpoints", Command: "api-endpoints", Arg: "URL", About: "the URLs of the API servers",
		},
		{
			Name: KeyHasXCP, Writer: Master, Codec: LowerBool, Since: "2022-02", Single: true,
			Option: "has-xcp", Command: "has-xcp", Arg: "BOOL", About: "whether there is an external cloud provider",
		},
		{
			Name: KeyTaints, Writer: Master, Codec: JSONList, Since: "2022-08", Single: true, item: checkTaint,
			Option: "register-with-taints", Command: "controller-taints", Arg: "TAINT", About: "the taints of control-plane nodes, KEY[=VALUE]:EFFECT each",
		},
		{
			Name: KeyLabels, Writer: Master, Codec: JSONList, Since: "2022-08", Single: true, item: checkLabel,
			Option: "labels", Command: "controller-labels", Arg: "LABEL", About: "the labels of control-plane nodes, KEY=VALUE each",
		},
		{Name: KeyCASecretID, Writer: Master, Since: "2024-11", Option: "ca-certificate"},
		{Name: KeyKubeletUser, Writer: Worker, Since: "2017-05", Single: true, Option: "node-name"},
		{Name: KeyAuthGroup, Writer: Worker, Since: "2017-05", Single: true, Option: "auth-group", item: CheckName},
		{Name: KeyGPU, Writer: Worker, Codec: TitleBool, Since: "2017-03", Single: true, Option: "gpu"},
		{Name: KeySchemaVers, Writer: Worker, Codec: OwnJSON, Since: "2024-11"},
	}
}

// OptionOf is the option of a ready charm that decides a value on the wire, "" for a value that no option decides.
func OptionOf(role Role, key string) string {
	for _, k := range Keys() {
		if k.Name == key && k.Writer == role {
			return k.Option
		}
	}
	return ""
}

// Usage is how the help writes the arguments of the set command: "NAME", or "[URL...]" for a list.
func (k Key) Usage() string {
	if k.Codec == JSONList {
		return "[" + k.Arg + "...]"
	}
	return k.Arg
}

// Encode writes plain texts as the key's value: one text, or a list's entries. A bool is read as people type it and as the
// wire spells it; other texts are an error. CheckValue says whether the value may be written.
func (k Key) Encode(texts []string) (string, error) {
	switch k.Codec {
	case JSONList:
		return EncodeList(texts), nil
	case JSONText:
		return EncodeText(texts[0]), nil
	case TitleBool, LowerBool:
		b, err := ReadBool(texts[0])
		if k.Codec == TitleBool {
			return FormatBool(b), err
		}
		return strconv.FormatBool(b), err
	}
	return texts[0], nil
}

// ReadBool reads true and false as people type them, and as the wire spells them.
func ReadBool(text string) (bool, error) {
	switch text {
	case "true", "True":
		return true, nil
	case "false", "False":
		return false, nil
	}
	return false, fmt.Errorf("%+.100q is neither true nor false", text)
}

func (k Key) limit() int {
	if k.Codec.isJSON() {
		return maxJSON
	}
	return maxValue
}

// SameValue reports whether two texts under a key say the same: they are equal, or, under a key of JSON, equal as JSON.
func SameValue(key, a, b string) bool {
	if a == b {
		return true
	}
	isJSON := slices.ContainsFunc(Keys(), func(k Key) bool { return k.Name == key && k.Codec.isJSON() })
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

// FormatBool writes gpu and enable-kube-dns as every peer does.
func FormatBool(b bool) string {
	if b {
		return "True"
	}
	return "False"
}

package main

import (
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"
)

// Case is one directory: objects for the cluster, and requests with what must come of them.
type Case struct {
	// Name is the directory's name, Group that of the directory above.
	Name, Group string
	// Objects is the content of manifests.yaml: what is under judgement.
	Objects []Object
	// Cluster is the content of cluster.yaml, if any: what the cluster has of its own, like a Gateway.
	Cluster []Object
	Table
}

// Table is the content of requests.yaml.
type Table struct {
	// About says what the case shows, for the report.
	About string `json:"about"`
	// Namespace is that of the Services and of objects that name none.
	Namespace string `json:"namespace"`
	// Pods tells, by name of a Service, what runs behind it; in another namespace by NAMESPACE/NAME. A Service not named
	// here has no endpoints.
	Pods map[string]Pods `json:"pods"`
	// Secrets are certificates and authorities the cluster holds apart from the manifests.
	Secrets []Certificate `json:"secrets"`
	// ConfigMaps hold authorities, under the key ca.crt.
	ConfigMaps []Certificate `json:"configMaps"`
	// Issuers maps names of cert-manager issuers to authorities; the others are "public".
	Issuers map[string]string `json:"issuers"`
	// Arguments are further ones for Traefik.
	Arguments []string `json:"arguments"`
	// Complaints are parts of what Traefik must say against the manifests; it must say nothing else.
	Complaints []string `json:"complaints"`
	// Gateway switches the Gateway API provider on.
	Gateway bool `json:"gateway"`
	// Starts is how often Traefik is started with the same objects; each start must answer as the first. Once when not given.
	Starts int `json:"starts"`
	// Requests are made in this order.
	Requests []Request `json:"requests"`
}

// Pods are equal servers behind a Service, one listener for each of its ports.
type Pods struct {
	// Count is 1 when not given.
	Count *int `json:"count"`
	// TLS is the certificate they show; nil for plain HTTP (1.1, or 2 with prior knowledge).
	TLS *ServerCertificate `json:"tls"`
	// TLSPorts are the names of the ports that speak TLS; all when not given.
	TLSPorts []string `json:"tlsPorts"`
}

// ServerCertificate names an issued certificate.
type ServerCertificate struct {
	// Authority is the name of the issuing authority, any word.
	Authority string `json:"authority"`
	// Names are its DNS names.
	Names []string `json:"names"`
}

// Certificate is a Secret or ConfigMap: of type kubernetes.io/tls with ca.crt if it has DNS
// names, else with the authority's certificate in ca.crt alone.
type Certificate struct {
	Name string `json:"name"`
	ServerCertificate
}

// Request is sent once or several times to one of Traefik's entry points.
type Request struct {
	Name string `json:"name"`
	// Scheme is http (entry point web, the default) or https (websecure).
	Scheme string `json:"scheme"`
	// Host is the Host header and the TLS server name.
	Host string `json:"host"`
	// SNI is the TLS server name where it differs from Host.
	SNI string `json:"sni"`
	// Method is GET when not given.
	Method string `json:"method"`
	// Path goes out as it stands here, with query; / when not given.
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	// From is the loopback address it comes from.
	From string `json:"from"`
	// Repeat is how often it is sent, each time over a new connection; once when not given.
	Repeat int `json:"repeat"`
	// KeepCookies sends cookies of earlier answers of this Request along.
	KeepCookies bool        `json:"keepCookies"`
	Expect      Expectation `json:"expect"`
}

// Expectation is what every answer to a Request must be. A field not given is not looked at.
type Expectation struct {
	Status int `json:"status"`
	// OpenShift says what the OpenShift router does where the expectation is only close to it.
	OpenShift string `json:"openshift"`
	// Location is the header of that name.
	Location string `json:"location"`
	// Backend is the Service reached, "none" if the answer must be Traefik's own.
	Backend string `json:"backend"`
	// BackendPort is the name or number of the Service port reached.
	BackendPort string `json:"backendPort"`
	// BackendPath is the request target the backend saw.
	BackendPath string `json:"backendPath"`
	// BackendHost is the Host header the backend saw.
	BackendHost string `json:"backendHost"`
	// BackendSNI is the TLS server name the backend saw.
	BackendSNI string `json:"backendSNI"`
	// BackendProtocol is the HTTP version the backend saw.
	BackendProtocol string `json:"backendProtocol"`
	// BackendHeaders are request headers the backend saw; null for one it must not see.
	BackendHeaders map[string]*string `json:"backendHeaders"`
	// ResponseHeaders are those of the answer; null for one that must be absent. /text/ is a regular expression.
	ResponseHeaders map[string]*string `json:"responseHeaders"`
	// Certificate is a DNS name of the certificate shown, "default" for Traefik's own.
	Certificate string `json:"certificate"`
	// Authority is the name of the authority that issued the certificate shown.
	Authority string `json:"authority"`
	// Refused is true if there must be no HTTP answer at all.
	Refused bool `json:"refused"`
	// DistinctPods is how many pods all answers together must come from.
	DistinctPods int `json:"distinctPods"`
	// Distribution is the share of answers by Service, in percent.
	Distribution map[string]float64 `json:"distribution"`
	// Tolerance of Distribution, in percentage points.
	Tolerance float64 `json:"tolerance"`
}

// readCase reads a case directory, the manifests from another file if one is given.
func readCase(directory, manifests string) (*Case, error) {
	if manifests == "" {
		manifests = filepath.Join(directory, "manifests.yaml")
	}
	c := &Case{}
	c.Group, c.Name = caseName(directory)
	text, err := os.ReadFile(filepath.Join(directory, "requests.yaml"))
	if err != nil {
		return nil, err
	}
	if err := yaml.UnmarshalStrict(text, &c.Table); err != nil {
		return nil, fmt.Errorf("%s/requests.yaml: %w", directory, err)
	}
	if c.Objects, err = readObjects(manifests); err != nil {
		return nil, err
	}
	c.Cluster, err = readObjects(filepath.Join(directory, "cluster.yaml"))
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	for _, objects := range [][]Object{c.Objects, c.Cluster} {
		for _, object := range objects {
			c.place(object)
		}
	}
	return c, nil
}

// caseName is the names of the directory and the one above, also when it is given as "." or "x/".
func caseName(directory string) (group, name string) {
	absolute, err := filepath.Abs(directory)
	must(err)
	return filepath.Base(filepath.Dir(absolute)), filepath.Base(absolute)
}

// place gives a namespaced object without namespace the case's, as an apply would.
func (c *Case) place(object Object) {
	if kind, known := kindOf(object); known && kind.Cluster {
		return
	}
	if metadata := object.object("metadata"); metadata != nil && metadata["namespace"] == nil {
		metadata["namespace"] = c.Namespace
	}
}

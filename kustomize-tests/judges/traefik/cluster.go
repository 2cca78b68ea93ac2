package main

import (
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net/http"
	"slices"
)

// silent drops the handshake errors that wrong certificates cause on purpose.
var silent = log.New(io.Discard, "", 0)

// Cluster is what Traefik finds around the manifests: running pods, certificates, its class.
type Cluster struct {
	api     *KubeAPI
	servers []*http.Server
	// Complaints are what cert-manager or the API server would object to.
	Complaints []string
}

// The class of K3s' Traefik, the namespace it runs in, and the hosts by which [Traefik] is asked
// whether it has taken over the configuration of each provider.
const (
	ingressClass    = "traefik"
	systemNamespace = "kube-system"
	readyIngress    = "ready-ingress.judge"
	readyCRD        = "ready-crd.judge"
	readyGateway    = "ready-gateway.judge"
)

// NewCluster starts the pods and the API server of a case. The ports are Traefik's entry points.
func NewCluster(c *Case, schemas Schemas, web, websecure int) (*Cluster, error) {
	cluster := &Cluster{}
	objects := slices.Concat(c.Objects, c.Cluster, c.certificates())
	issued, complaints := certManager(objects, c.Issuers)
	objects = append(objects, issued...)
	cluster.Complaints = append(complaints, duplicates(objects)...)

	for _, gateway := range objects {
		if gateway.text("kind") == "Gateway" {
			bindListeners(gateway, web, websecure)
		}
	}
	objects = append(objects, system(c.Gateway, web, websecure)...)
	for i := range objects {
		objects[i] = objects[i].normal()
		cluster.Complaints = append(cluster.Complaints, schemas.admit(objects[i])...)
	}
	slicesOf, err := cluster.startPods(c.Namespace, c.Pods, objects)
	if err != nil {
		cluster.Close()
		return nil, err
	}
	ready, err := cluster.startPods(systemNamespace, map[string]Pods{"ready": {}}, objects)
	if err != nil {
		cluster.Close()
		return nil, err
	}
	cluster.api, err = NewKubeAPI(slices.Concat(objects, slicesOf, ready))
	if err != nil {
		cluster.Close()
		return nil, err
	}
	return cluster, nil
}

// Close stops all servers.
func (c *Cluster) Close() {
	if c.api != nil {
		c.api.Close()
	}
	for _, server := range c.servers {
		server.Close()
	}
}

// startPods starts what runs behind the Services, those of the namespace by their bare names, and returns their EndpointSlices,
// one for each pod, because each pod has port numbers of its own here.
func (c *Cluster) startPods(namespace string, pods map[string]Pods, objects []Object) ([]Object, error) {
	var endpoints []Object
	for index, service := range objects {
		name := service.name()
		if service.namespace() != namespace {
			name = service.namespace() + "/" + name
		}
		running, ok := pods[name]
		if service.text("kind") != "Service" || !ok {
			continue
		}
		count := 1
		if running.Count != nil {
			count = *running.Count
		}
		for pod := range count {
			address := fmt.Sprintf("127.1.%d.%d", index%250+1, pod+1)
			var ports []any
			for _, port := range service.object("spec").list("ports") {
				name := port.text("name")
				label := name
				if label == "" {
					label = fmt.Sprint(port["port"])
				}
				certificate := running.TLS
				if len(running.TLSPorts) > 0 && !slices.Contains(running.TLSPorts, label) {
					certificate = nil
				}
				number, server, err := listen(address, service.name(), label, certificate)
				if err != nil {
					return nil, err
				}
				c.servers = append(c.servers, server)
				ports = append(ports, Object{"name": name, "port": number, "protocol": "TCP"})
			}
			endpoints = append(endpoints, Object{
				"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
				"metadata": Object{
					"name": fmt.Sprintf("%s-%d", service.name(), pod), "namespace": service.namespace(),
					"labels": Object{"kubernetes.io/service-name": service.name()},
				},
				"addressType": "IPv4",
				"endpoints": []any{Object{
					"addresses":  []any{address},
					"conditions": Object{"ready": true, "serving": true, "terminating": false},
				}},
				"ports": ports,
			})
		}
	}
	return endpoints, nil
}

// certificates are the Secrets and ConfigMaps the case's table asks for.
func (c *Case) certificates() []Object {
	var objects []Object
	for _, secret := range c.Secrets {
		objects = append(objects, tlsSecret(c.Namespace, secret.Name, secret.ServerCertificate))
	}
	for _, configMap := range c.ConfigMaps {
		objects = append(objects, Object{
			"apiVersion": "v1", "kind": "ConfigMap",
			"metadata": Object{"name": configMap.Name, "namespace": c.Namespace},
			"data":     Object{"ca.crt": string(NewAuthority(configMap.Authority).PEM())},
		})
	}
	return objects
}

// tlsSecret has tls.crt, tls.key and ca.crt, as cert-manager writes them; without names only ca.crt.
func tlsSecret(namespace, name string, certificate ServerCertificate) Object {
	authority := NewAuthority(certificate.Authority)
	data := Object{"ca.crt": base64.StdEncoding.EncodeToString(authority.PEM())}
	kind := "Opaque"
	if len(certificate.Names) > 0 {
		issued := authority.Issue(certificate.Names...)
		data["tls.crt"] = base64.StdEncoding.EncodeToString(issued.Certificate)
		data["tls.key"] = base64.StdEncoding.EncodeToString(issued.Key)
		kind = "kubernetes.io/tls"
	}
	return Object{
		"apiVersion": "v1", "kind": "Secret", "type": kind,
		"metadata": Object{"name": name, "namespace": namespace},
		"data":     data,
	}
}

// duplicates are objects an apply would overwrite with one another.
func duplicates(objects []Object) []string {
	var complaints []string
	seen := map[string]bool{}
	for _, object := range objects {
		id := object.text("apiVersion") + " " + object.String()
		if seen[id] {
			complaints = append(complaints, id+" is there twice")
		}
		seen[id] = true
	}
	return complaints
}

// bindListeners puts the listeners of a Gateway on the entry points: the chart's ports 8000 and
// 8443, or the usual 80 and 443, become the free ports of this run.
func bindListeners(gateway Object, web, websecure int) {
	entryPoints := map[string]int{"8000": web, "80": web, "8443": websecure, "443": websecure}
	for _, listener := range gateway.object("spec").list("listeners") {
		if port, ok := entryPoints[fmt.Sprint(listener["port"])]; ok {
			listener["port"] = port
		}
	}
}

// system is what the chart and K3s bring: the class, Traefik's Service, and a route of each
// provider to know by that it has been loaded.
func system(withGateway bool, web, websecure int) []Object {
	meta := func(name string) Object { return Object{"name": name, "namespace": systemNamespace} }
	objects := []Object{
		{
			"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass",
			"metadata": Object{
				"name":        ingressClass,
				"annotations": Object{"ingressclass.kubernetes.io/is-default-class": "true"},
			},
			"spec": Object{"controller": "traefik.io/ingress-controller"},
		},
		{
			"apiVersion": "v1", "kind": "Service", "metadata": meta("traefik"),
			"spec":   Object{"type": "LoadBalancer", "ports": []any{Object{"name": "web", "port": 80}}},
			"status": Object{"loadBalancer": Object{"ingress": []any{Object{"ip": "192.0.2.1"}}}},
		},
		{
			"apiVersion": "v1", "kind": "Service", "metadata": meta("ready"),
			"spec": Object{"ports": []any{Object{"name": "http", "port": 80}}},
		},
		{
			"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": meta("ready"),
			"spec": Object{
				"ingressClassName": ingressClass,
				"rules": []any{Object{"host": readyIngress, "http": Object{"paths": []any{Object{
					"path": "/", "pathType": "Prefix",
					"backend": Object{"service": Object{"name": "ready", "port": Object{"number": 80}}},
				}}}}},
			},
		},
		{
			"apiVersion": traefikV1, "kind": "IngressRoute", "metadata": meta("ready"),
			"spec": Object{"routes": []any{Object{
				"kind": "Rule", "match": "Host(`" + readyCRD + "`)",
				"services": []any{Object{"name": "ready", "port": 80}},
			}}},
		},
	}
	for _, namespace := range []string{"default", systemNamespace} {
		objects = append(objects, Object{
			"apiVersion": "v1", "kind": "Namespace",
			"metadata": Object{"name": namespace, "labels": Object{"kubernetes.io/metadata.name": namespace}},
		})
	}
	if withGateway {
		objects = append(objects,
			tlsSecret(systemNamespace, "ready", ServerCertificate{"ready", []string{readyGateway}}),
			Object{
				"apiVersion": gatewayV1, "kind": "GatewayClass", "metadata": Object{"name": ingressClass},
				"spec": Object{"controllerName": "traefik.io/gateway-controller"},
			},
			Object{
				"apiVersion": gatewayV1, "kind": "Gateway", "metadata": meta("ready"),
				"spec": Object{
					"gatewayClassName": ingressClass,
					"listeners": []any{
						Object{"name": "web", "protocol": "HTTP", "port": web},
						Object{
							"name": "websecure", "protocol": "HTTPS", "port": websecure,
							"tls": Object{"certificateRefs": []any{Object{"name": "ready"}}},
						},
					},
				},
			},
			Object{
				"apiVersion": gatewayV1, "kind": "HTTPRoute", "metadata": meta("ready"),
				"spec": Object{
					"parentRefs": []any{Object{"name": "ready"}},
					"hostnames":  []any{readyGateway},
					"rules": []any{Object{
						"backendRefs": []any{Object{"name": "ready", "port": 80}},
					}},
				},
			})
	}
	return objects
}

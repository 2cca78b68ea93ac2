package main

import (
	traefik "github.com/traefik/traefik/v3/pkg/provider/kubernetes/crd/traefikio/v1alpha1"
	core "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	networking "k8s.io/api/networking/v1"
	gateway "sigs.k8s.io/gateway-api/apis/v1"
	gatewayv1beta1 "sigs.k8s.io/gateway-api/apis/v1beta1"
)

// Kind is a kind of object that Traefik asks the Kubernetes API for.
type Kind struct {
	APIVersion, Name string
	// Resource is the plural in the API's paths.
	Resource string
	// Cluster is true where objects have no namespace.
	Cluster bool
	// New returns an empty object of Traefik's own type, to decode into.
	New func() any
}

const (
	coreV1    = "v1"
	traefikV1 = "traefik.io/v1alpha1"
	gatewayV1 = "gateway.networking.k8s.io/v1"
)

// kinds are all that the providers kubernetesIngress, kubernetesCRD and kubernetesGateway
// (standard channel) list.
var kinds = []Kind{
	{coreV1, "ConfigMap", "configmaps", false, func() any { return new(core.ConfigMap) }},
	{coreV1, "Namespace", "namespaces", true, func() any { return new(core.Namespace) }},
	{coreV1, "Node", "nodes", true, func() any { return new(core.Node) }},
	{coreV1, "Secret", "secrets", false, func() any { return new(core.Secret) }},
	{coreV1, "Service", "services", false, func() any { return new(core.Service) }},
	{"discovery.k8s.io/v1", "EndpointSlice", "endpointslices", false, func() any { return new(discovery.EndpointSlice) }},
	{"networking.k8s.io/v1", "Ingress", "ingresses", false, func() any { return new(networking.Ingress) }},
	{"networking.k8s.io/v1", "IngressClass", "ingressclasses", true, func() any { return new(networking.IngressClass) }},

	{traefikV1, "IngressRoute", "ingressroutes", false, func() any { return new(traefik.IngressRoute) }},
	{traefikV1, "IngressRouteTCP", "ingressroutetcps", false, func() any { return new(traefik.IngressRouteTCP) }},
	{traefikV1, "IngressRouteUDP", "ingressrouteudps", false, func() any { return new(traefik.IngressRouteUDP) }},
	{traefikV1, "Middleware", "middlewares", false, func() any { return new(traefik.Middleware) }},
	{traefikV1, "MiddlewareTCP", "middlewaretcps", false, func() any { return new(traefik.MiddlewareTCP) }},
	{traefikV1, "ServersTransport", "serverstransports", false, func() any { return new(traefik.ServersTransport) }},
	{traefikV1, "ServersTransportTCP", "serverstransporttcps", false, func() any { return new(traefik.ServersTransportTCP) }},
	{traefikV1, "TLSOption", "tlsoptions", false, func() any { return new(traefik.TLSOption) }},
	{traefikV1, "TLSStore", "tlsstores", false, func() any { return new(traefik.TLSStore) }},
	{traefikV1, "TraefikService", "traefikservices", false, func() any { return new(traefik.TraefikService) }},

	{gatewayV1, "BackendTLSPolicy", "backendtlspolicies", false, func() any { return new(gateway.BackendTLSPolicy) }},
	{gatewayV1, "Gateway", "gateways", false, func() any { return new(gateway.Gateway) }},
	{gatewayV1, "GatewayClass", "gatewayclasses", true, func() any { return new(gateway.GatewayClass) }},
	{gatewayV1, "GRPCRoute", "grpcroutes", false, func() any { return new(gateway.GRPCRoute) }},
	{gatewayV1, "HTTPRoute", "httproutes", false, func() any { return new(gateway.HTTPRoute) }},
	{gatewayV1, "TLSRoute", "tlsroutes", false, func() any { return new(gateway.TLSRoute) }},
	{"gateway.networking.k8s.io/v1beta1", "ReferenceGrant", "referencegrants", false, func() any { return new(gatewayv1beta1.ReferenceGrant) }},
}

// kindOf finds the kind of an object, if Traefik cares for it.
func kindOf(object Object) (Kind, bool) {
	for _, kind := range kinds {
		if kind.APIVersion == object.text("apiVersion") && kind.Name == object.text("kind") {
			return kind, true
		}
	}
	return Kind{}, false
}

package main

import "fmt"

// certManager does the part of cert-manager that routing depends on: it fills the Secrets of
// Certificates and of Ingresses with an issuer annotation. The complaints are about Secrets that
// two owners would fight over.
func certManager(objects []Object, issuers map[string]string) (issued []Object, complaints []string) {
	owners := map[string]string{}
	for _, object := range objects {
		if object.text("kind") == "Secret" {
			owners[object.namespace()+"/"+object.name()] = "the manifests"
		}
	}
	issue := func(owner Object, secret, issuer string, names []string) {
		if owners[owner.namespace()+"/"+secret] != "" {
			complaints = append(complaints, fmt.Sprintf("cert-manager: %s wants Secret %s, which belongs to %s",
				owner, secret, owners[owner.namespace()+"/"+secret]))
			return
		}
		owners[owner.namespace()+"/"+secret] = owner.String()
		authority := issuers[issuer]
		if authority == "" {
			authority = "public"
		}
		issued = append(issued, tlsSecret(owner.namespace(), secret, ServerCertificate{authority, names}))
	}
	for _, object := range objects {
		spec := object.object("spec")
		switch object.text("kind") {
		case "Certificate":
			issue(object, spec.text("secretName"), spec.object("issuerRef").text("name"), spec.texts("dnsNames"))
		case "Ingress":
			issuer := object.annotation("cert-manager.io/cluster-issuer")
			if issuer == "" {
				issuer = object.annotation("cert-manager.io/issuer")
			}
			if issuer == "" {
				continue
			}
			for _, entry := range spec.list("tls") {
				issue(object, entry.text("secretName"), issuer, entry.texts("hosts"))
			}
		}
	}
	return issued, complaints
}

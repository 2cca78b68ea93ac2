package main

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Sight is what a backend saw of a request; it is the body of its answer.
type Sight struct {
	Service  string      `json:"service"`
	Port     string      `json:"port"`
	Pod      string      `json:"pod"`
	Method   string      `json:"method"`
	Target   string      `json:"target"`
	Host     string      `json:"host"`
	SNI      string      `json:"sni"`
	Protocol string      `json:"protocol"`
	Headers  http.Header `json:"headers"`
}

// delayHeader lets a request ask the backend to wait before it answers.
const delayHeader = "Judge-Delay"

// listen starts a backend for one port of one pod and returns its port number.
func listen(address, service, port string, certificate *ServerCertificate) (int, *http.Server, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		return 0, nil, err
	}
	number := listener.Addr().(*net.TCPAddr).Port
	server := &http.Server{Handler: echo(service, port, address), ErrorLog: silent}
	server.Protocols = new(http.Protocols)
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	server.Protocols.SetHTTP2(true)
	if certificate == nil {
		go server.Serve(listener)
		return number, server, nil
	}
	issued := NewAuthority(certificate.Authority).Issue(certificate.Names...)
	server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{issued.TLS()}}
	go server.ServeTLS(listener, "", "")
	return number, server, nil
}

// echo answers with what it saw. X-Powered-By is there to be deleted or replaced on the way back.
func echo(service, port, pod string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if delay, err := time.ParseDuration(r.Header.Get(delayHeader)); err == nil {
			time.Sleep(delay)
		}
		sight := Sight{
			Service: service, Port: port, Pod: pod,
			Method: r.Method, Target: r.RequestURI, Host: r.Host, Protocol: r.Proto, Headers: r.Header,
		}
		if r.TLS != nil {
			sight.SNI = r.TLS.ServerName
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Powered-By", fmt.Sprintf("backend %s", service))
		json.NewEncoder(w).Encode(sight)
	}
}

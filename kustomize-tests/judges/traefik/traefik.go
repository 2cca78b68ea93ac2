package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Traefik is a running Traefik, set up as K3s' chart does: entry points web and websecure (with
// TLS), the providers kubernetesIngress and kubernetesCRD, no other options.
type Traefik struct {
	// Web and Websecure are the addresses of the entry points.
	Web, Websecure string

	command *exec.Cmd
	cancel  context.CancelFunc
	exited  chan struct{}
	log     lockedBuffer
	admin   string
}

// startTimeout is how long Traefik may take until it has taken all objects over, lifetime how
// long it may run at most.
const (
	startTimeout = 20 * time.Second
	lifetime     = 5 * time.Minute
)

// entryAddress is a loopback address of this process alone: Traefik's ports are given back just
// before it starts, and on this address nobody else takes one meanwhile.
var entryAddress = fmt.Sprintf("127.%d.%d.%d", 128+os.Getpid()>>16&63, os.Getpid()>>8&255, os.Getpid()&255)

// ports are those of the entry points web, websecure and traefik.
type ports struct{ web, websecure, admin int }

// taken are the ports this process has ever given out; cases run side by side.
var taken struct {
	sync.Mutex
	ports map[int]bool
}

// freePorts finds three ports on the entry address.
func freePorts() (ports, error) {
	taken.Lock()
	defer taken.Unlock()
	if taken.ports == nil {
		taken.ports = map[int]bool{}
	}
	var numbers []int
	for len(numbers) < 3 {
		listener, err := net.Listen("tcp", net.JoinHostPort(entryAddress, "0"))
		if err != nil {
			return ports{}, err
		}
		defer listener.Close()
		number := listener.Addr().(*net.TCPAddr).Port
		if !taken.ports[number] {
			taken.ports[number] = true
			numbers = append(numbers, number)
		}
	}
	return ports{numbers[0], numbers[1], numbers[2]}, nil
}

// StartTraefik runs the program against the API server and waits until each provider's objects
// are in effect on both entry points.
func StartTraefik(program, api string, p ports, gateway bool, arguments []string) (*Traefik, error) {
	ctx, cancel := context.WithTimeout(context.Background(), lifetime)
	t := &Traefik{
		Web:       fmt.Sprintf("%s:%d", entryAddress, p.web),
		Websecure: fmt.Sprintf("%s:%d", entryAddress, p.websecure),
		admin:     fmt.Sprintf("%s:%d", entryAddress, p.admin),
		cancel:    cancel,
		exited:    make(chan struct{}),
	}
	options := []string{
		"--global.checkNewVersion=false",
		"--global.sendAnonymousUsage=false",
		"--log.level=WARN",
		"--log.format=json",
		"--api.insecure=true",
		"--entryPoints.traefik.address=" + t.admin,
		"--entryPoints.web.address=" + t.Web,
		"--entryPoints.websecure.address=" + t.Websecure,
		"--entryPoints.websecure.http.tls=true",
		"--providers.kubernetesIngress.endpoint=" + api,
		"--providers.kubernetesIngress.allowEmptyServices=true",
		"--providers.kubernetesIngress.ingressEndpoint.publishedService=" + systemNamespace + "/traefik",
		"--providers.kubernetesCRD.endpoint=" + api,
		"--providers.kubernetesCRD.allowEmptyServices=true",
	}
	hosts := []string{readyIngress, readyCRD}
	if gateway {
		options = append(options, "--providers.kubernetesGateway.endpoint="+api)
		hosts = append(hosts, readyGateway)
	}
	t.command = exec.CommandContext(ctx, program, append(options, arguments...)...)
	t.command.Env = []string{}
	t.command.Stdout, t.command.Stderr = &t.log, &t.log
	t.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := t.command.Start(); err != nil {
		cancel()
		return nil, err
	}
	go func() {
		t.command.Wait()
		close(t.exited)
	}()
	if err := t.awaitReady(hosts); err != nil {
		t.Stop()
		return nil, fmt.Errorf("%w; it said:\n%s", err, t.log.String())
	}
	return t, nil
}

// awaitReady asks for the ready routes until all answer. A provider hands its objects over in one
// piece, and an entry point switches in one piece, so an answer proves that all the rest is there.
func (t *Traefik) awaitReady(hosts []string) error {
	deadline := time.Now().Add(startTimeout)
	for _, host := range hosts {
		for _, scheme := range []string{"http", "https"} {
			probe := Request{Scheme: scheme, Host: host}
			for {
				answer := probe.send(t, nil)
				if answer.Err == nil && answer.Status == http.StatusOK {
					break
				}
				if time.Now().After(deadline) {
					return fmt.Errorf("%s://%s is not served: %s", scheme, host, answer)
				}
				select {
				case <-t.exited:
					return errors.New("Traefik ended")
				case <-time.After(20 * time.Millisecond):
				}
			}
		}
	}
	return nil
}

// Stop ends Traefik.
func (t *Traefik) Stop() {
	t.cancel()
	<-t.exited
}

// Complaints are what its providers logged about objects, and the errors its runtime API shows of
// routers, services and middlewares. The rest of the log is about its start or about requests.
func (t *Traefik) Complaints() []string {
	complaints := t.runtimeErrors()
	for _, line := range strings.Split(t.log.String(), "\n") {
		var entry struct {
			Level, Message, Error, ProviderName, Namespace string
		}
		if json.Unmarshal([]byte(line), &entry) != nil || entry.ProviderName == "" || entry.Level != "error" {
			continue
		}
		complaints = append(complaints,
			strings.TrimSuffix(fmt.Sprintf("%s: %s: %s", entry.ProviderName, entry.Message, entry.Error), ": "))
	}
	slices.Sort(complaints)
	return slices.Compact(complaints)
}

// runtimeErrors are those of routers, services and middlewares.
func (t *Traefik) runtimeErrors() []string {
	response, err := (&http.Client{Timeout: 5 * time.Second}).Get("http://" + t.admin + "/api/rawdata")
	if err != nil {
		return nil
	}
	defer response.Body.Close()
	var sections map[string]map[string]struct {
		Error any `json:"error"`
	}
	if json.NewDecoder(response.Body).Decode(&sections) != nil {
		return nil
	}
	var complaints []string
	for section, objects := range sections {
		for name, object := range objects {
			if object.Error != nil {
				complaints = append(complaints, fmt.Sprintf("%s %s: %v", section, name, object.Error))
			}
		}
	}
	slices.Sort(complaints)
	return complaints
}

// lockedBuffer collects output of a process while others read it.
type lockedBuffer struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(text []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.Write(text)
}

func (b *lockedBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.String()
}

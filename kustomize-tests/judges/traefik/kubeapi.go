package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// KubeAPI stands in for a cluster's API server: it lists and watches a fixed set of objects, takes
// status updates and forgets all but the last one of each object. Selectors are not evaluated.
type KubeAPI struct {
	// URL is where it listens, on loopback.
	URL string

	server      *http.Server
	collections map[string]*collection // by path, as /apis/traefik.io/v1alpha1/middlewares
	stored      map[string]Object      // by path of the object

	mutex    sync.Mutex
	unknown  []string
	statuses map[string]Object // by path of the object
}

// NewKubeAPI serves the objects; those of kinds Traefik does not ask for are left out.
func NewKubeAPI(objects []Object) (*KubeAPI, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	api := &KubeAPI{
		URL:         "http://" + listener.Addr().String(),
		collections: map[string]*collection{},
		stored:      map[string]Object{},
		statuses:    map[string]Object{},
	}
	for _, kind := range kinds {
		api.collections[collectionPath(kind)] = &collection{kind: kind, objects: []Object{}}
	}
	for i, object := range objects {
		if kind, known := kindOf(object); known {
			collection := api.collections[collectionPath(kind)]
			stored := asStored(object, i)
			collection.objects = append(collection.objects, stored)
			api.stored[objectPath(kind, object)] = stored
		}
	}
	api.server = &http.Server{Handler: api}
	go api.server.Serve(listener)
	return api, nil
}

// Close ends all watches and the server.
func (a *KubeAPI) Close() { a.server.Close() }

// Unknown are the requests it had no answer for.
func (a *KubeAPI) Unknown() []string {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return slices.Clone(a.unknown)
}

// Refusals are the conditions with status False that Traefik wrote into Gateway API objects.
func (a *KubeAPI) Refusals() []string {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	var refusals []string
	for path, object := range a.statuses {
		collectRefusals(path, object["status"], &refusals)
	}
	slices.Sort(refusals)
	return refusals
}

func collectRefusals(path string, value any, refusals *[]string) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			collectRefusals(path, item, refusals)
		}
	case map[string]any:
		condition := Object(value)
		if condition.text("status") == "False" {
			*refusals = append(*refusals, fmt.Sprintf("%s: %s: %s: %s",
				path, condition.text("type"), condition.text("reason"), condition.text("message")))
		}
		for _, item := range value {
			collectRefusals(path, item, refusals)
		}
	}
}

// ServeHTTP answers Traefik's Kubernetes clients.
func (a *KubeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/status") && (r.Method == http.MethodPut || r.Method == http.MethodPatch) {
		a.takeStatus(w, r)
		return
	}
	collection, known := a.collections[r.URL.Path]
	switch {
	case r.Method == http.MethodGet && known && r.URL.Query().Get("watch") == "true":
		collection.watch(w, r)
	case r.Method == http.MethodGet && known:
		answer(w, http.StatusOK, Object{
			"apiVersion": collection.kind.APIVersion, "kind": collection.kind.Name + "List",
			"metadata": Object{"resourceVersion": storedVersion},
			"items":    collection.objects,
		})
	case r.Method == http.MethodGet && r.URL.Path == "/version":
		answer(w, http.StatusOK, Object{"major": "1", "minor": "36", "gitVersion": "v1.36.0"})
	default:
		a.mutex.Lock()
		a.unknown = append(a.unknown, r.Method+" "+r.URL.Path)
		a.mutex.Unlock()
		answer(w, http.StatusNotFound, Object{
			"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404,
		})
	}
}

// takeStatus answers with the object as it was. Gateway API objects come as JSON, of which it
// remembers the status; core ones come in a binary form.
func (a *KubeAPI) takeStatus(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimSuffix(r.URL.Path, "/status")
	var object Object
	if json.NewDecoder(r.Body).Decode(&object) == nil {
		a.mutex.Lock()
		a.statuses[path] = object
		a.mutex.Unlock()
	}
	answer(w, http.StatusOK, a.stored[path])
}

// storedVersion is the one resource version all objects and lists have: nothing ever changes.
const storedVersion = "1"

// collection holds the objects of one kind, of all namespaces.
type collection struct {
	kind    Kind
	objects []Object
}

// watch sends the objects when the client asks for initial events, then stays silent.
func (c *collection) watch(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	events := json.NewEncoder(w)
	if r.URL.Query().Get("sendInitialEvents") == "true" {
		for _, object := range c.objects {
			events.Encode(Object{"type": "ADDED", "object": object})
		}
		events.Encode(Object{"type": "BOOKMARK", "object": Object{
			"apiVersion": c.kind.APIVersion, "kind": c.kind.Name,
			"metadata": Object{
				"resourceVersion": storedVersion,
				"annotations":     Object{"k8s.io/initial-events-end": "true"},
			},
		}})
	}
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

// collectionPath is where a kind's objects of all namespaces are listed.
func collectionPath(kind Kind) string {
	if kind.APIVersion == coreV1 {
		return "/api/v1/" + kind.Resource
	}
	return "/apis/" + kind.APIVersion + "/" + kind.Resource
}

// objectPath is where an object is read and written.
func objectPath(kind Kind, object Object) string {
	path := collectionPath(kind)
	if kind.Cluster {
		return path + "/" + object.name()
	}
	group := strings.TrimSuffix(path, kind.Resource)
	return group + "namespaces/" + object.namespace() + "/" + kind.Resource + "/" + object.name()
}

// asStored adds the metadata an API server would have added.
func asStored(object Object, index int) Object {
	stored, metadata := Object{}, Object{}
	for key, value := range object {
		stored[key] = value
	}
	for key, value := range object.object("metadata") {
		metadata[key] = value
	}
	metadata["uid"] = fmt.Sprintf("00000000-0000-4000-8000-%012d", index)
	metadata["resourceVersion"] = storedVersion
	metadata["generation"] = 1
	metadata["creationTimestamp"] = "2026-01-01T00:00:00Z"
	stored["metadata"] = metadata
	return stored
}

func answer(w http.ResponseWriter, status int, body Object) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	utiljson "k8s.io/apimachinery/pkg/util/json"
	yamlstream "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// Object is a Kubernetes object as decoded JSON.
type Object map[string]any

// readObjects reads the documents of a YAML file, Lists taken apart.
func readObjects(path string) ([]Object, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var objects []Object
	documents := yamlstream.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		text, err := yaml.YAMLToJSONStrict(document)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		object, err := decode(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if object == nil {
			continue
		}
		if object.text("kind") == "List" {
			for _, item := range object.list("items") {
				objects = append(objects, item)
			}
			continue
		}
		objects = append(objects, object)
	}
}

// decode reads JSON with whole numbers as int64, as the API server's code wants them.
func decode(text []byte) (Object, error) {
	var content map[string]any
	err := utiljson.Unmarshal(text, &content)
	return content, err
}

// normal returns a copy that consists of plain decoded JSON only.
func (o Object) normal() Object {
	text, err := json.Marshal(o)
	must(err)
	copied, err := decode(text)
	must(err)
	return copied
}

func (o Object) String() string {
	return fmt.Sprintf("%s %s/%s", o.text("kind"), o.namespace(), o.name())
}

func (o Object) name() string { return o.object("metadata").text("name") }

func (o Object) namespace() string { return o.object("metadata").text("namespace") }

func (o Object) annotation(key string) string {
	return o.object("metadata").object("annotations").text(key)
}

// text returns a string field, "" if there is none.
func (o Object) text(field string) string {
	text, _ := o[field].(string)
	return text
}

// object returns a field that is a mapping, nil if there is none.
func (o Object) object(field string) Object { return asObject(o[field]) }

// asObject takes decoded mappings and those written in this program; nil for anything else.
func asObject(value any) Object {
	switch value := value.(type) {
	case Object:
		return value
	case map[string]any:
		return value
	}
	return nil
}

// list returns the mappings in a field that is a sequence.
func (o Object) list(field string) []Object {
	sequence, _ := o[field].([]any)
	var objects []Object
	for _, item := range sequence {
		if object := asObject(item); object != nil {
			objects = append(objects, object)
		}
	}
	return objects
}

// texts returns the strings in a field that is a sequence.
func (o Object) texts(field string) []string {
	sequence, _ := o[field].([]any)
	var texts []string
	for _, item := range sequence {
		if text, ok := item.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

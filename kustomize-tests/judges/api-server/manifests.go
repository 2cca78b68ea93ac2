package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// A separator ends each text but the last.
const separator = "\x00"

// printManifests reads texts of YAML documents as kubectl does, and prints the documents of each as a line of JSON.
func printManifests(in io.Reader, out io.Writer) error {
	input, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	lines := json.NewEncoder(out)
	for number, text := range bytes.Split(input, []byte(separator)) {
		documents, err := documentsOf(text)
		if err != nil {
			return fmt.Errorf("text %d, %w", number+1, err)
		}
		if err := lines.Encode(documents); err != nil {
			return err
		}
	}
	return nil
}

// documentsOf are all that are not empty.
func documentsOf(text []byte) ([]json.RawMessage, error) {
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	documents := []json.RawMessage{}
	for number := 1; ; number++ {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		if err != nil {
			return nil, err
		}
		object, err := yaml.YAMLToJSONStrict(document)
		if err != nil {
			return nil, fmt.Errorf("document %d: %w", number, err)
		}
		if !bytes.Equal(object, []byte("null")) {
			documents = append(documents, object)
		}
	}
}

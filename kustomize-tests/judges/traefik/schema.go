package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"
)

// Schemas are custom resource definitions by "apiVersion kind". With the API server's own code
// they do to an object what an apply would: refuse unknown fields, fill in defaults, validate.
type Schemas map[string]*schema

type schema struct {
	structural *structural.Structural
	openAPI    validation.SchemaValidator
	rules      *cel.Validator
}

// readSchemas reads all definitions in a directory.
func readSchemas(directory string) (Schemas, error) {
	paths, err := filepath.Glob(filepath.Join(directory, "*.yaml"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("no custom resource definitions in %s", directory)
	}
	schemas := Schemas{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		var definition apiextensionsv1.CustomResourceDefinition
		if err := yaml.Unmarshal(text, &definition); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if definition.Kind != "CustomResourceDefinition" {
			continue
		}
		for _, version := range definition.Spec.Versions {
			id := definition.Spec.Group + "/" + version.Name + " " + definition.Spec.Names.Kind
			if schemas[id], err = compile(version.Schema.OpenAPIV3Schema); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
		}
	}
	return schemas, nil
}

func compile(properties *apiextensionsv1.JSONSchemaProps) (*schema, error) {
	var internal apiextensions.JSONSchemaProps
	err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(properties, &internal, nil)
	if err != nil {
		return nil, err
	}
	shape, err := structural.NewStructural(&internal)
	if err != nil {
		return nil, err
	}
	openAPI, _, err := validation.NewSchemaValidator(&internal)
	if err != nil {
		return nil, err
	}
	return &schema{shape, openAPI, cel.NewValidator(shape, true, celconfig.PerCallLimit)}, nil
}

// admit does what an API server would do to a new object, defaults included, and returns what it
// would refuse. Objects of kinds Traefik does not ask for are none of its business.
func (s Schemas) admit(object Object) []string {
	kind, known := kindOf(object)
	if !known {
		return nil
	}
	var refusals []string
	refuse := func(what any) { refusals = append(refusals, fmt.Sprintf("%s: %v", object, what)) }
	schema := s[kind.APIVersion+" "+kind.Name]
	if schema == nil {
		if err := decodeStrictly(object, kind.New()); err != nil {
			refuse(err)
		}
		setCoreDefaults(object)
		return refusals
	}
	content := map[string]any(object)
	unknown := pruning.PruneWithOptions(content, schema.structural, true,
		structural.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	for _, path := range unknown {
		refuse("unknown field " + path)
	}
	defaulting.Default(content, schema.structural)
	for _, err := range validation.ValidateCustomResource(nil, content, schema.openAPI) {
		refuse(err)
	}
	var errors field.ErrorList
	if len(refusals) == 0 {
		errors, _ = schema.rules.Validate(context.Background(), nil, schema.structural, content, nil,
			celconfig.RuntimeCELCostBudget)
	}
	for _, err := range errors {
		refuse(err)
	}
	return refusals
}

// decodeStrictly reports fields that the type does not have.
func decodeStrictly(object Object, into any) error {
	text, err := json.Marshal(object)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// setCoreDefaults sets the defaults of core kinds that Traefik looks at.
func setCoreDefaults(object Object) {
	if object.text("kind") != "Service" {
		return
	}
	for _, port := range object.object("spec").list("ports") {
		if port.text("protocol") == "" {
			port["protocol"] = "TCP"
		}
	}
}

package web

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"streamd/formula/plan"

	"github.com/invopop/jsonschema"
)

const openAPIPath = "/api/v1/openapi.json"

// openAPI answers GET /api/v1/openapi.json: the routes as OpenAPI 3.1. It is made from the same rows as the server, so
// nothing in it can be out of date.
func (s *Server) openAPI(w http.ResponseWriter, _ *http.Request) {
	schemas := map[string]any{"Error": map[string]any{
		"type": "object", "required": []string{"error"},
		"properties": map[string]any{
			"error": map[string]any{"type": "string"}, "problems": map[string]any{"type": "array"},
		},
	}}
	paths := map[string]map[string]any{}
	for _, r := range s.routes {
		if paths[r.path] == nil {
			paths[r.path] = map[string]any{}
		}
		paths[r.path][strings.ToLower(r.method)] = r.operation(schemas)
	}
	document := map[string]any{
		"openapi": "3.1.0",
		"info": map[string]any{
			"title": "streamd", "version": s.cfg.Version, "license": map[string]string{"name": "see LICENSE"},
		},
		"paths": paths,
		"components": map[string]any{
			"schemas":         schemas,
			"securitySchemes": map[string]any{"token": map[string]string{"type": "http", "scheme": "bearer"}},
		},
		"security": []any{map[string]any{}, map[string][]string{"token": {}}}, // none on the loopback
	}
	answer(w, document)
}

// operation describes a route, and adds the schemas of its answer to the others.
func (r *route) operation(schemas map[string]any) map[string]any {
	parameters := []any{}
	for _, segment := range strings.Split(r.path, "/") {
		if name, ok := strings.CutPrefix(segment, "{"); ok {
			parameters = append(parameters, map[string]any{
				"name": strings.TrimSuffix(name, "}"), "in": "path", "required": true,
				"schema": map[string]string{"type": "string"},
			})
		}
	}
	for _, p := range r.params {
		parameters = append(parameters, p.openAPI())
	}
	media := r.media
	var schema any = map[string]string{"type": "string"}
	if media == "" {
		media, schema = "application/json", schemaOf(r.answer, schemas)
	}
	content := func(media string, schema any) map[string]any {
		return map[string]any{media: map[string]any{"schema": schema}}
	}
	operation := map[string]any{
		"summary": r.summary, "parameters": parameters,
		"responses": map[string]any{
			"200": map[string]any{"description": "good", "content": content(media, schema)},
			"default": map[string]any{
				"description": "an error",
				"content":     content("application/json", map[string]string{"$ref": "#/components/schemas/Error"}),
			},
		},
	}
	if r.body != nil {
		operation["requestBody"] = r.body.openAPI()
	}
	return operation
}

func (b *requestBody) openAPI() map[string]any {
	text := map[string]any{"type": "string", "minLength": 1}
	if b.optional {
		text["minLength"] = 0
	}
	members := map[string]any{}
	for _, m := range b.members {
		members[m] = text
	}
	object := map[string]any{"type": "object", "required": b.members, "properties": members}
	if b.closed {
		object["additionalProperties"] = false
	}
	return map[string]any{
		"required": !b.optional, "description": b.doc,
		"content": map[string]any{
			"application/json": map[string]any{"schema": object},
			"text/plain":       map[string]any{"schema": text},
		},
	}
}

func (p param) openAPI() map[string]any {
	schema := map[string]any{"type": "string", "maxLength": p.longest()}
	switch {
	case p.most > 0:
		schema = map[string]any{"type": "integer", "minimum": p.least, "maximum": p.most}
	case p.form != "" && p.required:
		schema = map[string]any{"type": "string", "pattern": p.form}
	case p.form != "": // an empty one is one that is not given
		schema = map[string]any{"type": "string", "pattern": "^$|" + p.form}
	case p.required:
		schema["minLength"] = 1
	}
	if p.max > 1 {
		schema = map[string]any{"type": "array", "items": schema, "maxItems": p.max}
	}
	return map[string]any{"name": p.name, "in": "query", "description": p.doc, "required": p.required, "schema": schema}
}

// schemaOf returns a reference to the schema of a value's type, and adds it with all below it to the schemas.
func schemaOf(v any, schemas map[string]any) any {
	r := jsonschema.Reflector{
		Anonymous: true, AllowAdditionalProperties: true,
		Mapper: func(t reflect.Type) *jsonschema.Schema {
			switch t {
			case reflect.TypeFor[plan.Float]():
				return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "number"}, {Type: "null"}}}
			case reflect.TypeFor[json.RawMessage]():
				return &jsonschema.Schema{Type: "object"}
			}
			return nil
		},
	}
	raw, err := json.Marshal(r.Reflect(v))
	if err != nil {
		panic("web: a schema is no JSON: " + err.Error())
	}
	raw = bytes.ReplaceAll(raw, []byte(`"#/$defs/`), []byte(`"#/components/schemas/`))
	var one map[string]any
	if err := json.Unmarshal(raw, &one); err != nil {
		panic("web: a schema is no JSON: " + err.Error())
	}
	if defs, ok := one["$defs"].(map[string]any); ok {
		for _, name := range slices.Sorted(maps.Keys(defs)) {
			schemas[name] = defs[name]
		}
	}
	delete(one, "$defs")
	delete(one, "$schema")
	return one
}

package config

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/invopop/jsonschema"
)

// TestSchemaHoldsConfig walks config.yaml, its commented keys included, along
// the schema: every key has a place there, and its value the type.
func TestSchemaHoldsConfig(t *testing.T) {
	raw, err := os.ReadFile("../config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(Schema())
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	var config any
	if err := yaml.Unmarshal([]byte(uncommented(string(raw))), &config); err != nil {
		t.Fatal(err)
	}
	walkSchema(t, "$", schema, schema, config)
}

// uncommented turns the optional keys of the sample, which stand behind a
// single #, into keys.
func uncommented(text string) string {
	lines := strings.Split(text, "\n")
	block := false // within a key whose entries stand on lines of their own
	for i, l := range lines {
		trimmed := strings.TrimLeft(l, " ")
		indent := l[:len(l)-len(trimmed)]
		rest, ok := strings.CutPrefix(trimmed, "# ")
		block = block && ok
		if ok {
			key, value, isKey := strings.Cut(rest, ":")
			isKey = isKey && !strings.ContainsAny(key, " `")
			if isKey || block && strings.HasPrefix(rest, "  ") || strings.HasPrefix(strings.TrimLeft(rest, " "), "- {") {
				block = block && !isKey || isKey && strings.HasPrefix(strings.TrimLeft(value+"#", " "), "#")
				lines[i] = indent + rest
			}
		}
	}
	return strings.Join(lines, "\n")
}

func walkSchema(t *testing.T, at string, root, schema map[string]any, value any) {
	if ref, ok := schema["$ref"].(string); ok {
		schema = root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
	}
	for _, option := range anyOf(schema) { // a value or a list of them
		if _, isList := value.([]any); isList == (option["type"] == "array") {
			walkSchema(t, at, root, option, value)
			return
		}
	}
	want, _ := schema["type"].(string)
	switch v := value.(type) {
	case map[string]any:
		if want != "object" {
			t.Errorf("%s is an object, the schema wants %s", at, want)
			return
		}
		properties, _ := schema["properties"].(map[string]any)
		for key, x := range v {
			p, ok := properties[key].(map[string]any)
			if !ok {
				p, ok = schema["additionalProperties"].(map[string]any)
			}
			if !ok {
				t.Errorf("%s.%s is not in the schema", at, key)
				continue
			}
			walkSchema(t, at+"."+key, root, p, x)
		}
	case []any:
		if want != "array" {
			t.Errorf("%s is a list, the schema wants %s", at, want)
			return
		}
		for _, x := range v {
			walkSchema(t, at+"[]", root, schema["items"].(map[string]any), x)
		}
	case string:
		if want != "string" && !strings.HasPrefix(v, "${") {
			t.Errorf("%s is %q, the schema wants %s", at, v, want)
		}
	case bool:
		if want != "boolean" {
			t.Errorf("%s is a bool, the schema wants %s", at, want)
		}
	}
}

func anyOf(schema map[string]any) (options []map[string]any) {
	all, _ := schema["oneOf"].([]any)
	for _, o := range all {
		options = append(options, o.(map[string]any))
	}
	return options
}

// Every key is described, and every description has its key.
func TestKeysAreDescribed(t *testing.T) {
	seen := map[string]bool{}
	var walk func(s *jsonschema.Schema, path string)
	walk = func(s *jsonschema.Schema, path string) {
		if s.Items != nil {
			walk(s.Items, path)
		}
		if s.Properties == nil {
			return
		}
		for pair := s.Properties.Oldest(); pair != nil; pair = pair.Next() {
			key := strings.TrimPrefix(path+"."+pair.Key, ".")
			seen[key] = true
			if pair.Value.Description == "" {
				t.Errorf("%s has no description", key)
			}
			walk(pair.Value, key)
		}
	}
	walk(Schema(), "")
	for key := range descriptions() {
		if !seen[key] {
			t.Errorf("keys.txt describes %s, which is no key", key)
		}
	}
}

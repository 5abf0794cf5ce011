package config

import (
	_ "embed"
	"reflect"
	"strings"

	"streamd/candle"
	"streamd/formula"
	"streamd/notify"

	"github.com/goccy/go-yaml"
	"github.com/invopop/jsonschema"
)

// keyTexts describes each key, one a line: its path, a colon, the text.
//
//go:embed keys.txt
var keyTexts string

// Schema describes the configuration file as JSON Schema, as Decode reads it: nothing unknown is allowed.
func Schema() *jsonschema.Schema {
	r := &jsonschema.Reflector{
		ExpandedStruct: true, DoNotReference: true, FieldNameTag: "yaml",
		Mapper: func(t reflect.Type) *jsonschema.Schema {
			switch t {
			case reflect.TypeFor[yaml.MapSlice](): // `name: expression`, in their order
				return &jsonschema.Schema{Type: "object", AdditionalProperties: &jsonschema.Schema{Type: "string"}}
			case reflect.TypeFor[formula.ParamSetting]():
				return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "number"}, {Type: "string"}}}
			case reflect.TypeFor[notify.Patterns]():
				text := &jsonschema.Schema{Type: "string"}
				return &jsonschema.Schema{OneOf: []*jsonschema.Schema{text, {Type: "array", Items: text}}}
			case reflect.TypeFor[map[string]any](): // universes
				return &jsonschema.Schema{Type: "object", AdditionalProperties: universeSchema()}
			case reflect.TypeFor[candle.Timeframe]():
				return &jsonschema.Schema{Type: "string", Examples: []any{"1m", "1h", "1d"}}
			}
			return nil
		},
	}
	s := r.Reflect(&Configuration{})
	describe(s, "", descriptions())
	return s
}

// universeSchema is what a universe may be.
func universeSchema() *jsonschema.Schema {
	text := &jsonschema.Schema{Type: "string"}
	file := jsonschema.NewProperties()
	file.Set("file", text)
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{
		text,
		{Type: "array", Items: text},
		{Type: "object", Properties: file, Required: []string{"file"}, AdditionalProperties: jsonschema.FalseSchema},
	}}
}

// descriptions returns the text of each key by its path.
func descriptions() map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(keyTexts) {
		if path, text, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && !strings.HasPrefix(path, "#") {
			all[path] = text
		}
	}
	return all
}

// describe gives the keys below a schema their texts. The keys of a list's entries stand below the list.
func describe(s *jsonschema.Schema, path string, texts map[string]string) {
	if s.Items != nil {
		describe(s.Items, path, texts)
	}
	if s.Properties == nil {
		return
	}
	for pair := s.Properties.Oldest(); pair != nil; pair = pair.Next() {
		key := strings.TrimPrefix(path+"."+pair.Key, ".")
		if text, ok := texts[key]; ok { // else that of the field's tag
			pair.Value.Description = text
		}
		describe(pair.Value, key, texts)
	}
}

package web

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The OpenAPI document lists every route that is served, with its parameters, and every reference in it leads somewhere.
func TestOpenAPI(t *testing.T) {
	a := newAPI(t, "")
	status, body := a.ask("GET", "/api/v1/openapi.json", "")
	var document struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			Parameters  []struct{ Name, In string }
			RequestBody json.RawMessage
			Responses   map[string]json.RawMessage
		}
		Components struct{ Schemas map[string]json.RawMessage }
	}
	if err := json.Unmarshal([]byte(body), &document); status != 200 || err != nil || document.OpenAPI != "3.1.0" {
		t.Fatalf("%d %v %.200s", status, err, body)
	}
	listed := 0
	for path, operations := range document.Paths {
		for method, o := range operations {
			listed++
			i := slices.IndexFunc(
				a.routes, func(r route) bool { return r.path == path && r.method == strings.ToUpper(method) },
			)
			if i < 0 {
				t.Errorf("%s %s is no route", method, path)
				continue
			}
			for _, p := range o.Parameters {
				if p.In == "query" && !slices.ContainsFunc(
					a.routes[i].params, func(q param) bool { return q.name == p.Name },
				) ||
					p.In == "path" && !strings.Contains(path, "{"+p.Name+"}") {
					t.Errorf("%s %s takes no %s", method, path, p.Name)
				}
			}
			if (o.RequestBody != nil) != (a.routes[i].body != "") || o.Responses["200"] == nil || o.Responses["default"] == nil {
				t.Errorf("%s %s: body %s, responses %v", method, path, o.RequestBody, o.Responses)
			}
		}
	}
	if listed != len(a.routes) || listed < 20 {
		t.Errorf("%d operations for %d routes", listed, len(a.routes))
	}
	for _, r := range regexp.MustCompile(`#/components/schemas/(\w+)`).FindAllStringSubmatch(body, -1) {
		if document.Components.Schemas[r[1]] == nil {
			t.Errorf("no schema %s", r[1])
		}
	}
}

// Answers have the members that their schemas require, and no others.
func TestAnswersFitTheirSchemas(t *testing.T) {
	a := newAPI(t, "")
	a.signals.Publish([][]byte{signal(0)})
	_, body := a.ask("GET", "/api/v1/openapi.json", "")
	var document struct {
		Paths map[string]map[string]struct {
			Responses map[string]struct {
				Content map[string]struct {
					Schema struct {
						Ref string `json:"$ref"`
					}
				}
			}
		}
		Components struct {
			Schemas map[string]struct {
				Properties map[string]any
				Required   []string
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &document); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"/api/v1/signals", "/api/v1/series", "/api/v1/candles?symbol=AAA&timeframe=1m", "/api/v1/health", "/api/v1/formulas",
		"/api/v1/eval?symbol=AAA&timeframe=1m&expr=close", "/api/v1/screen?expr=close", "/api/v1/functions",
		"/api/v1/explain?formula=up&symbol=AAA&timeframe=1m",
	} {
		status, body := a.ask("GET", path, "")
		bare, _, _ := strings.Cut(path, "?")
		name := document.Paths[bare]["get"].Responses["200"].Content["application/json"].Schema.Ref
		schema, known := document.Components.Schemas[strings.TrimPrefix(name, "#/components/schemas/")]
		var got map[string]any
		if err := json.Unmarshal([]byte(body), &got); status != http.StatusOK || err != nil || !known {
			t.Errorf("%s: %d %v, schema %q, %.300s", path, status, err, name, body)
			continue
		}
		for _, want := range schema.Required {
			if _, ok := got[want]; !ok {
				t.Errorf("%s: no %s", path, want)
			}
		}
		for have := range got {
			if _, ok := schema.Properties[have]; !ok {
				t.Errorf("%s: %s is not in the schema", path, have)
			}
		}
	}
}

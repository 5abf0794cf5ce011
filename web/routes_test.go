package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
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
			if (o.RequestBody != nil) != (a.routes[i].body != nil) || o.Responses["200"] == nil || o.Responses["default"] == nil {
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

// The document promises the limits that the handlers have, and a member that can be null says so.
func TestDocumentKeepsItsWord(t *testing.T) {
	a := newAPI(t, "")
	for _, r := range a.routes {
		query := "?symbol=AAA&timeframe=1m&expr=close&"
		for _, p := range r.params {
			if p.most == 0 || r.method != "GET" {
				continue
			}
			for _, n := range []int{p.least - 1, p.least, p.most, p.most + 1} {
				within := n >= p.least && n <= p.most
				address := fmt.Sprintf("%s%s%s=%d", r.path, a.only(query, r), p.name, n)
				if status, body := a.ask(r.method, address, ""); (status == http.StatusBadRequest) == within {
					t.Errorf("%s: %d %.200s", address, status, body)
				}
			}
		}
		if r.answer != nil {
			nullsAreSaid(t, reflect.TypeOf(r.answer), map[reflect.Type]bool{})
		}
	}
}

// only leaves of a query the parameters that a route takes.
func (a *api) only(query string, r route) string {
	kept := []string{}
	for _, one := range strings.Split(strings.Trim(query, "?&"), "&") {
		name, _, _ := strings.Cut(one, "=")
		if slices.ContainsFunc(r.params, func(p param) bool { return p.name == name }) {
			kept = append(kept, one)
		}
	}
	return "?" + strings.Join(append(kept, ""), "&")
}

func nullsAreSaid(t *testing.T, v reflect.Type, seen map[reflect.Type]bool) {
	t.Helper()
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Slice || v.Kind() == reflect.Map {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct || seen[v] || v == reflect.TypeFor[time.Time]() {
		return
	}
	seen[v] = true
	for i := range v.NumField() {
		f := v.Field(i)
		tag := f.Tag.Get("json")
		if f.Type.Kind() == reflect.Pointer && tag != "" && tag != "-" && !strings.Contains(tag, "omitempty") &&
			!strings.Contains(f.Tag.Get("jsonschema"), "nullable") {
			t.Errorf("%s.%s can be null, and its schema does not say so", v, f.Name)
		}
		nullsAreSaid(t, f.Type, seen)
	}
}

package rulebook

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"streamd/config"
)

// Every setting has one name in YAML and in JSON lines.
func TestLinesHaveTheSettingsOfYAML(t *testing.T) {
	settings := reflect.TypeFor[config.FormulaSettings]()
	for field := range settings.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if line := field.Tag.Get("json"); line != name {
			t.Errorf("%s is %s in YAML and %q in JSON lines", field.Name, name, line)
		}
	}
}

// A formula is the same from a line as from a document.
func TestLinesReadAsDocuments(t *testing.T) {
	for _, line := range []string{
		`{"name":"a","expression":"close > 1"}`,
		`{"name":"b","expression":"param n = 5\nclose > n","symbols":["A","B*"],"mode":"edge","params":{"n":7}}`,
		`{"name":"c","expression":"close > 2","for":2,"cooldown":3,"min_bars":4,"intrabar":true,"metadata":{"by":"me"}}`,
		`{"name":"d","expression":"close > 2","mode":"edge","expires":4,"once":true,"timeframes":["1m"],"signal_type":"EXIT"}`,
		`{"name":"e","expression":"close > \"é\"","rearm":"close < 1","resolve":true,"paused":true}`,
	} {
		f, err := readLine(place{inFile, "x.jsonl"}, 1, line)
		if err != nil {
			t.Fatal(err)
		}
		want, err := readSettings(place{inFile, "x"}, f.Name, []byte(line))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(f.FormulaSettings, want.FormulaSettings) {
			t.Errorf("%s\n got %+v\nwant %+v", line, f.FormulaSettings, want.FormulaSettings)
		}
	}
}

// What is wrong is said with file and line, and the other formulas are in force.
func TestLinesNameTheLine(t *testing.T) {
	b := bookOf(t, Options{}, map[string]string{
		"rules/alerts.jsonl": `{"name":"good","expression":"close > 1"}` + "\n\n" +
			`{"name":"bad","expression":"close > sma(clos, 20)"}` + "\n" +
			`{"name":"odd","expression":"close > 1","mode":"never"}` + "\n",
	})
	inForce, faults := b.List()
	if len(inForce) != 1 || inForce[0].Name != "good" || len(faults) != 2 ||
		!strings.Contains(faults[0].Error, "alerts.jsonl:3:") || !strings.Contains(faults[1].Error, "alerts.jsonl:4:") {
		t.Errorf("in force %v, faults %v", inForce, faults)
	}
	for text, want := range map[string]string{
		`{"name":"a","expresion":"close > 1"}`:            `alerts.jsonl:2:1: unknown field "expresion"`,
		`{"name":"a","expression":5}`:                     "alerts.jsonl:2:",
		`{"name":"a"`:                                     "alerts.jsonl:2:",
		`["a"]`:                                           "alerts.jsonl:2:",
		`{"name":"a","expression":"close > 1"} {}`:        "one formula",
		`{"name":"a","expression":"x","params":{"n":[]}}`: "neither a number nor a text",
		`null`:                                  "a formula is an object",
		`{"Name":"a","expression":"close > 1"}`: `alerts.jsonl:2:2: unknown field "Name"`,
		`{"name":"a","expression":"close > 1","name":"b"}`:                       `alerts.jsonl:2:38: "name" is given twice`,
		`{"name":"a","n\u0061me":"b"}`:                                           `"name" is given twice`,
		`{"name":"a","expression":"x","metadata":{"a\\\"{":"1","b":"}","b":""}}`: `"b" is given twice`,
		`{"name":"a","symbols":["}","]"],"name":"b"}`:                            `"name" is given twice`,
	} {
		if err := os.WriteFile("rules/alerts.jsonl", []byte("\n"+text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if s := readLines("rules/alerts.jsonl", nil); s.err == nil || !strings.Contains(s.err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, s.err, want)
		}
	}
}

package rulebook

import (
	"os"
	"strings"
	"testing"

	"streamd/config"
)

// Compile reports every problem of every formula with its place, and of the folder as well.
func TestCompile(t *testing.T) {
	t.Chdir(t.TempDir())
	const text = `kafka: {brokers: ["b:1"], group: g, topics: [{name: c, timeframe: 1m}], signals: s}
formulas_dir: rules
formulas:
  - {name: a, expression: close > 1, params: {fast: 1.5}}
  - {name: b, expression: clse > 1}
`
	for name, text := range map[string]string{
		"config.yaml":     text,
		"rules/more.yaml": "formulas:\n  - {name: c, expression: close > 1, mode: sometimes}\n",
	} {
		if err := os.MkdirAll("rules", 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file, err := config.Load("config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Compile(file, true)
	for _, want := range []string{
		"config.yaml:4:53: formula a has no param fast", "config.yaml:5:27: formula b", `unknown name "clse"`,
		"rules/more.yaml:2:44: ",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
	if _, err = Compile(file, false); err == nil || strings.Contains(err.Error(), "more.yaml") {
		t.Error(err)
	}
}

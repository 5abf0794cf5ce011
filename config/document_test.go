package config

import (
	"os"
	"strings"
	"testing"
)

const flowYAML = `kafka: {brokers: [127.0.0.1:9092, "localhost:9093", ${BROKER:-[::1]}:9094], group: g, topics: [{name: c, timeframe: 1m}], signals: s}
formulas: [{name: f, expression: close > 1, symbols: [NSE:A, B, A:B:C, 1:2], cooldown: 1e1}]
`

// What the YAML library takes for a pair is read as the text that it is.
func TestColonsInFlowLists(t *testing.T) {
	for _, name := range []string{"", "\ufeff"} {
		path := t.TempDir() + "/c.yaml"
		if err := os.WriteFile(path, []byte(name+flowYAML), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(c.Kafka.Brokers, " "); got != "127.0.0.1:9092 localhost:9093 [::1]:9094" {
			t.Errorf("brokers %s", got)
		}
		if f := c.Formulas[0]; strings.Join(f.Symbols, " ") != "NSE:A B A:B:C 1:2" || f.Cooldown != 10 {
			t.Errorf("%+v", f)
		}
	}
}

// A value of the wrong kind is told with its place, and never bent into one.
func TestWrongValues(t *testing.T) {
	good := strings.ReplaceAll(flowYAML, "${BROKER:-[::1]}:9094", "b:1")
	for _, c := range []struct{ from, to, want string }{
		{"cooldown: 1e1", "cooldown: 1.5", "2:88: 1.5 is no whole number"},
		{"cooldown: 1e1", "for: 2.5e0", "2:83: 2.5e0 is no whole number"},
		{"[NSE:A, B, A:B:C, 1:2]", "[NSE: A]", "mapping was used where string is expected"},
		{"[NSE:A, B, A:B:C, 1:2]", `["NSE":A]`, "mapping was used where string is expected"},
		{"group: g", "group: [g]", "sequence was used where string is expected"},
		{"group: g", "group: \xff", "1:66: byte 0xff is not UTF-8"},
		{"formulas: ", "buffer: 0\nformulas: ", "2:9: buffer 0 is outside"},
		{"formulas: ", "buffer: 700.5\nformulas: ", "2:9: 700.5 is no whole number"},
		{"formulas: ", "http: {listen: 127.0.0.1, token: x}\nformulas: ", `2:16: "127.0.0.1" is no address`},
		{"formulas: ", "http: {listen: 127.0.0.1:99999}\nformulas: ", `2:16: "127.0.0.1:99999" is no address`},
		{"formulas: ", "http: {listen: 0.0.0.0:80}\nformulas: ", "http.token is needed"},
		{"formulas: ", "formulas_topic: s\nformulas: ", "2:17: topic s cannot be for formulas, as it is for signals"},
		{
			"formulas: ", "formulas_topic: g-state\nformulas: ",
			"2:17: topic g-state cannot be for formulas, as it is for the state",
		},
		{"signals: s", "signals: s, dead_letters: s", "topic s cannot be for dead letters"},
		{"signals: s", "signals: a/b", `"a/b", for signals, is no name of a topic`},
		{"group: g", `group: "my group"`, `"my group-state", for the state of the group, is no name`},
	} {
		path := t.TempDir() + "/c.yaml"
		if err := os.WriteFile(path, []byte(strings.Replace(good, c.from, c.to, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v\nwant %s", c.to, err, c.want)
		}
	}
}

package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"streamd/kafka"
)

const placesYAML = `
kafka:
  brokers: [%q]
  group: places
  topics: [{name: candles.1m, timeframe: 1m}]
  signals: signals
formulas_dir: formulas
formulas_topic: rules
`

// TestFormulasOfEveryPlace has one formula in a folder and one in a topic: every command on history takes both, as the
// daemon does, and without a broker it says what it would leave out.
func TestFormulasOfEveryPlace(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "candles.1m", "signals", "rules"))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	t.Chdir(t.TempDir())
	client, err := kafka.Open(kafka.Config{Brokers: cluster.ListenAddrs()})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	config := func(broker string) {
		if err := os.WriteFile("config.yaml", fmt.Appendf(nil, placesYAML, broker), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config(cluster.ListenAddrs()[0])
	writeFormulas(t, "a.yaml", "formulas:\n  - {name: folder, expression: close > 2.7, signal_type: ENTRY}\n")
	produceFormula(t, client, "topic", "expression: close < 2.7\nsignal_type: EXIT")
	candles := "timestamp,symbol,open,high,low,close,volume\n"
	for i, price := range []float64{2.5, 3, 2.5, 3, 3, 2.5} {
		candles += fmt.Sprintf("2024-03-01T14:3%d:00Z,A,%g,%g,%g,%g,1\n", i, price, price, price, price)
	}
	if err := os.WriteFile("a.csv", []byte(candles), 0o600); err != nil {
		t.Fatal(err)
	}
	commands := map[string][]string{
		"scan":     {"scan", "-f", "config.yaml", "--data", "a.csv", "-o", "jsonl"},
		"replay":   {"replay", "-c", "config.yaml", "--data", "a.csv", "-o", "jsonl"},
		"backtest": {"backtest", "-f", "config.yaml", "--data", "a.csv", "-o", "jsonl"},
	}
	for name, args := range commands {
		out, code := command(t.Context(), args...)
		want := []string{`"formula":"folder"`, `"formula":"topic"`}
		if name == "backtest" {
			want = []string{`"exit_reason":"signal"`} // opened by the folder's formula, closed by the topic's
		}
		for _, text := range want {
			if code != 0 || !strings.Contains(out, text) {
				t.Errorf("%s: exit %d, no %s in\n%s", name, code, text, out)
			}
		}
	}
	config("127.0.0.1:1")
	out, code := command(t.Context(), commands["scan"]...)
	if code == 0 || out != "" {
		t.Errorf("without a broker: exit %d\n%s", code, out)
	}
	out, code = command(t.Context(), append(commands["scan"], "--without-formulas-topic")...)
	if code != 0 || !strings.Contains(out, `"folder"`) || strings.Contains(out, `"topic"`) {
		t.Errorf("--without-formulas-topic: exit %d\n%s", code, out)
	}
}

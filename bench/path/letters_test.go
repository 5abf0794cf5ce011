//go:build kafka

package path

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"streamd/kafka"
)

// bad is every kind of bad message, with a word of the reason it must get.
var bad = []struct{ reason, value string }{
	{"not_parseable", `{"symbol":`},
	{"not_parseable", ``},
	{"missing_field", `{"symbol":"A","timestamp":"2024-01-02T14:30:00Z","open":1,"high":1,"low":1,"volume":1}`},
	{"null_field", `{"symbol":"A","timestamp":"2024-01-02T14:30:00Z","open":1,"high":1,"low":1,"close":null,"volume":1}`},
	{"nan", `{"symbol":"A","timestamp":"2024-01-02T14:30:00Z","open":1,"high":1,"low":1,"close":"NaN","volume":1}`},
	{"infinite", `{"symbol":"A","timestamp":"2024-01-02T14:30:00Z","open":1,"high":1e999,"low":1,"close":1,"volume":1}`},
	{"negative_price", `{"symbol":"A","timestamp":"2024-01-02T14:30:00Z","open":1,"high":1,"low":-1,"close":1,"volume":1}`},
	{"negative_volume", `{"symbol":"A","timestamp":"2024-01-02T14:30:00Z","open":1,"high":1,"low":1,"close":1,"volume":-1}`},
	{"high_below_low", `{"symbol":"A","timestamp":"2024-01-02T14:30:00Z","open":1,"high":1,"low":2,"close":1,"volume":1}`},
	{"close_outside", `{"symbol":"A","timestamp":"2024-01-02T14:30:00Z","open":1,"high":2,"low":1,"close":3,"volume":1}`},
	{"time", `{"symbol":"A","timestamp":"1969-01-02T14:30:00Z","open":1,"high":1,"low":1,"close":1,"volume":1}`},
	{"time", `{"symbol":"A","timestamp":"2301-01-02T14:30:00Z","open":1,"high":1,"low":1,"close":1,"volume":1}`},
	{"symbol", `{"symbol":"","timestamp":"2024-01-02T14:30:00Z","open":1,"high":1,"low":1,"close":1,"volume":1}`},
	{"symbol", `{"symbol":"` + strings.Repeat("A", 65) +
		`","timestamp":"2024-01-02T14:30:00Z","open":1,"high":1,"low":1,"close":1,"volume":1}`},
	{"symbol", `{"symbol":"A\u0007","timestamp":"2024-01-02T14:30:00Z","open":1,"high":1,"low":1,"close":1,"volume":1}`},
	{"", "{\"symbol\":\"A\xff\",\"timestamp\":\"2024-01-02T14:30:00Z\",\"open\":1,\"high\":1,\"low\":1,\"close\":1,\"volume\":1}"},
	{"timeframe", `{"symbol":"A","timeframe":"7x","timestamp":"2024-01-02T14:30:00Z","open":1,"high":1,"low":1,"close":1,"volume":1}`},
	{"closed", `{"symbol":"A","timestamp":"2024-01-02T14:30:00Z","open":1,"high":1,"low":1,"close":1,"volume":1,"closed":"yes"}`},
	{"duplicate", `{"symbol":"A","symbol":"B","timestamp":"2024-01-02T14:30:00Z","open":1,"high":1,"low":1,"close":1,"volume":1}`},
	{"not_a_number", `{"symbol":"A","timestamp":"2024-01-02T14:30:00Z","open":1,"high":1,"low":1,"close":0x1,"volume":1}`},
	{"not_a_number", `{"symbol":"A","timestamp":"2024-01-02T14:30:00Z","open":1,"high":"1_0","low":1,"close":1,"volume":1}`},
	{"deep", strings.Repeat(`{"a":`, 70) + "1" + strings.Repeat("}", 70)},
	{"", strings.Repeat("x", 950_000)},
}

// TestRealDeadLetters sends every kind of bad message between good ones, some
// of them in transactions of kcat's own: each comes out as it was, with its
// reason and where it stood; the good ones are applied; counters say so.
func TestRealDeadLetters(t *testing.T) {
	d := start(t, config{partitions: 1, formulas: map[string]string{"all": "close > 0"}})
	good := func(minute int, price int) string {
		return fmt.Sprintf(`A|{"symbol":"A","timestamp":"2024-01-02T14:%02d:00Z","open":%d,"high":%d,"low":%d,"close":%d,"volume":1}`, minute, price, price, price, price)
	}
	d.produce([]string{good(30, 1), good(31, 2)})
	client, err := kafka.Open(kafka.Config{Brokers: strings.Split(d.brokers, ",")})
	must(t, err)
	defer client.Close()
	p, err := client.Producer(t.Context(), kafka.ProducerConfig{})
	must(t, err)
	send := func(value []byte) {
		must(t, p.Add(t.Context(), &kafka.ProducerRecord{
			Topic: d.input, Key: []byte("k"), Value: value,
			TimestampMs: time.Now().UnixMilli(),
		}))
		must(t, p.Flush(t.Context()))
	}
	for _, b := range bad {
		send([]byte(b.value))
	}
	send(nil)
	// Correction, late, duplicate; by kcat in a transaction, which makes control markers.
	d.produce([]string{good(31, 3), good(30, 1), good(31, 2), good(32, 4)}, "-X", "transactional.id="+d.input)
	d.await("streamd_candles_total", 3)
	letters := len(bad) + 3
	d.await("streamd_dead_letters_total", letters)
	d.awaitSignals(3)
	d.stop()
	seen := map[string]int{}
	for _, line := range d.consume(d.dead, "%S %h\n") {
		size, headers, _ := strings.Cut(line, " ")
		h := map[string]string{}
		for _, kv := range strings.Split(headers, ",") {
			k, v, _ := strings.Cut(kv, "=")
			h[k] = v
		}
		if h["input_topic"] != d.input || h["input_partition"] != "0" || h["input_offset"] == "" || h["reason"] == "" {
			t.Errorf("headers %s", headers)
		}
		var at int
		if _, err := fmt.Sscan(h["input_offset"], &at); err != nil {
			t.Errorf("offset %q", h["input_offset"])
		}
		if i := at - 2; i >= 0 && i < len(bad) {
			if !strings.Contains(h["reason"], bad[i].reason) {
				t.Errorf("%.60s: reason %s, want %s", bad[i].value, h["reason"], bad[i].reason)
			}
			if want := min(len(bad[i].value), 900_000); size != fmt.Sprint(want) ||
				(want == 900_000) != (h["truncated"] == "true") {
				t.Errorf("%.60s: %s bytes, truncated %q", bad[i].value, size, h["truncated"])
			}
		}
		seen[h["reason"]]++
	}
	total := 0
	for _, n := range seen {
		total += n
	}
	if total != letters || seen["late"] != 1 || seen["correction"] != 1 {
		t.Errorf("%d dead letters, want %d: %v", total, letters, seen)
	}
	t.Logf("reasons: %v", slices.Sorted(maps.Keys(seen)))
}

// TestRealUserErrors is what a user reads who got something wrong, and the exit code.
func TestRealUserErrors(t *testing.T) {
	brokers := os.Getenv("STREAMD_KAFKA")
	for _, c := range []struct {
		name, config string
		code         int
		want         []string
	}{
		{"key", "kafka:\n  brokerz: [x:1]\n", 2, []string{".yaml:2:3", "brokerz", "^"}},
		{
			"formula", fmt.Sprintf("kafka:\n  brokers: [%s]\n  group: g\n  topics: [{name: a, timeframe: 1m}]\n  "+
				"signals: s\nformulas:\n  - {name: x, expression: 'clos > 1'}\n", brokers), 2,
			[]string{".yaml:7:", "clos", "^^^^", "did you mean"},
		},
		{"address", "kafka:\n  brokers: [127.0.0.1:1]\n  group: g\n  topics: [{name: a, timeframe: 1m}]\n  signals: s\n", 1, []string{"trying again", "no connection to 127.0.0.1:1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config.yaml")
			must(t, os.WriteFile(path, []byte(c.config), 0o600))
			out, err := exec.Command(binary(t), "run", "--fail-fast", "-c", path).CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != c.code {
				t.Errorf("%v, want exit code %d", err, c.code)
			}
			for _, w := range c.want {
				if !strings.Contains(string(out), w) {
					t.Errorf("%q is not in:\n%s", w, out)
				}
			}
		})
	}
}

package sink

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"streamd/candle"
	"streamd/stream"
)

// TestSignal holds the headers to the payload that they describe, for signals
// that share a buffer.
func TestSignal(t *testing.T) {
	rules, problems := stream.NewRules(stream.RulesConfig{Formulas: []stream.Formula{{
		Name:       "up",
		Expression: "close > 1",
	}, {Name: "high", Expression: "high > 1"}}})
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	minute, err := candle.ParseTimeframe("1m")
	if err != nil {
		t.Fatal(err)
	}
	var out stream.Effects
	at := time.Date(2024, 1, 2, 14, 30, 0, 0, time.UTC)
	stream.New(rules, stream.Options{}).Push(&candle.Message{
		Symbol: []byte("A"), Timeframe: minute, Closed: true,
		Candle: candle.Candle{Time: at.UnixNano(), Open: 2, High: 2, Low: 2, Close: 2, Volume: 1},
	}, &out)
	var buf []byte
	ids := map[string]bool{}
	for i := range out.Matches {
		m, next := Signal("signals", &out.Matches[i], InputRecord{Topic: "in", Partition: 3, Offset: 7}, at, buf)
		buf = next
		var payload struct{ ID, Symbol, Formula string }
		if err := json.Unmarshal(m.Value, &payload); err != nil {
			t.Fatalf("%s: %v", m.Value, err)
		}
		var headers []string
		for _, h := range m.Headers {
			headers = append(headers, h.Key+"="+string(h.Value))
		}
		want := "content-type=application/json ce_id=" + payload.ID +
			" ce_specversion=1.0 ce_type=io.streamd.signal.match ce_source=streamd " +
			"ce_time=2024-01-02T14:30:00Z ce_subject=A input_topic=in input_partition=3 input_offset=7"
		if got := strings.Join(headers, " "); got != want || string(m.Key) != "A" {
			t.Errorf("key %s, headers\n%s, want\n%s", m.Key, got, want)
		}
		ids[payload.ID] = len(payload.ID) == 32
	}
	if len(ids) != 2 {
		t.Errorf("ids %v, want two", ids)
	}
}

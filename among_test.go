package streamd_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"streamd"
)

// Series that see each other are computed together, and only then.
func TestAmong(t *testing.T) {
	f, err := streamd.Compile(`sym("B", close) + members()`)
	if err != nil || !f.NeedsOthers() {
		t.Fatalf("%v, needs others: %t", err, f.NeedsOthers())
	}
	at := func(symbol string, bars int) (c []streamd.Candle) {
		for i := range bars {
			c = append(c, streamd.Candle{
				Symbol: symbol, Timeframe: "1m", Time: time.Unix(int64(60*i), 0), Open: 1, High: 1, Low: 1, Close: 1,
				Volume: 1,
			})
		}
		return c
	}
	if _, err := f.Values(at("A", 3)); !errors.Is(err, streamd.ErrOthers) {
		t.Errorf("one series: %v", err)
	}
	values, err := f.ValuesAmong(t.Context(), at("B", 4), nil, at("A", 3))
	if err != nil || len(values) != 3 || len(values[0]) != 4 || values[1] != nil || values[2][2] != 3 {
		t.Errorf("%v, %v", values, err)
	}
	if _, err := f.ValuesAmong(t.Context(), at("B", 4), at("B", 4)); err == nil ||
		!strings.Contains(err.Error(), "series 1 is B 1m again, as series 0 is") {
		t.Errorf("a series twice: %v", err)
	}
	if values, err := f.ValuesAmong(t.Context()); err != nil || len(values) != 0 {
		t.Errorf("no series: %v, %v", values, err)
	}
	_, err = streamd.NewEngine(streamd.Rule{Name: "a", Expression: "rank(close) == 1"})
	if wrong := (*streamd.SyntaxError)(nil); !errors.As(err, &wrong) {
		t.Errorf("an engine, which has one series at a time: %v", err)
	}
}

package wire

import (
	"testing"

	"streamd/candle"
)

// TestEncodeIsReadBack wants of every format that is written the candle that went in.
func TestEncodeIsReadBack(t *testing.T) {
	tf, err := candle.ParseTimeframe("5m")
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range Encoded() {
		mapping, ok := Format(format)
		if !ok {
			t.Fatalf("%s is written and not read", format)
		}
		d, err := NewDecoder(mapping, Defaults{})
		if err != nil {
			t.Fatal(err)
		}
		for _, closed := range []bool{true, false} {
			want := candle.Message{
				Symbol: []byte(`BRK "B" é`), Timeframe: tf, Closed: closed,
				Candle: candle.Candle{Time: 1522800300e9, Open: 1.1, High: 2.5e-7 + 3, Low: 0.1 + 0.2, Close: 3, Volume: 0},
			}
			text, ok := Encode(nil, format, &want)
			if !ok {
				t.Fatalf("%s is not written", format)
			}
			got, err := d.Decode(nil, nil, text)
			if err != nil || len(got) != 1 {
				t.Fatalf("%s: %s: %d candles, %v", format, text, len(got), err)
			}
			if g := got[0]; string(g.Symbol) != string(want.Symbol) || g.Timeframe != want.Timeframe ||
				g.Candle != want.Candle || g.Closed != want.Closed {
				t.Errorf("%s: %s: got %+v, want %+v", format, text, g, want)
			}
		}
	}
	if _, ok := Encode(nil, "kraken", &candle.Message{}); ok {
		t.Error("kraken is only read")
	}
}

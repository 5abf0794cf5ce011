package wire_test

import (
	"os"
	"path/filepath"
	"testing"

	"streamd/candle"
	"streamd/candle/wire"
)

// BenchmarkDecode decodes one message of each format, over and over.
func BenchmarkDecode(b *testing.B) {
	for _, format := range wire.Formats() {
		b.Run(format, func(b *testing.B) {
			value, err := os.ReadFile(filepath.Join("testdata", "formats", format+".json"))
			if err != nil {
				b.Fatal(err)
			}
			mapping, _ := wire.Format(format)
			decoder, err := wire.NewDecoder(mapping, wire.Defaults{Timeframe: oneMinute})
			if err != nil {
				b.Fatal(err)
			}
			key := []byte("BTC/USDT")
			var messages []candle.Message
			b.SetBytes(int64(len(value)))
			b.ReportAllocs()
			for b.Loop() {
				if messages, err = decoder.Decode(messages[:0], key, value); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(messages)), "candles/op")
		})
	}
}

var oneMinute, _ = candle.ParseTimeframe("1m")

// parseFrame reads a timeframe.
func parseFrame(t testing.TB, text string) candle.Timeframe {
	t.Helper()
	tf, err := candle.ParseTimeframe(text)
	if err != nil {
		t.Fatal(err)
	}
	return tf
}

package candle_test

import (
	"os"
	"path/filepath"
	"testing"

	"streamd/candle"
)

// BenchmarkDecode decodes one message of each format, over and over.
func BenchmarkDecode(b *testing.B) {
	for _, format := range candle.Formats() {
		b.Run(format, func(b *testing.B) {
			value, err := os.ReadFile(filepath.Join("testdata", "formats", format+".json"))
			if err != nil {
				b.Fatal(err)
			}
			mapping, _ := candle.Format(format)
			decoder, err := candle.NewDecoder(mapping, candle.Defaults{Timeframe: minute})
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

var minute, _ = candle.ParseTimeframe("1m")

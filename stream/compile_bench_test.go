package stream

import (
	"fmt"
	"testing"

	"streamd/candle"
)

// BenchmarkCompile checks and compiles formulas on one series, up to its first
// candle.
func BenchmarkCompile(b *testing.B) {
	tf, err := candle.ParseTimeframe("1m")
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{100, 1000, 10000} {
		b.Run(fmt.Sprintf("formulas=%d", n), func(b *testing.B) {
			formulas := benchFormulas(n)
			var out Effects
			for b.Loop() {
				e := New(benchRules(b, formulas), Options{})
				e.PushSeries(e.Series(candle.Series{Symbol: "A", Timeframe: tf}), benchCandles(1)[0], true, &out)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/formula")
		})
	}
}

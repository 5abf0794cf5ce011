package stream

import (
	"fmt"
	"testing"

	"streamd/candle"
)

// sharedFormulas are n formulas over the same 50 distinct indicators, each of
// another condition: the first 50 use every indicator once.
func sharedFormulas(n int) []Formula {
	var ind []string
	for p := 5; p < 15; p++ {
		for _, f := range []string{"sma(close, %d)", "ema(close, %d)", "highest(high, %d)", "lowest(low, %d)", "wma(close, %d)"} {
			ind = append(ind, fmt.Sprintf(f, p))
		}
	}
	fs := make([]Formula, n)
	for i := range fs {
		fs[i] = Formula{Name: fmt.Sprint("f", i), Mode: Edge, Expression: fmt.Sprintf("close > %s * %g", ind[i%50], 1+float64(i/50)/1000)}
	}
	return fs
}

// BenchmarkFormulas tells what a formula costs per bar over indicators that are
// there anyway, in blocks of one and of hundreds. The figure to look at is the
// ratio of the two numbers of formulas.
func BenchmarkFormulas(b *testing.B) {
	tf, err := candle.ParseTimeframe("1m")
	if err != nil {
		b.Fatal(err)
	}
	cs := benchCandles(4096)
	for _, block := range []int{1, 512} {
		for _, n := range []int{50, 1000} {
			b.Run(fmt.Sprintf("block=%d/formulas=%d", block, n), func(b *testing.B) {
				e := New(benchRules(b, sharedFormulas(n)), Options{BlockMax: block, Slack: 512, Bare: true})
				s := e.Series(candle.Series{Symbol: "A", Timeframe: tf})
				var out Output
				var part Block
				at, bars := int64(0), 0
				for b.Loop() {
					part.Reset()
					for k := range block {
						c := cs[(bars+k)%len(cs)]
						at += 60e9
						c.Time = at
						part.Append(c)
					}
					e.PushBlock(s, &part, &out)
					out.Reset()
					bars += block
				}
				perBar := float64(b.Elapsed().Nanoseconds()) / float64(bars)
				b.ReportMetric(perBar, "ns/bar")
				b.ReportMetric(perBar/float64(n), "ns/formula/bar")
			})
		}
	}
}

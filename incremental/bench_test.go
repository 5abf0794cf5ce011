package incremental_test

import (
	"math/rand/v2"
	"testing"

	"streamd/incremental"
	"streamd/incremental/catalog"
)

// usual are the indicators that most formulas use, with their usual arguments.
var usual = []struct {
	row string
	set map[int]float64
}{
	{"sma", map[int]float64{0: 20}},
	{"ema", map[int]float64{0: 20}},
	{"rsi", nil},
	{"atr", nil},
	{"bbands", nil},
	{"macd", nil},
	{"stoch", map[int]float64{0: 14}},
	{"max", map[int]float64{0: 20}},
	{"max", map[int]float64{0: 400}},
}

func usualBound(b *testing.B, i int) *incremental.Bound {
	row := catalog.New().Row(usual[i].row)
	a := row.Defaults()
	for k, v := range usual[i].set {
		a[k].Num = v
	}
	return bind(b, row, a)
}

// BenchmarkLive steps bar by bar, with the check of every input.
func BenchmarkLive(b *testing.B) {
	for i, u := range usual {
		b.Run(u.row, func(b *testing.B) {
			bound := usualBound(b, i)
			one, ok := bound.One()
			if !ok {
				b.Skip("it takes columns only")
			}
			cols := walk(rand.New(rand.NewPCG(1, 1)), bound.Row, 4096)
			for len(cols) < 3 {
				cols = append(cols, make([]float64, 4096))
			}
			state, sum, at := make([]float64, bound.State), 0.0, 0
			for b.Loop() {
				y, _, _ := one.Step(state, cols[0][at], cols[1][at], cols[2][at])
				sum += y
				at = (at + 1) % 4096
			}
		})
	}
}

// BenchmarkBlock steps blocks of 1,024 bars, with the check of every input.
func BenchmarkBlock(b *testing.B) {
	const n = 1024
	for i, u := range usual {
		b.Run(u.row, func(b *testing.B) {
			bound := usualBound(b, i)
			cols := walk(rand.New(rand.NewPCG(1, 1)), bound.Row, n)
			out := make([][]float64, len(bound.Row.Outputs))
			for k := range out {
				out[k] = make([]float64, n)
			}
			state, inScratch, outScratch := make([]float64, bound.State), make([][]float64, len(cols)),
				make([][]float64, len(out))
			for b.Loop() {
				bound.StepRuns(state, cols, out, inScratch, outScratch)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/bar")
		})
	}
}

// Package plantest runs plans over made-up candles, for the tests of the language and of
// its machine.
package plantest

import (
	"math"
	"math/rand/v2"
	"testing"

	"streamd/candle"
	"streamd/formula/plan"
)

// Frame is the timeframe of a text.
func Frame(t testing.TB, s string) candle.Timeframe {
	tf, err := candle.ParseTimeframe(s)
	if err != nil {
		t.Fatal(err)
	}
	return tf
}

// Bars makes bars of one minute with gaps.
func Bars(rng *rand.Rand, n int) plan.Columns {
	var b plan.Columns
	p, at := 100.0, 1380873600000.0
	for range n {
		p *= 1 + rng.NormFloat64()*0.01
		b.TimeMs, b.Open, b.High = append(b.TimeMs, at), append(b.Open, p), append(b.High, p*1.01)
		b.Low, b.Close, b.Volume = append(b.Low, p*0.99), append(b.Close, p), append(b.Volume, float64(rng.IntN(1000)))
		at += 60000
		if rng.IntN(10) == 0 {
			at += 60000 * float64(rng.IntN(12))
		}
	}
	return b
}

// Run steps in the given cuts, with the odd peek in between, and returns
// every root's column and the settled slab.
func Run(p *plan.Plan, roots []plan.Ref, b plan.Columns, rng *rand.Rand, cut func() int) ([][]float64, []float64) {
	e, slab := p.NewExec(), p.NewSlab()
	out := make([][]float64, len(roots))
	for i := 0; i < b.Len(); {
		if rng.IntN(3) == 0 {
			part := b.Slice(i, i+1)
			e.Peek(slab, &part)
		}
		j := min(b.Len(), i+cut())
		part := b.Slice(i, j)
		e.Step(slab, &part)
		for k, r := range roots {
			out[k] = append(out[k], e.Values(p.Handle(r))...)
		}
		i = j
	}
	p.Settle(slab)
	return out, slab
}

// EqualBits fails where two columns differ in a bit; one na is as good as another.
func EqualBits(t testing.TB, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s has %d values, want %d", what, len(got), len(want))
	}
	for i := range want {
		if math.Float64bits(got[i]) != math.Float64bits(want[i]) && !(math.IsNaN(got[i]) && math.IsNaN(want[i])) {
			t.Fatalf("%s[%d] = %v, want %v", what, i, got[i], want[i])
		}
	}
}

// Judge returns the columns of the roots as a Judge finds them, and fails if it
// does not say which formulas have changed.
func Judge(t testing.TB, g *plan.Graph, roots []plan.Ref, bars plan.Columns, rng *rand.Rand, most int) [][]float64 {
	t.Helper()
	c := plan.NewConditions(g, roots)
	laid := plan.NewPlan(g, c.Columns(), plan.Options{
		Timeframe: Frame(t, "1m"), BlockMax: most,
		Slack: most + rng.IntN(40),
	})
	e, slab := laid.NewExec(), laid.NewSlab()
	j, truths := c.NewJudge(e), c.NewTruths()
	out := make([][]float64, len(roots))
	for i := 0; i < bars.Len(); {
		n := min(1+rng.IntN(most), bars.Len()-i)
		part := bars.Slice(i, i+n)
		e.Step(slab, &part)
		for from := 0; from < n; {
			m := min(1+rng.IntN(plan.JudgeMax), n-from)
			if rng.IntN(20) == 0 {
				truths.Reset()
			}
			fresh := truths.Fresh()
			j.Judge(truths, from, m)
			for k := range roots {
				yes, no := j.Verdict(k)
				same := !fresh
				for x := range m {
					v := math.NaN()
					if yes>>x&1 == 1 {
						v = 1
					} else if no>>x&1 == 1 {
						v = 0
					}
					last := math.NaN()
					if len(out[k]) > 0 {
						last = out[k][len(out[k])-1]
					}
					same = same && (v == last || v != v && last != last)
					out[k] = append(out[k], v)
				}
				if yes&no != 0 || m < 64 && (yes|no)>>m != 0 || (j.Decided()[k/64]>>(k%64)&1 == 1) == same {
					t.Fatalf("%s: %b %b over %d bars, the same as before: %v", g.Canon(roots[k]), yes, no, m, same)
				}
			}
			from += m
		}
		i += n
	}
	return out
}

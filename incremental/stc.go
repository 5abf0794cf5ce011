package incremental

import (
	"math"

	"streamd/incremental/window"
)

// stcRow is a stochastic of a stochastic of the macd.
func stcRow() *Row {
	return &Row{
		Name: "stc", Title: "Schaff Trend Cycle", Group: GroupMomentum,
		Scale:  ofRatio(100),
		Range:  [2]float64{0, 100},
		Inputs: []Input{Real, Scale}, Outputs: real1,
		Params: []Param{
			{Name: "fastlength", Kind: Int, Default: 23, Min: 1, Max: PeriodMax},
			{Name: "slowlength", Kind: Int, Default: 50, Min: 1, Max: PeriodMax},
			{Name: "cycle", Kind: Int, Default: 10, Min: 1, Max: PeriodMax},
			{Name: "factor", Kind: Float, Default: 0.5, Min: 0.01, Max: 1},
		},
		Doc: "Where ema(x, fastlength) - ema(x, slowlength) is in its range of the last cycle bars, smoothed by " +
			"factor, and where that is in its own range, smoothed again: 0 to 100, turning earlier than the macd. " +
			"In a range of zero, up to rounding, the place is kept.",
		Source:   "Schaff, The Schaff Trend Cycle (1999)",
		Examples: []string{"crossover(stc(close), 25)"},
		Lookback: func(a Args) int { return max(a.Int(0), a.Int(1)) - 1 + 2*(a.Int(2)-1) },
		Warmup: func(a Args, eps float64) int {
			// A difference is divided twice by a range, which may be small: what is before
			// the second one must be far below eps.
			narrow := eps * eps * eps
			return emaWarmup(max(a.Int(0), a.Int(1)), narrow) + 2*a.Int(2) + smoothWarmup(a.Float(3), narrow) +
				smoothWarmup(a.Float(3), eps)
		},
		Bind: func(a Args) Build {
			var l window.Layout
			fast, slow := l.EMA(a.Int(0)), l.EMA(a.Int(1))
			first, second := newCycle(&l, a.Int(2), a.Float(3)), newCycle(&l, a.Int(2), a.Float(3))
			return byBar(&l, 0, func(s []float64, in, out [][]float64, j int) {
				level := slow.Next(s, in[0][j])
				y := fast.Next(s, in[0][j]) - level
				if y == y {
					y = first.Next(s, y, max(math.Abs(level), in[1][j]))
				}
				if y == y {
					y = second.Next(s, y, 100)
				}
				out[0][j] = y
			})
		},
	}
}

// smoothWarmup returns the bars until (1-k)^bars < eps.
func smoothWarmup(k, eps float64) int {
	if k >= 1 {
		return 0
	}
	return int(math.Ceil(math.Log(eps) / math.Log(1-k)))
}

// cycle is the smoothed place of a value in its range of the last n.
//
// State: 1 after the first place, the place, its average.
type cycle struct {
	high window.Placed[window.Max]
	low  window.Placed[window.Min]
	at   int
	k    float64
}

func newCycle(l *window.Layout, n int, k float64) cycle {
	return cycle{high: l.Max(n), low: l.Min(n), at: l.Slots(3), k: k}
}

// Next takes a value that was made from numbers as large as scale: a range of their rounding
// is zero.
func (p cycle) Next(state []float64, x, scale float64) float64 {
	top, bottom := p.high.Next(state, x), p.low.Next(state, x)
	if top != top {
		return top
	}
	s := state[p.at : p.at+3]
	if CompareAt(top, bottom, scale) > 0 {
		s[1] = 100 * (x - bottom) / (top - bottom)
	}
	if s[0] == 0 {
		s[0], s[2] = 1, s[1]
	}
	s[2] = math.FMA(s[1]-s[2], p.k, s[2])
	return s[2]
}

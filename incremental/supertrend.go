package incremental

import (
	"math"

	"streamd/incremental/window"
)

// supertrendRow is Seban's trend line.
func supertrendRow() *Row {
	return &Row{
		Name: "supertrend", Title: "SuperTrend", Group: GroupOverlap,
		Inputs:  []Input{High, Low, Close},
		Params:  []Param{period(10, 2), {Name: "multiplier", Kind: Float, Default: 3, Min: 0, Max: 3e37}},
		Outputs: []Output{{Name: "supertrend"}, {Name: "trend"}},
		Doc: "A trailing stop of multiplier average true ranges from the bar's middle, which moves only with the " +
			"trend; a close beyond it turns the trend. " +
			"trend is 1 while it is up and -1 while it is down. It begins up." + bitForBit,
		Source:   "TA-Lib SUPERTREND; Seban (2008)",
		TALib:    "SUPERTREND",
		Examples: []string{"supertrend(10, 3).trend == 1 and supertrend(10, 3).trend[1] == -1"},
		Lookback: func(a Args) int { return a.Int(0) },
		// The lines ratchet, so they forget the beginning only after a turn.
		Warmup: func(a Args, eps float64) int { return 20*a.Int(0) + rmaWarmup(a.Int(0), eps) },
		Bind: func(a Args) Build {
			return Build{Kernel: &supertrend{window.NewRMA(a.Int(0)), a.Float(1)}, State: 6, History: 1}
		},
	}
}

type supertrend struct {
	reach      window.Smoother
	multiplier float64
}

// State: bars seen (at most 1), average range, trend (0 before the first
// value), upper and lower line.
func (k *supertrend) Step(state []float64, in, out [][]float64) {
	for j := range out[0] {
		out[0][j], out[1][j] = math.NaN(), math.NaN()
		high, low, cls, before := in[0][j+1], in[1][j+1], in[2][j+1], in[2][j]
		if state[0] == 0 {
			state[0] = 1
			continue
		}
		reach := k.reach.Push(state[1:3], window.TrueRange(high, low, before))
		if reach != reach {
			continue
		}
		middle, band := (high+low)/2, float64(k.multiplier*reach)
		out[0][j], out[1][j] = k.follow(state[3:6], middle+band, middle-band, cls, before)
	}
}

// follow moves the lines and returns the one in force, and the trend. Each line
// moves towards the price, and away again only after a close beyond it.
func (k *supertrend) follow(state []float64, upper, lower, cls, before float64) (line, trend float64) {
	if state[0] == 0 {
		state[0], state[1], state[2] = 1, upper, lower
		return lower, 1
	}
	if upper < state[1] || before > state[1] {
		state[1] = upper
	}
	if lower > state[2] || before < state[2] {
		state[2] = lower
	}
	if state[0] > 0 && cls < state[2] {
		state[0] = -1
	} else if state[0] < 0 && cls > state[1] {
		state[0] = 1
	}
	if state[0] > 0 {
		return state[2], 1
	}
	return state[1], -1
}

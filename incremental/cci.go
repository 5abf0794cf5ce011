package incremental

import "math"

// cciRow is Lambert's commodity channel index.
func cciRow() *Row {
	return &Row{
		Name: "cci", Title: "Commodity Channel Index", Group: GroupMomentum,
		Scale:  ofRatio(100),
		Inputs: []Input{High, Low, Close}, Params: []Param{period(14, 2)}, Outputs: real1,
		Doc: "The distance of the typical price (high+low+close)/3 from its mean, in units of 0.015 mean absolute " +
			"deviations, so that most values lie between -100 and 100. " +
			"It is 0 in a window of equal prices. The cost per bar grows with timeperiod.",
		Source:   "TA-Lib CCI; Lambert, Commodities magazine (October 1980)",
		TALib:    "CCI",
		Examples: []string{"crossover(cci(20), -100)", "cci(14) > 100"},
		Linear:   true,
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			return Build{Kernel: cci{n: a.Int(0)}, State: 1 + a.Int(0)}
		},
	}
}

type cci struct{ n int }

// State: bars seen (after the first n, n plus the place of the oldest price),
// the last n typical prices as a ring.
//
// The sums run over the ring in the order of its places, as TA-Lib's do: where
// prices are large the order shows in the ninth digit.
func (k cci) Step(state []float64, in, out [][]float64) {
	y, ring := out[0], state[1:1+k.n]
	for j := range y {
		seen := int(state[0])
		x := typical(in, j)
		ring[seen%k.n] = x
		if seen++; seen == 2*k.n {
			seen = k.n
		}
		state[0] = float64(seen)
		y[j] = math.NaN()
		if seen >= k.n {
			y[j] = k.Value(ring, x)
		}
	}
}

func (k cci) Value(ring []float64, x float64) float64 {
	mean, dev, n := 0.0, 0.0, float64(k.n)
	for _, v := range ring {
		mean += v
	}
	mean /= n
	for _, v := range ring {
		dev += math.Abs(v - mean)
	}
	dev /= n
	band := 1e-14 * math.Abs(mean)
	if math.Abs(x-mean) <= band || dev <= band {
		return 0
	}
	return (x - mean) / (0.015 * dev)
}

package incremental

import "math"

// macdextRow is the MACD of any moving averages.
func macdextRow() *Row {
	return &Row{
		Name: "macdext", Title: "MACD with Moving Averages of Any Type", Group: GroupMomentum,
		Scale:  ofInput(0),
		Inputs: []Input{Real},
		Params: []Param{
			periodNamed("fastperiod", 12, 2), maParam("fastmatype", maSMA),
			periodNamed("slowperiod", 26, 2), maParam("slowmatype", maSMA),
			periodNamed("signalperiod", 9, 1), maParam("signalmatype", maSMA),
		},
		Outputs: macdOutputs(),
		Doc: "macd is a fast moving average less a slow one, macdsignal a moving average of that, macdhist their " +
			"difference; each average of the type wanted. " +
			"Both averages have their first value on the same bar.",
		Source: "TA-Lib MACDEXT",
		TALib:  "MACDEXT",
		Differs: "it rounds where nearly equal numbers are subtracted: on IBM of us-minute, macdext(close, 5, " +
			"\"ema\", 9, \"trima\", 1, \"hma\") macdsignal at bar 1499 is 0.02419221429, TA-Lib has 0.02419221412",
		Examples: []string{`macdext(close, 12, "ema", 26, "ema", 9, "sma").hist > 0`},
		Known: map[string]string{
			"bigoffset": "prices of 1e6, means that differ by 0.5: their rounding in TA-Lib's running totals is 1e-9 " +
				"of the difference",
		},
		Lookback: func(a Args) int {
			return macdextStart(a) + maLookback(a.Int(4), a.MAType(5))
		},
		Warmup: func(a Args, eps float64) int {
			legs := max(maWarmup(a.Int(0), a.MAType(1), eps), maWarmup(a.Int(2), a.MAType(3), eps))
			return legs + maWarmup(a.Int(4), a.MAType(5), eps)
		},
		Bind: bindMACDEXT,
	}
}

// macdOutputs are the outputs of the MACD family.
func macdOutputs() []Output {
	return []Output{
		{Name: "macd"},
		{Name: "macdsignal", Aliases: []string{"signal"}},
		{Name: "macdhist", Aliases: []string{"hist"}},
	}
}

// macdextStart is the bar on which both averages have their first value.
func macdextStart(a Args) int {
	return max(maLookback(a.Int(0), a.MAType(1)), maLookback(a.Int(2), a.MAType(3)))
}

func bindMACDEXT(a Args) Build {
	start := macdextStart(a)
	leg := func(i int) sleepingLeg {
		n, kind := a.Int(i), a.MAType(i+1)
		return sleepingLeg{maLeg: newMALeg(n, kind), wait: start - maLookback(n, kind)}
	}
	k := &macdext{fast: leg(0), slow: leg(2), signal: newMALeg(a.Int(4), a.MAType(5))}
	if a.Int(2) < a.Int(0) {
		k.fast, k.slow = k.slow, k.fast
	}
	return Build{Kernel: k, State: 1 + k.fast.Len() + k.slow.Len() + k.signal.Len()}
}

// sleepingLeg is a moving average that sleeps for its first bars, so that its
// first value falls on the bar of a slower one's.
type sleepingLeg struct {
	maLeg
	wait int
}

type macdext struct {
	fast, slow sleepingLeg
	signal     maLeg
}

// State: bars seen (at most the longer wait), fast average, slow average, signal.
func (k *macdext) Step(state []float64, in, out [][]float64) {
	fast := state[1 : 1+k.fast.Len()]
	slow := state[1+len(fast) : 1+len(fast)+k.slow.Len()]
	signal := state[1+len(fast)+len(slow):]
	for j := range out[0] {
		x, seen := in[0][j], int(state[0])
		line, mean, hist := math.NaN(), math.NaN(), math.NaN()
		f, above, s, below := line, line, line, line
		if seen >= k.fast.wait {
			f, above = k.fast.Push(fast, x, in, out)
		}
		if seen >= k.slow.wait {
			s, below = k.slow.Push(slow, x, in, out)
		}
		state[0] = float64(min(seen+1, max(k.fast.wait, k.slow.wait)))
		if diff := (f - s) + (above - below); diff == diff {
			anchor, offset := k.signal.Push(signal, diff, in, out)
			mean, hist = anchor+offset, diff-anchor-offset
			if mean == mean {
				line = diff
			}
		}
		out[0][j], out[1][j], out[2][j] = line, mean, hist
	}
}

package incremental

import "math"

// cmoRow is Chande's momentum oscillator with TA-Lib's smoothing.
func cmoRow() *Row {
	return &Row{
		Name: "cmo", Title: "Chande Momentum Oscillator", Group: GroupMomentum,
		Inputs: []Input{Real}, Params: []Param{period(14, 2)}, Outputs: real1,
		Doc: "Average gain less average loss, relative to their sum, from -100 to 100; 0 where nothing ever moved. " +
			"TA-Lib smooths both as Wilder does, so it is 2*rsi-100; the oscillator as Chande printed it is cmou.",
		Source:   "TA-Lib CMO; Chande and Kroll, The New Technical Trader (1994)",
		TALib:    "CMO",
		Examples: []string{"cmo(close, 14) < -50", "crossover(cmo(close, 14), 0)"},
		Lookback: func(a Args) int { return a.Int(0) },
		Warmup:   func(a Args, eps float64) int { return rmaWarmup(a.Int(0), eps) },
		Bind:     func(a Args) Build { return Build{Kernel: &cmo{n: a.Int(0)}, State: 3, History: 1} },
	}
}

type cmo struct{ n int }

// State: bars seen (at most n+1), average gain, average loss (sums while seeding).
func (k *cmo) Step(state []float64, in, out [][]float64) {
	x, y := in[0], out[0]
	seen, gain, loss := int(state[0]), state[1], state[2]
	n, inv := float64(k.n), 1/float64(k.n)
	for j := range y {
		y[j] = math.NaN()
		if seen == 0 {
			seen = 1
			continue
		}
		d := x[j+1] - x[j]
		up := max(d, 0)
		down := up - d
		if seen <= k.n {
			gain += up
			loss += down
			if seen++; seen <= k.n {
				continue
			}
			gain, loss = gain/n, loss/n
		} else {
			gain += float64(up*inv) - float64(gain*inv)
			loss += float64(down*inv) - float64(loss*inv)
		}
		y[j] = 0
		if sum := gain + loss; sum > 0 {
			y[j] = 100 * ((gain - loss) / sum)
		}
	}
	state[0], state[1], state[2] = float64(seen), gain, loss
}

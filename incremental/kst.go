package incremental

import (
	"fmt"

	"streamd/incremental/window"
)

// kstRow adds four rates of change, the slower ones with more weight.
func kstRow() *Row {
	var params []Param
	for _, p := range []struct {
		name   string
		values [4]float64
	}{{"roclength", [4]float64{10, 15, 20, 30}}, {"smalength", [4]float64{10, 10, 10, 15}}} {
		for i, n := range p.values {
			params = append(params, Param{
				Name: fmt.Sprintf("%s%d", p.name, i+1), Kind: Int, Default: n, Min: 1,
				Max: PeriodMax,
			})
		}
	}
	params = append(params, Param{Name: "signallength", Kind: Int, Default: 9, Min: 1, Max: PeriodMax})
	return &Row{
		Name: "kst", Title: "Know Sure Thing", Group: GroupMomentum,
		Scale:  ofConstant(100),
		Inputs: []Input{Real}, Params: params, Outputs: []Output{{Name: "kst"}, {Name: "signal"}},
		Doc: "The sum of four rates of change in percent, each averaged, weighted 1 to 4 from the fastest to " +
			"the slowest, and its own average (signal): momentum of several cycles at once. A rate is 0 where the " +
			"old value is 0. Both begin together.",
		Source:   "Pring, Summed Rate of Change (KST), Stocks & Commodities (1992)",
		Examples: []string{"crossover(kst(close).kst, kst(close).signal)"},
		Lookback: func(a Args) int { return kstSpan(a) + a.Int(8) - 1 },
		Bind: func(a Args) Build {
			span, lookback := kstSpan(a), kstSpan(a)+a.Int(8)-1
			var l window.Layout
			bars := l.Clock()
			var ago [4]int
			var means [4]window.Placed[window.Mean]
			for i := range means {
				ago[i], means[i] = a.Int(i), l.Mean(a.Int(4+i))
			}
			signal := l.Mean(a.Int(8))
			return byBar(&l, span, func(s []float64, in, out [][]float64, j int) {
				bar, now, sum := bars.Tick(s), in[0][span+j], 0.0
				for i := range means {
					if n := ago[i]; bar > n {
						sum += float64(float64(i+1) * means[i].Next(s, rateOfChange(now, in[0][span+j-n])))
					}
				}
				if bar <= span {
					allNA(out, j)
					return
				}
				out[0][j], out[1][j] = sum, signal.Next(s, sum)
				if bar <= lookback {
					allNA(out, j)
				}
			})
		},
	}
}

// kstSpan is the number of bars before the first sum.
func kstSpan(a Args) int {
	span := 0
	for i := range 4 {
		span = max(span, a.Int(i)+a.Int(4+i)-1)
	}
	return span
}

// rateOfChange is in percent, 0 where the old value is.
func rateOfChange(now, old float64) float64 {
	if old == 0 {
		return 0
	}
	return 100 * (now - old) / old
}

package incremental

import "math"

// bbandsRow is Bollinger's bands.
func bbandsRow() *Row {
	return &Row{
		Name: "bbands", Title: "Bollinger Bands", Group: GroupOverlap,
		Inputs:   []Input{Real},
		Params:   []Param{period(20, 2), deviations("nbdevup", 2), deviations("nbdevdn", 2), maParam("matype", maSMA)},
		Outputs:  bandOutputs(),
		Doc:      "A moving average with a band of so many standard deviations above and below it. The deviation is the population's about the plain mean, whatever the type of the average.",
		Source:   "TA-Lib BBANDS; Bollinger, Bollinger on Bollinger Bands (2001)",
		TALib:    "BBANDS",
		Examples: []string{"close > bbands(close, 20, 2).upper", "crossover(close, bbands(close).lower)"},
		Lookback: func(a Args) int { return max(maLookback(a.Int(0), a.MAType(3)), a.Int(0)-1) },
		Warmup:   func(a Args, eps float64) int { return maWarmup(a.Int(0), a.MAType(3), eps) },
		Bind: func(a Args) Build {
			w := newSpreadWindow(a.Int(0))
			if a.MAType(3) == maSMA {
				return Build{Kernel: &bbands{w, a.Float(1), a.Float(2)}, State: w.len()}
			}
			k := &bbandsMA{spread: w, up: a.Float(1), down: a.Float(2), average: newCell(bindMA(a.Int(0), a.MAType(3)))}
			return Build{Kernel: k, State: w.len() + k.average.len()}
		},
	}
}

// bandOutputs are the outputs of a band around a line.
func bandOutputs() []Output {
	return []Output{
		{Name: "upperband", Aliases: []string{"upper"}},
		{Name: "middleband", Aliases: []string{"middle", "mid"}},
		{Name: "lowerband", Aliases: []string{"lower"}},
	}
}

type bbands struct {
	spreadWindow
	up, down float64
}

// Step is spreadWindow.push over a block, with the bars between two turns in
// one loop.
func (k *bbands) Step(state []float64, in, out [][]float64) {
	n, x := k.n, in[0]
	upper, middle, lower := out[0][:len(x)], out[1][:len(x)], out[2][:len(x)]
	slot, square := state[4:4+n], state[4+n:4+2*n]
	for i := 0; i < len(x); {
		at := int(state[0]) - n
		if at < 0 || at == n-1 {
			mean, v := k.turn(state, slot, square, x[i])
			dev := math.Sqrt(v)
			upper[i], middle[i], lower[i] = mean+float64(dev*k.up), mean, mean-float64(dev*k.down)
			i++
			continue
		}
		end := i + min(len(x)-i, n-1-at)
		anchor, s1, s2 := state[1], state[2], state[3]
		for ; i < end; i++ {
			d := x[i] - anchor
			s1 += d
			s2 += float64(d * d)
			m := (slot[at] + s1) * k.rcpN
			dev := math.Sqrt(max(float64((square[at]+s2)*k.rcpN)-float64(m*m), 0))
			slot[at] = x[i]
			at++
			mean := anchor + m
			upper[i], middle[i], lower[i] = mean+float64(dev*k.up), mean, mean-float64(dev*k.down)
		}
		state[0], state[2], state[3] = float64(n+at), s1, s2
	}
}

// bbandsMA is bbands about an average of another type.
type bbandsMA struct {
	spread   spreadWindow
	up, down float64
	average  cell
}

// State: window, average.
func (k *bbandsMA) Step(state []float64, in, out [][]float64) {
	split := k.spread.len()
	for j, x := range in[0] {
		_, v := k.spread.push(state[:split], x)
		middle := k.average.push(state[split:], x, in, out)
		dev := math.Sqrt(v)
		if dev != dev { // the average may be ready before the deviation
			middle = dev
		}
		out[0][j], out[1][j], out[2][j] = middle+float64(dev*k.up), middle, middle-float64(dev*k.down)
	}
}

package incremental

import "math"

// crossoverRow and crossunderRow say that one series passes another.
func crossoverRow() *Row {
	return passing("crossover", "Cross Over", "a > b and a[1] <= b[1]", "upwards", 1,
		Compares{What: ComparesCrossing, Above: true},
		"crossover(sma(close, 50), sma(close, 200))", "crossover(rsi(close, 14), 30)")
}

func crossunderRow() *Row {
	return passing("crossunder", "Cross Under", "a < b and a[1] >= b[1]", "downwards", -1,
		Compares{What: ComparesCrossing, Below: true}, "crossunder(close, ema(close, 20))")
}

func passing(name, title, meaning, direction string, sign int, compares Compares, examples ...string) *Row {
	return &Row{
		Name: name, Title: title, Group: GroupSeries,
		Inputs: []Input{Real, Real, Scale}, Outputs: []Output{{Name: "real", Bool: true}}, Compares: compares,
		Doc: "True on the bar on which the first series passes the second " + direction + ": `" + meaning +
			"`. Values within 1e-12 of each other are equal; na until both series and their previous values are " +
			"defined.",
		Source:   "Pine ta." + name,
		Examples: examples,
		Lookback: func(Args) int { return 1 },
		Bind:     func(Args) Build { return Build{Kernel: crossing{sign}, State: 1} },
	}
}

// crossing is true where the first series comes to the given side of the second.
type crossing struct{ sign int }

// State: on which side the first series was, plus 2; 0 before the first bar.
func (k crossing) Step(state []float64, in, out [][]float64) {
	a, b, scale := in[0], in[1], in[2]
	last := int(state[0])
	for j := range out[0] {
		side := CompareAt(a[j], b[j], scale[j])*k.sign + 2
		out[0][j] = truth(side > 2 && last <= 2)
		if last == 0 {
			out[0][j] = math.NaN()
		}
		last = side
	}
	state[0] = float64(last)
}

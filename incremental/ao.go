package incremental

import "streamd/incremental/window"

// aoRow is Bill Williams' awesome oscillator.
func aoRow() *Row {
	return &Row{
		Name: "ao", Title: "Awesome Oscillator", Group: GroupMomentum,
		Scale:  ofInput(0),
		Inputs: []Input{High, Low}, Outputs: real1,
		Params: []Param{periodNamed("fastperiod", 5, 2), periodNamed("slowperiod", 34, 2)},
		Doc: "The mean of the median prices (high+low)/2 of the last fastperiod bars less that of slowperiod " +
			"bars: positive while the market is above its longer balance.",
		Source: "TA-Lib AO; Williams, New Trading Dimensions (1998)",
		TALib:  "AO",
		Differs: runningTotals + "on a tape that changes its level, ao(2, 258) real at bar 1183 is " +
			"-0.01746124031, TA-Lib has -0.01746124084",
		Examples: []string{"crossover(ao(), 0)", "ao() > 0 and ao() > ao()[1]"},
		Known:    knownAO(),
		Lookback: func(a Args) int { return max(a.Int(0), a.Int(1)) - 1 },
		Bind: func(a Args) Build {
			k := newAO(a.Int(0), a.Int(1))
			return Build{Kernel: &k, State: k.Len()}
		},
	}
}

// periodNamed is a whole number of bars by another name than timeperiod.
func periodNamed(name string, byDefault, least float64) Param {
	p := period(byDefault, least)
	p.Name = name
	return p
}

// knownAO are the cases in which the rounding of TA-Lib's running totals shows.
func knownAO() map[string]string {
	const why = "prices of 1e6, differences of 0.5: by exact fractions bar 80 of the defaults is " +
		"-0.5665195320657564; TA-Lib is off by 1.1e-9 of it, this row by 1.1e-10"
	return map[string]string{
		"bigoffset":                             why,
		"bigoffset fastperiod=11 slowperiod=54": why,
		"bigoffset fastperiod=11 slowperiod=15": why,
	}
}

// ao is the difference of two means of the median price.
type ao struct{ fast, slow window.Mean }

func newAO(fast, slow int) ao { return ao{window.NewMean(fast), window.NewMean(slow)} }

// Len returns the length of the state.
func (k *ao) Len() int { return k.fast.Len() + k.slow.Len() }

// Push takes the next bar and returns the difference, na during the lookback.
//
// State: fast window, slow window.
func (k *ao) Push(state []float64, high, low float64) float64 {
	x := (high + low) / 2
	fast, above := k.fast.Split(state, x)
	slow, below := k.slow.Split(state[k.fast.Len():], x)
	return (fast - slow) + (above - below)
}

// Step is push over a block.
func (k *ao) Step(state []float64, in, out [][]float64) {
	for j := range out[0] {
		out[0][j] = k.Push(state, in[0][j], in[1][j])
	}
}

package across

import (
	"errors"
	"math"

	"streamd/incremental"
)

// Function is a function over a universe.
type Function struct {
	// Row is the function as formulas write it: what it is asked of, its parameters, the universe last.
	Row   incremental.Row
	Takes []Statistic // what its values are made of
	// Of makes the value from the statistics, none of which is na.
	Of func(in []float64, a incremental.Args) float64
}

// Functions returns every function over a universe.
func Functions() []*Function {
	return []*Function{
		rank(), pctrank(), top(), bottom(), acrossMean(), acrossMedian(), acrossStdev(), acrossSum(), xscore(),
		breadth(), members(),
	}
}

// StatisticsMax is how many statistics a function takes at most.
const StatisticsMax = 4

// universeParam is the last argument of every function.
func universeParam() incremental.Param {
	return incremental.Param{Name: "universe", Kind: incremental.Text}
}

// countParam is how many members are asked for.
func countParam() incremental.Param {
	return incremental.Param{Name: "n", Kind: incremental.Int, Min: 1, Max: MembersMax, Required: true}
}

// MembersMax is how many members a universe may have.
const MembersMax = 100_000

// Bind makes the kernel that turns columns of Takes into the values.
func (f *Function) Bind(a incremental.Args) (*incremental.Bound, error) {
	row := f.Row
	row.NaAware, row.Check = true, nil
	row.Inputs = make([]incremental.Input, len(f.Takes))
	for i := range row.Inputs {
		row.Inputs[i] = incremental.Members
	}
	row.Bind = func(a incremental.Args) incremental.Build {
		return incremental.Build{Kernel: kernel{f.Of, a}}
	}
	return row.With(a)
}

// kernel makes the value of a bar from its statistics.
type kernel struct {
	of   func(in []float64, a incremental.Args) float64
	args incremental.Args
}

func (k kernel) Step(_ []float64, in, out [][]float64) {
	var x [StatisticsMax]float64
	for j := range out[0] {
		na := false
		for i := range in {
			x[i] = in[i][j]
			na = na || x[i] != x[i]
		}
		if na {
			out[0][j] = math.NaN()
			continue
		}
		out[0][j] = k.of(x[:len(in)], k.args)
	}
}

// row fills in what all functions have in common.
func row(r incremental.Row) incremental.Row {
	r.Group = incremental.GroupUniverse
	if r.Inputs == nil {
		r.Inputs = []incremental.Input{incremental.Real}
	}
	if r.Outputs == nil {
		r.Outputs = []incremental.Output{{Name: "real"}}
	}
	r.Params = append(r.Params, universeParam())
	r.Lookback = func(incremental.Args) int { return 0 }
	r.Check = func(incremental.Args) error { return errors.New(r.Name + " has no kernel over one series") }
	return r
}

// ofMagnitude is the scale of what is added up or averaged: that of the greatest value, which is the last statistic.
func ofMagnitude(input int) incremental.Magnitude {
	return incremental.Magnitude{From: incremental.FromInput, Input: input}
}

func condition(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

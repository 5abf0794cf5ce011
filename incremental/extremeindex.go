package incremental

import "math"

// The indices of the extremes. Which of several equal extremes is meant is
// TA-Lib's: a value equal to the extreme takes over when it arrives, but when
// the extreme leaves the span the oldest of its equals is next.

func maxindexRow() *Row {
	return extremeIndexRow("maxindex", "Index of the Highest Value", "MAXINDEX", []float64{1},
		[]Output{{Name: "integer"}},
		"The bar at which the highest of the last timeperiod values was met.", "bar_index - maxindex(high, 20) <= 2")
}

func minindexRow() *Row {
	return extremeIndexRow("minindex", "Index of the Lowest Value", "MININDEX", []float64{-1},
		[]Output{{Name: "integer"}},
		"The bar at which the lowest of the last timeperiod values was met.", "bar_index - minindex(low, 20) <= 2")
}

func minmaxindexRow() *Row {
	return extremeIndexRow("minmaxindex", "Indices of the Lowest and Highest Values", "MINMAXINDEX", []float64{-1, 1},
		[]Output{{Name: "minidx", Aliases: []string{"min"}}, {Name: "maxidx", Aliases: []string{"max"}}},
		"The bars at which the lowest and the highest of the last timeperiod values were met.",
		"minmaxindex(close, 30).minidx > minmaxindex(close, 30).maxidx")
}

func extremeIndexRow(name, title, talib string, signs []float64, outputs []Output, doc, example string) *Row {
	return &Row{
		Name: name, Title: title, Group: GroupOperator,
		Inputs: []Input{Real}, Params: []Param{period(30, 2)}, Outputs: outputs,
		Doc: doc + " Bars are counted from 0 at the first bar of the history. Among equals the newest counts when it " +
			"arrives; " +
			"when the extreme leaves the span, the oldest of those left." + bitForBit,
		Source: "TA-Lib " + talib, TALib: talib, Examples: []string{example},
		NaAware:  true, // the count of bars goes on over an na
		Sparse:   true,
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Warmup:   func(Args, float64) int { return NeverForgets }, // bars are counted from the first one
		Bind: func(a Args) Build {
			k := extremeIndex{n: a.Int(0), signs: signs}
			return Build{Kernel: k, State: len(signs) * k.Len(), History: k.n - 1}
		},
	}
}

// extremeIndex finds the oldest extreme of the span as Max finds its
// value: the span is the end of one chunk of n bars, whose extremes are known
// from each bar to its end, and the beginning of the next.
type extremeIndex struct {
	n     int
	signs []float64 // per output: 1 for the maximum, -1 for the minimum
}

// Len returns the length of one output's state.
func (k extremeIndex) Len() int { return 4 + k.n }

func (k extremeIndex) Step(state []float64, in, out [][]float64) {
	m := k.Len()
	for i, sign := range k.signs {
		k.step(state[i*m:(i+1)*m], sign, in[0], out[i])
	}
}

// State: bars seen, position (below n while the first chunk fills, n+k after k
// bars of a later one), bar of the extreme, bar of the newest chunk's extreme,
// bars of the last full chunk's extremes from each of its bars on.
func (k extremeIndex) step(state []float64, sign float64, x, y []float64) {
	bar, pos, best, newest := int(state[0]), int(state[1]), int(state[2]), int(state[3])
	full := state[4 : 4+k.n]
	for j := range y {
		span := x[j : j+k.n] // its bar i is bar first+i
		first := bar - k.n + 1
		v := span[k.n-1] * sign
		y[j] = math.NaN()
		bar++
		switch {
		case v-v != 0:
			pos, best = 0, -1
			continue
		case pos < k.n-1:
			pos, best = pos+1, -1
			continue
		case pos == k.n-1 || pos == 2*k.n-1:
			pos, newest = k.n, -1
			extremesFromEnd(full, span, sign, first)
		default:
			pos++
			if newest < first || v > span[newest-first]*sign {
				newest = first + k.n - 1
			}
		}
		switch {
		case best < first:
			best = int(full[pos-k.n])
			if newest >= first && span[newest-first]*sign > span[best-first]*sign {
				best = newest
			}
		case v >= span[best-first]*sign:
			best = first + k.n - 1
		}
		y[j] = float64(best)
	}
	state[0], state[1], state[2], state[3] = float64(bar), float64(pos), float64(best), float64(newest)
}

// extremesFromEnd writes, for each bar of the span, the bar of the extreme
// from there on, the oldest if there are more.
func extremesFromEnd(bars, span []float64, sign float64, first int) {
	best := len(span) - 1
	for i := best; i >= 0; i-- {
		if span[i]*sign >= span[best]*sign {
			best = i
		}
		bars[i] = float64(first + best)
	}
}

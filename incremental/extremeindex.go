package incremental

import "math"

// The indices of the extremes. Which of several equal extremes is meant is
// TA-Lib's: a value equal to the extreme takes over when it arrives, but when
// the extreme leaves the window the oldest of its equals is next.

func maxindexRow() *Row {
	return extremeIndexRow("maxindex", "Index of the Highest Value", "MAXINDEX", []float64{1}, []Output{{Name: "integer"}},
		"The bar at which the highest of the last timeperiod values was met.", "bar_index - maxindex(high, 20) <= 2")
}

func minindexRow() *Row {
	return extremeIndexRow("minindex", "Index of the Lowest Value", "MININDEX", []float64{-1}, []Output{{Name: "integer"}},
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
		Doc: doc + " Bars are counted from 0 at the first bar of the history. Among equals the newest counts when it arrives; " +
			"when the extreme leaves the window, the oldest of those left.",
		Source: "TA-Lib " + talib, TALib: talib, Examples: []string{example},
		NaAware:  true, // the count of bars goes on over an na
		Sparse:   true,
		Lookback: func(a Args) int { return a.Int(0) - 1 },
		Bind: func(a Args) Build {
			k := extremeIndex{n: a.Int(0), signs: signs}
			return Build{Kernel: k, State: len(signs) * k.len(), History: k.n - 1}
		},
	}
}

// rescanMax is the longest window that is searched again when its extreme
// leaves; longer ones keep a deque of candidates.
const rescanMax = 64

type extremeIndex struct {
	n     int
	signs []float64 // per output: 1 for the maximum, -1 for the minimum
}

// len returns the length of one output's state.
func (k extremeIndex) len() int {
	if k.n <= rescanMax {
		return 3
	}
	return 5 + k.n
}

func (k extremeIndex) Step(state []float64, in, out [][]float64) {
	m := k.len()
	for i, sign := range k.signs {
		k.step(state[i*m:(i+1)*m], sign, in[0], out[i])
	}
}

// State: bars seen, values since the last na (at most n), index of the extreme,
// then for long windows the deque: head, length, a ring of n indices.
func (k extremeIndex) step(state []float64, sign float64, x, y []float64) {
	bar, run, best := int(state[0]), int(state[1]), int(state[2])
	for j := range y {
		v := x[k.n-1+j] * sign
		if v-v != 0 {
			run = 0
		} else {
			run = min(run+1, k.n)
		}
		window := x[j : j+k.n] // its bar i is bar-n+1+i
		first := bar - k.n + 1
		if k.n > rescanMax {
			k.candidates(state[3:], window, sign, first, run)
		}
		switch {
		case run < k.n:
			best = -1
		case best < first:
			best = k.oldest(state, window, sign, first)
		case v >= window[best-first]*sign:
			best = bar
		}
		y[j] = float64(best)
		if run < k.n {
			y[j] = math.NaN()
		}
		bar++
	}
	state[0], state[1], state[2] = float64(bar), float64(run), float64(best)
}

// oldest returns the bar of the window's extreme, the oldest if there are more.
func (k extremeIndex) oldest(state, window []float64, sign float64, first int) int {
	if k.n > rescanMax {
		head, ring := int(state[3]), state[5:]
		return int(ring[head])
	}
	best := 0
	for i, v := range window {
		if v*sign > window[best]*sign {
			best = i
		}
	}
	return first + best
}

// candidates brings the deque up to the newest bar: the bars whose value no
// later one exceeds, oldest first.
func (k extremeIndex) candidates(deque, window []float64, sign float64, first, run int) {
	head, length, ring := int(deque[0]), int(deque[1]), deque[2:]
	if run <= 1 {
		length = 0
	}
	if length > 0 && int(ring[head]) < first {
		head, length = (head+1)%k.n, length-1
	}
	if run > 0 {
		v := window[k.n-1] * sign
		for length > 0 && window[int(ring[(head+length-1)%k.n])-first]*sign < v {
			length--
		}
		ring[(head+length)%k.n] = float64(first + k.n - 1)
		length++
	}
	deque[0], deque[1] = float64(head), float64(length)
}

package incremental

import "math"

// Indicators made of several smaller ones are built from parts: pieces of a
// kernel that own a few numbers of its state and take one bar at a time. A
// layout hands out the state, so that a kernel's parts lie one after another.

// layout gives each part of a kernel its place in the state.
type layout struct{ size int }

// slots reserves n numbers and returns where they begin.
func (l *layout) slots(n int) int {
	at := l.size
	l.size += n
	return at
}

// build ends the layout: the kernel steps f over each bar and reads history
// bars before the block.
func (l *layout) build(history int, f barwise) Build {
	return Build{Kernel: f, State: l.size, History: history}
}

// barwise is a kernel that is stepped bar by bar; j counts from the start of
// the block, so the newest value of input k is in[k][history+j].
type barwise func(state []float64, in, out [][]float64, j int)

// Step implements Kernel.
func (f barwise) Step(state []float64, in, out [][]float64) {
	for j := range out[0] {
		f(state, in, out, j)
	}
}

// clock counts the bars of a run.
type clock int

func (l *layout) clock() clock { return clock(l.slots(1)) }

// tick returns the number of bars seen, this one included.
func (p clock) tick(state []float64) int {
	state[p]++
	return int(state[p])
}

// allNA writes na to every output of bar j.
func allNA(out [][]float64, j int) {
	for k := range out {
		out[k][j] = math.NaN()
	}
}

// truth is the number of a condition.
func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

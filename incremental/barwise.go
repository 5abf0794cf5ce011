package incremental

import (
	"math"

	"streamd/incremental/window"
)

// byBar ends a layout: the kernel steps f over each bar and reads history bars
// before the block.
func byBar(l *window.Layout, history int, f barwise) Build {
	return Build{Kernel: f, State: l.Size, History: history}
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

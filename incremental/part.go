package incremental

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

// view returns the n values before bar j of an input, and bar j itself: the
// one that leaves a window of n bars first, the newest last.
func view(in []float64, history, n, j int) []float64 {
	return in[history-n+j : history+j+1]
}

// tape remembers an inner series that no other node sees, so that windows over
// it are contiguous as the inputs' are.
//
// State: write position, then n values of history and slack more; the slack
// makes moving them O(1) per bar.
type tape struct{ at, n, slack int }

func (l *layout) tape(n int) tape {
	slack := max(n, 8)
	return tape{at: l.slots(1 + n + slack), n: n, slack: slack}
}

// push appends x and returns the n values before it, and x.
func (p tape) push(state []float64, x float64) []float64 {
	values := state[p.at+1 : p.at+1+p.n+p.slack]
	pos := int(state[p.at])
	if pos == p.slack {
		copy(values[:p.n], values[pos:])
		pos = 0
	}
	values[p.n+pos] = x
	state[p.at] = float64(pos + 1)
	return values[pos : pos+p.n+1]
}

// clock counts the bars of a run.
type clock int

func (l *layout) clock() clock { return clock(l.slots(1)) }

// tick returns the number of bars seen, this one included.
func (p clock) tick(state []float64) int {
	state[p]++
	return int(state[p])
}

// truth is the number of a condition.
func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

package incremental

// cell is a kernel over one input that lives inside another kernel, fed one
// value at a time from an intermediate series that no other node sees. It keeps
// its own tape of that series in its state, so that the inner kernel reads its
// history as it would from the plan.
//
// State layout: kernel state, write position, tape of history + slack values, output.
type cell struct {
	kernel  Kernel
	inner   int // length of the inner kernel's state
	history int
	slack   int // bars between two moves of the tape; makes them O(1) per bar
}

func newCell(b Build) cell {
	return cell{kernel: b.Kernel, inner: b.State, history: b.History, slack: max(b.History, 8)}
}

// Len returns the length of the cell's state.
func (c *cell) Len() int { return c.inner + 1 + c.history + c.slack + 1 }

// Push steps the inner kernel by the value x and returns its first output, na
// during its lookback. The caller lends the headers of its own inputs and
// outputs, since new ones would be allocated on every bar; they are put back.
func (c *cell) Push(state []float64, x float64, in, out [][]float64) float64 {
	tape := state[c.inner+1 : c.inner+1+c.history+c.slack]
	w := int(state[c.inner])
	if w == c.slack {
		copy(tape[:c.history], tape[w:w+c.history])
		w = 0
	}
	tape[c.history+w] = x
	state[c.inner] = float64(w + 1)
	in0, out0 := in[0], out[0]
	in[0], out[0] = tape[w:w+c.history+1], state[c.Len()-1:c.Len()]
	c.kernel.Step(state[:c.inner], in[:1], out[:1])
	in[0], out[0] = in0, out0
	return state[c.Len()-1]
}

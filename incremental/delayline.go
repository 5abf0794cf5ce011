package incremental

// delayLine returns the values of a series n bars later: what leaves a window of n
// values over an intermediate series that is on no tape.
//
// State: write position, n values.
type delayLine struct{ n int }

func newDelayLine(n int) delayLine { return delayLine{n: n} }

// len returns the length of the delay's state.
func (d delayLine) len() int { return 1 + d.n }

// push stores x and returns the value of n pushes ago, 0 before there is one.
func (d delayLine) push(state []float64, x float64) float64 {
	i := int(state[0])
	old := state[1+i]
	state[1+i] = x
	if i++; i == d.n {
		i = 0
	}
	state[0] = float64(i)
	return old
}

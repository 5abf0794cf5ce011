package window

// Delay returns the values of a series n bars later: what leaves a window of n
// values over an intermediate series that is on no tape.
//
// State: write position, n values.
type Delay struct{ N int }

// NewDelay returns a delay of n bars.
func NewDelay(n int) Delay { return Delay{N: n} }

// Len returns the length of the delay's state.
func (d Delay) Len() int { return 1 + d.N }

// Push stores x and returns the value of n pushes ago, 0 before there is one.
func (d Delay) Push(state []float64, x float64) float64 {
	i := int(state[0])
	old := state[1+i]
	state[1+i] = x
	if i++; i == d.N {
		i = 0
	}
	state[0] = float64(i)
	return old
}

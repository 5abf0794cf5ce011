package window

// Indicators made of several smaller ones are built from parts: pieces of a
// kernel that own a few numbers of its state and take one bar at a time. A
// layout hands out the state, so that a kernel's parts lie one after another.

// Layout gives each part of a kernel its place in the state.
type Layout struct{ Size int }

// Slots reserves n numbers and returns where they begin.
func (l *Layout) Slots(n int) int {
	at := l.Size
	l.Size += n
	return at
}

// clock counts the bars of a run.
type clock int

// Clock places a count of bars.
func (l *Layout) Clock() clock { return clock(l.Slots(1)) }

// Tick returns the number of bars seen, this one included.
func (p clock) Tick(state []float64) int {
	state[p]++
	return int(state[p])
}

package live

import "fmt"

// phase is where a partition stands in its life:
//
//	restoring ──► rereading ──► following
//
// A new owner of a partition restores its state from the local store and the state topic.
// Then it reads the input again from the low-water up to the committed offset, in silence:
// those signals are out. From there on it follows the input, and signals come out.
// A group that has committed nothing has nothing to read again.
//
// A partition that cannot go on is halted, whatever its phase, and the others go on. It
// resumes by itself where a broker refused something that it later allows; otherwise it
// waits for an operator, and its worker is re-created with the next generation.
//
// A worker, and with it the phase, outlives a rebalance that gives the partition back at
// the position where the worker stands. A worker whose partition is gone is closed.
type phase int32

const (
	restoring phase = iota
	rereading
	following
	halted
)

func (p phase) String() string {
	names := [...]string{"restoring", "rereading", "following", "halted"}
	if int(p) >= len(names) {
		return fmt.Sprintf("phase %d", int32(p))
	}
	return names[p]
}

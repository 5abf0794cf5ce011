package stream

// trigger is the memory of one formula on one series: what decides, of the bars
// on which the condition is true, where the formula fires. It is kept as
// numbers, so that it goes into snapshots with the kernels' states.
type trigger []float64

const (
	triggerRun    = iota // bars true in a row, 0 when the last was not
	triggerEdge          // 1 while the run began on the bar after a false one
	triggerFalse         // 1 when the last bar was false, not na
	triggerSilent        // bars of cooldown left
	triggerLen
)

// step takes the condition of a bar (1, 0 or na) and reports whether the formula
// fires. A closed gate keeps it silent, but the condition is followed.
func (t trigger) step(r *rule, condition float64, open bool) bool {
	silent := t[triggerSilent] > 0
	if silent {
		t[triggerSilent]--
	}
	if condition != 1 {
		t[triggerRun], t[triggerEdge], t[triggerFalse] = 0, 0, 0
		if condition == 0 {
			t[triggerFalse] = 1
		}
		return false
	}
	if t[triggerRun] == 0 {
		t[triggerEdge] = t[triggerFalse]
	}
	t[triggerRun]++
	t[triggerFalse] = 0
	need := float64(max(r.For, 1))
	fires := t[triggerRun] >= need
	if r.Mode == Edge {
		fires = t[triggerRun] == need && t[triggerEdge] == 1
	}
	if !fires || silent || !open {
		return false
	}
	t[triggerSilent] = float64(r.Cooldown)
	return true
}

// resting reports whether a false bar changes nothing: the usual case by far.
func (t trigger) resting() bool {
	return t[triggerFalse] == 1 && t[triggerSilent] == 0
}

// plain reports whether the formula fires on every bar on which it is true, so
// that bars on which it is not need no look.
func (r *rule) plain() bool { return r.Mode != Edge && r.For <= 1 && r.Cooldown == 0 }

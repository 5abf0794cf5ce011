package stream

import (
	"testing"

	"streamd/internal/seed"
)

// plainTrigger is a trigger from its definition, bar by bar.
type plainTrigger struct {
	run, silent   int
	edge, isFalse bool
}

func (t *plainTrigger) step(r *Formula, c condition, open bool) bool {
	silent := t.silent > 0
	t.silent = max(0, t.silent-1)
	if c != conditionTrue {
		t.run, t.edge, t.isFalse = 0, false, c == conditionFalse
		return false
	}
	if t.run == 0 {
		t.edge = t.isFalse
	}
	t.run, t.isFalse = t.run+1, false
	fires := t.run >= max(1, r.For)
	if r.Mode == Edge {
		fires = t.run == max(1, r.For) && t.edge
	}
	if !fires || silent || !open {
		return false
	}
	t.silent = r.Cooldown
	return true
}

func TestTriggerAgainstDefinition(t *testing.T) {
	rng := seed.Rand(t)
	for range 3000 {
		r := &Formula{Mode: []Mode{Every, Edge}[rng.IntN(2)], For: rng.IntN(5), Cooldown: rng.IntN(4) * rng.IntN(40)}
		if rng.IntN(4) == 0 {
			r.For = rng.IntN(150)
		}
		f := newFiring(r)
		stay := rng.IntN(40) + 1
		var plain plainTrigger
		var got trigger
		c := conditionNa
		for bar := 0; bar < 400; {
			n := min(1+rng.IntN(64), 400-bar)
			if rng.IntN(3) == 0 {
				n = 1
			}
			var yes, no, open, want uint64
			for j := range n {
				if rng.IntN(stay) == 0 {
					c = condition(rng.IntN(3))
				}
				yes |= uint64(c&conditionTrue) << j
				no |= uint64(c>>1) << j
				isOpen := rng.IntN(9) > 0
				if isOpen {
					open |= 1 << j
				}
				if plain.step(r, c, isOpen) {
					want |= 1 << j
				}
			}
			before := got.last
			candidates := got.advance(&f, yes, no, n, int32(bar))
			if same := before == conditionTrue && yes == ^uint64(0)>>(64-n); candidates != 0 && same && !f.attentive() {
				t.Fatalf("bar %d: a formula that is not attentive fires while its condition stays true",
					bar)
			}
			var fired uint64
			for j := range n {
				if candidates>>j&1 == 1 && got.fire(&f, int32(bar+j), open>>j&1 == 1) {
					fired |= 1 << j
				}
			}
			if fired != want {
				t.Fatalf("bars %d to %d: fires on %b, by definition on %b (mode %s for %d cooldown %d)",
					bar, bar+n, fired, want, r.Mode, r.For, r.Cooldown)
			}
			bar += n
			numbers := got.numbers(bar)
			if by := [...]float64{
				float64(plain.run), number(plain.edge), number(plain.isFalse),
				float64(plain.silent),
			}; numbers != by {
				t.Fatalf("bar %d: numbers %v, by definition %v", bar, numbers, by)
			}
			if rng.IntN(5) == 0 {
				got.setNumbers(numbers[:], bar)
			}
		}
	}
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

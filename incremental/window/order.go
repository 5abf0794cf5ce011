package window

// Order keeps the last n values sorted, for what depends on their ranks: the
// median, percentiles, ranks. Up to OrderArrayMax values it is a sorted array:
// moving the values between two places is measured at half the cost of a tree
// even at 4,000 of them. Above, it is a treap, O(log n) per bar (Seidel and
// Aragon, Randomized Search Trees, 1996).
//
// State: values held (at most n), next slot, then the array or the tree.
type Order struct{ N int }

const OrderArrayMax = 4096

// Len returns the length of the state.
func (o Order) Len() int {
	if o.N <= OrderArrayMax {
		return 2 + o.N
	}
	return 2 + treapLen(o.N)
}

// Push adds the value v; once n are held, old, the oldest of them, leaves.
func (o Order) Push(state []float64, v, old float64) {
	count, slot := int(state[0]), int(state[1])
	full := count == o.N
	if o.N <= OrderArrayMax {
		if full {
			replaceSorted(state[2:], old, v)
		} else {
			insertSorted(state[2:2+count+1], v)
		}
	} else {
		t := NewTreap(state[2:], o.N)
		if full {
			t.remove(slot)
		}
		t.insert(slot, v)
	}
	if !full {
		state[0] = float64(count + 1)
	}
	state[1] = float64((slot + 1) % o.N)
}

// At returns the value of rank k, counted from 0 at the least.
func (o Order) At(state []float64, k int) float64 {
	if o.N <= OrderArrayMax {
		return state[2+k]
	}
	return NewTreap(state[2:], o.N).At(k)
}

// Below returns how many of the values are less than v.
func (o Order) Below(state []float64, v float64) int {
	if o.N <= OrderArrayMax {
		return countBelow(state[2:2+int(state[0])], v)
	}
	return NewTreap(state[2:], o.N).Below(v)
}

// countBelow returns how many values of the sorted s are less than v, which is
// the place of the first that is not.
func countBelow(s []float64, v float64) int {
	lo, hi := 0, len(s)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if s[mid] < v {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// insertSorted puts v into s, whose last place is free.
func insertSorted(s []float64, v float64) {
	last := len(s) - 1
	i := countBelow(s[:last], v)
	copy(s[i+1:], s[i:last])
	s[i] = v
}

// replaceSorted puts v into the sorted s in place of a value equal to old.
func replaceSorted(s []float64, old, v float64) {
	from, to := countBelow(s, old), countBelow(s, v)
	if from < to {
		to--
		copy(s[from:to], s[from+1:to+1])
	} else {
		copy(s[to+1:from+1], s[to:from])
	}
	s[to] = v
}

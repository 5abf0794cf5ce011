package window

// treap is a search tree over n slots that knows the size of each subtree, in
// four arrays of a state. Slots are ordered by value, then by number; the
// priority of a slot is a fixed hash of its number, so the shape depends on
// what the tree holds alone and the same bars leave the same state. Slots are
// counted from 1 inside; 0 is no slot.
type treap struct {
	Root                     *float64
	value, Left, Right, size []float64
}

func treapLen(n int) int { return 1 + 4*(n+1) }

// NewTreap returns an empty tree in the state for up to n values.
func NewTreap(state []float64, n int) treap {
	a, m := state[1:], n+1
	return treap{&state[0], a[:m], a[m : 2*m], a[2*m : 3*m], a[3*m : 4*m]}
}

// insert puts the value v into the slot, which must be free.
func (t treap) insert(slot int, v float64) {
	s := slot + 1
	t.value[s], t.Left[s], t.Right[s], t.size[s] = v, 0, 0, 1
	*t.Root = float64(t.insertAt(int(*t.Root), s))
}

// remove frees the slot, which must be held.
func (t treap) remove(slot int) {
	*t.Root = float64(t.removeAt(int(*t.Root), slot+1))
}

// At returns the value of rank k, counted from 0 at the least.
func (t treap) At(k int) float64 {
	s := int(*t.Root)
	for {
		l := int(t.size[int(t.Left[s])])
		switch {
		case k < l:
			s = int(t.Left[s])
		case k == l:
			return t.value[s]
		default:
			k -= l + 1
			s = int(t.Right[s])
		}
	}
}

// Below returns how many values are less than v.
func (t treap) Below(v float64) int {
	n := 0
	for s := int(*t.Root); s != 0; {
		if t.value[s] < v {
			n += int(t.size[int(t.Left[s])]) + 1
			s = int(t.Right[s])
		} else {
			s = int(t.Left[s])
		}
	}
	return n
}

func (t treap) insertAt(at, s int) int {
	if at == 0 || priority(s) > priority(at) {
		l, r := t.Split(at, s)
		t.Left[s], t.Right[s] = float64(l), float64(r)
		t.count(s)
		return s
	}
	t.size[at]++
	if t.less(s, at) {
		t.Left[at] = float64(t.insertAt(int(t.Left[at]), s))
	} else {
		t.Right[at] = float64(t.insertAt(int(t.Right[at]), s))
	}
	return at
}

func (t treap) removeAt(at, s int) int {
	if at == s {
		return t.merge(int(t.Left[s]), int(t.Right[s]))
	}
	t.size[at]--
	if t.less(s, at) {
		t.Left[at] = float64(t.removeAt(int(t.Left[at]), s))
	} else {
		t.Right[at] = float64(t.removeAt(int(t.Right[at]), s))
	}
	return at
}

// Split parts the subtree into what is before slot s and what is behind it.
func (t treap) Split(at, s int) (before, behind int) {
	if at == 0 {
		return 0, 0
	}
	if t.less(at, s) {
		l, r := t.Split(int(t.Right[at]), s)
		t.Right[at] = float64(l)
		t.count(at)
		return at, r
	}
	l, r := t.Split(int(t.Left[at]), s)
	t.Left[at] = float64(r)
	t.count(at)
	return l, at
}

// merge joins two subtrees, all of a before all of b.
func (t treap) merge(a, b int) int {
	switch {
	case a == 0:
		return b
	case b == 0:
		return a
	case priority(a) > priority(b):
		t.Right[a] = float64(t.merge(int(t.Right[a]), b))
		t.count(a)
		return a
	default:
		t.Left[b] = float64(t.merge(a, int(t.Left[b])))
		t.count(b)
		return b
	}
}

func (t treap) less(a, b int) bool {
	return t.value[a] < t.value[b] || t.value[a] == t.value[b] && a < b
}

func (t treap) count(s int) {
	t.size[s] = 1 + t.size[int(t.Left[s])] + t.size[int(t.Right[s])]
}

// priority mixes a slot's number (the finalizer of MurmurHash3), one to one, so
// that no two slots have the same.
func priority(s int) uint32 {
	h := uint32(s)
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}

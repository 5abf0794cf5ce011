package incremental

// treap is a search tree over n slots that knows the size of each subtree, in
// four arrays of a state. Slots are ordered by value, then by number; the
// priority of a slot is a fixed hash of its number, so the shape depends on
// what the tree holds alone and the same bars leave the same state. Slots are
// counted from 1 inside; 0 is no slot.
type treap struct {
	root                     *float64
	value, left, right, size []float64
}

func treapLen(n int) int { return 1 + 4*(n+1) }

func newTreap(state []float64, n int) treap {
	a, m := state[1:], n+1
	return treap{&state[0], a[:m], a[m : 2*m], a[2*m : 3*m], a[3*m : 4*m]}
}

// insert puts the value v into the slot, which must be free.
func (t treap) insert(slot int, v float64) {
	s := slot + 1
	t.value[s], t.left[s], t.right[s], t.size[s] = v, 0, 0, 1
	*t.root = float64(t.insertAt(int(*t.root), s))
}

// remove frees the slot, which must be held.
func (t treap) remove(slot int) {
	*t.root = float64(t.removeAt(int(*t.root), slot+1))
}

// at returns the value of rank k, counted from 0 at the least.
func (t treap) at(k int) float64 {
	s := int(*t.root)
	for {
		l := int(t.size[int(t.left[s])])
		switch {
		case k < l:
			s = int(t.left[s])
		case k == l:
			return t.value[s]
		default:
			k -= l + 1
			s = int(t.right[s])
		}
	}
}

// below returns how many values are less than v.
func (t treap) below(v float64) int {
	n := 0
	for s := int(*t.root); s != 0; {
		if t.value[s] < v {
			n += int(t.size[int(t.left[s])]) + 1
			s = int(t.right[s])
		} else {
			s = int(t.left[s])
		}
	}
	return n
}

func (t treap) insertAt(at, s int) int {
	if at == 0 || priority(s) > priority(at) {
		l, r := t.split(at, s)
		t.left[s], t.right[s] = float64(l), float64(r)
		t.count(s)
		return s
	}
	t.size[at]++
	if t.less(s, at) {
		t.left[at] = float64(t.insertAt(int(t.left[at]), s))
	} else {
		t.right[at] = float64(t.insertAt(int(t.right[at]), s))
	}
	return at
}

func (t treap) removeAt(at, s int) int {
	if at == s {
		return t.merge(int(t.left[s]), int(t.right[s]))
	}
	t.size[at]--
	if t.less(s, at) {
		t.left[at] = float64(t.removeAt(int(t.left[at]), s))
	} else {
		t.right[at] = float64(t.removeAt(int(t.right[at]), s))
	}
	return at
}

// split parts the subtree into what is before slot s and what is behind it.
func (t treap) split(at, s int) (before, behind int) {
	if at == 0 {
		return 0, 0
	}
	if t.less(at, s) {
		l, r := t.split(int(t.right[at]), s)
		t.right[at] = float64(l)
		t.count(at)
		return at, r
	}
	l, r := t.split(int(t.left[at]), s)
	t.left[at] = float64(r)
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
		t.right[a] = float64(t.merge(int(t.right[a]), b))
		t.count(a)
		return a
	default:
		t.left[b] = float64(t.merge(a, int(t.left[b])))
		t.count(b)
		return b
	}
}

func (t treap) less(a, b int) bool {
	return t.value[a] < t.value[b] || t.value[a] == t.value[b] && a < b
}

func (t treap) count(s int) {
	t.size[s] = 1 + t.size[int(t.left[s])] + t.size[int(t.right[s])]
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

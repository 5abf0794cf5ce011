package stream

import (
	"iter"
	"slices"
)

// sequence is formulas in the order of their ranks. It does not change: a changed copy shares all parts but those with
// the change.
type sequence struct {
	parts [][]*ruled // none is empty
	count int
}

// sequencePart is how many formulas a part has when the sequence is made; one with twice as many is cut.
const sequencePart = 512

func newSequence(sorted []*ruled) sequence {
	q := sequence{count: len(sorted)}
	for part := range slices.Chunk(sorted, sequencePart) {
		q.parts = append(q.parts, part)
	}
	return q
}

// all goes through the formulas from index on.
func (q sequence) all(from int) iter.Seq[*ruled] {
	return func(yield func(*ruled) bool) {
		for _, part := range q.parts {
			if from >= len(part) {
				from -= len(part)
				continue
			}
			for _, f := range part[from:] {
				if !yield(f) {
					return
				}
			}
			from = 0
		}
	}
}

// partOf returns the index of the part that a formula stands in, or would.
func (q sequence) partOf(f *ruled) int {
	i, _ := slices.BinarySearchFunc(q.parts, f, func(part []*ruled, f *ruled) int {
		return part[0].compare(f)
	})
	if i < len(q.parts) && q.parts[i][0].compare(f) == 0 {
		return i
	}
	return max(0, i-1)
}

// edit returns the sequence after edits.
func (q sequence) edit(edits []ruleEdit) sequence {
	q.parts = slices.Clone(q.parts)
	for _, e := range edits {
		if e.was != nil {
			i := q.partOf(e.was)
			q.parts[i] = replaced(q.parts[i], nil, e.was)
			q.count--
			if len(q.parts[i]) == 0 {
				q.parts = slices.Delete(q.parts, i, i+1)
			}
		}
		if e.now != nil {
			q.insert(e.now)
		}
	}
	return q
}

func (q *sequence) insert(f *ruled) {
	q.count++
	if len(q.parts) == 0 {
		q.parts = append(q.parts, []*ruled{f})
		return
	}
	i := q.partOf(f)
	part := replaced(q.parts[i], f, nil)
	q.parts[i] = part
	if len(part) > 2*sequencePart {
		q.parts[i] = slices.Clip(part[:sequencePart])
		q.parts = slices.Insert(q.parts, i+1, slices.Clip(part[sequencePart:]))
	}
}

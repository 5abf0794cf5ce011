package across

import (
	"cmp"
	"math"
	"slices"

	"streamd/incremental"
)

// MemberValue is the value of one member on a bar. Scale is the magnitude that it was made from
// (incremental.Magnitude), 0 where the value shows it itself.
type MemberValue struct {
	Member       int32
	Value, Scale float64
}

// Vector collects the values of the members of a universe on one bar, and orders them. It may be used for one bar
// after the other.
type Vector struct {
	entries      []MemberValue // rising after Close, equal values by member
	above, below []int32       // by place in entries
	each         []float64     // of Each
	scaleMin     float64
	scaleMax     float64
	sorter       sorter
}

// Reset begins a bar.
func (v *Vector) Reset() {
	v.entries = v.entries[:0]
	v.scaleMin, v.scaleMax = math.Inf(1), 0
}

// Add takes the value of a member. One that is na or infinite is none.
func (v *Vector) Add(member int32, value, scale float64) {
	if value-value != 0 {
		return
	}
	v.entries = append(v.entries, MemberValue{member, value + 0, scale}) // -0 becomes 0
	if scale < v.scaleMin {
		v.scaleMin = scale
	}
	if scale > v.scaleMax {
		v.scaleMax = scale
	}
}

// Close orders the values. With ranks it counts who is above and below whom as well.
func (v *Vector) Close(ranks bool) {
	v.sorter.sort(v.entries)
	if ranks {
		v.rank()
	}
}

// Entries returns the values of the bar, rising.
func (v *Vector) Entries() []MemberValue { return v.entries }

// Len returns how many members have a value.
func (v *Vector) Len() int { return len(v.entries) }

// At returns a statistic of the member at a place in Entries.
func (v *Vector) At(s Statistic, place int) float64 {
	switch {
	case len(v.entries) < 2:
		return math.NaN()
	case s == Value:
		return v.entries[place].Value
	case s == Above:
		return float64(v.above[place])
	case s == Below:
		return float64(v.below[place])
	}
	return v.Of(s)
}

// Each returns a statistic of each value, by its place in Entries. It is valid until the next Reset.
func (v *Vector) Each(s Statistic) []float64 {
	n := len(v.entries)
	if cap(v.each) < n {
		v.each = make([]float64, n, n+n/4)
	}
	v.each = v.each[:n]
	counts := v.above
	switch {
	case n >= 2 && s == Below:
		counts = v.below
	case n < 2 || s != Above:
		for i := range v.each {
			v.each[i] = v.At(s, i)
		}
		return v.each
	}
	for i, c := range counts[:n] {
		v.each[i] = float64(c)
	}
	return v.each
}

// Of returns a statistic of the bar.
func (v *Vector) Of(s Statistic) float64 {
	n := len(v.entries)
	if n < 2 {
		return math.NaN()
	}
	switch s {
	case Count:
		return float64(n)
	case Sum:
		return v.sum()
	case Mean:
		return v.sum() / float64(n)
	case Median:
		low, high := v.entries[(n-1)/2].Value, v.entries[n/2].Value
		return (low + high) / 2
	case Stdev:
		return v.stdev()
	case Magnitude:
		return v.magnitude()
	}
	return math.NaN()
}

// sum adds the values up with a second number for what rounding loses (Neumaier 1974), so that it is right to the
// last digit or two whatever the order.
func (v *Vector) sum() float64 {
	var s compensated
	for i := range v.entries {
		s.add(v.entries[i].Value)
	}
	return s.total()
}

// stdev is the standard deviation of the population. What rounding alone makes differ does not.
func (v *Vector) stdev() float64 {
	mean := v.sum() / float64(len(v.entries))
	var s compensated
	for i := range v.entries {
		d := v.entries[i].Value - mean
		s.add(d * d)
	}
	d := math.Sqrt(s.total() / float64(len(v.entries)))
	if incremental.CompareAt(d, 0, v.magnitude()) == 0 {
		return 0
	}
	return d
}

func (v *Vector) magnitude() float64 {
	n := len(v.entries)
	return max(v.scaleMax, math.Abs(v.entries[0].Value), math.Abs(v.entries[n-1].Value))
}

// compensated is a sum with the error of its rounding beside it.
type compensated struct{ sum, lost float64 }

func (c *compensated) add(x float64) {
	t := c.sum + x
	if math.Abs(c.sum) >= math.Abs(x) {
		c.lost += (c.sum - t) + x
	} else {
		c.lost += (x - t) + c.sum
	}
	c.sum = t
}

func (c *compensated) total() float64 {
	if t := c.sum + c.lost; t == t {
		return t
	}
	return c.sum // infinite
}

// rank counts, for every value, the values that are clearly above and below it: further away than comparisons of the
// language take for equal. Beyond the widest tolerance of the bar that is certain, and within it each pair is looked
// at where their scales differ.
func (v *Vector) rank() {
	n := len(v.entries)
	v.above, v.below = resized(v.above, n), resized(v.below, n)
	clear(v.above)
	clear(v.below)
	end := 0 // first place that is clearly above place i
	for i := range v.entries {
		for end = max(end, i+1); end < n && !v.clearly(end, i, v.scaleMax); end++ {
		}
		v.above[i] += int32(n - end)
		if end < n {
			v.below[end]++ // and of all behind it, see below
		}
		if v.scaleMin == v.scaleMax {
			continue
		}
		for j := i + 1; j < end; j++ {
			if v.clearly(j, i, max(v.entries[i].Scale, v.entries[j].Scale)) {
				v.above[i]++
			}
		}
	}
	for i := 1; i < n; i++ {
		v.below[i] += v.below[i-1]
	}
	if v.scaleMin == v.scaleMax {
		return
	}
	end = 0
	for i := range v.entries { // after the sums: pairs within the widest tolerance
		for end = max(end, i+1); end < n && !v.clearly(end, i, v.scaleMax); end++ {
			// the same places as above
		}
		for j := i + 1; j < end; j++ {
			if v.clearly(j, i, max(v.entries[i].Scale, v.entries[j].Scale)) {
				v.below[j]++
			}
		}
	}
}

// clearly reports whether the value at a place is greater than that at another one.
func (v *Vector) clearly(high, low int, scale float64) bool {
	return incremental.CompareAt(v.entries[high].Value, v.entries[low].Value, scale) > 0
}

func resized(s []int32, n int) []int32 {
	if cap(s) < n {
		return make([]int32, n, n+n/4)
	}
	return s[:n]
}

// sorter orders entries by value, then member.
type sorter struct {
	keys, spare []sortKey
	entries     []MemberValue
}

type sortKey struct {
	bits  uint64 // rise as the values do
	place int32
}

// radixMin is from how many values on counting digits is faster than comparing.
const radixMin = 200

func (s *sorter) sort(entries []MemberValue) {
	n := len(entries)
	if n < radixMin {
		slices.SortFunc(entries, func(a, b MemberValue) int {
			return cmp.Or(cmp.Compare(a.Value, b.Value), cmp.Compare(a.Member, b.Member))
		})
		return
	}
	if !slices.IsSortedFunc(entries, func(a, b MemberValue) int { return cmp.Compare(a.Member, b.Member) }) {
		slices.SortFunc(entries, func(a, b MemberValue) int { return cmp.Compare(a.Member, b.Member) })
	}
	if cap(s.keys) < n {
		s.keys, s.spare, s.entries = make([]sortKey, n), make([]sortKey, n), make([]MemberValue, n)
	}
	s.keys, s.spare, s.entries = s.keys[:n], s.spare[:n], s.entries[:n]
	s.radix(entries)
	copy(s.entries, entries)
	for i, k := range s.keys {
		entries[i] = s.entries[k.place]
	}
}

// radix sorts the keys of the entries by their digits of 11 bits, the last one first. Equal keys keep their order.
func (s *sorter) radix(entries []MemberValue) {
	const digits, width = 6, 11
	var counts [digits][1 << width]int32
	for i := range entries {
		bits := math.Float64bits(entries[i].Value)
		bits ^= uint64(int64(bits)>>63) | 1<<63 // of negative numbers all bits turn, of others the sign
		s.keys[i] = sortKey{bits, int32(i)}
		for d := range counts {
			counts[d][bits>>(width*d)&(1<<width-1)]++
		}
	}
	for d := range counts {
		c, shift := &counts[d], width*d
		if c[s.keys[0].bits>>shift&(1<<width-1)] == int32(len(entries)) {
			continue // all have the same digit
		}
		at := int32(0)
		for i, n := range c {
			c[i], at = at, at+n
		}
		for _, k := range s.keys {
			p := &c[k.bits>>shift&(1<<width-1)]
			s.spare[*p] = k
			*p++
		}
		s.keys, s.spare = s.spare, s.keys
	}
}

package history

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"streamd/candle"
	"streamd/stream"
)

// sortMax bounds how many bars of a series that is not in order are sorted: 72 bytes each.
const sortMax = 40_000_000

// inOrderOfTime brings the bars of a series in the order of time and leaves out those that cannot be of it: repeated
// ones, and those far from all others. It finds the timeframe where none is stated.
func (w *tapeWorker) inOrderOfTime(s *series, key *candle.Series) error {
	o := ordering{w: w, s: s}
	o.join()
	if err := o.sort(); err != nil {
		return o.wrap(0, err)
	}
	var count steps
	least, most := int64(math.MaxInt64), int64(0)
	for i := 1; i < len(o.b.Time); i++ {
		step := o.b.Time[i] - o.b.Time[i-1]
		count.add(step)
		least, most = min(least, step), max(most, step)
	}
	width, tf := count.usual()
	if key.Timeframe.IsZero() && s.parts[0].step == 0 {
		key.Timeframe = tf
	} else if !key.Timeframe.IsZero() {
		width = int64(key.Timeframe.Duration())
	}
	plain := least > 0 && most/farSteps < max(width, 1) && !o.later(width)
	if !plain {
		if err := o.sift(width); err != nil {
			return err
		}
	}
	if w.h.data.Layout.Stamp == "end" {
		o.openTimes(key.Timeframe)
	}
	if o.b.Len() == 0 {
		if left := w.h.leftOut(s.parts[0].in); len(left) > 0 {
			return o.wrap(0, fmt.Errorf("%w: no candle: %s", ErrUndecodable, Sentence(left)))
		}
	}
	return nil
}

// ordering is the bars of all parts of a series in one block.
type ordering struct {
	w    *tapeWorker
	s    *series
	b    *stream.Block
	from []int    // where each part begins in the block as it was read
	read []uint32 // the place in the block as it was read of every bar; nil where that is its own
}

// join puts the parts behind each other, by their first bars; those that run from the newest bar to the oldest are
// turned round.
func (o *ordering) join() {
	parts := o.s.parts
	for i := range parts {
		if p := &parts[i]; descending(p.block.Time) {
			p.block.Reverse()
			p.lines.reverse()
		}
	}
	if len(parts) > 1 {
		sortParts(parts)
	}
	o.b = &parts[0].block
	for i := range parts {
		p := &parts[i]
		if i == 0 {
			o.from = append(o.from, 0)
			continue
		}
		o.from = append(o.from, o.b.Len())
		o.b.AppendBlock(&p.block)
		if p.step > 0 && (parts[0].step == 0 || p.step < parts[0].step) {
			parts[0].step = p.step
		}
		p.block = stream.Block{}
	}
}

// sort sorts the bars by time; those of one time stay in their order.
func (o *ordering) sort() error {
	if slices.IsSorted(o.b.Time) {
		return nil
	}
	n := o.b.Len()
	if n > sortMax {
		return fmt.Errorf("%w: its %d rows are not in the order of time, and only %d are sorted in memory: sort "+
			"the file by "+
			"time first", ErrUndecodable, n, sortMax)
	}
	type at struct {
		time int64
		read uint32
	}
	all := make([]at, n)
	for i, t := range o.b.Time {
		all[i] = at{t, uint32(i)}
	}
	slices.SortFunc(all, func(a, b at) int { return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.read, b.read)) })
	o.read = make([]uint32, n)
	for i := range all {
		o.b.Time[i], o.read[i] = all[i].time, all[i].read
	}
	spare := make([]float64, n)
	for _, column := range [...]*[]float64{&o.b.Open, &o.b.High, &o.b.Low, &o.b.Close, &o.b.Volume} {
		for i, k := range o.read {
			spare[i] = (*column)[k]
		}
		*column, spare = spare, *column
	}
	o.w.h.note(o.s.parts[0].in, "rows were not in order of time: sorted")
	return nil
}

// place returns the part and the line of the bar at a place in the block.
func (o *ordering) place(i int) (p *part, line int) {
	if o.read != nil {
		i = int(o.read[i])
	}
	k, found := slices.BinarySearch(o.from, i)
	if !found {
		k--
	}
	for k+1 < len(o.from) && o.from[k+1] <= i {
		k++
	}
	p = &o.s.parts[k]
	return p, p.lines.at(i - o.from[k])
}

func (o *ordering) leave(i int, reason string) {
	p, line := o.place(i)
	o.w.h.leave(p.in, []RowsLeftOut{{Reason: reason, Rows: 1, First: line}})
}

// wrap puts the name of the input and the line of a bar before an error.
func (o *ordering) wrap(i int, err error) error {
	if o.b.Len() == 0 {
		return o.s.parts[0].in.wrap(err)
	}
	p, _ := o.place(i)
	return p.in.wrap(err)
}

// How far a bar may lie from the others: so many usual steps from both its neighbours, and from the only one where
// it is the first or the last.
const (
	farSteps    = 1000
	farStepsEnd = 10 * farSteps
)

// later reports whether the last bar lies beyond the clock.
func (o *ordering) later(width int64) bool {
	n, now := o.b.Len(), o.w.h.data.Now
	return n > 0 && now > 0 && o.b.Time[n-1] > now+max(width, 0)
}

// sift drops the bars of times that are there already, and those far from all others.
func (o *ordering) sift(width int64) error {
	b := o.b
	end := int64(math.MaxInt64)
	if now := o.w.h.data.Now; now > 0 {
		end = now + max(width, 0)
	}
	kept, contradict, first := 0, 0, 0
	for i := range b.Len() {
		switch {
		case kept > 0 && b.Time[i] == b.Time[kept-1]:
			if b.At(i) == b.At(kept-1) {
				o.leave(i, reasonRepeated)
				continue
			}
			if contradict++; contradict == 1 {
				first = i
			}
			o.leave(i, reasonContradicts)
			continue
		case b.Time[i] > end:
			o.leave(i, "later than now")
			continue
		case width > 0 && o.far(i, width):
			o.leave(i, "far from all other times")
			continue
		}
		if kept != i {
			b.Set(kept, b.At(i))
		}
		kept++
	}
	if contradict > max(1, b.Len()/100) {
		return o.twice(first, contradict)
	}
	b.Truncate(kept)
	return nil
}

// far reports whether a bar lies alone.
func (o *ordering) far(i int, width int64) bool {
	const fewest = 3 // bars, below which there is no usual step
	at := o.b.Time
	limit := width * farSteps
	if len(at) < fewest || i > 0 && at[i]-at[i-1] <= limit || i+1 < len(at) && at[i+1]-at[i] <= limit {
		return false
	}
	if limit = width * farStepsEnd; i == 0 {
		return at[1]-at[0] > limit || o.moved(i)
	} else if i == len(at)-1 {
		return at[i]-at[i-1] > limit || o.moved(i)
	}
	return true
}

// moved reports whether a bar stood elsewhere before the bars were sorted.
func (o *ordering) moved(i int) bool { return o.read != nil && int(o.read[i]) != i }

// twice is the error of a series with two bars of many times: they are of several symbols.
func (o *ordering) twice(i, times int) error {
	p, line := o.place(i)
	what := "which column is the symbol? (--map symbol=COLUMN, or --symbol-from on the path)"
	if name := p.in.likelySymbol(); name != "" {
		what = fmt.Sprintf("is the column %q the symbol? (--map symbol=%s)", name, name)
	} else if len(o.s.parts) > 1 && o.s.parts[0].in != p.in {
		what = fmt.Sprintf("%s has the same symbol and times (--symbol-from names the symbols)", o.s.parts[0].in.name)
	}
	where := ""
	if line > 0 {
		where = fmt.Sprintf("line %d: ", line)
	}
	return p.in.wrap(fmt.Errorf("%w: %s%d times occur again with other values: %s", ErrUndecodable, where, times, what))
}

// openTimes moves bars that are stamped at their end to where they begin. Ends of 23:59:59.999 count as full.
func (o *ordering) openTimes(tf candle.Timeframe) {
	for i, t := range o.b.Time {
		const second = 1e9
		if odd := t % second; odd == second-1 || odd == second-1e3 || odd == second-1e6 {
			t += second - odd
		}
		width := int64(tf.Duration())
		start := tf.Align(t - 1)
		if t-width > start || tf.Next(start) != t {
			start = t - width // it ends within a bar of the calendar, as at the end of a session
		}
		o.b.Time[i] = start
	}
}

// reverse puts the line of the last bar first.
func (l *lineNumbers) reverse() {
	if l.each == nil && l.first > 0 {
		l.each = make([]uint32, l.bars)
		for i := range l.each {
			l.each[i] = uint32(l.first + i)
		}
	}
	slices.Reverse(l.each)
}

// sortParts orders the parts by the first candle of their inputs; those of one input stay in their order.
func sortParts(parts []part) {
	first := map[*input]int64{}
	for i := range parts {
		if b := &parts[i].block; b.Len() > 0 {
			if t, ok := first[parts[i].in]; !ok || b.Time[0] < t {
				first[parts[i].in] = b.Time[0]
			}
		}
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(first[a.in], first[b.in]) })
}

// descending reports whether times fall throughout: a file that was written so is turned round.
func descending(at []int64) bool {
	const fewest = 2
	if len(at) < fewest {
		return false
	}
	for i := 1; i < len(at); i++ {
		if at[i] >= at[i-1] {
			return false
		}
	}
	return true
}

// inOrderOfRecords takes the candles of partitions together, and returns how many it dropped as the daemon does:
// those that are older than the one before, and those that contradict it. Repeated candles are dropped without being
// counted.
func inOrderOfRecords(s *series) int {
	if len(s.parts) > 1 {
		sortParts(s.parts)
		for i := 1; i < len(s.parts); i++ {
			s.parts[0].block.AppendBlock(&s.parts[i].block)
			s.parts[i].block = stream.Block{}
		}
	}
	b := &s.parts[0].block
	kept, late := min(1, b.Len()), 0
	for i := kept; i < b.Len(); i++ {
		switch c := b.At(i); {
		case c.Time > b.Time[kept-1]:
			b.Set(kept, c)
			kept++
		case c != b.At(kept-1):
			late++
		}
	}
	b.Truncate(kept)
	return late
}

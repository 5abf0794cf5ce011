package stream

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"

	"streamd/internal/codec"
)

// awaited are the signals of a series whose outcomes are not complete. Those of one bar share
// entry and extremes. There are at most as many bars as the longest outcome has. A candle looks
// only at what it completes, however much is awaited: all bars are followed up to the newest
// candle, so one falling row of highs, and one of lows, has the extremes since any of them.
type awaited struct {
	bars      queue[awaitedBar]    // oldest first
	signals   queue[awaitedSignal] // of the bars, in their order
	count     int64                // candles received while something was awaited
	split     int64                // count at the newest split
	high, low extremes             // of low with the sign changed
	due       []int                // for each number of bars after a signal: the next bar that gets there
}

type awaitedBar struct {
	time    int64
	at      int64 // count when it came
	first   int   // of its signals
	signals int32
	entry   float64
}

type awaitedSignal struct {
	id      digest
	formula string
}

// awaitedRecordMax bounds the signals that a record may wait for.
const awaitedRecordMax = 1 << 20

// follow completes outcomes with the bars of the last step, and waits for those of its signals,
// which are the matches from the given one on. Bars that `gaps: fill` put in do not count, so
// they never come here.
func (e *Engine) follow(s *SeriesState, b *Block, out *Effects, matches int) {
	w := s.awaited
	if (w == nil || w.bars.len() == 0) && len(out.Matches) == matches {
		return
	}
	if w == nil {
		w = &awaited{}
		s.awaited = w
	}
	signals := e.signals[:0]
	for k := matches; k < len(out.Matches); k++ {
		if m := &out.Matches[k]; !m.resolve && !m.Intrabar {
			signals = append(signals, int32(k))
		}
	}
	e.signals = signals
	byBar := func(x, y int32) int { return cmp.Compare(out.Matches[x].seq, out.Matches[y].seq) }
	if !slices.IsSortedFunc(signals, byBar) {
		slices.SortStableFunc(signals, byBar)
	}
	last, seen := s.last.Close, s.seen
	for j := range b.Len() {
		if w.bars.len() > 0 {
			w.next(s, b, j, seen && Splits(last, b.Open[j]), e.options.Outcomes, out)
		}
		last, seen = b.Close[j], true
		for ; len(signals) > 0 && int(out.Matches[signals[0]].seq) == j; signals = signals[1:] {
			m := &out.Matches[signals[0]]
			w.add(m.Candle.Time, awaitedSignal{m.digest(), m.rule.Name})
		}
	}
}

// add waits for the outcomes of a signal on the newest bar.
func (w *awaited) add(time int64, signal awaitedSignal) {
	w.bar(awaitedBar{time: time, at: w.count}).signals++
	w.signals.put(signal)
}

// bar returns the newest bar, which is the given one from now on where it was another.
func (w *awaited) bar(a awaitedBar) *awaitedBar {
	if n := w.bars.len(); n == 0 || w.bars.all()[n-1].time != a.time {
		a.first = w.signals.end()
		w.bars.put(a)
	}
	return &w.bars.all()[w.bars.len()-1]
}

// seen returns how many candles came after a bar.
func (w *awaited) seen(a *awaitedBar) int { return int(w.count - a.at) }

// since returns the extremes from the entry of a bar on, and whether a split lies between.
func (w *awaited) since(a *awaitedBar) (high, low float64, split bool) {
	if w.seen(a) == 0 {
		return 0, 0, false
	}
	return max(a.entry, w.high.since(a.at+1)), min(a.entry, -w.low.since(a.at+1)), w.split >= a.at+2
}

// of returns the signals of a bar.
func (w *awaited) of(a *awaitedBar) []awaitedSignal {
	from := a.first - w.signals.dropped
	return w.signals.all()[from : from+int(a.signals)]
}

// next takes bar j of a block: it moves the extremes, completes outcomes, and lets go of
// signals whose last outcome is complete.
func (w *awaited) next(s *SeriesState, b *Block, j int, split bool, after []int, out *Effects) {
	if len(w.due) != len(after) {
		w.aim(after)
	}
	if w.count++; split {
		w.split = w.count
	}
	w.high.put(w.count, b.High[j])
	w.low.put(w.count, -b.Low[j])
	bars := w.bars.all()
	if newest := &bars[len(bars)-1]; w.seen(newest) == 1 {
		newest.entry = b.Open[j]
	}
	for k := len(after) - 1; k >= 0; k-- { // the oldest bar first
		i := w.due[k] - w.bars.dropped
		if i == len(bars) || w.seen(&bars[i]) < after[k] {
			continue
		}
		w.due[k]++
		high, low, split := w.since(&bars[i])
		for _, g := range w.of(&bars[i]) {
			out.Outcomes = append(out.Outcomes, MatchOutcome{
				Series: s.Key, Formula: g.formula, Signal: bars[i].time, Time: b.Time[j], After: after[k],
				Entry: bars[i].entry, Exit: b.Close[j], High: high, Low: low, Split: split, id: g.id, seq: int32(j),
			})
		}
	}
	w.drop(after[len(after)-1])
}

// aim finds the bars that are the next to be complete.
func (w *awaited) aim(after []int) {
	w.due = make([]int, len(after))
	for k := range after {
		reached := func(a awaitedBar) bool { return w.seen(&a) < after[k] }
		i := slices.IndexFunc(w.bars.all(), reached)
		if i < 0 {
			i = w.bars.len()
		}
		w.due[k] = w.bars.dropped + i
	}
}

// drop lets go of bars that have got as far as the longest outcome.
func (w *awaited) drop(longest int) {
	bars := w.bars.all()
	n, signals := 0, 0
	for n < len(bars) && w.seen(&bars[n]) >= longest {
		signals += int(bars[n].signals)
		n++
	}
	if n == 0 {
		return
	}
	w.bars.drop(n)
	w.signals.drop(signals)
	from := w.count + 1
	if n < len(bars) {
		from = bars[n].at + 1
	}
	w.high.forget(from)
	w.low.forget(from)
}

// OpenSignal is a signal whose last outcome is still to come.
type OpenSignal struct {
	Formula string
	Signal  int64 // open time of the signal's bar
	Bars    int   // received after it
	// Entry is the open of the bar after the signal's, High and Low are the extremes from there on: all are 0 while
	// Bars is 0. Close is the newest bar's.
	Entry, High, Low, Close float64
	Split                   bool // a split in unadjusted prices lies between entry and the newest bar

	id digest
}

// ID returns the id of the signal.
func (o *OpenSignal) ID() string { return hex.EncodeToString(o.id[:]) }

// Open calls f with the signals of a series whose last outcome is still to come, oldest first.
func (s *SeriesState) Open(f func(*OpenSignal)) {
	w := s.awaited
	if w == nil {
		return
	}
	bars := w.bars.all()
	for i := range bars {
		a := &bars[i]
		one := OpenSignal{Signal: a.time, Bars: w.seen(a), Entry: a.entry, Close: s.last.Close}
		one.High, one.Low, one.Split = w.since(a)
		for _, g := range w.of(a) {
			one.Formula, one.id = g.formula, g.id
			f(&one)
		}
	}
}

// append writes what is awaited into a record.
func (w *awaited) append(dst []byte) []byte {
	le := binary.LittleEndian
	if w == nil {
		return le.AppendUint32(dst, 0)
	}
	bars := w.bars.all()
	dst = le.AppendUint32(dst, uint32(len(bars)))
	for i := range bars {
		a := &bars[i]
		high, low, split := w.since(a)
		dst = le.AppendUint64(dst, uint64(a.time))
		dst = le.AppendUint32(dst, uint32(w.seen(a)))
		dst = le.AppendUint32(dst, uint32(a.signals))
		dst = codec.AppendBool(dst, split)
		dst = appendFloats(dst, []float64{a.entry, high, low})
		for _, g := range w.of(a) {
			dst = append(dst, g.id[:]...)
			dst = appendString(dst, g.formula)
		}
	}
	return dst
}

// awaited reads what append wrote, nil where nothing is awaited. A bar's extremes may be its own entry, which older
// bars have not seen: the rows take of it what those have seen, and the entry itself stays with its bar.
func (r *recordReader) awaited() *awaited {
	w, last := &awaited{}, int64(0)
	high, low := math.Inf(1), math.Inf(1)
	for n := range r.Uint32() {
		a := awaitedBar{time: int64(r.Uint64()), first: w.signals.end()}
		seen, split := int64(r.Uint32()), false
		a.signals, split = int32(r.Uint32()), r.Bool()
		a.entry, high, low = r.Float(), min(high, r.Float()), min(low, -r.Float())
		if n == 0 {
			w.count = seen
		} else if seen >= last {
			r.Fail()
		}
		last, a.at = seen, w.count-seen
		if seen > 0 {
			w.high.put(a.at+1, high)
			w.low.put(a.at+1, low)
		}
		if split {
			w.split = a.at + 2
		}
		if a.signals < 1 || w.signals.len()+int(a.signals) > awaitedRecordMax {
			r.Fail()
		}
		for k := int32(0); k < a.signals && r.Err() == nil; k++ {
			var id digest
			copy(id[:], r.Take(len(id)))
			w.signals.put(awaitedSignal{id, r.text()})
		}
		if r.Err() != nil {
			return nil
		}
		w.bars.put(a)
	}
	if w.bars.len() == 0 {
		return nil
	}
	return w
}

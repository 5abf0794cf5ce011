package stream

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"streamd/candle"
	"streamd/internal/codec"
)

// MatchOutcome is what became of a signal a number of bars after it. As a match it is a pure
// function of formula, series and candles.
type MatchOutcome struct {
	Series  candle.Series
	Formula string
	Signal  int64 // open time of the signal's bar
	Time    int64 // of the bar that completes it
	After   int   // bars
	// Entry is the open of the bar after the signal's, Exit the close of the last one. High
	// and Low are the extremes from the entry on.
	Entry, Exit, High, Low float64
	Split                  bool // a split in unadjusted prices lies between entry and exit
	// Offset is the place in the input of the candle that completes it, as Engine.Stage was told.
	Offset int64

	id  digest
	seq int32
}

// Limits of Options.Outcomes.
const (
	OutcomesMax     = 16   // entries
	OutcomeAfterMax = 1000 // bars
	// SplitRatio is the jump from a close to the next open that Splits takes for a split: a
	// two-for-one with room for the night's move.
	SplitRatio       = 1.8
	awaitedRecordMax = 1 << 20 // signals that a record may wait for
)

// CheckOutcomes reports what is wrong with the numbers of bars after a signal.
func CheckOutcomes(after []int) error {
	if len(after) > OutcomesMax {
		return fmt.Errorf("stream: %d numbers of bars, at most %d", len(after), OutcomesMax)
	}
	for i, n := range after {
		switch {
		case n < 1 || n > OutcomeAfterMax:
			return fmt.Errorf("stream: %d bars are outside 1 to %d", n, OutcomeAfterMax)
		case i > 0 && n <= after[i-1]:
			return fmt.Errorf("stream: %d bars after %d: the numbers must rise", n, after[i-1])
		}
	}
	return nil
}

// Splits reports whether the move from a close to the next open is taken for a split in
// unadjusted prices. A price that goes to 0, or
// comes from there, is a loss or a gain.
func Splits(last, open float64) bool {
	r := open / last
	return last > 0 && open > 0 && (r >= SplitRatio || r <= 1/SplitRatio)
}

// Return is the return from entry to exit, of a long position; it is NaN for an entry of 0.
func (o *MatchOutcome) Return() float64 { return o.Exit/o.Entry - 1 }

// MFE is the maximum favourable excursion from the entry, MAE the maximum adverse one, as
// signed returns of a long position: MFE is at least 0, MAE at most.
func (o *MatchOutcome) MFE() float64 { return o.High/o.Entry - 1 }

// MAE is at most 0: see MFE.
func (o *MatchOutcome) MAE() float64 { return o.Low/o.Entry - 1 }

// ID returns the id of the signal.
func (o *MatchOutcome) ID() string { return hex.EncodeToString(o.id[:]) }

// AppendJSON appends the message of the outcome.
func (o *MatchOutcome) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"id":"`...)
	dst = hex.AppendEncode(dst, o.id[:])
	dst = append(dst, `","formula":`...)
	dst = appendText(dst, o.Formula)
	dst = append(dst, `,"symbol":`...)
	dst = appendText(dst, o.Series.Symbol)
	dst = append(dst, `,"timeframe":"`...)
	dst, _ = o.Series.Timeframe.AppendText(dst)
	dst = append(dst, `","timestamp":"`...)
	dst = time.Unix(0, o.Signal).UTC().AppendFormat(dst, time.RFC3339Nano)
	dst = append(dst, `","after":`...)
	dst = appendNumber(dst, float64(o.After))
	for _, v := range [...]struct {
		key   string
		value float64
	}{
		{`,"entry":`, o.Entry},
		{`,"exit":`, o.Exit},
		{`,"return":`, o.Return()},
		{`,"mfe":`, o.MFE()},
		{`,"mae":`, o.MAE()},
	} {
		dst = append(dst, v.key...)
		if finite(v.value) {
			dst = appendNumber(dst, v.value+0) // not -0
		} else {
			dst = append(dst, "null"...)
		}
	}
	if o.Split {
		dst = append(dst, `,"split":true`...)
	}
	return append(dst, '}')
}

// Compare orders outcomes by the bar that completes them, symbol, timeframe, signal, number of
// bars and formula.
func (o *MatchOutcome) Compare(p *MatchOutcome) int {
	return cmp.Or(cmp.Compare(o.Time, p.Time), strings.Compare(o.Series.Symbol, p.Series.Symbol),
		strings.Compare(o.Series.Timeframe.String(), p.Series.Timeframe.String()), cmp.Compare(o.Signal, p.Signal),
		cmp.Compare(o.After, p.After), strings.Compare(o.Formula, p.Formula))
}

// Wilson returns the interval of a rate of hits among n with a confidence of 95 %: E. B. Wilson,
// Probable inference, the law of succession, and statistical inference (1927). It is NaN of none.
func Wilson(hits, n int) (low, high float64) {
	const z = 1.959963984540054
	if n == 0 {
		return math.NaN(), math.NaN()
	}
	p, m := float64(hits)/float64(n), float64(n)
	middle := (p + float64(z*z)/(2*m)) / (1 + float64(z*z)/m)
	half := z / (1 + float64(z*z)/m) * math.Sqrt(float64(p*(1-p))/m+float64(z*z)/(4*m*m))
	return max(middle-half, 0), min(middle+half, 1)
}

// awaited are the signals of a series whose outcomes are not complete. Those of one bar share
// entry and extremes. There are at most as many bars as the longest outcome has.
type awaited struct {
	bars    []awaitedBar    // oldest first
	signals []awaitedSignal // of the bars, in their order
}

type awaitedBar struct {
	time             int64
	seen             int32 // bars received after it
	signals          int32
	entry, high, low float64
	split            bool
}

type awaitedSignal struct {
	id      digest
	formula string
}

// follow completes outcomes with the bars of the last step, and waits for those of its signals,
// which are the matches from the given one on. Bars that `gaps: fill` put in do not count, so
// they never come here.
func (e *Engine) follow(s *SeriesState, b *Block, out *Effects, matches int) {
	w := &s.awaited
	if len(w.bars) == 0 && len(out.Matches) == matches {
		return
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
		if len(w.bars) > 0 {
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
	if n := len(w.bars); n == 0 || w.bars[n-1].time != time {
		w.bars = append(w.bars, awaitedBar{time: time})
	}
	w.bars[len(w.bars)-1].signals++
	w.signals = append(w.signals, signal)
}

// next takes bar j of a block: it moves the extremes, completes outcomes, and lets go of
// signals whose last outcome is complete.
func (w *awaited) next(s *SeriesState, b *Block, j int, split bool, after []int, out *Effects) {
	first, doneBars, doneSignals := 0, 0, 0
	for i := range w.bars {
		a := &w.bars[i]
		if a.seen++; a.seen == 1 {
			a.entry, a.high, a.low = b.Open[j], b.Open[j], b.Open[j]
		} else {
			a.split = a.split || split
		}
		a.high, a.low = max(a.high, b.High[j]), min(a.low, b.Low[j])
		if slices.Contains(after, int(a.seen)) {
			for _, g := range w.signals[first : first+int(a.signals)] {
				out.Outcomes = append(out.Outcomes, MatchOutcome{
					Series: s.Key, Formula: g.formula, Signal: a.time, Time: b.Time[j], After: int(a.seen),
					Entry: a.entry, Exit: b.Close[j], High: a.high, Low: a.low, Split: a.split, id: g.id, seq: int32(j),
				})
			}
		}
		first += int(a.signals)
		if int(a.seen) >= after[len(after)-1] {
			doneBars, doneSignals = i+1, first
		}
	}
	if doneBars > 0 {
		w.bars = w.bars[:copy(w.bars, w.bars[doneBars:])]
		n := copy(w.signals, w.signals[doneSignals:])
		clear(w.signals[n:])
		w.signals = w.signals[:n]
	}
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
	signals := s.awaited.signals
	for i := range s.awaited.bars {
		a := &s.awaited.bars[i]
		one := OpenSignal{
			Signal: a.time, Bars: int(a.seen), Entry: a.entry, High: a.high, Low: a.low, Close: s.last.Close,
			Split: a.split,
		}
		for _, g := range signals[:a.signals] {
			one.Formula, one.id = g.formula, g.id
			f(&one)
		}
		signals = signals[a.signals:]
	}
}

// append writes what is awaited into a record.
func (w *awaited) append(dst []byte) []byte {
	le := binary.LittleEndian
	dst = le.AppendUint32(dst, uint32(len(w.bars)))
	first := 0
	for i := range w.bars {
		a := &w.bars[i]
		dst = le.AppendUint64(dst, uint64(a.time))
		dst = le.AppendUint32(dst, uint32(a.seen))
		dst = le.AppendUint32(dst, uint32(a.signals))
		dst = codec.AppendBool(dst, a.split)
		dst = appendFloats(dst, []float64{a.entry, a.high, a.low})
		for _, g := range w.signals[first : first+int(a.signals)] {
			dst = append(dst, g.id[:]...)
			dst = appendString(dst, g.formula)
		}
		first += int(a.signals)
	}
	return dst
}

// awaited reads what append wrote.
func (r *recordReader) awaited() awaited {
	var w awaited
	for range r.Uint32() {
		a := awaitedBar{time: int64(r.Uint64()), seen: int32(r.Uint32()), signals: int32(r.Uint32()), split: r.Bool()}
		a.entry, a.high, a.low = r.Float(), r.Float(), r.Float()
		if a.signals < 1 || len(w.signals)+int(a.signals) > awaitedRecordMax {
			r.Fail()
		}
		for k := int32(0); k < a.signals && r.Err() == nil; k++ {
			var id digest
			copy(id[:], r.Take(len(id)))
			w.signals = append(w.signals, awaitedSignal{id, r.text()})
		}
		if r.Err() != nil {
			return awaited{}
		}
		w.bars = append(w.bars, a)
	}
	return w
}

package stream

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"streamd/candle"
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
	SplitRatio = 1.8
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
	dst = strconv.AppendInt(dst, int64(o.After), 10)
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

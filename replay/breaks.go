package replay

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"streamd/candle"
	"streamd/stream"
)

const (
	// holeSteps is over how many usual steps a gap between two bars is a hole.
	holeSteps = 10
)

// breaks says for each bar what lies between it and the one before; nil where there is
// nothing in the whole series.
type breaks []breakKind

// breakKind is a set of the kinds of a break.
type breakKind uint8

const (
	breakSplit breakKind = 1 << iota
	breakHole
)

func (k breaks) at(i int) breakKind {
	if k == nil {
		return 0
	}
	return k[i]
}

// part returns the breaks of the bars from i to j.
func (k breaks) part(i, j int) breaks {
	if k == nil {
		return nil
	}
	return k[i:j]
}

// findBreaks looks for splits and holes in a series. The timeframe may be zero, where it
// is not known.
func findBreaks(b *stream.Block, frame candle.Timeframe) breaks {
	var found breaks
	mark := func(i int, kind breakKind) {
		if found == nil {
			found = make(breaks, b.Len())
		}
		found[i] |= kind
	}
	for i := 1; i < b.Len(); i++ {
		if stream.Splits(b.Close[i-1], b.Open[i]) {
			mark(i, breakSplit)
		}
	}
	for _, i := range holes(b.Time, int64(frame.Duration())) {
		mark(i, breakHole)
	}
	return found
}

// splitFactor returns by what the units of a position change in a split: the nearest
// whole ratio, upwards or downwards.
func splitFactor(last, open float64) float64 {
	if last > open {
		return math.Round(last / open)
	}
	return 1 / math.Round(open/last)
}

// holes returns the bars before which more than holeSteps usual steps are missing. The
// usual step is the timeframe, or the median step of a series that trades less often.
func holes(times []int64, frame int64) []int {
	var gaps []int
	for i := 1; i < len(times); i++ {
		if times[i]-times[i-1] > holeSteps*frame {
			gaps = append(gaps, i)
		}
	}
	if len(gaps) == 0 {
		return nil
	}
	steps := make([]int64, len(times)-1)
	for i := range steps {
		steps[i] = times[i+1] - times[i]
	}
	slices.Sort(steps)
	usual := max(frame, steps[len(steps)/2])
	gaps = slices.DeleteFunc(gaps, func(i int) bool { return times[i]-times[i-1] <= holeSteps*usual })
	return slices.DeleteFunc(gaps, closures(times, gaps))
}

// What gaps must have to be the closing hours of a market.
const (
	closureMax   = 5 * 24 * int64(time.Hour) // over a weekend with holidays
	closuresMin  = 3                         // that end at about the same time of day
	closureEvery = 8 * 24 * int64(time.Hour) // they come at least weekly
	bellWithin   = 75 * int64(time.Minute)   // summer time moves the opening by an hour
	dayNs        = 24 * int64(time.Hour)
)

// closures returns a function that reports whether a gap is the closing hours of the
// market, in which nothing is missing: the bar behind it comes at the time of day at which
// bars behind gaps keep coming, which is the opening bell.
func closures(times []int64, gaps []int) func(i int) bool {
	bells := make([]int64, 0, 3*len(gaps)) // times of day, yesterday's and tomorrow's beside them
	for _, i := range gaps {
		bell := times[i] % dayNs
		bells = append(bells, bell-dayNs, bell, bell+dayNs)
	}
	slices.Sort(bells)
	span := times[len(times)-1] - times[0]
	return func(i int) bool {
		from, _ := slices.BinarySearch(bells, times[i]%dayNs-bellWithin)
		to, _ := slices.BinarySearch(bells, times[i]%dayNs+bellWithin+1)
		return times[i]-times[i-1] < closureMax && to-from >= closuresMin && int64(to-from) >= span/closureEvery
	}
}

// breaksNamed is how many trades with breaks a note names.
const breaksNamed = 4

// notes says what a reader of the figures must know.
func notes(a *account) []string {
	list := []string{}
	note := func(what string, broken func(*Trade) bool, advice string) {
		n, named := 0, []string{}
		for i := range a.trades {
			if t := &a.trades[i]; broken(t) {
				if n++; n <= breaksNamed {
					from, to := t.EntryTime.Format(time.DateOnly), t.ExitTime.Format(time.DateOnly)
					named = append(named, t.Symbol+" "+from+" to "+to)
				}
			}
		}
		if n > breaksNamed {
			named = append(named, fmt.Sprintf("%d more", n-breaksNamed))
		}
		if n > 0 {
			list = append(list, fmt.Sprintf("trades that %s: %d (%s): %s", what, n, strings.Join(named, ", "), advice))
		}
	}
	note(fmt.Sprintf("ran into a jump of %g or more from close to open, taken for a split", stream.SplitRatio),
		func(t *Trade) bool { return t.Splits > 0 && t.ExitReason == ExitSplit },
		"closed at the last close before; see --splits")
	note(fmt.Sprintf("were held over a jump of %g or more from close to open", stream.SplitRatio),
		func(t *Trade) bool { return t.Splits > 0 && t.ExitReason != ExitSplit }, "see --splits")
	note(fmt.Sprintf("were held over a hole of more than %d usual steps", holeSteps),
		func(t *Trade) bool { return t.Holes > 0 }, "stops and exits had no bars there")
	note("ended in a margin call", func(t *Trade) bool { return t.ExitReason == ExitMarginCall },
		"the account was worth nothing")
	if len(a.times) > 0 && math.IsNaN(a.years()) {
		list = append(list, fmt.Sprintf("less than %d days: CAGR, Sharpe, Sortino, Calmar and turnover, which are "+
			"annual, are not given", AnnualMin/(24*time.Hour)))
	}
	return list
}

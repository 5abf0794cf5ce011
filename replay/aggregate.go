package replay

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"streamd/stream"
)

// The orders of Aggregate beside the values of indicators.
const (
	SortTimestamp = "timestamp"
	SortNewest    = "newest" // by timestamp, the newest first
	SortSymbol    = "symbol"
)

// Totals is the results of a job taken together.
type Totals struct {
	Matches            []stream.Match        // ordered as asked, RESOLVEs among them
	Outcomes           []stream.MatchOutcome // in their order
	Total              int                   // of matches, kept or not
	Symbols            int                   // that were read
	SymbolsWithMatches int
	BySymbol           map[string]int
	ByDate             map[string]int // by 2006-01-02 of UTC
	Errors             map[string]error
	Time               time.Duration // of all series, added up
}

// Aggregate takes results together. Matches are sorted by timestamp, symbol or
// the value of an indicator, greatest first; matches without the value come last.
// Ties are broken by timestamp, symbol, timeframe and formula.
func Aggregate(results []SeriesResult, sortBy string) *Totals {
	a := &Totals{BySymbol: map[string]int{}, ByDate: map[string]int{}, Errors: map[string]error{}}
	total := 0
	for i := range results {
		total += len(results[i].Matches)
	}
	a.Matches = make([]stream.Match, 0, total)
	read := map[string]bool{}
	for i := range results {
		r := &results[i]
		a.Time += r.Time
		if r.Err != nil {
			a.Errors[r.Key.Symbol] = r.Err
			continue
		}
		read[r.Key.Symbol] = true
		a.Total += r.Count
		if r.Count > 0 {
			a.BySymbol[r.Key.Symbol] += r.Count
		}
		for _, d := range r.Days {
			a.ByDate[d.Start.Format(time.DateOnly)] += d.Count
		}
		a.Matches = append(a.Matches, r.Matches...)
		a.Outcomes = append(a.Outcomes, r.Outcomes...)
	}
	a.Symbols, a.SymbolsWithMatches = len(read), len(a.BySymbol)
	sortMatches(a.Matches, sortBy)
	slices.SortFunc(a.Outcomes, func(a, b stream.MatchOutcome) int { return a.Compare(&b) })
	return a
}

// Dates groups the matches by their day of UTC, in the order they have.
func (a *Totals) Dates() map[string][]stream.Match {
	by := map[string][]stream.Match{}
	for i := range a.Matches {
		day := time.Unix(0, a.Matches[i].Candle.Time).UTC().Format(time.DateOnly)
		by[day] = append(by[day], a.Matches[i])
	}
	return by
}

func sortMatches(m []stream.Match, by string) {
	switch by {
	case "", SortTimestamp:
		slices.SortFunc(m, func(a, b stream.Match) int { return a.Compare(&b) })
	case SortNewest:
		slices.SortFunc(m, func(a, b stream.Match) int {
			return cmp.Or(cmp.Compare(b.Candle.Time, a.Candle.Time), a.Compare(&b))
		})
	case SortSymbol:
		slices.SortFunc(m, func(a, b stream.Match) int {
			return cmp.Or(strings.Compare(a.Series.Symbol, b.Series.Symbol), a.Compare(&b))
		})
	default:
		slices.SortFunc(m, func(a, b stream.Match) int {
			x, okX := a.Value(by)
			y, okY := b.Value(by)
			switch {
			case okX && okY && x != y:
				return cmp.Compare(y, x)
			case okX != okY && okX:
				return -1
			case okX != okY:
				return 1
			}
			return a.Compare(&b)
		})
	}
}

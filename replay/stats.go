package replay

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"streamd/history"
	"streamd/stream"
)

// SignalStats is what came after the signals of a formula, over all series, by
// symbol and by year of UTC; in each, one outcome for each of the Horizons.
type SignalStats struct {
	Formula  string                     `json:"formula"`
	Total    []SignalOutcome            `json:"total"`
	BySymbol map[string][]SignalOutcome `json:"by_symbol"`
	ByYear   map[string][]SignalOutcome `json:"by_year"`
}

// SignalOutcome is what came a number of bars after signals, against what came
// after any bar of the same symbol or year. Returns are fractions, from the
// close of the signal's bar.
type SignalOutcome struct {
	Bars        int   `json:"bars"`
	Count       int   `json:"count"`
	Omitted     int   `json:"omitted"`      // of Count, without a return: a split lies between
	Holes       int   `json:"across_holes"` // of Count, with missing bars between
	Independent int   `json:"independent"`  // without those whose horizon overlaps with one before
	Mean        Ratio `json:"mean_return"`
	Baseline    Ratio `json:"baseline_return"`
	HitRate     Ratio `json:"hit_rate"`
	BaseHitRate Ratio `json:"baseline_hit_rate"`
	T           Ratio `json:"t"` // Welch's statistic of the independent returns against those of all bars
}

// tally is the returns of one symbol and year.
type tally struct {
	all   [len(Horizons)]moments
	hits  map[string]*[len(Horizons)]moments // by formula
	apart map[string]*[len(Horizons)]moments
}

func newTally() *tally {
	return &tally{hits: map[string]*[len(Horizons)]moments{}, apart: map[string]*[len(Horizons)]moments{}}
}

func at(m map[string]*[len(Horizons)]moments, formula string) *[len(Horizons)]moments {
	if m[formula] == nil {
		m[formula] = new([len(Horizons)]moments)
	}
	return m[formula]
}

func (t *tally) merge(o *tally) {
	for h := range Horizons {
		t.all[h].merge(o.all[h])
	}
	for _, p := range []struct {
		into, from map[string]*[len(Horizons)]moments
	}{{t.hits, o.hits}, {t.apart, o.apart}} {
		for formula, m := range p.from {
			for h := range Horizons {
				at(p.into, formula)[h].merge(m[h])
			}
		}
	}
}

// tallies adds up the returns after the matches of one series, by year.
func tallies(t *history.Tape, matches []stream.Match, policy SplitPolicy) map[int]*tally {
	years := map[int]*tally{}
	b := t.Range()
	after := forwardReturns(&b, t.Key.Timeframe, policy)
	yearOf := make([]int, b.Len())
	for i, ns := range b.Time {
		yearOf[i] = time.Unix(0, ns).UTC().Year()
		y := years[yearOf[i]]
		if y == nil {
			y = newTally()
			years[yearOf[i]] = y
		}
		for h := range Horizons {
			y.all[h].take(after, h, i)
		}
	}
	next := map[string]*[len(Horizons)]int{}
	eachMatch(b.Time, matches, func(bar int, m *stream.Match) {
		formula := m.Formula().Name
		if next[formula] == nil {
			next[formula] = new([len(Horizons)]int)
		}
		y := years[yearOf[bar]]
		for h, bars := range Horizons {
			if at(y.hits, formula)[h].take(after, h, bar) && bar >= next[formula][h] {
				at(y.apart, formula)[h].take(after, h, bar)
				next[formula][h] = bar + bars
			}
		}
	})
	return years
}

// Statistics takes the outcomes of a scan's signals together, for each formula
// of the job in its order. The job must have asked for them.
func Statistics(results []SeriesResult, formulas []stream.Formula) []SignalStats {
	total, bySymbol, byYear := newTally(), map[string]*tally{}, map[string]*tally{}
	add := func(m map[string]*tally, key string, t *tally) {
		if m[key] == nil {
			m[key] = newTally()
		}
		m[key].merge(t)
	}
	for i := range results { // in their order, so that sums do not depend on the workers
		years := results[i].tallies
		for _, year := range slices.Sorted(maps.Keys(years)) {
			total.merge(years[year])
			add(bySymbol, results[i].Key.Symbol, years[year])
			add(byYear, strconv.Itoa(year), years[year])
		}
	}
	stats := make([]SignalStats, len(formulas))
	for i := range formulas {
		name := formulas[i].Name
		stats[i] = SignalStats{
			Formula: name, Total: total.outcomes(name), BySymbol: map[string][]SignalOutcome{},
			ByYear: map[string][]SignalOutcome{},
		}
		for key, t := range bySymbol {
			stats[i].BySymbol[key] = t.outcomes(name)
		}
		for key, t := range byYear {
			stats[i].ByYear[key] = t.outcomes(name)
		}
	}
	return stats
}

func (t *tally) outcomes(formula string) []SignalOutcome {
	out := make([]SignalOutcome, len(Horizons))
	hits, apart := at(t.hits, formula), at(t.apart, formula)
	for h, bars := range Horizons {
		m, all := hits[h], t.all[h]
		out[h] = SignalOutcome{
			Bars: bars, Count: m.n + m.breaks.omitted, Independent: apart[h].n,
			Omitted: m.breaks.omitted, Holes: m.breaks.holes,
			Mean: ratio(m.sum, m.n), HitRate: ratio(float64(m.hits), m.n),
			Baseline: ratio(all.sum, all.n), BaseHitRate: ratio(float64(all.hits), all.n), T: Ratio(math.NaN()),
		}
		if apart[h].n > 1 && all.n > 1 {
			out[h].T = Ratio(welch(apart[h], all))
		}
	}
	return out
}

func ratio(x float64, n int) Ratio {
	if n == 0 {
		return Ratio(math.NaN())
	}
	return Ratio(x / float64(n))
}

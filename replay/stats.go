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
// symbol and by year of UTC; in each, one outcome for each of the job's horizons.
type SignalStats struct {
	Formula  string                     `json:"formula"`
	Total    []SignalOutcome            `json:"total"`
	BySymbol map[string][]SignalOutcome `json:"by_symbol"`
	ByYear   map[string][]SignalOutcome `json:"by_year"`
}

// SignalOutcome is what came a number of bars after signals, against what came
// after any bar of the same symbol or year. Returns are fractions, from the
// job's entry.
type SignalOutcome struct {
	Bars        int   `json:"bars"`
	Count       int   `json:"count"`
	Omitted     int   `json:"omitted"`      // of Count, without a return: a split lies between
	Holes       int   `json:"across_holes"` // of Count, with missing bars between
	Independent int   `json:"independent"`  // without those whose horizon overlaps with one before
	Mean        Ratio `json:"mean_return"`
	Baseline    Ratio `json:"baseline_return"`
	HitRate     Ratio `json:"hit_rate"`
	// Interval is Wilson's of the hit rate, with a confidence of 95 %.
	Interval    [2]Ratio `json:"hit_rate_interval"`
	BaseHitRate Ratio    `json:"baseline_hit_rate"`
	T           Ratio    `json:"t"` // Welch's statistic of the independent returns against those of all bars
}

// tally is the returns of one symbol and year, for each horizon.
type tally struct {
	all   []moments
	hits  map[string][]moments // by formula
	apart map[string][]moments
}

func newTally(horizons int) *tally {
	return &tally{all: make([]moments, horizons), hits: map[string][]moments{}, apart: map[string][]moments{}}
}

// at returns the moments of a formula, which may be added to.
func (t *tally) at(m map[string][]moments, formula string) []moments {
	if m[formula] == nil {
		m[formula] = make([]moments, len(t.all))
	}
	return m[formula]
}

func (t *tally) merge(o *tally) {
	for h := range t.all {
		t.all[h].merge(o.all[h])
	}
	for _, p := range []struct{ into, from map[string][]moments }{{t.hits, o.hits}, {t.apart, o.apart}} {
		for formula, m := range p.from {
			for h := range m {
				t.at(p.into, formula)[h].merge(m[h])
			}
		}
	}
}

// tallies adds up the returns after the matches of one series, by year.
func tallies(t *history.Tape, matches []stream.Match, j *Job) map[int]*tally {
	years := map[int]*tally{}
	b := t.Range()
	horizons := j.horizons()
	after := forwardReturns(&b, t.Key.Timeframe, j.Splits, j.entry(), horizons)
	yearOf := make([]int, b.Len())
	for i, ns := range b.Time {
		yearOf[i] = time.Unix(0, ns).UTC().Year()
		y := years[yearOf[i]]
		if y == nil {
			y = newTally(len(horizons))
			years[yearOf[i]] = y
		}
		for h := range horizons {
			y.all[h].take(after, h, i)
		}
	}
	next := map[string][]int{}
	eachMatch(b.Time, matches, func(bar int, m *stream.Match) {
		formula := m.Formula().Name
		if next[formula] == nil {
			next[formula] = make([]int, len(horizons))
		}
		y := years[yearOf[bar]]
		for h, bars := range horizons {
			if y.at(y.hits, formula)[h].take(after, h, bar) && bar >= next[formula][h] {
				y.at(y.apart, formula)[h].take(after, h, bar)
				next[formula][h] = bar + bars
			}
		}
	})
	return years
}

// Statistics takes the outcomes of a scan's signals together, for each formula
// of the job in its order. The job must have asked for them.
func Statistics(results []SeriesResult, j *Job) []SignalStats {
	horizons, formulas := j.horizons(), j.Formulas
	total, bySymbol, byYear := newTally(len(horizons)), map[string]*tally{}, map[string]*tally{}
	add := func(m map[string]*tally, key string, t *tally) {
		if m[key] == nil {
			m[key] = newTally(len(horizons))
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
			Formula: name, Total: total.outcomes(name, horizons), BySymbol: map[string][]SignalOutcome{},
			ByYear: map[string][]SignalOutcome{},
		}
		for key, t := range bySymbol {
			stats[i].BySymbol[key] = t.outcomes(name, horizons)
		}
		for key, t := range byYear {
			stats[i].ByYear[key] = t.outcomes(name, horizons)
		}
	}
	return stats
}

func (t *tally) outcomes(formula string, horizons []int) []SignalOutcome {
	out := make([]SignalOutcome, len(horizons))
	hits, apart := t.at(t.hits, formula), t.at(t.apart, formula)
	for h, bars := range horizons {
		m, all := hits[h], t.all[h]
		out[h] = SignalOutcome{
			Bars: bars, Count: m.n + m.breaks.omitted, Independent: apart[h].n,
			Omitted: m.breaks.omitted, Holes: m.breaks.holes,
			Mean: ratio(m.sum, m.n), HitRate: ratio(float64(m.hits), m.n),
			Baseline: ratio(all.sum, all.n), BaseHitRate: ratio(float64(all.hits), all.n), T: Ratio(math.NaN()),
		}
		low, high := stream.Wilson(m.hits, m.n)
		out[h].Interval = [2]Ratio{Ratio(low), Ratio(high)}
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

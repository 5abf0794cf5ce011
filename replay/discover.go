package replay

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"sync"

	"streamd/candle"
	"streamd/history"
)

// Horizons are the numbers of bars after which outcomes are looked at.
var Horizons = [...]int{1, 5, 10, 20}

// Finding is the outcome of a condition after a number of bars. Returns are
// from the close of the bar on which the condition holds, as fractions.
type Finding struct {
	Name       string `json:"name"`
	Expression string `json:"expression"`
	Bars       int    `json:"bars"`  // the horizon
	Count      int    `json:"count"` // of bars on which it held
	// Omitted is how many of these have no return, because a split came before the horizon
	// ended; Holes how many have one over missing bars.
	Omitted int `json:"omitted"`
	Holes   int `json:"across_holes"`
	// Independent is the count without bars whose horizons overlap with one
	// counted before: those that the statistic rests on.
	Independent int     `json:"independent"`
	Symbols     int     `json:"symbols"` // on which it ever held
	Mean        float64 `json:"mean_return"`
	Baseline    float64 `json:"baseline_return"` // mean of all bars
	Excess      float64 `json:"excess_return"`
	HitRate     float64 `json:"hit_rate"`          // share of positive returns
	BaseHit     float64 `json:"baseline_hit_rate"` // of all bars
	// T is Welch's statistic of the independent returns against those of all bars.
	T float64 `json:"t"`
	P float64 `json:"p"` // two-sided, by the normal distribution
	Q float64 `json:"q"` // P corrected for the number of tests, after Benjamini and Hochberg (1995)
}

// DiscoverOptions says what is looked for.
type DiscoverOptions struct {
	Conditions []Condition
	CountMin   int // findings on fewer bars are left out of the tests; 30
}

// countMinDefault is where the normal distribution is good enough for t.
const countMinDefault = 30

// Discover looks at the outcomes of conditions over all series of the job, and
// returns them ranked by the certainty that they differ from any bar's, then
// by excess return. Symbols that failed are in the errors.
func Discover(ctx context.Context, j *Job, o DiscoverOptions) ([]Finding, map[string]error, history.Report, error) {
	found, report, err := FindOccurrences(ctx, j, o)
	if err != nil {
		return nil, found.Errors, report, err
	}
	return found.Findings(), found.Errors, report, nil
}

// Occurrences is what came after conditions, series by series. Errors holds the symbols that failed.
type Occurrences struct {
	Errors map[string]error

	options DiscoverOptions
	found   map[candle.Series]*outcomes
}

// Findings takes the series together.
func (o *Occurrences) Findings() []Finding {
	return rank(o.options, sum(o.found, len(o.options.Conditions)))
}

// FindOccurrences is Discover before the series are taken together.
func FindOccurrences(ctx context.Context, j *Job, o DiscoverOptions) (*Occurrences, history.Report, error) {
	if o.CountMin == 0 {
		o.CountMin = countMinDefault
	}
	all := &Occurrences{Errors: map[string]error{}, options: o, found: map[candle.Series]*outcomes{}}
	if err := j.check(); err != nil {
		return all, history.Report{}, err
	}
	expressions := make([]string, len(o.Conditions))
	for i, c := range o.Conditions {
		expressions[i] = c.Expression
	}
	own := *j
	own.Formulas, own.Values, own.conditions = nil, expressions, o.Conditions
	workers, err := newScanners(ctx, &own)
	if err != nil {
		return all, history.Report{}, err
	}
	var mu sync.Mutex
	report, err := Each(ctx, &own, func(ctx context.Context, worker int, t *history.Tape) {
		got, err := workers[worker].outcomes(ctx, t)
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			all.Errors[t.Key.Symbol] = err
			return
		}
		all.found[t.Key] = got
	})
	return all, report, err
}

// moments are the sums from which a mean and a variance follow.
type moments struct {
	n, hits   int
	sum, squa float64
	breaks    breakCount
}

// take adds what came after a bar, and reports whether there is a return.
func (m *moments) take(f *forward, h, bar int) bool {
	m.breaks.add(f, h, bar)
	r := f.returns[h][bar]
	if finite(r) {
		m.add(r)
	}
	return finite(r)
}

func (m *moments) add(r float64) {
	m.n++
	m.sum += r
	m.squa += r * r
	if r > 0 {
		m.hits++
	}
}

func (m *moments) merge(o moments) {
	m.n, m.hits, m.sum, m.squa = m.n+o.n, m.hits+o.hits, m.sum+o.sum, m.squa+o.squa
	m.breaks.merge(o.breaks)
}

func (m *moments) mean() float64 { return m.sum / float64(m.n) }

func (m *moments) variance() float64 {
	return max(0, (m.squa-m.sum*m.sum/float64(m.n))/float64(m.n-1))
}

// outcomes are the returns of one series, or of all.
type outcomes struct {
	all    [len(Horizons)]moments // every bar
	hits   [][len(Horizons)]moments
	apart  [][len(Horizons)]moments // without overlaps
	series []int                    // on which the condition ever held
}

func newOutcomes(conditions int) *outcomes {
	return &outcomes{
		hits: make([][len(Horizons)]moments, conditions), apart: make([][len(Horizons)]moments, conditions),
		series: make([]int, conditions),
	}
}

// outcomes looks at what came after the bars of a series on which the wanted conditions hold.
func (s *scanner) outcomes(ctx context.Context, t *history.Tape) (*outcomes, error) {
	if t.Err != nil {
		return nil, t.Err
	}
	if t.First == t.Block.Len() {
		return nil, ErrNoData
	}
	e, block, err := s.evaluator(t)
	if err != nil {
		return nil, err
	}
	got := newOutcomes(len(s.job.Values))
	after := forwardReturns(&t.Block, t.Key.Timeframe, s.job.Splits, FromClose, Horizons[:])
	for h := range Horizons {
		for i := t.First; i < t.Block.Len(); i++ {
			got.all[h].take(after, h, i)
		}
	}
	next := make([][len(Horizons)]int, len(s.job.Values)) // first bar that overlaps with none counted
	err = e.Run(ctx, block, func(first int, columns [][]float64) error {
		for k, column := range columns {
			if !s.job.conditions[k].selects(t.Key) {
				continue
			}
			for i, v := range column {
				if v == 1 && first+i >= t.First {
					got.hit(k, first+i, after, &next[k])
				}
			}
		}
		return nil
	})
	return got, err
}

// hit counts a bar on which a condition held.
func (o *outcomes) hit(k, bar int, after *forward, next *[len(Horizons)]int) {
	o.series[k] = 1
	for h, bars := range Horizons {
		if o.hits[k][h].take(after, h, bar) && bar >= next[h] {
			o.apart[k][h].take(after, h, bar)
			next[h] = bar + bars
		}
	}
}

// sum adds the outcomes of all series, in the order of their names: the sums do
// not depend on which worker was faster.
func sum(found map[candle.Series]*outcomes, conditions int) *outcomes {
	keys := make([]candle.Series, 0, len(found))
	for key := range found {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, compareSeries)
	total := newOutcomes(conditions)
	for _, key := range keys {
		o := found[key]
		for h := range Horizons {
			total.all[h].merge(o.all[h])
			for k := range o.hits {
				total.hits[k][h].merge(o.hits[k][h])
				total.apart[k][h].merge(o.apart[k][h])
			}
		}
		for k, n := range o.series {
			total.series[k] += n
		}
	}
	return total
}

// rank tests every condition at every horizon and orders the findings.
func rank(o DiscoverOptions, total *outcomes) []Finding {
	var findings []Finding
	for k, c := range o.Conditions {
		for h, bars := range Horizons {
			m := total.hits[k][h]
			if m.n < o.CountMin || total.apart[k][h].n < 2 {
				continue
			}
			base := total.all[h]
			f := Finding{
				Name: c.Name, Expression: c.Expression, Bars: bars, Count: m.n + m.breaks.omitted,
				Omitted: m.breaks.omitted, Holes: m.breaks.holes, Symbols: total.series[k],
				Mean: m.mean(), Baseline: base.mean(), Excess: m.mean() - base.mean(),
				HitRate: float64(m.hits) / float64(m.n), BaseHit: float64(base.hits) / float64(base.n),
				Independent: total.apart[k][h].n,
			}
			f.T = welch(total.apart[k][h], base)
			f.P = math.Erfc(math.Abs(f.T) / math.Sqrt2)
			findings = append(findings, f)
		}
	}
	correct(findings)
	slices.SortFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Q, b.Q), cmp.Compare(math.Abs(b.T), math.Abs(a.T)),
			cmp.Compare(math.Abs(b.Excess), math.Abs(a.Excess)),
			strings.Compare(a.Name, b.Name), cmp.Compare(a.Bars, b.Bars))
	})
	return findings
}

// welch is the statistic of two means with variances of their own.
func welch(a, b moments) float64 {
	se := math.Sqrt(a.variance()/float64(a.n) + b.variance()/float64(b.n))
	if se == 0 {
		return 0
	}
	return (a.mean() - b.mean()) / se
}

// correct fills in Q: with P sorted upwards, the least of P·m/rank over the
// ranks from each one's own.
func correct(findings []Finding) {
	order := make([]int, len(findings))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(findings[a].P, findings[b].P) })
	least := 1.0
	for rank := len(order); rank >= 1; rank-- {
		f := &findings[order[rank-1]]
		least = min(least, f.P*float64(len(order))/float64(rank))
		f.Q = least
	}
}

func finite(x float64) bool { return x-x == 0 }

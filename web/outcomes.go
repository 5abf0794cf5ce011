package web

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"streamd/candle"
	"streamd/formula/plan"
	"streamd/live"
	"streamd/stream"
)

// OutcomesMax is how many outcomes are kept, the newest ones.
const OutcomesMax = 10_000

// Outcomes keeps the newest outcomes of signals. It is safe for concurrent use.
type Outcomes struct {
	mu     sync.Mutex
	kept   []keptOutcome // oldest first, at most OutcomesMax
	unread [][]byte      // what came after them, at most OutcomesMax and a tenth
}

// keptOutcome is what counts of one.
type keptOutcome struct {
	Formula string
	After   int
	Return  *float64 // nil for an entry of 0
	Split   bool
}

// Take takes an outcome's bytes. They are read when somebody asks: nearly all are forgotten before.
func (o *Outcomes) Take(payload []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.unread = append(o.unread, payload); len(o.unread) >= OutcomesMax+OutcomesMax/10 {
		n := copy(o.unread, o.unread[len(o.unread)-OutcomesMax:])
		clear(o.unread[n:])
		o.unread, o.kept = o.unread[:n], nil
	}
}

// read reads what has come.
func (o *Outcomes) read() {
	for _, payload := range o.unread {
		var k keptOutcome
		if json.Unmarshal(payload, &k) == nil && k.Formula != "" {
			o.kept = append(o.kept, k)
		}
	}
	o.kept, o.unread = o.kept[max(0, len(o.kept)-OutcomesMax):], nil
}

// Reset forgets all.
func (o *Outcomes) Reset() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.kept, o.unread = nil, nil
}

// outcomeKey names what outcomes are counted together.
type outcomeKey struct {
	formula string
	after   int
}

// outcomeCount is a count of outcomes.
type outcomeCount struct {
	n, hits, splits int
	sum             float64
}

func (c *outcomeCount) add(r float64) {
	c.n++
	c.sum += r
	if r > 0 {
		c.hits++
	}
}

func (o *Outcomes) counts() map[outcomeKey]*outcomeCount {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.read()
	all := map[outcomeKey]*outcomeCount{}
	for _, k := range o.kept {
		key := outcomeKey{k.Formula, k.After}
		if all[key] == nil {
			all[key] = &outcomeCount{}
		}
		switch {
		case k.Split:
			all[key].splits++
		case k.Return != nil:
			all[key].add(*k.Return)
		}
	}
	return all
}

// shownOutcome is what came so many bars after the signals of a formula, in the words of `scan
// --stats`. Rates are null where there is nothing to count.
type shownOutcome struct {
	Formula     string      `json:"formula"`
	After       int         `json:"after"`
	Count       int         `json:"count"`
	Omitted     int         `json:"omitted"` // besides Count: a split lies between
	Mean        *float64    `json:"mean_return" jsonschema:"nullable"`
	HitRate     *float64    `json:"hit_rate" jsonschema:"nullable"`
	Interval    *[2]float64 `json:"hit_rate_interval" jsonschema:"nullable"` // Wilson's, 95 %
	BaseCount   int         `json:"baseline_count"`
	BaseHitRate *float64    `json:"baseline_hit_rate" jsonschema:"nullable"` // of all bars kept of the formula's series
	Backtest    *[2]float64 `json:"backtest_hit_rate,omitempty"`
	Warning     string      `json:"warning,omitempty"`
}

// shownOpen is a signal whose last outcome is still to come: a position that was entered at the open behind it.
type shownOpen struct {
	ID        string     `json:"id"`
	Formula   string     `json:"formula"`
	Symbol    string     `json:"symbol"`
	Timeframe string     `json:"timeframe"`
	Timestamp time.Time  `json:"timestamp"`
	Bars      int        `json:"bars"` // received behind the signal
	Left      int        `json:"left"` // bars until the last outcome
	Entry     plan.Float `json:"entry"`
	Close     plan.Float `json:"close"` // of the newest bar
	Return    plan.Float `json:"return"`
	MFE       plan.Float `json:"mfe"`
	MAE       plan.Float `json:"mae"`
	Split     bool       `json:"split"` // a split lies between
}

// openMax is how many open signals an answer has, the newest ones.
const openMax = 1000

type outcomesAnswer struct {
	After       []int          `json:"after"` // bars behind a signal, as configured; none where no outcomes are
	Outcomes    []shownOutcome `json:"outcomes"`
	Open        []shownOpen    `json:"open"` // newest first
	OpenLeftOut int            `json:"open_left_out"`
}

func (s *Server) outcomeRoutes() []route {
	return []route{{
		method: "GET", path: "/api/v1/outcomes", summary: "What became of the newest signals, by formula",
		params: []param{paramFormula, paramPattern, paramTimeframe}, answer: outcomesAnswer{}, serve: s.outcomes,
	}}
}

// outcomes answers GET /api/v1/outcomes?formula=&symbol=&timeframe=. The counts are over all series; symbol and
// timeframe choose the open signals.
func (s *Server) outcomes(w http.ResponseWriter, r *http.Request) {
	a := outcomesAnswer{After: []int{}, Outcomes: []shownOutcome{}, Open: []shownOpen{}}
	f, err := filterOf(r)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	if s.cfg.Outcomes == nil {
		answer(w, a)
		return
	}
	counts := s.cfg.Outcomes.counts()
	maps.DeleteFunc(counts, func(k outcomeKey, _ *outcomeCount) bool {
		return f.formula != "" && k.formula != f.formula
	})
	formulas, rules := map[string]*stream.Formula{}, s.cfg.Rules()
	for k := range counts {
		if f, _, ok := rules.Find(k.formula); ok {
			formulas[k.formula] = f
		}
	}
	base := map[outcomeKey]*outcomeCount{}
	err = s.visit(r.Context(), func(p live.View) {
		addBase(p.Engine, counts, formulas, base)
		a.addOpen(p.Engine, f)
	})
	if err != nil {
		fail(w, http.StatusServiceUnavailable, err)
		return
	}
	byFormula := func(a, b outcomeKey) int {
		return cmp.Or(strings.Compare(a.formula, b.formula), cmp.Compare(a.after, b.after))
	}
	for _, key := range slices.SortedFunc(maps.Keys(counts), byFormula) {
		a.Outcomes = append(a.Outcomes, showOutcome(key, counts[key], base[key], formulas[key.formula]))
	}
	a.cutOpen(openMax)
	answer(w, a)
}

// addOpen adds the open signals of an engine.
func (a *outcomesAnswer) addOpen(e *stream.Engine, f filter) {
	after := e.Options().Outcomes
	if len(after) == 0 {
		return
	}
	a.After = after
	e.All(func(s *stream.SeriesState) {
		tf := s.Key.Timeframe.String()
		if f.symbol != "" && !stream.SymbolMatches(f.symbol, s.Key.Symbol) || f.timeframe != "" && tf != f.timeframe {
			return
		}
		s.Open(func(o *stream.OpenSignal) {
			if f.formula == "" || o.Formula == f.formula {
				a.Open = append(a.Open, showOpen(s.Key.Symbol, tf, o, after[len(after)-1]))
			}
		})
	})
	if len(a.Open) > 4*openMax {
		a.cutOpen(openMax)
	}
}

// cutOpen keeps the newest open signals.
func (a *outcomesAnswer) cutOpen(most int) {
	slices.SortFunc(a.Open, func(x, y shownOpen) int {
		return cmp.Or(y.Timestamp.Compare(x.Timestamp), strings.Compare(x.Symbol, y.Symbol),
			strings.Compare(x.Timeframe, y.Timeframe), strings.Compare(x.Formula, y.Formula))
	})
	if n := len(a.Open) - most; n > 0 {
		a.Open, a.OpenLeftOut = a.Open[:most], a.OpenLeftOut+n
	}
}

func showOpen(symbol, timeframe string, o *stream.OpenSignal, last int) shownOpen {
	na := plan.Float(math.NaN())
	one := shownOpen{
		ID: o.ID(), Formula: o.Formula, Symbol: symbol, Timeframe: timeframe, Timestamp: time.Unix(0, o.Signal).UTC(),
		Bars: o.Bars, Left: last - o.Bars, Close: plan.Float(o.Close), Split: o.Split,
		Entry: na, Return: na, MFE: na, MAE: na,
	}
	if o.Bars > 0 {
		one.Entry = plan.Float(o.Entry)
	}
	if o.Bars > 0 && o.Entry > 0 {
		one.Return, one.MFE = plan.Float(o.Close/o.Entry-1), plan.Float(o.High/o.Entry-1)
		one.MAE = plan.Float(o.Low/o.Entry - 1)
	}
	return one
}

func showOutcome(key outcomeKey, c, base *outcomeCount, f *stream.Formula) shownOutcome {
	one := shownOutcome{Formula: key.formula, After: key.after, Count: c.n, Omitted: c.splits}
	if c.n > 0 {
		mean, rate := c.sum/float64(c.n), float64(c.hits)/float64(c.n)
		low, high := stream.Wilson(c.hits, c.n)
		one.Mean, one.HitRate, one.Interval = &mean, &rate, &[2]float64{low, high}
	}
	if base != nil && base.n > 0 {
		rate := float64(base.hits) / float64(base.n)
		one.BaseCount, one.BaseHitRate = base.n, &rate
	}
	if f == nil || one.HitRate == nil {
		return one
	}
	if low, high, ok := interval(f.Metadata["hit_rate_"+strconv.Itoa(key.after)]); ok {
		one.Backtest = &[2]float64{low, high}
		if rate := *one.HitRate; rate < low || rate > high {
			one.Warning = fmt.Sprintf("the hit rate %.3f is outside the backtest's %.3f to %.3f", rate, low, high)
		}
	}
	return one
}

// interval reads 0.48-0.61, as metadata gives the hit rate of a backtest.
func interval(text string) (low, high float64, ok bool) {
	a, b, cut := strings.Cut(text, "-")
	low, errLow := strconv.ParseFloat(strings.TrimSpace(a), 64)
	high, errHigh := strconv.ParseFloat(strings.TrimSpace(b), 64)
	return low, high, cut && errLow == nil && errHigh == nil && low <= high
}

// addBase counts what came behind every bar that an engine keeps of the series that formulas
// select, with the entry and the exit of an outcome.
func addBase(e *stream.Engine, counts map[outcomeKey]*outcomeCount, formulas map[string]*stream.Formula,
	base map[outcomeKey]*outcomeCount,
) {
	var kept []candle.Candle
	e.All(func(s *stream.SeriesState) {
		kept = s.Candles(kept[:0])
		byAfter := map[int]*outcomeCount{}
		for key := range counts {
			f := formulas[key.formula]
			if f == nil || !f.Selects(s.Key) {
				continue
			}
			if byAfter[key.after] == nil {
				byAfter[key.after] = baseOf(kept, key.after)
			}
			if base[key] == nil {
				base[key] = &outcomeCount{}
			}
			base[key].n += byAfter[key.after].n
			base[key].hits += byAfter[key.after].hits
		}
	})
}

func baseOf(cs []candle.Candle, after int) *outcomeCount {
	c := &outcomeCount{}
	split := 0 // the newest bar behind a split
	for end := after; end < len(cs); end++ {
		for i := max(end-after+2, split+1); i <= end; i++ {
			if stream.Splits(cs[i-1].Close, cs[i].Open) {
				split = i
			}
		}
		if entry := cs[end-after+1].Open; entry > 0 && split < end-after+2 {
			c.add(cs[end].Close/entry - 1)
		}
	}
	return c
}

package stream

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"streamd/candle"
	"streamd/formula/plan"
)

// Explanation says why a formula fired on a candle or did not.
type Explanation struct {
	Formula    string    `json:"formula"`
	Expression string    `json:"expression"`
	Symbol     string    `json:"symbol"`
	Timeframe  string    `json:"timeframe"`
	Timestamp  time.Time `json:"timestamp"`
	Candle     Prices    `json:"candle"`
	Bars       int       `json:"bars"` // closed candles up to and including this one
	Forming    bool      `json:"forming,omitempty"`

	Fired   bool     `json:"fired"`
	Reasons []Reason `json:"reasons"` // why it did not fire; none where it did

	Mode     Mode `json:"mode"`
	For      int  `json:"for"`
	Run      int  `json:"run"` // bars true in a row, this one included
	Cooldown int  `json:"cooldown"`
	MinBars  int  `json:"min_bars"`

	// Partial explanations were made from fewer bars than the series has seen:
	// what is marked unsettled may differ from what the engine had.
	Partial bool            `json:"partial,omitempty"`
	Tree    *plan.Explained `json:"tree,omitempty"`
	Others  []Other         `json:"others,omitempty"` // what other series said, where the formula looks at some

	// Unsettled is the number of bars for which matches of the formula depend on where
	// a reload began its newest parts.
	Unsettled int `json:"unsettled,omitempty"`
}

// Prices are a candle's, as the SignalMatch message shows them.
type Prices struct {
	Open   float64 `json:"open"`
	High   float64 `json:"high"`
	Low    float64 `json:"low"`
	Close  float64 `json:"close"`
	Volume float64 `json:"volume"`
}

// Reason is one thing that kept a formula from firing.
type Reason struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// The codes of a Reason.
const (
	ReasonFalse      = "false"      // the condition is
	ReasonNa         = "na"         // it has no value
	ReasonWarming    = "warming"    // some node has no value yet
	ReasonMinBars    = "min_bars"   // fewer bars than the formula wants
	ReasonFor        = "for"        // not true for long enough
	ReasonEdge       = "edge"       // no step from false to true
	ReasonCooldown   = "cooldown"   // too soon after the last match
	ReasonDisarmed   = "disarmed"   // once, or not armed again
	ReasonIntrabar   = "intrabar"   // a forming candle, and the formula is for closed ones
	ReasonSelection  = "selection"  // the formula is for other series
	ReasonLate       = "late"       // the candle is older than the newest one
	ReasonDuplicate  = "duplicate"  // it is the newest one again
	ReasonCorrection = "correction" // it contradicts the newest one
	ReasonTimeframe  = "timeframe"  // it cannot be computed on this timeframe
	ReasonRebuilt    = "rebuilt"    // the series does not know enough of its past to be right
)

// Explainer runs one formula over the candles of one series as an engine does,
// and explains the candle that came last. It keeps what an engine has no use
// for, and costs several times as much.
type Explainer struct {
	engine   *Engine
	series   *SeriesState
	rule     *Formula
	selected bool
	last     candle.Candle
	closed   bool
	verdict  Verdict
	run      trigger // of the formula, on the candle
	out      Effects
	partial  bool

	begun    int  // bars of the series before the first one pushed
	recalled bool // run is of the engine that is asked about
	spent    bool // a signal before has disarmed the formula
	warm     bool // so the engine had values where there are none here
}

// NewExplainer returns an explainer of the formula with that name. The options
// are those of the engine that is asked about.
func NewExplainer(rules *Rules, name string, key candle.Series, o Options) (*Explainer, error) {
	own, _, ok := rules.Find(name)
	if !ok {
		return nil, fmt.Errorf("stream: no formula %q", name)
	}
	f := *own
	x := &Explainer{rule: own, selected: f.Selects(key)}
	f.selected = f.Symbols
	f.Symbols, f.Timeframes = nil, nil // what it would have done is worth showing too
	o.BlockMax, o.Slack, o.Lean, o.Bare, o.SeriesMax, o.Budget, o.explain = 1, 0, true, false, 1, nil, true
	one := newRuleIndex([]*ruled{{Formula: f, others: rules.others > 0}})
	x.engine = New(&Rules{env: rules.env, ruleIndex: one, others: rules.others}, o)
	x.series = x.engine.Series(key)
	x.engine.prepare(x.series)
	return x, nil
}

// Restore begins with the state in a record of the series, in place of the
// beginning of its history.
func (x *Explainer) Restore(record []byte) error {
	key, _, _, err := VerifyRecord(record)
	if err != nil {
		return err
	}
	if key != x.series.Key {
		return fmt.Errorf("stream: a record of %s to explain %s", key, x.series.Key)
	}
	x.series, err = x.engine.Restore(record)
	return err
}

// Push applies a candle, closed or forming, as the engine would.
func (x *Explainer) Push(c candle.Candle, closed bool) Verdict {
	x.out.Reset()
	x.last, x.closed = c, closed
	x.verdict = x.engine.PushSeries(x.series, c, closed, &x.out)
	x.run = trigger{}
	if len(x.series.program.rules) == 0 {
		return x.verdict
	}
	x.run = x.series.decisions.triggers[0]
	x.spent = x.rule.lives() && x.series.decisions.lives[0].disarmed && len(x.out.Matches) == 0
	if x.verdict == Forming {
		x.peek()
	}
	return x.verdict
}

// Needs returns the columns that other series must give, in the order of what PushAmong takes.
func (x *Explainer) Needs() []*plan.Need { return x.engine.Needs(x.series) }

// PushAmong is Push with what other series say on the candle.
func (x *Explainer) PushAmong(c candle.Candle, closed bool, foreign []float64) Verdict {
	x.engine.options.Others = func(_ candle.Series, _ []*plan.Need, _ int64, out []float64) { copy(out, foreign) }
	return x.Push(c, closed)
}

// peek looks at the formula on the forming candle, also where it does not want
// that.
func (x *Explainer) peek() {
	s, p := x.series, x.series.program
	p.exec.Peek(s.slab, x.engine.one.Columns(p.plan.NeedsTime()))
	p.steps++
	p.judge.Peek(s.decisions.truths)
	yes, no := p.judge.Verdict(0)
	x.run.advance(&p.firings[0], yes, no, 1, int32(p.plan.Bars(s.slab)))
	s.trace.Note()
}

// Explanation explains the candle pushed last. Behind a forming candle the next
// one explained must be pushed to another Explainer.
func (x *Explainer) Explanation() *Explanation {
	s, f := x.series, x.rule
	e := &Explanation{
		Formula: f.Name, Expression: f.Expression, Symbol: s.Key.Symbol, Timeframe: s.Key.Timeframe.String(),
		Timestamp: time.Unix(0, x.last.Time).UTC(), Forming: !x.closed, Bars: x.begun + s.Bars(),
		Candle: Prices{
			Open: x.last.Open, High: x.last.High, Low: x.last.Low, Close: x.last.Close,
			Volume: x.last.Volume,
		},
		Mode: f.Mode, For: max(f.For, 1), Cooldown: f.Cooldown, MinBars: f.MinBars, Partial: x.partial,
		Reasons: []Reason{},
	}
	if e.Mode == "" {
		e.Mode = Every
	}
	if err := s.Compiled(); err != nil {
		e.because(ReasonTimeframe, "%s", strings.TrimPrefix(err.Error(), "stream: "))
		return e
	}
	if !x.selected {
		e.because(ReasonSelection, "the formula does not select %s", s.Key)
	}
	switch x.verdict {
	case Late:
		e.because(ReasonLate, "late: the newest candle is of %s", time.Unix(0, s.last.Time).UTC().Format(time.RFC3339))
		return e
	case Duplicate:
		e.because(ReasonDuplicate, "duplicate: the same candle was there before")
		return e
	case Correction:
		e.because(ReasonCorrection, "correction: another candle of the same time was there before")
		return e
	}
	s.trace.Partial = x.partial
	e.Tree = s.trace.Explain()
	x.decide(e)
	e.Fired = x.selected && (len(x.out.Matches) > 0 || x.recalled) && len(e.Reasons) == 0
	return e
}

// because adds a reason.
func (e *Explanation) because(code, format string, args ...any) {
	e.Reasons = append(e.Reasons, Reason{Code: code, Text: fmt.Sprintf(format, args...)})
}

// decide finds what kept the formula from firing.
func (x *Explainer) decide(e *Explanation) {
	s := x.series
	p, t := s.program, &x.run
	f := &p.firings[0]
	bar := x.begun + s.Bars() - 1 // of this candle
	if !x.closed {
		bar++
		if !x.rule.Intrabar {
			e.because(ReasonIntrabar, "the candle is still forming, and intrabar is not set")
		}
	}
	if bars := bar + 1; bars < int(f.minBars) {
		e.because(ReasonMinBars, "min_bars: %d of %d", bars, f.minBars)
	}
	if seen, need, timeframe := s.trace.RootWarming(); need > 0 && !x.warm {
		if timeframe != "" {
			timeframe = " of " + timeframe
		}
		e.because(ReasonWarming, "warming: %d of %d bars%s", seen, need, timeframe)
	}
	switch {
	case t.last == conditionNa:
		e.because(ReasonNa, "the condition is na")
		return
	case t.last == conditionFalse:
		e.because(ReasonFalse, "the condition is false")
		return
	}
	e.Run = bar - int(t.since) + 1
	need := int(f.need)
	switch {
	case e.Run < need:
		e.because(ReasonFor, "for: true on %d of %d bars in a row", e.Run, need)
	case f.edge && !t.edge:
		e.because(ReasonEdge, "edge: it became true from na, not from false")
	case f.edge && e.Run > need:
		e.because(ReasonEdge, "edge: it has been true for %d bars", e.Run)
	}
	switch {
	case x.spent && x.rule.Once:
		e.because(ReasonDisarmed, "once: the formula has fired on this series")
	case x.spent:
		e.because(ReasonDisarmed, "rearm: since the last match it has not been true that %s", x.rule.Rearm)
	}
	if left := int(t.silent) - bar; left > 0 && left <= int(f.cooldown) { // one more than that is left behind a match
		e.because(ReasonCooldown, "cooldown: bar %d of %d", int(f.cooldown)-left+1, f.cooldown)
	}
}

// Errors of Engine.Explain.
var (
	ErrNoSeries = errors.New("stream: no such series")
	ErrNoCandle = errors.New("stream: the candle is not kept")
)

// Copy takes a copy of one series, or of nothing where there is none of the key. What it returns makes an engine of it,
// which may be used on another goroutine, as to Explain: this engine is held up only for the copy.
func (e *Engine) Copy(key candle.Series) (restore func() (*Engine, error)) {
	s := e.Find(key)
	if s == nil {
		return nil
	}
	record, rules, options := s.AppendRecord(nil, nil), e.rules, e.options
	return func() (*Engine, error) {
		one := New(rules, options)
		_, err := one.Restore(record)
		return one, err
	}
}

// Newest stands for the time of the newest candle.
const Newest int64 = math.MinInt64

// Explain explains the formula on the candle of a series that was open at a time
// in nanoseconds, or on the Newest. The engine stays as it is. What is needed
// are the candles kept; with a record of the series from before that candle the
// result is exact, without one values that remember more than the candles kept
// are marked as unsettled. It allocates, and takes about as long as a few
// hundred candles.
func (e *Engine) Explain(key candle.Series, name string, at int64, record []byte) (*Explanation, error) {
	s := e.Find(key)
	if s == nil || !s.seen || s.ring == nil {
		return nil, fmt.Errorf("%w: %s", ErrNoSeries, key)
	}
	candles := s.Candles(nil)
	end := len(candles)
	if at != Newest {
		i, found := slices.BinarySearchFunc(candles, at,
			func(c candle.Candle, at int64) int { return int(min(1, max(-1, c.Time-at))) })
		if !found {
			return nil, fmt.Errorf("%w: %s of %s", ErrNoCandle, time.Unix(0, at).UTC().Format(time.RFC3339), key)
		}
		end = i + 1
	}
	x, err := NewExplainer(e.rules, name, key, e.options)
	if err != nil {
		return nil, err
	}
	from := 0
	if record != nil {
		if err := x.Restore(record); err != nil {
			return nil, err
		}
		last, _ := x.series.Last()
		for from < end && candles[from].Time <= last.Time {
			from++
		}
		if from == end || from == 0 { // it is not from before the candle, or so old that candles are missing in between
			return e.Explain(key, name, at, nil)
		}
	}
	x.partial = record == nil && s.Bars() > len(candles)
	for _, c := range candles[from:end] {
		x.Push(c, true)
	}
	x.recall(s, len(candles)-end)
	explanation := x.Explanation()
	if shown := e.options.OthersShown; shown != nil {
		explanation.Others = shown(key, x.Needs(), candles[end-1].Time)
	}
	s.explainRebuilt(name, len(candles)-end, explanation)
	s.Waiting(func(f *Formula, _, unsettled int) {
		if f.Name == name {
			explanation.Unsettled = unsettled
		}
	})
	return explanation, nil
}

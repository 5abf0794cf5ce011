package streamd

import (
	"errors"
	"fmt"
	"math"
	"time"

	"streamd/candle"
	"streamd/formula"
	"streamd/formula/plan"
	"streamd/incremental/catalog"
	"streamd/ringbuf"
	"streamd/stream"
)

// Formula is a compiled expression. It does not change, and any number of goroutines may use it.
type Formula struct {
	text     string
	compiled formula.Compiled
	others   bool // it looks at other series
}

// SyntaxError lists what is wrong with the text of a formula.
type SyntaxError struct {
	Text  string // of the formula
	Found formula.Diagnostics
}

// Error shows each fault as line:col: message, the line, and carets under what is meant.
func (e *SyntaxError) Error() string { return "streamd: " + e.Found.Render(e.Text) }

// Compile checks the text of a formula; `streamd functions` lists what may stand in it. The error is a *SyntaxError.
// Functions over a universe can name none: their universe is the series that are computed together.
// A formula that looks at higher timeframes is only known to be right once it meets candles: see Values.
func Compile(text string) (*Formula, error) {
	graph, c, err := compile(text, candle.Timeframe{})
	if err != nil {
		return nil, err
	}
	return &Formula{text: text, compiled: c, others: graph.Foreign()}, nil
}

func compile(text string, tf candle.Timeframe) (*plan.Graph, formula.Compiled, error) {
	unit, err := formula.Compile(formula.Env{
		Table: catalog.New(), Timeframe: tf, Named: formula.NamedDefaults(), LookbackMax: ringbuf.DefaultCapacity,
		Others: true,
	}, text)
	var failed *formula.CompileError
	if errors.As(err, &failed) {
		return nil, formula.Compiled{}, &SyntaxError{Text: text, Found: failed.Rejected[0].Found}
	}
	return unit.Graph, unit.Formulas[0], nil
}

// String returns the one way in which the formula is written.
func (f *Formula) String() string { return f.compiled.Canon }

// IsCondition reports whether the formula is true, false or na, as one that fires must be, and no number.
func (f *Formula) IsCondition() bool { return f.compiled.Bool }

// Lookback returns how many bars pass before the first value.
func (f *Formula) Lookback() int { return f.compiled.Lookback }

// NeedsOthers reports whether the formula looks at other series, with sym or a function over a universe: then
// ValuesAmong computes it.
func (f *Formula) NeedsOthers() bool { return f.others }

// Values computes the formula on each of the candles, which must be of one series and each newer than the one before:
// the error is an *Invalid with the index in its detail where they are not, and a *SyntaxError where the formula
// cannot be computed on the timeframe, and ErrOthers where it needs other series. Conditions are 1, 0 and NaN.
func (f *Formula) Values(candles []Candle) ([]float64, error) {
	if len(candles) == 0 {
		return nil, nil
	}
	if f.others {
		return nil, ErrOthers
	}
	key, block, err := blockOf(candles)
	if err != nil {
		return nil, err
	}
	graph, c, err := compile(f.text, key.Timeframe)
	if err != nil {
		return nil, err
	}
	const most = 512 // bars of one step
	laid := plan.NewPlan(graph, []plan.Ref{c.Root},
		plan.Options{Timeframe: key.Timeframe, BlockMax: most, Slack: most})
	exec, slab, handle := laid.NewExec(), laid.NewSlab(), laid.Handle(c.Root)
	values := make([]float64, 0, len(candles))
	for i := 0; i < block.Len(); i += most {
		part := block.Slice(i, min(block.Len(), i+most))
		exec.Step(slab, part.Columns(laid.NeedsTime()))
		values = append(values, exec.Values(handle)...)
	}
	return values, nil
}

// blockOf checks candles of one series and returns them as columns.
func blockOf(candles []Candle) (candle.Series, *stream.Block, error) {
	var series candle.Series
	block := &stream.Block{}
	newest := int64(math.MinInt64)
	for i := range candles {
		key, bar, err := candles[i].bar()
		switch {
		case err != nil:
			return key, nil, fmt.Errorf("streamd: candle %d: %w", i, err)
		case i > 0 && key != series:
			return key, nil, fmt.Errorf("streamd: candle %d: %w", i, &Invalid{
				Reason: "other_series", Detail: fmt.Sprintf("%s among candles of %s", key, series),
			})
		case bar.Time <= newest:
			return key, nil, fmt.Errorf("streamd: candle %d: %w", i, &Invalid{
				Reason: stream.Late.String(),
				Detail: "it opens at " + candles[i].Time.UTC().Format(time.RFC3339) + ", not after the one before",
			})
		}
		series, newest = key, bar.Time
		block.Append(bar)
	}
	return series, block, nil
}

package streamd

import (
	"errors"
	"time"

	"streamd/candle"
	"streamd/formula"
	"streamd/stream"
)

// Rule is a formula that fires, with its settings; the zero value of each has the daemon's default.
type Rule struct {
	Name       string // unique among the rules of an engine
	Expression string // must be a condition
	SignalType string // ENTRY, EXIT or SCAN_HIT, the default

	Symbols    []string // names and patterns with * and ?; none for all
	Timeframes []string // as "1m"; none for all

	Edge     bool // fire on the step from false to true only
	For      int  // bars true in a row before it fires
	Cooldown int  // silent bars after a fire
	MinBars  int  // silent until the series has so many

	Metadata map[string]string
	Params   map[string]float64 // in place of the values of `param` lines
}

// Engine applies candles of any number of series to rules. One goroutine owns it.
type Engine struct {
	engine *stream.Engine
	out    stream.Effects
}

// NewEngine compiles the rules. The error joins what is wrong with each of them; errors.As finds a *SyntaxError.
func NewEngine(rules ...Rule) (*Engine, error) {
	var wrong []error
	all := make([]stream.Formula, len(rules))
	for i, r := range rules {
		f := stream.Formula{
			Name: r.Name, Expression: r.Expression, Signal: stream.SignalType(r.SignalType), Symbols: r.Symbols,
			For: r.For, Cooldown: r.Cooldown, MinBars: r.MinBars, Metadata: r.Metadata,
		}
		for name, value := range r.Params {
			if f.Params == nil {
				f.Params = map[string]formula.ParamSetting{}
			}
			f.Params[name] = formula.NumberSetting(value)
		}
		if r.Edge {
			f.Mode = stream.Edge
		}
		for _, text := range r.Timeframes {
			tf, err := candle.ParseTimeframe(text)
			if err != nil {
				wrong = append(wrong, &RuleError{Rule: r.Name, Err: err})
			}
			f.Timeframes = append(f.Timeframes, tf)
		}
		all[i] = f
	}
	compiled, problems := stream.NewRules(stream.RulesConfig{Formulas: all})
	for _, p := range problems {
		err := p.Err
		if err == nil {
			err = &SyntaxError{Text: p.Source, Found: p.Diagnostics}
		}
		wrong = append(wrong, &RuleError{Rule: p.Name, Err: err})
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return &Engine{engine: stream.New(compiled, stream.Options{})}, nil
}

// RuleError is what is wrong with a rule.
type RuleError struct {
	Rule string
	Err  error
}

// Error names the rule.
func (e *RuleError) Error() string { return "streamd: rule " + e.Rule + ": " + e.Err.Error() }

// Unwrap returns what is wrong.
func (e *RuleError) Unwrap() error { return e.Err }

// Push applies a closed candle to its series and returns the matches, in the order of the rules. A candle that is
// bad, or not newer than the newest of its series, is not applied: the error is an *Invalid.
func (e *Engine) Push(c Candle) ([]Match, error) {
	key, bar, err := c.bar()
	if err != nil {
		return nil, err
	}
	if e.engine == nil {
		return nil, nil // the zero Engine has no rules
	}
	e.out.Reset()
	m := candle.Message{Symbol: []byte(key.Symbol), Timeframe: key.Timeframe, Candle: bar, Closed: true}
	if v := e.engine.Push(&m, &e.out); v != stream.Applied {
		return nil, &Invalid{Reason: v.String(), Detail: "the candle of " + c.Time.UTC().Format(time.RFC3339) +
			" is not newer than the newest of " + key.String()}
	}
	if len(e.out.Matches) == 0 {
		return nil, nil
	}
	matches := make([]Match, len(e.out.Matches))
	for i := range e.out.Matches {
		own := e.out.Matches[i].Clone()
		matches[i] = Match{&own}
	}
	return matches, nil
}

// Match is the hit of a rule on a candle. It does not change.
type Match struct{ m *stream.Match } // nil in the zero Match

// Rule returns the name of the rule that fired.
func (m *Match) Rule() string {
	if m.m == nil {
		return ""
	}
	return m.m.Formula().Name
}

// ID returns the 32 hex digits that name the match: equal wherever and however often it is computed.
func (m *Match) ID() string {
	if m.m == nil {
		return ""
	}
	return m.m.ID()
}

// Candle returns the candle on which the rule fired.
func (m *Match) Candle() Candle {
	if m.m == nil {
		return Candle{}
	}
	return candleOf(m.m.Series, m.m.Candle)
}

// Values returns the indicator values of the payload by canonical text; those without a value are left out.
func (m *Match) Values() map[string]float64 {
	values := map[string]float64{}
	if m.m != nil {
		m.m.Values(func(name string, value float64) { values[name] = value })
	}
	return values
}

// JSON returns the SignalMatch message, the same bytes as on a Kafka topic and in a file.
func (m *Match) JSON() []byte {
	if m.m == nil {
		return []byte("null")
	}
	return m.m.AppendJSON(nil)
}

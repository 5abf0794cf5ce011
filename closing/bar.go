package closing

import (
	"math"

	"streamd/across"
	"streamd/formula/plan"
)

// Bar is what series say about each other on a bar that is closed. It does not change.
type Bar struct {
	At      int64
	Panels  map[string]*Panel      // by universe, see plan.Others.Group
	Symbols map[string]SymbolValue // by the canonical text of the expression
}

// SymbolValue is the value of a symbol, on the candle that opens at At.
type SymbolValue struct {
	At    int64 // math.MinInt64 for none
	Value float64
}

// Panel is the members of a universe on a bar.
type Panel struct {
	Symbols  []string // by symbol
	Expected int      // how many should have the bar
	Sources  map[string]*Ranked
	places   map[string]int32
}

// Ranked is the values of an expression, compared. Slices are by member.
type Ranked struct {
	Values []float64
	scales []float32 // nil where all are the same
	scale  float64
	above  []float64 // nan where a member has no value
	below  []float64
	bar    [across.StatisticCount]float64 // statistics that are the same for everybody
}

func (p *Panel) index() {
	p.places = make(map[string]int32, len(p.Symbols))
	for i, symbol := range p.Symbols {
		p.places[symbol] = int32(i)
	}
}

// newRanked compares values.
func newRanked(v *across.Vector, values []float64, scales []float32, scale float64) *Ranked {
	r := &Ranked{
		Values: values, scales: scales, scale: scale,
		above: make([]float64, len(values)), below: make([]float64, len(values)),
	}
	r.order(v)
	for i := range values {
		r.above[i], r.below[i] = math.NaN(), math.NaN()
	}
	for place, e := range v.Entries() {
		r.above[e.Member], r.below[e.Member] = v.At(across.Above, place), v.At(across.Below, place)
	}
	for s := range r.bar {
		if r.bar[s] = math.NaN(); !across.Statistic(s).PerMember() {
			r.bar[s] = v.Of(across.Statistic(s))
		}
	}
	return r
}

// order puts the values into a vector, by member.
func (r *Ranked) order(v *across.Vector) {
	v.Reset()
	for i, x := range r.Values {
		scale := r.scale
		if r.scales != nil {
			scale = float64(r.scales[i])
		}
		v.Add(int32(i), x, scale)
	}
	v.Close(true)
}

// Value returns what a need of a series is on a bar. Exact is the closed bar of that open time, nil for none; before
// the newest one that is older.
func Value(n *plan.Need, symbol string, at int64, exact, before *Bar) float64 {
	if n.Of.Symbol != "" {
		b := exact
		if b == nil {
			b = before
		}
		if b == nil {
			return math.NaN()
		}
		v, ok := b.Symbols[n.Of.Canon]
		if !ok || v.At == math.MinInt64 || n.Aligned && v.At != at {
			return math.NaN()
		}
		return v.Value
	}
	if exact == nil || exact.Panels[n.Of.Group()] == nil {
		return math.NaN()
	}
	p := exact.Panels[n.Of.Group()]
	r := p.Sources[n.Of.Canon]
	if r == nil {
		return math.NaN()
	}
	if !n.Take.PerMember() {
		return r.bar[n.Take]
	}
	place, member := p.places[symbol]
	switch {
	case !member || r.above[place] != r.above[place]: // it is no member, has no value, or is alone
		return math.NaN()
	case n.Take == across.Above:
		return r.above[place]
	case n.Take == across.Below:
		return r.below[place]
	}
	return r.Values[place]
}

package closing

import (
	"math"
	"time"

	"streamd/across"
	"streamd/formula/plan"
	"streamd/stream"
)

// Explain returns what other series said of the needs of a series on a bar, as Value takes it.
func Explain(needs []*plan.Need, symbol string, at int64, exact, before *Bar) []stream.Other {
	return stream.OthersOf(needs, func(n *plan.Need) stream.Other {
		if n.Of.Symbol != "" {
			return explainSymbol(n, at, exact, before)
		}
		return explainUniverse(n.Of, symbol, exact)
	})
}

func explainSymbol(n *plan.Need, at int64, exact, before *Bar) stream.Other {
	o := stream.Other{Expression: n.Of.Text, Symbol: n.Of.Symbol, Value: plan.Float(math.NaN())}
	b := exact
	if b == nil {
		b = before
	}
	if b == nil {
		return o
	}
	if v, ok := b.Symbols[n.Of.Canon]; ok && v.At != math.MinInt64 && (!n.Aligned || v.At == at) {
		opened := time.Unix(0, v.At).UTC()
		o.Timestamp, o.Value = &opened, plan.Float(v.Value)
	}
	return o
}

func explainUniverse(of *plan.Others, symbol string, exact *Bar) stream.Other {
	o := stream.Other{Expression: of.Text, Universe: of.Universe, Value: plan.Float(math.NaN())}
	if exact == nil || exact.Panels[of.Group()] == nil {
		return o
	}
	p := exact.Panels[of.Group()]
	o.Members = p.Expected
	r := p.Sources[of.Canon]
	if r == nil {
		return o
	}
	var v across.Vector
	r.order(&v)
	place := -1
	if own, member := p.places[symbol]; member {
		for i, e := range v.Entries() {
			if e.Member == own {
				place = i
			}
		}
	}
	o.Among(&v, place, func(member int32) string { return p.Symbols[member] })
	return o
}

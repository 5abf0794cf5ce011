package replay

import (
	"math"
	"slices"
	"time"

	"streamd/across"
	"streamd/candle"
	"streamd/formula/plan"
	"streamd/stream"
)

// Explain returns what other series said of the needs of a series on the bar of Job.Focus.
func (f *Foreign) Explain(key candle.Series, needs []*plan.Need) []stream.Other {
	if f == nil || f.frames[key.Timeframe] == nil {
		return nil
	}
	fr := f.frames[key.Timeframe]
	needs = slices.DeleteFunc(slices.Clone(needs), func(n *plan.Need) bool { return fr.byCanon[n.Of.Canon] == nil })
	return stream.OthersOf(needs, func(n *plan.Need) stream.Other {
		s := fr.byCanon[n.Of.Canon]
		if n.Of.Symbol != "" {
			return fr.explainSymbol(s, n, f.focus, f.left)
		}
		return fr.explainUniverse(s, key.Symbol)
	})
}

func (fr *frame) explainSymbol(s *source, n *plan.Need, at int64, left *Omissions) stream.Other {
	o := stream.Other{Expression: s.of.Text, Symbol: s.of.Symbol, Value: plan.Float(math.NaN())}
	other := fr.bySymbol[s.of.Symbol]
	if other == nil {
		return o
	}
	i, found := slices.BinarySearch(other.times, at)
	if !found {
		i--
	}
	for seen := left.seen(fr.timeframe, s.of.Group(), at); i >= 0 && other.times[i] > seen; i-- {
		found = false
	}
	if i < 0 || n.Aligned && !found {
		return o
	}
	opened := time.Unix(0, other.times[i]).UTC()
	o.Timestamp, o.Value = &opened, plan.Float(other.values[s.place][i])
	return o
}

func (fr *frame) explainUniverse(s *source, symbol string) stream.Other {
	o := stream.Other{Expression: s.of.Text, Universe: s.of.Universe, Members: s.expected}
	own := fr.bySymbol[symbol]
	place := slices.IndexFunc(s.shown.Entries(), func(e across.MemberValue) bool {
		return own != nil && e.Member == own.place
	})
	o.Among(&s.shown, place, func(member int32) string { return fr.series[member].symbol })
	return o
}

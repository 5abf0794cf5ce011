package replay

import (
	"math"
	"slices"
	"strings"
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
	var all []stream.Other
	seen := map[string]bool{}
	for _, n := range needs {
		text := n.Of.Canon
		if n.Of.Symbol != "" {
			text = n.Key()
		}
		s := fr.byCanon[n.Of.Canon]
		if s == nil || seen[text] || strings.HasPrefix(text, "scale of ") {
			continue
		}
		seen[text] = true
		if n.Of.Symbol != "" {
			all = append(all, fr.explainSymbol(s, n, f.focus, f.left))
		} else {
			all = append(all, fr.explainUniverse(s, key.Symbol))
		}
	}
	return all
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
	entries := s.shown.Entries()
	o := stream.Other{
		Expression: s.of.Text, Universe: s.of.Universe, Values: len(entries), Members: s.expected,
		Value: plan.Float(math.NaN()),
	}
	own := fr.bySymbol[symbol]
	place := slices.IndexFunc(entries, func(e across.MemberValue) bool { return own != nil && e.Member == own.place })
	if place < 0 || len(entries) < 2 {
		return o
	}
	o.Value, o.Rank = plan.Float(entries[place].Value), 1+int(s.shown.At(across.Above, place))
	neighbour := func(i int) *stream.Neighbour {
		if i < 0 || i >= len(entries) {
			return nil
		}
		return &stream.Neighbour{
			Symbol: fr.series[entries[i].Member].symbol, Value: plan.Float(entries[i].Value),
			By: plan.Float(entries[i].Value - entries[place].Value),
		}
	}
	o.Above, o.Below = neighbour(place+1), neighbour(place-1)
	return o
}

package replay

import (
	"slices"

	"streamd/candle"
)

// Omissions is who was left out of bars live, because the bars could wait no longer. A replay leaves out the same ones,
// though it has their candles.
type Omissions struct {
	members map[groupBar][]string // of universes
	asOf    map[groupBar]int64    // of single symbols
}

// groupBar is a bar as one universe, or one symbol of sym(), has it.
type groupBar struct {
	timeframe candle.Timeframe
	group     string // see plan.Others.Group
	at        int64
}

// NewOmissions returns one with nobody in it.
func NewOmissions() *Omissions {
	return &Omissions{members: map[groupBar][]string{}, asOf: map[groupBar]int64{}}
}

// Add leaves members of a universe out of a bar.
func (l *Omissions) Add(tf candle.Timeframe, group string, at int64, symbols []string) {
	key := groupBar{tf, group, at}
	l.members[key] = append(l.members[key], symbols...)
}

// AddSymbol has a bar see a symbol as of an older candle of it, or of none where asOf is before all of them.
func (l *Omissions) AddSymbol(tf candle.Timeframe, group string, at, asOf int64) {
	l.asOf[groupBar{tf, group, at}] = asOf
}

// leaves reports whether a symbol is left out of a bar. Nobody is where l is nil.
func (l *Omissions) leaves(tf candle.Timeframe, group string, at int64, symbol string) bool {
	return l != nil && slices.Contains(l.members[groupBar{tf, group, at}], symbol)
}

// seen returns the candle that a bar sees a symbol as of: the newest one that opens no later than the bar, unless live
// that was not there yet.
func (l *Omissions) seen(tf candle.Timeframe, group string, at int64) int64 {
	if l != nil {
		if asOf, ok := l.asOf[groupBar{tf, group, at}]; ok {
			return asOf
		}
	}
	return at
}

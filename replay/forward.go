package replay

import (
	"fmt"
	"math"

	"streamd/candle"
	"streamd/stream"
)

// Entry is the price that a forward return counts from.
type Entry string

// FromOpen is the open of the next bar, the first price at which a signal can be followed;
// FromClose is the close of the signal's own bar.
const (
	FromOpen  Entry = "open"
	FromClose Entry = "close"
)

// ParseEntry reads an entry; empty is FromOpen.
func ParseEntry(text string) (Entry, error) {
	switch e := Entry(text); e {
	case "":
		return FromOpen, nil
	case FromOpen, FromClose:
		return e, nil
	}
	return "", fmt.Errorf("replay: %q is none of open, close", text)
}

// forward is what came after every bar of a series: for each horizon the return from the
// entry to the close so many bars later. A single split in an unadjusted history outweighs
// the real returns of decades, so the policy on splits says what becomes of it.
type forward struct {
	returns [][]float64 // NaN where there is none
	omitted [][]bool    // for a split between
	holes   [][]bool    // there is a hole between
}

func forwardReturns(b *stream.Block, frame candle.Timeframe, policy SplitPolicy, entry Entry,
	horizons []int,
) *forward {
	n := b.Len()
	found := findBreaks(b, frame)
	split, hole := make([]int, n), make([]int, n) // the newest at or before each bar, or -1
	units := make([]float64, n)                   // what one of the first bar has become
	for i := range n {
		split[i], hole[i], units[i] = -1, -1, 1
		if i > 0 {
			split[i], hole[i], units[i] = split[i-1], hole[i-1], units[i-1]
		}
		if found.at(i)&breakHole != 0 {
			hole[i] = i
		}
		if found.at(i)&breakSplit != 0 && policy != SplitsIgnore {
			split[i] = i
			units[i] *= splitFactor(b.Close[i-1], b.Open[i])
		}
	}
	f := &forward{
		returns: make([][]float64, len(horizons)), omitted: make([][]bool, len(horizons)),
		holes: make([][]bool, len(horizons)),
	}
	for h, bars := range horizons {
		f.returns[h], f.omitted[h], f.holes[h] = make([]float64, n), make([]bool, n), make([]bool, n)
		for i := range n {
			f.returns[h][i] = math.NaN()
			end := i + bars
			if end >= n {
				continue
			}
			first, price := i, b.Close[i]
			if entry == FromOpen {
				first, price = i+1, b.Open[i+1]
			}
			if !(price > 0) {
				continue
			}
			f.holes[h][i] = hole[end] > i
			switch crossed := split[end] > first; {
			case crossed && policy != SplitsAdjust:
				f.omitted[h][i] = true
			case crossed:
				f.returns[h][i] = b.Close[end]*units[end]/units[first]/price - 1
			default:
				f.returns[h][i] = b.Close[end]/price - 1
			}
		}
	}
	return f
}

// breakCount is how many outcomes splits and holes had a part in.
type breakCount struct{ omitted, holes int }

func (c *breakCount) add(f *forward, h, bar int) {
	if f.omitted[h][bar] {
		c.omitted++
	} else if f.holes[h][bar] {
		c.holes++
	}
}

func (c *breakCount) merge(o breakCount) {
	c.omitted, c.holes = c.omitted+o.omitted, c.holes+o.holes
}

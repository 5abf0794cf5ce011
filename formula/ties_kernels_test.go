package formula_test

import (
	"cmp"
	"math/big"
	"slices"
)

// window applies f to the last n values of each bar, the newest last.
func (x exact) window(n int, f func(w exact) *big.Rat) exact {
	return x.each(func(i int) *big.Rat {
		if i < n-1 {
			return nil
		}
		w := x[i-n+1 : i+1]
		if slices.Contains(w, nil) {
			return nil
		}
		return f(w)
	})
}

// holds says where a condition holds on the last n values.
func (x exact) holds(n int, f func(w exact) bool) []int {
	return x.window(n, func(w exact) *big.Rat {
		if f(w) {
			return big.NewRat(1, 1)
		}
		return new(big.Rat)
	}).truths(above)
}

// newest is how many bars before the end of w the newest of its greatest values is.
func (w exact) newest(sign int) int {
	best := len(w) - 1
	for i := range slices.Backward(w) {
		if sign*w[i].Cmp(w[best]) > 0 {
			best = i
		}
	}
	return len(w) - 1 - best
}

// turns reports whether the value right bars before the end is a pivot.
func (w exact) turns(right, sign int) bool {
	at := len(w) - 1 - right
	for i, v := range w {
		if side := sign * v.Cmp(w[at]); side > 0 || side == 0 && i > at {
			return false
		}
	}
	return true
}

// often is the least of the most frequent values.
func (w exact) often() *big.Rat {
	best, times := w[0], 0
	for _, v := range w {
		n := 0
		for _, u := range w {
			if u.Cmp(v) == 0 {
				n++
			}
		}
		if c := cmp.Or(cmp.Compare(n, times), -v.Cmp(best)); c > 0 {
			best, times = v, n
		}
	}
	return best
}

// order is what of the correlation of values and time has its sign: the pairs that are in
// the order of time less those that are not, weighted by how far they are apart.
func (w exact) order() int {
	sum := 0
	for i := range w {
		below := 0
		for k := range w {
			below += w[i].Cmp(w[k])
		}
		sum += (2*i - len(w) + 1) * below
	}
	return sum
}

// below counts the values below v.
func (w exact) below(v *big.Rat) int {
	n := 0
	for _, u := range w {
		if u.Cmp(v) < 0 {
			n++
		}
	}
	return n
}

func (w exact) negative() exact { return w.by(-1, 1) }

// share is the change to value i as a share of the one before it, 0 where that is 0.
func (w exact) share(i int) *big.Rat {
	d := new(big.Rat).Sub(w[i], w[i-1])
	if w[i-1].Sign() != 0 {
		d.Quo(d, w[i-1])
	} else {
		d.SetInt64(0)
	}
	return d
}

// flat reports whether all values are the same.
func (w exact) flat() bool {
	return !slices.ContainsFunc(w, func(v *big.Rat) bool { return v.Cmp(w[0]) != 0 })
}

// moves counts the changes within w above and below zero.
func (w exact) moves() (up, down int) {
	for i := 1; i < len(w); i++ {
		switch w[i].Cmp(w[i-1]) {
		case 1:
			up++
		case -1:
			down++
		}
	}
	return up, down
}

// kernels are functions that compare inside, over values which are small against the prices
// that they were made from.
func kernels(o, h, l, c exact) []tie {
	hl2, hlc3 := h.plus(l).by(1, 2), h.plus(l).plus(c).by(1, 3)
	var ties []tie
	for text, x := range map[string]exact{
		"close - open":           c.minus(o),
		"close - sma(close, 3)":  c.minus(c.sma(3)),
		"change(hlc3)":           hlc3.change(1),
		"hl2 - close":            hl2.minus(c),
		"hlc3":                   hlc3,
		"(close - hl2) * 3":      c.minus(hl2).by(3, 1),
		"sma(close - open, 3)":   c.minus(o).sma(3),
		"change(close, 2) / 100": c.change(2).by(1, 100),
	} {
		d := x.change(1)
		ties = append(ties,
			tie{"change(obv(" + text + ")) > 0", d.truths(above)},
			tie{"change(obv_tv(" + text + ")) < 0", d.truths(below)},
			tie{"not na(pivothigh(" + text + ", 2, 1))", x.holds(4, func(w exact) bool { return w.turns(1, 1) })},
			tie{"not na(pivotlow(" + text + ", 1, 2))", x.holds(4, func(w exact) bool { return w.turns(2, -1) })},
			tie{"highestbars(" + text + ", 5) == 0", x.holds(5, func(w exact) bool { return w.newest(1) == 0 })},
			tie{"highestbars(" + text + ", 4) == -2", x.holds(4, func(w exact) bool { return w.newest(1) == 2 })},
			tie{"lowestbars(" + text + ", 5) == -1", x.holds(5, func(w exact) bool { return w.newest(-1) == 1 })},
			tie{"rising(" + text + ", 3)", x.holds(4, func(w exact) bool { return w.newest(1) == 0 && w[:3].below(w[3]) == 3 })},
			tie{"mode(" + text + ", 5) == " + text, x.holds(5, func(w exact) bool { return w.often().Cmp(w[4]) == 0 })},
			tie{"rci(" + text + ", 4) > 0", x.holds(4, func(w exact) bool { return w.order() > 0 })},
			tie{"rci(" + text + ", 3) == 0", x.holds(3, func(w exact) bool { return w.order() == 0 })},
			tie{"percentrank_tv(" + text + ", 4) >= 75", x.holds(5, func(w exact) bool {
				return 4-w[:4].negative().below(new(big.Rat).Neg(w[4])) >= 3
			})},
			tie{"zscore(" + text + ", 2) == 0", x.holds(2, exact.flat)},
			tie{"r2(" + text + ", 2) > 0.5", x.holds(2, func(w exact) bool { return !w.flat() })},
			tie{"na(cmo_tv(" + text + ", 2))", x.holds(3, exact.flat)},
			tie{"rsi_sma(" + text + ", 2) == 100", x.holds(3, func(w exact) bool {
				up, down := w.moves()
				return up > 0 && down == 0
			})},
			tie{"rsi_tv(" + text + ", 1) > 50", d.truths(atLeast)},
			tie{"crsi(" + text + ", 1, 1, 1) > 99", x.holds(3, func(w exact) bool {
				return w[2].Cmp(w[1]) > 0 && w.share(2).Cmp(w.share(1)) > 0
			})},
		)
	}
	x := c.minus(l)
	return append(ties,
		tie{"mfi_tv(close - low, 1) > 50", x.holds(2, func(w exact) bool { return w[1].Cmp(w[0]) >= 0 || w[1].Sign() == 0 })},
		tie{"supertrend_tv(0.5, 1).direction < 0", trailing(h, l, c)},
		tie{"round((close - open) * 50) == 0", c.minus(o).by(50, 1).holds(1, func(w exact) bool {
			return new(big.Rat).Abs(w[0]).Cmp(big.NewRat(1, 2)) < 0
		})},
	)
}

// trailing says where a supertrend of half the range of each bar, gaps included, is up.
func trailing(h, l, c exact) []int {
	half, two := big.NewRat(1, 2), big.NewRat(2, 1)
	t := make([]int, len(c))
	var up, down *big.Rat
	for i := range c {
		top, bottom := h[i], l[i]
		if i > 0 {
			top, bottom = greatest(top, c[i-1], 1), greatest(bottom, c[i-1], -1)
		}
		reach := new(big.Rat).Mul(new(big.Rat).Sub(top, bottom), half)
		middle := new(big.Rat).Quo(new(big.Rat).Add(h[i], l[i]), two)
		upper, lower := new(big.Rat).Add(middle, reach), middle.Sub(middle, reach)
		if i > 0 {
			if c[i-1].Cmp(down) >= 0 {
				lower = greatest(lower, down, 1)
			}
			if c[i-1].Cmp(up) <= 0 {
				upper = greatest(upper, up, -1)
			}
			wasDown := t[i-1] == 0 || up.Cmp(down) == 0 // Pine asks whether the line is the upper one
			if wasDown && c[i].Cmp(upper) > 0 || !wasDown && c[i].Cmp(lower) >= 0 {
				t[i] = 1
			}
		}
		up, down = upper, lower
	}
	return t
}

// greatest is the greater one, or with sign -1 the lesser one.
func greatest(a, b *big.Rat, sign int) *big.Rat {
	if sign*a.Cmp(b) >= 0 {
		return a
	}
	return b
}

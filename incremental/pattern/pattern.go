package pattern

import (
	"math"

	"streamd/incremental"
)

// shape is one candlestick pattern. Its judgement looks at the newest bars and
// says +100 for a bullish one, -100 for a bearish one and 0 for none; a few
// patterns know other strengths.
type shape struct {
	name, title  string
	lookback     int // the pattern's older bars, and those that their averages look back on
	doc, example string
	penetration  float64 // default of the parameter; 0 for a pattern without one
	judge        func(c candles) int
}

// row makes the table row of a pattern. The reference is TA-Lib's function of
// the same name.
func (s shape) row() *incremental.Row {
	talib := upper(s.name)
	r := &incremental.Row{
		Name: s.name, Title: s.title, Group: incremental.GroupPattern,
		Inputs:  []incremental.Input{incremental.Open, incremental.High, incremental.Low, incremental.Close},
		Outputs: []incremental.Output{{Name: "integer"}},
		Doc:     s.doc, Source: "TA-Lib " + talib, TALib: talib, Examples: []string{s.example},
		Differs: "it keeps running totals of bodies and shadows, whose rounding decides where a body is as long as " +
			"the average; " +
			"started again shortly before the bar it agrees: on AIG of us-daily, cdleveningstar() at bar 4950 and " +
			"cdlhammer() at bar 2797",
		Lookback: func(incremental.Args) int { return s.lookback },
	}
	if s.penetration != 0 {
		r.Params = []incremental.Param{{
			Name: "penetration", Kind: incremental.Float, Default: s.penetration,
			Max: penetrationMax,
		}}
	}
	r.Bind = func(a incremental.Args) incremental.Build {
		k := &pattern{lookback: s.lookback, judge: s.judge}
		if len(a) > 0 {
			k.penetration = a.Float(0)
		}
		return incremental.Build{Kernel: k, State: 1, History: s.lookback}
	}
	return r
}

// penetrationMax is TA-Lib's largest real parameter.
const penetrationMax = 3e37

// upper spells an ASCII name in capitals.
func upper(name string) string {
	b := []byte(name)
	for i, ch := range b {
		if 'a' <= ch && ch <= 'z' {
			b[i] = ch - 'a' + 'A'
		}
	}
	return string(b)
}

// pattern is the kernel of every shape. It remembers nothing but the number of
// bars seen: a judgement is a function of the last lookback+1 bars, so that a
// pattern is found alike wherever the history began.
type pattern struct {
	lookback    int
	penetration float64
	judge       func(c candles) int
}

// State: bars seen, at most lookback.
func (k *pattern) Step(state []float64, in, out [][]float64) {
	y, count := out[0], int(state[0])
	c := candles{prices: (*[4][]float64)(in), penetration: k.penetration}
	for j := range y {
		if count < k.lookback {
			y[j] = math.NaN()
			count++
			continue
		}
		c.newest = k.lookback + j
		y[j] = float64(k.judge(c))
	}
	state[0] = float64(count)
}

// candles is what a judgement sees: the bars up to the newest one. Bars are
// counted back from it, which is 0.
//
// What is usual is the mean over the bars before the one in question. The means
// are summed from scratch where a judgement asks for one, which few bars do: the
// colours and gaps decide most. So nothing drifts, as TA-Lib's running totals
// do. Prices of one magnitude are multiples of one small power of two, and
// their differences and the sums of these are exact; therefore both agree to
// the bit, ties included, except behind a change of magnitude.
//
// It is passed by value, in registers: a pointer would escape into the heap.
type candles struct {
	prices      *[4][]float64 // open, high, low, close
	newest      int
	penetration float64
}

// bar returns the candle k bars ago.
func (c candles) bar(k int) candle {
	i := c.newest - k
	return candle{c.prices[0][i], c.prices[1][i], c.prices[2][i], c.prices[3][i]}
}

// The periods and factors are TA-Lib's default candle settings.
const (
	usualPeriod = 10 // bars in the means of bodies, ranges and shadows
	closePeriod = 5  // bars in the mean range that near, far and equal are shares of

	dojiFactor      = 0.1  // of the usual range: at most so long is the body of a doji
	veryShortFactor = 0.1  // of the usual range: less is as good as no shadow
	nearFactor      = 0.2  // of the last ranges
	farFactor       = 0.6  // of the last ranges
	equalFactor     = 0.05 // of the last ranges
)

// long reports whether the body is longer than usual.
func (c candles) long(k int) bool { return c.bar(k).body() > c.meanBody(k) }

// short reports whether the body is not longer than usual.
func (c candles) short(k int) bool { return c.bar(k).body() <= c.meanBody(k) }

// small reports whether the body is shorter than usual.
func (c candles) small(k int) bool { return c.bar(k).body() < c.meanBody(k) }

// doji reports whether open and close are as good as equal.
func (c candles) doji(k int) bool { return c.bar(k).body() <= c.dojiBody(k) }

// dojiBody is the longest body of a doji.
func (c candles) dojiBody(k int) float64 { return dojiFactor * c.meanRange(k, usualPeriod) }

// noUpper reports whether the upper shadow is very short.
func (c candles) noUpper(k int) bool { return c.bar(k).upper() < c.veryShort(k) }

// noLower reports whether the lower shadow is very short.
func (c candles) noLower(k int) bool { return c.bar(k).lower() < c.veryShort(k) }

// someUpper reports whether the upper shadow is more than very short.
func (c candles) someUpper(k int) bool { return c.bar(k).upper() > c.veryShort(k) }

// someLower reports whether the lower shadow is more than very short.
func (c candles) someLower(k int) bool { return c.bar(k).lower() > c.veryShort(k) }

func (c candles) veryShort(k int) float64 { return veryShortFactor * c.meanRange(k, usualPeriod) }

// near, far and equal are distances from a price of bar k, or between bodies.
func (c candles) near(k int) float64  { return float64(nearFactor * c.meanRange(k, closePeriod)) }
func (c candles) far(k int) float64   { return float64(farFactor * c.meanRange(k, closePeriod)) }
func (c candles) equal(k int) float64 { return float64(equalFactor * c.meanRange(k, closePeriod)) }

// same reports whether price is as good as equal to a price of bar k.
func (c candles) same(price, of float64, k int) bool {
	e := c.equal(k)
	return price <= of+e && price >= of-e
}

// depth is how far into the body of bar k a close must come, as the parameter
// penetration says.
func (c candles) depth(k int) float64 { return float64(c.bar(k).body() * c.penetration) }

// meanBody returns the mean body of the bars before bar k.
func (c candles) meanBody(k int) float64 {
	i := c.newest - k
	open, cls := c.prices[0][i-usualPeriod:i], c.prices[3][i-usualPeriod:i]
	sum := 0.0
	for j, o := range open {
		sum += math.Abs(cls[j] - o)
	}
	return sum / usualPeriod
}

// meanRange returns the mean of high - low of the period bars before bar k.
func (c candles) meanRange(k, period int) float64 {
	i := c.newest - k
	high, low := c.prices[1][i-period:i], c.prices[2][i-period:i]
	sum := 0.0
	for j, h := range high {
		sum += h - low[j]
	}
	return sum / float64(period)
}

// meanShadow returns the mean of a single shadow of the bars before bar k.
func (c candles) meanShadow(k int) float64 {
	i := c.newest - k
	open, high := c.prices[0][i-usualPeriod:i], c.prices[1][i-usualPeriod:i]
	low, cls := c.prices[2][i-usualPeriod:i], c.prices[3][i-usualPeriod:i]
	sum := 0.0
	for j := range usualPeriod {
		x := candle{open[j], high[j], low[j], cls[j]}
		sum += x.upper() + x.lower()
	}
	return sum / usualPeriod / 2
}

// candle is one bar.
type candle struct{ open, high, low, close float64 }

// white reports whether the close is not below the open.
func (x candle) white() bool { return x.close >= x.open }

// black reports whether the close is below the open.
func (x candle) black() bool { return x.close < x.open }

// color is 1 for a white candle and -1 for a black one.
func (x candle) color() int {
	if x.close >= x.open {
		return 1
	}
	return -1
}

// signed is 100 for a white candle and -100 for a black one.
func (x candle) signed() int { return 100 * x.color() }

// top and bottom are the ends of the body.
func (x candle) top() float64    { return max(x.open, x.close) }
func (x candle) bottom() float64 { return min(x.open, x.close) }

// body is the length of the real body.
func (x candle) body() float64 { return math.Abs(x.close - x.open) }

// upper and lower are the lengths of the shadows.
func (x candle) upper() float64 { return x.high - x.top() }
func (x candle) lower() float64 { return x.bottom() - x.low }

// longUpper and longLower report a shadow longer than the body.
func (x candle) longUpper() bool { return x.upper() > x.body() }
func (x candle) longLower() bool { return x.lower() > x.body() }

// veryLongUpper and veryLongLower report a shadow longer than two bodies.
func (x candle) veryLongUpper() bool { return x.upper() > 2*x.body() }
func (x candle) veryLongLower() bool { return x.lower() > 2*x.body() }

// bodyAbove and bodyBelow report a gap between the bodies.
func (x candle) bodyAbove(y candle) bool { return x.bottom() > y.top() }
func (x candle) bodyBelow(y candle) bool { return x.top() < y.bottom() }

// rangeAbove and rangeBelow report a gap between the shadows too.
func (x candle) rangeAbove(y candle) bool { return x.low > y.high }
func (x candle) rangeBelow(y candle) bool { return x.high < y.low }

// hit is strength for a pattern that is there and 0 for none.
func hit(there bool, strength int) int {
	if there {
		return strength
	}
	return 0
}

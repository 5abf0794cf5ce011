package pattern

import "streamd/incremental"

// cdlHikkakeRow finds a false break out of an inside bar.
func cdlHikkakeRow() *incremental.Row {
	return shape{
		name: "cdlhikkake", title: "Hikkake Pattern", lookback: 5, judge: judgeHikkake,
		doc: "An inside bar, then a bar that breaks out of it, expected to fail: +100 after a break downwards " +
			"(bullish), -100 " +
			"after one upwards (bearish). +200 and -200 on the bar that confirms it: within three bars a close " +
			"beyond the other " +
			"end of the inside bar.",
		example: "cdlhikkake() == 200",
	}.row()
}

func judgeHikkake(c candles) int { return setUpOrConfirmed(c, hikkakeSetup) }

// hikkakeSetup judges the bars up to bar k.
func hikkakeSetup(c candles, k int) int {
	first, inside, breakout := c.bar(k+2), c.bar(k+1), c.bar(k)
	if !(inside.high < first.high && inside.low > first.low) {
		return 0
	}
	return falseBreak(inside, breakout)
}

// falseBreak returns 100 when breakout left the bar before it downwards, -100
// upwards, else 0.
func falseBreak(inside, breakout candle) int {
	switch {
	case breakout.high < inside.high && breakout.low < inside.low:
		return 100
	case breakout.high > inside.high && breakout.low > inside.low:
		return -100
	}
	return 0
}

// hikkakeWait is how many bars may pass until the confirmation.
const hikkakeWait = 3

// setUpOrConfirmed returns the setup of the newest bar, or twice the last setup
// when the newest bar is the first to confirm it in time. A newer setup
// replaces an older one.
func setUpOrConfirmed(c candles, setup func(c candles, k int) int) int {
	for k := 0; k <= hikkakeWait; k++ {
		s := setup(c, k)
		if s == 0 {
			continue
		}
		if k == 0 {
			return s
		}
		inside := c.bar(k + 1)
		for j := k - 1; j > 0; j-- {
			if confirms(c.bar(j), inside, s) {
				return 0
			}
		}
		return hit(confirms(c.bar(0), inside, s), 2*s)
	}
	return 0
}

func confirms(x, inside candle, setup int) bool {
	return setup > 0 && x.close > inside.high || setup < 0 && x.close < inside.low
}

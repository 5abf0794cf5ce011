package replay

import (
	"strings"

	"streamd/incremental"
	"streamd/incremental/catalog"
)

// Condition is a formula whose outcomes are looked at, by a name for people.
type Condition struct{ Name, Expression string }

// Conditions returns the library of discovery: every candlestick pattern in
// both directions, and the chart conditions that traders know by name.
func Conditions() []Condition {
	var all []Condition
	for _, row := range catalog.New().Rows() {
		if row.Group != incremental.GroupPattern {
			continue
		}
		title := strings.ToLower(row.Title)
		all = append(all,
			Condition{title + ", bullish", row.Name + "() > 0"},
			Condition{title + ", bearish", row.Name + "() < 0"})
	}
	return append(all, chartConditions()...)
}

func chartConditions() []Condition {
	return []Condition{
		{"golden cross", "crossover(sma(close, 50), sma(close, 200))"},
		{"death cross", "crossunder(sma(close, 50), sma(close, 200))"},
		{"above the 200-bar average", "crossover(close, sma(close, 200))"},
		{"below the 200-bar average", "crossunder(close, sma(close, 200))"},
		{"RSI below 30", "crossunder(rsi(close, 14), 30)"},
		{"RSI back above 30", "crossover(rsi(close, 14), 30)"},
		{"RSI above 70", "crossover(rsi(close, 14), 70)"},
		{"RSI-2 pullback in an uptrend", "close > sma(close, 200) and rsi(close, 2) < 10"},
		{"RSI-2 rally in a downtrend", "close < sma(close, 200) and rsi(close, 2) > 90"},
		{"20-bar breakout", "close > highest(high, 20)[1]"},
		{"20-bar breakdown", "close < lowest(low, 20)[1]"},
		{"55-bar breakout", "close > highest(high, 55)[1]"},
		{"252-bar high", "high >= highest(high, 252)"},
		{"252-bar low", "low <= lowest(low, 252)"},
		{"Bollinger breakout", "crossover(close, bbands(close, 20, 2).upper)"},
		{"Bollinger breakdown", "crossunder(close, bbands(close, 20, 2).lower)"},
		{"Bollinger reversal", "crossover(close, bbands(close, 20, 2).lower)"},
		{"Bollinger squeeze", "bbw(close, 20, 2) <= lowest(bbw(close, 20, 2), 120)"},
		{"MACD above its signal", "crossover(macd(close).macd, macd(close).signal)"},
		{"MACD below its signal", "crossunder(macd(close).macd, macd(close).signal)"},
		{"stochastic up from below 20", "crossover(stoch().k, stoch().d) and stoch().k < 20"},
		{"stochastic down from above 80", "crossunder(stoch().k, stoch().d) and stoch().k > 80"},
		{"strong trend begins", "crossover(adx(14), 25)"},
		{"parabolic SAR flips up", "crossover(close, sar())"},
		{"parabolic SAR flips down", "crossunder(close, sar())"},
		{"CCI above 100", "crossover(cci(20), 100)"},
		{"CCI below -100", "crossunder(cci(20), -100)"},
		{"gap up above the high", "open > high[1]"},
		{"gap down below the low", "open < low[1]"},
		{"inside bar", "high < high[1] and low > low[1]"},
		{"outside bar", "high > high[1] and low < low[1]"},
		{"NR7: narrowest range of 7 bars", "high - low < lowest(high - low, 6)[1]"},
		{"wide range up", "high - low > 2 * atr(14) and close > open"},
		{"wide range down", "high - low > 2 * atr(14) and close < open"},
		{"volume spike up", "volume > 3 * sma(volume, 20) and close > close[1]"},
		{"volume spike down", "volume > 3 * sma(volume, 20) and close < close[1]"},
		{"three bars up", "rising(close, 3)"},
		{"three bars down", "falling(close, 3)"},
		{"five bars up", "rising(close, 5)"},
		{"five bars down", "falling(close, 5)"},
		{"two deviations below the mean", "zscore(close, 20) < -2"},
		{"two deviations above the mean", "zscore(close, 20) > 2"},
	}
}

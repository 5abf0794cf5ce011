package replay

import (
	"strings"

	"streamd/candle"
	"streamd/formula"
	"streamd/incremental"
	"streamd/incremental/catalog"
	"streamd/stream"
)

// Condition is a formula whose outcomes are looked at, by a name for people.
type Condition struct {
	Name, Expression string

	Symbols    []string                        `json:",omitempty"` // patterns; empty for all
	Timeframes []candle.Timeframe              `json:",omitempty"` // empty for all
	Params     map[string]formula.ParamSetting `json:",omitempty"` // overrides of the expression's own
}

// selects reports whether a series is looked at.
func (c *Condition) selects(s candle.Series) bool {
	f := stream.Formula{Symbols: c.Symbols, Timeframes: c.Timeframes}
	return f.Selects(s)
}

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
			Condition{Name: title + ", bullish", Expression: row.Name + "() > 0"},
			Condition{Name: title + ", bearish", Expression: row.Name + "() < 0"})
	}
	return append(all, chartConditions()...)
}

func chartConditions() []Condition {
	return []Condition{
		{Name: "golden cross", Expression: "crossover(sma(close, 50), sma(close, 200))"},
		{Name: "death cross", Expression: "crossunder(sma(close, 50), sma(close, 200))"},
		{Name: "above the 200-bar average", Expression: "crossover(close, sma(close, 200))"},
		{Name: "below the 200-bar average", Expression: "crossunder(close, sma(close, 200))"},
		{Name: "RSI below 30", Expression: "crossunder(rsi(close, 14), 30)"},
		{Name: "RSI back above 30", Expression: "crossover(rsi(close, 14), 30)"},
		{Name: "RSI above 70", Expression: "crossover(rsi(close, 14), 70)"},
		{Name: "RSI-2 pullback in an uptrend", Expression: "close > sma(close, 200) and rsi(close, 2) < 10"},
		{Name: "RSI-2 rally in a downtrend", Expression: "close < sma(close, 200) and rsi(close, 2) > 90"},
		{Name: "20-bar breakout", Expression: "close > highest(high, 20)[1]"},
		{Name: "20-bar breakdown", Expression: "close < lowest(low, 20)[1]"},
		{Name: "55-bar breakout", Expression: "close > highest(high, 55)[1]"},
		{Name: "252-bar high", Expression: "high >= highest(high, 252)"},
		{Name: "252-bar low", Expression: "low <= lowest(low, 252)"},
		{Name: "Bollinger breakout", Expression: "crossover(close, bbands(close, 20, 2).upper)"},
		{Name: "Bollinger breakdown", Expression: "crossunder(close, bbands(close, 20, 2).lower)"},
		{Name: "Bollinger reversal", Expression: "crossover(close, bbands(close, 20, 2).lower)"},
		{Name: "Bollinger squeeze", Expression: "bbw(close, 20, 2) <= lowest(bbw(close, 20, 2), 120)"},
		{Name: "MACD above its signal", Expression: "crossover(macd(close).macd, macd(close).signal)"},
		{Name: "MACD below its signal", Expression: "crossunder(macd(close).macd, macd(close).signal)"},
		{Name: "stochastic up from below 20", Expression: "crossover(stoch().k, stoch().d) and stoch().k < 20"},
		{Name: "stochastic down from above 80", Expression: "crossunder(stoch().k, stoch().d) and stoch().k > 80"},
		{Name: "strong trend begins", Expression: "crossover(adx(14), 25)"},
		{Name: "parabolic SAR flips up", Expression: "crossover(close, sar())"},
		{Name: "parabolic SAR flips down", Expression: "crossunder(close, sar())"},
		{Name: "CCI above 100", Expression: "crossover(cci(20), 100)"},
		{Name: "CCI below -100", Expression: "crossunder(cci(20), -100)"},
		{Name: "gap up above the high", Expression: "open > high[1]"},
		{Name: "gap down below the low", Expression: "open < low[1]"},
		{Name: "inside bar", Expression: "high < high[1] and low > low[1]"},
		{Name: "outside bar", Expression: "high > high[1] and low < low[1]"},
		{Name: "NR7: narrowest range of 7 bars", Expression: "high - low < lowest(high - low, 6)[1]"},
		{Name: "wide range up", Expression: "high - low > 2 * atr(14) and close > open"},
		{Name: "wide range down", Expression: "high - low > 2 * atr(14) and close < open"},
		{Name: "volume spike up", Expression: "volume > 3 * sma(volume, 20) and close > close[1]"},
		{Name: "volume spike down", Expression: "volume > 3 * sma(volume, 20) and close < close[1]"},
		{Name: "three bars up", Expression: "rising(close, 3)"},
		{Name: "three bars down", Expression: "falling(close, 3)"},
		{Name: "five bars up", Expression: "rising(close, 5)"},
		{Name: "five bars down", Expression: "falling(close, 5)"},
		{Name: "two deviations below the mean", Expression: "zscore(close, 20) < -2"},
		{Name: "two deviations above the mean", Expression: "zscore(close, 20) > 2"},
	}
}

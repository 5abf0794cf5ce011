package catalog

import "strings"

// PineName is one thing that Pine has a name for, and what means the same here. It serves the
// hints of errors, docs/pine.md, `streamd functions --pine` and `make pine`.
//
// A call's arguments are named in Pine and used by those names in Here. An argument that is a
// price (high) is meant literally. Of several entries for one name the first that fits a call
// is taken.
type PineName struct {
	Pine string `json:"pine"`    // "ta.supertrend(factor, atrPeriod)"
	Here string `json:"streamd"` // "supertrend_tv(factor, atrPeriod)"; empty where there is nothing like it
	Note string `json:"note"`    // what differs, or what to do instead
}

// Pine returns what has a name in Pine, in the order of its manual: ta, math, the language.
func Pine() []PineName { return append(append(pineTA(), pineMath()...), pineLanguage()...) }

// Name returns the name without arguments: "ta.supertrend".
func (p PineName) Name() string {
	name, _, _ := strings.Cut(p.Pine, "(")
	return name
}

// Args returns the names of the arguments.
func (p PineName) Args() []string {
	_, list, called := strings.Cut(strings.TrimSuffix(p.Pine, ")"), "(")
	if !called || list == "" {
		return nil
	}
	return strings.Split(list, ", ")
}

func pineTA() []PineName {
	return []PineName{
		{"ta.accdist", "accdist()", ""},
		{"ta.alma(source, length, offset, sigma)", "alma(source, length, offset, sigma)", ""},
		{"ta.atr(length)", "atr_tv(length)", "atr is TA-Lib's: it leaves out the first bar"},
		{"ta.barssince(condition)", "barssince(condition)", ""},
		{"ta.bb(source, length, mult)", "bbands(source, length, mult, mult)", "outputs .middle, .upper, .lower"},
		{"ta.bbw(source, length, mult)", "bbw(source, length, mult)", ""},
		{"ta.cci(hlc3, length)", "cci(length)", ""},
		{"ta.cci(source, length)", "(source - sma(source, length)) / (0.015 * dev(source, length))", ""},
		{"ta.change(source)", "change(source)", ""},
		{"ta.change(source, length)", "change(source, length)", ""},
		{"ta.cmo(source, length)", "cmo_tv(source, length)", "cmo is TA-Lib's: it smooths"},
		{"ta.cog(source, length)", "cog(source, length)", ""},
		{"ta.correlation(source1, source2, length)", "correl(source1, source2, length)", ""},
		{"ta.cross(source1, source2)", "cross(source1, source2)", "a touch from one side and back is none"},
		{"ta.crossover(source1, source2)", "crossover(source1, source2)", ""},
		{"ta.crossunder(source1, source2)", "crossunder(source1, source2)", ""},
		{"ta.cum(source)", "cum(source)", ""},
		{"ta.dev(source, length)", "dev(source, length)", ""},
		{"ta.dmi(diLength, adxSmoothing)", "dmi(diLength, adxSmoothing)", "outputs .plus, .minus, .adx"},
		{"ta.ema(source, length)", "ema(source, length)", "ema_tv is the same"},
		{"ta.falling(source, length)", "falling(source, length)", "below each of the length values before"},
		{"ta.highest(source, length)", "highest(source, length)", ""},
		{"ta.highest(length)", "highest(high, length)", ""},
		{"ta.highestbars(source, length)", "highestbars(source, length)", ""},
		{"ta.highestbars(length)", "highestbars(high, length)", ""},
		{"ta.hma(source, length)", "hma(source, length)", "hma_tv is the same"},
		{"ta.iii", "iii()", ""},
		{"ta.kc(source, length, mult)", "kc_tv(source, length, mult)", "outputs .middle, .upper, .lower"},
		{"ta.kcw(source, length, mult)", "kcw(source, length, mult)", ""},
		{"ta.linreg(source, length, offset)", "linreg(source, length, offset)", ""},
		{"ta.lowest(source, length)", "lowest(source, length)", ""},
		{"ta.lowest(length)", "lowest(low, length)", ""},
		{"ta.lowestbars(source, length)", "lowestbars(source, length)", ""},
		{"ta.lowestbars(length)", "lowestbars(low, length)", ""},
		{
			"ta.macd(source, fastlen, slowlen, siglen)", "macd_tv(source, fastlen, slowlen, siglen)",
			"outputs .macd, .signal, .hist",
		},
		{"ta.max(source)", "", "the greatest value so far: highest(source, length) has a window"},
		{"ta.median(source, length)", "median(source, length)", ""},
		{"ta.mfi(hlc3, length)", "mfi_tv(hlc3, length)", "mfi is TA-Lib's: 0 without any flow"},
		{"ta.mfi(series, length)", "mfi_tv(series, length)", ""},
		{"ta.min(source)", "", "the least value so far: lowest(source, length) has a window"},
		{"ta.mode(source, length)", "mode(source, length)", ""},
		{"ta.mom(source, length)", "mom(source, length)", ""},
		{"ta.nvi", "nvi_tv()", "nvi is TA-Lib's: it begins with 1000"},
		{"ta.obv", "obv_tv(close)", "obv is TA-Lib's: it begins with the first volume"},
		{
			"ta.percentile_linear_interpolation(source, length, percentage)",
			"percentile_linear_interpolation(source, length, percentage)", "",
		},
		{
			"ta.percentile_nearest_rank(source, length, percentage)",
			"percentile_nearest_rank(source, length, percentage)", "",
		},
		{"ta.percentrank(source, length)", "percentrank_tv(source, length)", "percentrank is TA-Lib's: below only"},
		{
			"ta.pivot_point_levels(type, anchor)", "pivot_point_levels(type)",
			"the anchor is a period: pivot_point_levels(\"traditional\", \"week\", zone=\"Asia/Tokyo\")",
		},
		{"ta.pivothigh(source, leftbars, rightbars)", "pivothigh(source, leftbars, rightbars)", ""},
		{"ta.pivothigh(leftbars, rightbars)", "pivothigh(high, leftbars, rightbars)", ""},
		{"ta.pivotlow(source, leftbars, rightbars)", "pivotlow(source, leftbars, rightbars)", ""},
		{"ta.pivotlow(leftbars, rightbars)", "pivotlow(low, leftbars, rightbars)", ""},
		{"ta.pvi", "pvi_tv()", "pvi is TA-Lib's: it begins with 1000"},
		{"ta.pvt", "pvt()", "the same but for where it begins"},
		{"ta.range(source, length)", "range(source, length)", ""},
		{"ta.rci(source, length)", "rci(source, length)", ""},
		{"ta.rising(source, length)", "rising(source, length)", "above each of the length values before"},
		{"ta.rma(source, length)", "rma(source, length)", ""},
		{"ta.roc(source, length)", "roc(source, length)", ""},
		{"ta.rsi(source, length)", "rsi_tv(source, length)", "rsi is TA-Lib's: 0 where nothing moves"},
		{"ta.sar(start, inc, max)", "sar_tv(start, inc, max)", "sar is TA-Lib's: it begins otherwise"},
		{"ta.sma(source, length)", "sma(source, length)", ""},
		{"ta.stdev(source, length)", "stddev(source, length)", ""},
		{"ta.stoch(close, high, low, length)", "stoch_tv(length)", "stoch is TA-Lib's: it smooths"},
		{
			"ta.stoch(source, high, low, length)",
			"100 * (source - lowest(low, length)) / (highest(high, length) - lowest(low, length))", "",
		},
		{
			"ta.supertrend(factor, atrPeriod)", "supertrend_tv(factor, atrPeriod)",
			"supertrend(atrPeriod, factor) is TA-Lib's: its arguments are swapped, and it begins otherwise",
		},
		{"ta.swma(source)", "swma(source)", ""},
		{"ta.tr(true)", "(na(tr) ? high - low : tr)", "tr is na on the first bar, as ta.tr"},
		{"ta.tr", "tr", ""},
		{"ta.tsi(source, short, long)", "tsi_tv(source, short, long)", "tsi is TA-Lib's: 100 times that, longer first"},
		{"ta.valuewhen(condition, source, occurrence)", "valuewhen(condition, source, occurrence)", ""},
		{"ta.variance(source, length)", "var(source, length)", ""},
		{"ta.vwap(source, anchor)", "anchored_vwap(source, anchor)", ""},
		{
			"ta.vwap(source)", "vwap_tv(source)",
			"the session is a day, in UTC unless a zone is given: vwap_tv(hlc3, zone=\"America/New_York\")",
		},
		{"ta.vwap", "vwap_tv(hlc3)", ""},
		{"ta.vwma(source, length)", "vwma(source, length)", ""},
		{"ta.wad", "wad()", ""},
		{"ta.wma(source, length)", "wma(source, length)", ""},
		{"ta.wpr(length)", "willr(length)", ""},
		{"ta.wvad", "wvad()", ""},
	}
}

func pineMath() []PineName {
	return []PineName{
		{"math.abs(number)", "abs(number)", ""},
		{"math.acos(number)", "acos(number)", ""},
		{"math.asin(number)", "asin(number)", ""},
		{"math.atan(number)", "atan(number)", ""},
		{"math.avg(number0, number1)", "(number0 + number1) / 2", ""},
		{"math.avg(number0, number1, number2)", "(number0 + number1 + number2) / 3", ""},
		{"math.ceil(number)", "ceil(number)", ""},
		{"math.cos(number)", "cos(number)", ""},
		{"math.exp(number)", "exp(number)", ""},
		{"math.floor(number)", "floor(number)", ""},
		{"math.log(number)", "ln(number)", ""},
		{"math.log10(number)", "log10(number)", ""},
		{"math.max(number0, number1)", "greater(number0, number1)", "max(x, n) is the greatest of a window"},
		{"math.max(number0, number1, number2)", "greater(greater(number0, number1), number2)", ""},
		{"math.min(number0, number1)", "lesser(number0, number1)", "min(x, n) is the least of a window"},
		{"math.min(number0, number1, number2)", "lesser(lesser(number0, number1), number2)", ""},
		{"math.pow(base, exponent)", "base ^ exponent", ""},
		{"math.random", "", "a formula gives the same on every run"},
		{"math.round(number)", "round(number)", ""},
		{"math.round(number, precision)", "round(number * 10 ^ precision) / 10 ^ precision", ""},
		{"math.sign(number)", "sign(number)", ""},
		{"math.sin(number)", "sin(number)", ""},
		{"math.sqrt(number)", "sqrt(number)", ""},
		{"math.sum(source, length)", "sum(source, length)", ""},
		{"math.tan(number)", "tan(number)", ""},
		{"math.todegrees(radians)", "radians * 57.29577951308232", ""},
		{"math.toradians(degrees)", "degrees * 0.017453292519943295", ""},
		{"math.pi", "3.141592653589793", ""},
		{"math.e", "2.718281828459045", ""},
		{"math.phi", "1.618033988749895", ""},
		{"math.rphi", "0.618033988749895", ""},
	}
}

func pineLanguage() []PineName {
	return []PineName{
		{"iff(condition, then, else)", "condition ? then : else", ""},
		{"if", "condition ? x : y", ""},
		{"switch", "condition ? x : y", ""},
		{"//", "#", "a comment"},
		{":=", "=", "a name is given once"},
		{"var", "name = x", "a name is the same computation on every bar; cum and valuewhen remember"},
		{"varip", "name = x", "a name is the same computation on every bar; cum and valuewhen remember"},
		{"input(defval)", "param name = defval", "on a line of its own; the configuration, sweeps and --param set it"},
		{"input.int(defval)", "param name = defval", "on a line of its own"},
		{"input.float(defval)", "param name = defval", "on a line of its own"},
		{"input.bool(defval)", "", "write two formulas, or param name = 1 and name == 1"},
		{"input.source(defval)", "name = defval", "on a line of its own"},
		{
			"request.security(symbol, timeframe, expression)", "tf(timeframe, expression)",
			"of the same symbol; the value of the last closed higher bar. Timeframes are written \"1h\", \"1d\"",
		},
		{"security(symbol, timeframe, expression)", "tf(timeframe, expression)", "of the same symbol"},
		{"hour(time, timezone)", "hour(timezone)", ""},
		{"minute(time, timezone)", "minute(timezone)", ""},
		{"dayofweek(time, timezone)", "dayofweek(timezone)", ""},
		{"dayofmonth(time, timezone)", "dayofmonth(timezone)", ""},
		{"month(time, timezone)", "month(timezone)", ""},
		{"year(time, timezone)", "year(timezone)", ""},
		{"time(timeframe, session)", "session(session)", "true within the hours, where Pine's is not na"},
		{"time(timeframe, session, timezone)", "session(session, timezone)", "true within the hours"},
		{"barstate.isconfirmed", "true", "formulas see closed candles, unless they are `intrabar: true`"},
		{"strategy.entry", "", "give the formula `signal_type: ENTRY`, or use streamd backtest --entry"},
		{"strategy.exit", "", "give the formula `signal_type: EXIT`, or use streamd backtest --exit, --stop, --target"},
		{"strategy.close", "", "give the formula `signal_type: EXIT`, or use streamd backtest --exit"},
		{"alertcondition(condition)", "condition", "every formula is an alert"},
		{"alert", "", "every formula is an alert"},
		{"plot(series)", "series", "streamd eval prints the values of a formula"},
		{"plotshape(series)", "series", "streamd eval prints the values of a formula"},
		{"indicator", "", "a formula needs no head: leave the line out"},
		{"study", "", "a formula needs no head: leave the line out"},
		{"strategy", "", "a formula needs no head: leave the line out"},
	}
}

package wire

import (
	"maps"
	"slices"

	"streamd/candle"
)

// Format returns the mapping of a named format, false when there is none of
// that name. The mapping is a copy.
//
// A format without a flag for closed candles (ccxt, coinbase, kraken, polygon,
// alpaca) takes every candle as closed; see RepeatsBars.
func Format(name string) (Mapping, bool) {
	m, ok := formats()[name]
	return m, ok
}

// RepeatsBars reports whether the feed of a format sends a bar again and again while it
// forms, without a flag that says which version is the last.
func RepeatsBars(format string) bool {
	return format == "ccxt" || format == "coinbase" || format == "kraken"
}

// Formats returns the names of the formats, sorted.
func Formats() []string {
	return slices.Sorted(maps.Keys(formats()))
}

// formats is a function so that no caller can change the table of another.
func formats() map[string]Mapping {
	return map[string]Mapping{
		// The project's own: one flat object.
		"flat": {
			Symbol: "symbol", Timeframe: "timeframe", Time: "timestamp",
			Open: "open", High: "high", Low: "low", Close: "close", Volume: "volume", Closed: "closed",
		},

		// Binance spot and futures, <symbol>@kline_<interval>, also inside the
		// {"stream", "data"} of a combined stream.
		"binance-kline": {
			Candles: "k | data.k",
			Symbol:  "s", Timeframe: "i", Time: "t",
			Open: "o", High: "h", Low: "l", Close: "c", Volume: "v", Closed: "x",
		},

		// The Kafka backend of cryptofeed, channel candles: times are decimal
		// seconds, and the key is a constant.
		"cryptofeed": {
			Symbol: "symbol", Timeframe: "interval", Time: "start",
			Open: "open", High: "high", Low: "low", Close: "close", Volume: "volume", Closed: "closed",
		},

		// fetchOHLCV and watchOHLCV of ccxt: rows, alone, in an array, or in an
		// object that says of what they are.
		"ccxt": {
			Candles: "[*] | ohlcv[*]",
			Symbol:  "$.symbol | @key", Timeframe: "$.timeframe", Time: "[0]",
			Open: "[1]", High: "[2]", Low: "[3]", Close: "[4]", Volume: "[5]",
		},

		// Coinbase Advanced Trade: the channel candles, whose buckets are of
		// five minutes, and the answer of the REST call of that name.
		"coinbase": {
			Candles:   "events[*].candles[*] | candles[*]",
			Symbol:    "product_id | $.product_id | @key",
			Timeframe: "granularity | $.granularity", TimeframeDefault: frame("5m"),
			Timeframes: map[string]candle.Timeframe{
				"ONE_MINUTE": frame("1m"), "FIVE_MINUTE": frame("5m"), "FIFTEEN_MINUTE": frame("15m"),
				"THIRTY_MINUTE": frame("30m"),
				"ONE_HOUR":      frame("1h"), "TWO_HOUR": frame("2h"), "FOUR_HOUR": frame("4h"),
				"SIX_HOUR": frame("6h"),
				"ONE_DAY":  frame("1d"),
			},
			Time: "start",
			Open: "open", High: "high", Low: "low", Close: "close", Volume: "volume",
		},

		// Kraken: the channel ohlc of WebSocket version 2 (objects), and of
		// version 1 (rows that carry the end of the interval).
		"kraken": {
			Candles:   "data[*] | [1]",
			Symbol:    "symbol | $[3] | @key",
			Timeframe: "interval | $[2]", TimeframePattern: `^(?:ohlc-)?(\d+)$`, Timeframes: minutes(),
			Time: "interval_begin", EndTime: "[1]",
			Open: "open | [2]", High: "high | [3]", Low: "low | [4]", Close: "close | [5]", Volume: "volume | [7]",
		},

		// OKX: the channels candle<bar>, also of mark and index prices, and the
		// rows of the REST calls. 1Dutc and 1D differ in where a day begins.
		"okx": {
			Candles:   "data[*]",
			Symbol:    "$.arg.instId | @key",
			Timeframe: "$.arg.channel", TimeframePattern: `candle(\d+[smHDWM])(?:utc)?$`,
			Timeframes: map[string]candle.Timeframe{
				"1H": frame("1h"), "2H": frame("2h"), "4H": frame("4h"), "6H": frame("6h"), "12H": frame("12h"),
				"1D": frame("1d"), "2D": frame("2d"), "3D": frame("3d"), "5D": frame("5d"), "1W": frame("1w"),
			},
			Time: "[0]", Open: "[1]", High: "[2]", Low: "[3]", Close: "[4]", Volume: "[5]",
			Closed: "[8]", ClosedValues: map[string]bool{"1": true, "0": false},
		},

		// Bybit v5: the topic kline.<interval>.<symbol>, and the rows of the
		// REST call of that name.
		"bybit": {
			Candles: "data[*] | result.list[*]",
			Symbol:  "$.topic | $.result.symbol | @key", SymbolPattern: `^(?:kline\.[^.]+\.)?(.+)$`,
			Timeframe: "interval", Timeframes: minutes(),
			Time: "start | [0]",
			Open: "open | [1]", High: "high | [2]", Low: "low | [3]", Close: "close | [4]", Volume: "volume | [5]",
			Closed: "confirm",
		},

		// Polygon (Massive): aggregates per minute and second of stocks,
		// options, indices (sym), crypto and currencies (pair).
		"polygon": {
			Candles: "[*]",
			Symbol:  "sym | pair", Timeframe: "ev",
			Timeframes: map[string]candle.Timeframe{
				"AM": frame("1m"), "A": frame("1s"), "XA": frame("1m"), "XAS": frame("1s"), "CA": frame("1m"),
				"CAS": frame("1s"),
			},
			Time: "s", Open: "o", High: "h", Low: "l", Close: "c", Volume: "v",
		},

		// Alpaca: bars, updatedBars and dailyBars of the stream.
		"alpaca": {
			Candles: "[*]",
			Symbol:  "S", Timeframe: "T",
			Timeframes: map[string]candle.Timeframe{"b": frame("1m"), "u": frame("1m"), "d": frame("1d")},
			Time:       "t", Open: "o", High: "h", Low: "l", Close: "c", Volume: "v",
		},
	}
}

// minutes are the timeframes of exchanges that write a number of minutes, or
// D, W, M.
func minutes() map[string]candle.Timeframe {
	return map[string]candle.Timeframe{
		"1": frame("1m"), "3": frame("3m"), "5": frame("5m"), "15": frame("15m"), "30": frame("30m"),
		"60": frame("1h"), "120": frame("2h"), "240": frame("4h"), "360": frame("6h"), "720": frame("12h"),
		"1440": frame("1d"), "10080": frame("1w"), "21600": frame("15d"),
		"D": frame("1d"), "W": frame("1w"), "M": frame("1M"),
	}
}

// frame is a timeframe of the presets.
func frame(text string) candle.Timeframe {
	tf, err := candle.ParseTimeframe(text)
	if err != nil {
		panic("wire: " + err.Error())
	}
	return tf
}

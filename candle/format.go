package candle

import (
	"maps"
	"slices"
)

// Format returns the mapping of a named format, false when there is none of
// that name. The mapping is a copy.
//
// A format without a flag for closed candles (ccxt, coinbase, kraken, polygon,
// alpaca) takes every candle as closed: producers forward those feeds' candles
// when they are final.
func Format(name string) (Mapping, bool) {
	m, ok := formats()[name]
	return m, ok
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
			Timeframe: "granularity | $.granularity", TimeframeDefault: Timeframe{5, 'm'},
			Timeframes: map[string]Timeframe{
				"ONE_MINUTE": {1, 'm'}, "FIVE_MINUTE": {5, 'm'}, "FIFTEEN_MINUTE": {15, 'm'},
				"THIRTY_MINUTE": {30, 'm'},
				"ONE_HOUR":      {1, 'h'}, "TWO_HOUR": {2, 'h'}, "FOUR_HOUR": {4, 'h'}, "SIX_HOUR": {6, 'h'},
				"ONE_DAY": {1, 'd'},
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
			Timeframes: map[string]Timeframe{
				"1H": {1, 'h'}, "2H": {2, 'h'}, "4H": {4, 'h'}, "6H": {6, 'h'}, "12H": {12, 'h'},
				"1D": {1, 'd'}, "2D": {2, 'd'}, "3D": {3, 'd'}, "5D": {5, 'd'}, "1W": {1, 'w'},
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
			Timeframes: map[string]Timeframe{
				"AM": {1, 'm'}, "A": {1, 's'}, "XA": {1, 'm'}, "XAS": {1, 's'}, "CA": {1, 'm'}, "CAS": {1, 's'},
			},
			Time: "s", Open: "o", High: "h", Low: "l", Close: "c", Volume: "v",
		},

		// Alpaca: bars, updatedBars and dailyBars of the stream.
		"alpaca": {
			Candles: "[*]",
			Symbol:  "S", Timeframe: "T",
			Timeframes: map[string]Timeframe{"b": {1, 'm'}, "u": {1, 'm'}, "d": {1, 'd'}},
			Time:       "t", Open: "o", High: "h", Low: "l", Close: "c", Volume: "v",
		},
	}
}

// minutes are the timeframes of exchanges that write a number of minutes, or
// D, W, M.
func minutes() map[string]Timeframe {
	return map[string]Timeframe{
		"1": {1, 'm'}, "3": {3, 'm'}, "5": {5, 'm'}, "15": {15, 'm'}, "30": {30, 'm'},
		"60": {1, 'h'}, "120": {2, 'h'}, "240": {4, 'h'}, "360": {6, 'h'}, "720": {12, 'h'},
		"1440": {1, 'd'}, "10080": {1, 'w'}, "21600": {15, 'd'},
		"D": {1, 'd'}, "W": {1, 'w'}, "M": {1, 'M'},
	}
}

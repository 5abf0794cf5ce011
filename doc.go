// Package streamd is the front door of the signal daemon for Go programs: indicators that update in O(1) per bar,
// formulas over candles, and the engine that says which formulas a new candle makes true. It is the engine of the
// daemon and of its commands on history, so a match has the same id and the same bytes here as on a Kafka topic.
//
//	engine, err := streamd.NewEngine(streamd.Rule{
//		Name:       "oversold",
//		Expression: "close > sma(close, 20) and rsi(close, 14) < 30",
//	})
//	if err != nil {
//		log.Fatal(err)
//	}
//	for candle, err := range streamd.History(ctx, "daily/*.csv") {
//		if err != nil {
//			log.Fatal(err)
//		}
//		matches, err := engine.Push(candle)
//		…
//	}
//
// Three things can be had without the rest:
//
//   - Indicator gives one function of the table with its parameters bound: Next takes a bar, Series a slice.
//   - Compile gives one expression; Formula.Values computes it over a slice of candles.
//   - NewEngine gives the engine: Push takes a closed candle of any series and returns the matches.
//
// Numbers without a value are NaN ("na" in the language): during the lookback, and where an input was NaN. Nothing
// here reads a clock, does I/O or starts a goroutine, History excepted, which reads files. Values of the types of
// this package belong to one goroutine at a time, Formula and Match excepted: they do not change.
package streamd

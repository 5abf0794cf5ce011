package stream_test

import (
	"fmt"
	"time"

	"streamd/candle"
	"streamd/stream"
)

// Candles go in, matches come out: the engine does nothing else.
func ExampleEngine_Push() {
	rules, problems := stream.NewRules(stream.RulesConfig{Formulas: []stream.Formula{
		{Name: "up", Expression: "close > sma(close, 2)", Mode: stream.Edge},
	}})
	if len(problems) > 0 {
		fmt.Println(problems[0])
		return
	}
	minute, err := candle.ParseTimeframe("1m")
	if err != nil {
		fmt.Println(err)
		return
	}
	engine := stream.New(rules, stream.Options{})
	var out stream.Effects
	for i, price := range []float64{10, 9, 10} {
		engine.Push(&candle.Message{
			Symbol: []byte("AAPL"), Timeframe: minute, Closed: true,
			Candle: candle.Candle{Time: int64(i) * int64(time.Minute), Open: price, High: price, Low: price, Close: price},
		}, &out)
	}
	for i := range out.Matches {
		m := &out.Matches[i]
		fmt.Println(m.Formula().Name, m.Series, time.Unix(0, m.Candle.Time).UTC().Format("15:04"), m.Candle.Close)
	}
	// Output: up AAPL 1m 00:02 10
}

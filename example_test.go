package streamd_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"streamd"
)

func ExampleIndicator() {
	rsi, err := streamd.Indicator("rsi", 2)
	if err != nil {
		log.Fatal(err)
	}
	for _, price := range []float64{10, 11, 10, 12} {
		fmt.Printf("%.1f\n", rsi.Next(price))
	}
	fmt.Printf("%.1f\n", rsi.Series([]float64{10, 11, 10, 12}))
	// Output:
	// NaN
	// NaN
	// 50.0
	// 83.3
	// [NaN NaN 50.0 83.3]
}

func ExampleFunction_NextAll() {
	stoch, err := streamd.Indicator("stoch", 3, 1, "sma", 1, "sma")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(stoch.Inputs(), stoch.Outputs())
	for _, bar := range [][]float64{{11, 9, 10}, {12, 10, 11}, {13, 11, 13}} {
		fmt.Println(stoch.NextAll(bar...))
	}
	// Output:
	// [high low close] [slowk slowd]
	// [NaN NaN]
	// [NaN NaN]
	// [100 100]
}

func ExampleCompile() {
	f, err := streamd.Compile("close>sma(close,2)")
	if err != nil {
		log.Fatal(err)
	}
	var candles []streamd.Candle
	for i, price := range []float64{10, 11, 10.5} {
		candles = append(candles, daily("AAPL", i, price))
	}
	values, err := f.Values(candles)
	fmt.Println(f, values, err)
	// Output: close > sma(close, 2) [NaN 1 0] <nil>
}

func ExampleCompile_error() {
	_, err := streamd.Compile("clse > 1")
	fmt.Println(err)
	// Output:
	// streamd: 1:1: unknown name "clse"
	//   clse > 1
	//   ^^^^
	//   did you mean "close"?
}

func ExampleFormula_ValuesAmong() {
	f, err := streamd.Compile(`rank(close) == 1 and sym("SPY", close > close[1])`)
	if err != nil {
		fmt.Println(err)
		return
	}
	var spy, own []streamd.Candle
	for day := range 4 {
		spy = append(spy, daily("SPY", day, 400+float64(day)))
		own = append(own, daily("AAPL", day, 399+2*float64(day)))
	}
	values, err := f.ValuesAmong(context.Background(), spy, own)
	fmt.Println(values[0], values[1], err)
	// Output:
	// [NaN NaN 0 0] [NaN NaN 1 1] <nil>
}

func ExampleNewEngine() {
	engine, err := streamd.NewEngine(streamd.Rule{Name: "up", Expression: "close > sma(close, 2)", SignalType: "ENTRY"})
	if err != nil {
		log.Fatal(err)
	}
	for i, price := range []float64{10, 11} {
		matches, err := engine.Push(daily("AAPL", i, price))
		if err != nil {
			log.Fatal(err)
		}
		for _, m := range matches {
			fmt.Println(m.Rule(), m.ID(), m.Values()["sma(close, 2)"])
		}
	}
	_, err = engine.Push(daily("AAPL", 0, 10))
	fmt.Println(err)
	// Output:
	// up aed4ff132d1521025d0998b7befe13bd 10.5
	// streamd: invalid candle: late: the candle of 2024-01-01T00:00:00Z is not newer than the newest of AAPL 1d
}

func ExampleHistory() {
	for candle, err := range streamd.History(context.Background(), "testdata/two-days.csv") {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(candle.Symbol, candle.Timeframe, candle.Time.Format(time.DateOnly), candle.Close)
	}
	// Output:
	// two-days 1d 2024-01-02 10.5
	// two-days 1d 2024-01-03 11
}

// daily is a candle of the day-th day of 2024 that opens and closes at the price.
func daily(symbol string, day int, price float64) streamd.Candle {
	return streamd.Candle{
		Symbol: symbol, Timeframe: "1d", Time: time.Date(2024, 1, 1+day, 0, 0, 0, 0, time.UTC),
		Open: price, High: price + 1, Low: price - 1, Close: price, Volume: 100,
	}
}

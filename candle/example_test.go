package candle_test

import (
	"fmt"
	"time"

	"streamd/candle"
)

func ExampleCandle_Check() {
	c := candle.Candle{Open: 10, High: 9, Low: 11, Close: 10}
	fmt.Println(c.Check())
	// Output: candle: high 9 below low 11
}

func ExampleParseTimeframe() {
	week, err := candle.ParseTimeframe("1w")
	if err != nil {
		fmt.Println(err)
		return
	}
	thursday := time.Date(2024, 1, 4, 15, 0, 0, 0, time.UTC)
	start := week.Align(thursday.UnixNano())
	fmt.Println(time.Unix(0, start).UTC().Format(time.DateOnly), "to", time.Unix(0, week.Next(start)).UTC().Format(time.DateOnly))
	// Output: 2024-01-01 to 2024-01-08
}

package formulatest_test

import (
	"fmt"
	"log"

	"streamd/formulatest"
)

func ExampleTest_Run() {
	test := formulatest.Test{
		Name: "a rise fires", Expression: "close > close[1]", Timeframe: "1d",
		Candles: "10 11 10.5", Fires: []any{1},
	}
	result, err := test.Run(formulatest.Set{}, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("failures:", len(result.Failures), "bars:", result.Bars, "fired:", result.Fired)
	// Output: failures: 0 bars: 3 fired: 1
}

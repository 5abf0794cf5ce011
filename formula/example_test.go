package formula_test

import (
	"fmt"

	"streamd/formula"
	"streamd/incremental/catalog"
)

func ExampleBuilder_Add() {
	b := formula.NewBuilder(formula.Env{Table: catalog.New(), LookbackMax: 500})
	c, _ := b.Add("close>sma(close,20)and not(rsi(close)>70)")
	fmt.Println(c.Canon)
	fmt.Println("condition:", c.Bool, "lookback:", c.Lookback)

	text := "close > smaa(close, 20)"
	_, found := b.Add(text)
	fmt.Println(found.Render(text))
	// Output:
	// close > sma(close, 20) and not rsi(close, 14) > 70
	// condition: true lookback: 19
	// 1:9: unknown function "smaa"
	//   close > smaa(close, 20)
	//           ^^^^
	//   did you mean "sma"?
}

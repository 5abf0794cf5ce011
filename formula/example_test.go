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

func ExampleCompile() {
	env := formula.Env{LookbackMax: 500}
	unit, err := formula.Compile(env, "close > sma(close, 20)", "close < sma(close, 20)")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range unit.Formulas {
		fmt.Println(c.Canon, c.Lookback)
	}
	_, err = formula.Compile(env, "close >")
	fmt.Println(err)
	// Output:
	// close > sma(close, 20) 19
	// close < sma(close, 20) 19
	// 1:8: expected a value, found end of formula
	//   close >
	//          ^
}

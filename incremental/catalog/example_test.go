package catalog_test

import (
	"fmt"

	"streamd/incremental"
	"streamd/incremental/catalog"
)

func ExampleTable_Row() {
	row := catalog.New().Row("sma")
	bound, err := row.With(incremental.Args{{Num: 2}})
	if err != nil {
		fmt.Println(err)
		return
	}
	in, out := [][]float64{{10, 11, 13}}, [][]float64{make([]float64, 3)}
	bound.Kernel.Step(make([]float64, bound.State), in, out)
	fmt.Println(row.Title, bound.Lookback, out[0])
	// Output: Simple Moving Average 1 [NaN 10.5 12]
}

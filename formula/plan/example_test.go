package plan_test

import (
	"fmt"

	"streamd/candle"
	"streamd/formula"
	"streamd/formula/plan"
	"streamd/incremental/catalog"
)

// A plan computes the nodes under its roots over a block of bars; a series is a slab.
func ExampleExec_Step() {
	day, err := candle.ParseTimeframe("1d")
	if err != nil {
		fmt.Println(err)
		return
	}
	b := formula.NewBuilder(formula.Env{Table: catalog.New(), Timeframe: day, LookbackMax: 500})
	c, _ := b.Add("close - sma(close, 2)")
	p := plan.NewPlan(b.Graph(), []plan.Ref{c.Root}, plan.Options{Timeframe: day, BlockMax: 4, Slack: 32})

	exec, slab := p.NewExec(), p.NewSlab()
	column := []float64{10, 12, 11}
	exec.Step(slab, &plan.Columns{Open: column, High: column, Low: column, Close: column, Volume: make([]float64, 3)})
	fmt.Println(exec.Values(p.Handle(c.Root)))
	// Output: [NaN 1 -0.5]
}

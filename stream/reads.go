package stream

import (
	"streamd/candle"
	"streamd/formula"
	"streamd/incremental"
)

// readsMax is of how many formulas it is found out what they read: compiling more takes longer than a column.
const readsMax = 1000

// Reads returns the columns that a lean engine looks at to find where the formulas fire. It is all of them where a
// formula looks at other series, or does not compile on every timeframe.
func (r *Rules) Reads() PriceSet {
	if r.Len() > readsMax || r.others > 0 {
		return PricesAll
	}
	minute, _ := candle.ParseTimeframe("1m") // the finest: every higher one can be looked at
	b := formula.NewBuilder(r.Environment(minute))
	var samples []sample
	for f := range r.ordered.all(0) {
		b.SetParams(f.Params)
		b.SetSelected(f.universe())
		for _, text := range [...]string{f.Expression, f.Rearm} {
			if text == "" {
				continue
			}
			if _, d := b.Add(text); len(d) > 0 {
				return PricesAll
			}
		}
		samples = append(samples, sample{formula: &f.Formula, expression: f.Expression})
	}
	c := newCore(formula.NewBuilder(r.Environment(minute)), samples, minute, Options{Lean: true, BlockMax: 1, Slack: 1})
	set := PriceSet(0)
	for k, in := range [PricesCount]incremental.Input{
		incremental.Open, incremental.High, incremental.Low, incremental.Close, incremental.Volume,
	} {
		if c.plan.Reads(in) {
			set |= 1 << k
		}
	}
	return set
}

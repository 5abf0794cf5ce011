package closing_test

import (
	"fmt"
	"time"

	"streamd/across"
	"streamd/candle"
	"streamd/closing"
	"streamd/formula/plan"
	"streamd/stream"
)

// A machine closes a bar once all members have it, and a ledger reads the records.
func ExampleMachine() {
	rules, problems := stream.NewRules(stream.RulesConfig{
		Formulas: []stream.Formula{{Name: "first", Expression: "rank(close) == 1"}}, Others: true,
	})
	if len(problems) > 0 {
		panic(problems[0])
	}
	needs := func(tf candle.Timeframe) []*plan.Need { return rules.Needs(tf) }
	m := closing.New(closing.Config{Admission: across.Admission{Silent: 50}, BarsMax: 3}, needs)
	p := m.AddPartition("candles/0")
	minute, _ := candle.ParseTimeframe("1m")
	ledger := closing.NewLedger(0)
	for bar := range int64(3) {
		for i, symbol := range []string{"A", "B"} {
			c := candle.Candle{Time: bar * int64(time.Minute), Close: float64(10 + i)}
			m.Take(p, &candle.Message{Symbol: []byte(symbol), Timeframe: minute, Candle: c, Closed: true}, false)
		}
		for c := m.Close(0); c != nil; c = m.Close(0) {
			for _, r := range c.Records {
				fmt.Println(string(r.Key))
				if err := ledger.Take(r.Value); err != nil {
					panic(err)
				}
			}
		}
	}
	exact, before := ledger.At(minute, int64(time.Minute))
	for _, n := range needs(minute) {
		fmt.Println(n.Take, closing.Value(n, "A", int64(time.Minute), exact, before))
	}
	// Output:
	// symbols:*/1m/1970-01-01T00:00:00Z
	// symbols:*/1m/1970-01-01T00:01:00Z
	// above 1
}

package main

import (
	"fmt"
	"time"

	"streamd/incremental"
	"streamd/incremental/catalog"
)

// measure is one indicator of the comparison, with the parameters that every
// peer runs it with.
type measure struct {
	name string // in the reports
	row  string
	set  map[int]float64 // parameters that are not the defaults, by position
	on   string          // the tape: walk, rising or falling
}

func measures() []measure {
	return []measure{
		{name: "sma", row: "sma", set: map[int]float64{0: 20}},
		{name: "ema", row: "ema", set: map[int]float64{0: 20}},
		{name: "rsi", row: "rsi"},
		{name: "atr", row: "atr"},
		{name: "bbands", row: "bbands", set: map[int]float64{0: 20}},
		{name: "macd", row: "macd"},
		{name: "stoch", row: "stoch", set: map[int]float64{0: 14}},
		{name: "max2000", row: "max", set: map[int]float64{0: 2000}, on: "falling"},
		{name: "min2000", row: "min", set: map[int]float64{0: 2000}, on: "rising"},
	}
}

// ours prints what our rows cost: live, one bar at a time through the table,
// with the count of the warm-up and the check of every input; and in blocks of
// blockBars, as history is read.
func ours(b *bars) {
	table := catalog.New()
	sum := 0.0
	for _, m := range measures() {
		row := table.Row(m.row)
		args := row.Defaults()
		for i, v := range m.set {
			args[i].Num = v
		}
		bound, err := row.With(args)
		check(err)
		cols := b.columns(row, m.on)
		sum += report("live", m.name, bound, cols, live)
		sum += report("block", m.name, bound, cols, blocks)
	}
	fmt.Fprintln(sink, sum) // keeps the results alive
}

const (
	blockBars  = 1024
	beforeBars = 200 // stepped before the clock runs, as TA-Lib's streams open with some
)

func report(mode, name string, b *incremental.Bound, cols [][]float64,
	step func(*incremental.Bound, []float64, [][]float64) float64,
) float64 {
	state := make([]float64, b.State)
	before, after := make([][]float64, len(cols)), make([][]float64, len(cols))
	for k, c := range cols {
		before[k], after[k] = c[:beforeBars], c[beforeBars:]
	}
	sum := step(b, state, before)
	begun := time.Now()
	sum += step(b, state, after)
	took := time.Since(begun)
	fmt.Printf("streamd %s %s %.3f\n", mode, name, float64(took.Nanoseconds())/float64(len(after[0])))
	return sum
}

// live steps bar by bar; the check of the inputs is One's.
func live(b *incremental.Bound, state []float64, cols [][]float64) (sum float64) {
	one, ok := b.One()
	if !ok {
		panic("peers: " + b.Row.Name + " takes columns only")
	}
	switch len(cols) {
	case 1:
		for _, x := range cols[0] {
			y, _, _ := one.Step(state, x, 0, 0)
			sum += y
		}
	case 3:
		high, low, cls := cols[0], cols[1], cols[2]
		low, cls = low[:len(high)], cls[:len(high)]
		for i := range high {
			y, _, _ := one.Step(state, high[i], low[i], cls[i])
			sum += y
		}
	}
	return sum
}

// blocks steps in blocks; the check of the inputs is StepRuns'.
func blocks(b *incremental.Bound, state []float64, cols [][]float64) (sum float64) {
	in, out, results := make([][]float64, len(cols)), make([][]float64, len(b.Row.Outputs)),
		make([][]float64, len(b.Row.Outputs))
	for k := range results {
		results[k] = make([]float64, blockBars)
	}
	inScratch, outScratch := make([][]float64, len(in)), make([][]float64, len(out))
	for i := 0; i < len(cols[0]); i += blockBars {
		end := min(i+blockBars, len(cols[0]))
		for k := range in {
			in[k] = cols[k][i:end]
		}
		for k := range out {
			out[k] = results[k][:end-i]
		}
		b.StepRuns(state, in, out, inScratch, outScratch)
		sum += out[0][0]
	}
	return sum
}

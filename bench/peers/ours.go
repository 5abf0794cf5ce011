package main

import (
	"fmt"
	"time"

	"streamd/incremental"
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
		{name: "bbands", row: "bbands"},
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
	table := incremental.NewTable()
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
		sum += reportRun("live", m.name, bound, cols, 1)
		sum += reportRun("block", m.name, bound, cols, blockBars)
	}
	fmt.Fprintln(sink, sum) // keeps the results alive
}

const (
	blockBars  = 4096
	beforeBars = 200 // stepped before the clock runs, as TA-Lib's streams open with some
)

func reportRun(mode, name string, b *incremental.Bound, cols [][]float64, block int) float64 {
	sum, n, took := timed(b, cols, block)
	fmt.Printf("streamd %s %s %.3f\n", mode, name, float64(took.Nanoseconds())/float64(n))
	return sum
}

// timed steps the whole columns in blocks and returns a sum of results, the
// number of bars and the time they took.
func timed(b *incremental.Bound, cols [][]float64, block int) (sum float64, bars int, took time.Duration) {
	n := len(cols[0])
	tapes, in := make([][]float64, len(cols)), make([][]float64, len(cols))
	for k, c := range cols {
		tapes[k] = b.NewInput(n)
		copy(tapes[k][b.History:], c)
	}
	out := make([][]float64, len(b.Row.Outputs))
	results := make([][]float64, len(out))
	for k := range results {
		results[k] = make([]float64, block)
	}
	inScratch, outScratch := make([][]float64, len(in)), make([][]float64, len(out))
	state, h := make([]float64, b.State), b.History
	var begun time.Time
	for i := 0; i < n; {
		if i == beforeBars {
			begun = time.Now()
		}
		m := min(block, n-i)
		if i < beforeBars {
			m = min(m, beforeBars-i)
		}
		for k := range in {
			in[k] = tapes[k][i : i+h+m]
		}
		for k := range out {
			out[k] = results[k][:m]
		}
		b.StepRuns(state, in, out, inScratch, outScratch)
		sum += out[0][0]
		i += m
	}
	return sum, n - beforeBars, time.Since(begun)
}

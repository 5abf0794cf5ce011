// Command cost holds the promise that an indicator costs the same whatever its
// period: it steps every row that has one with 14 and with 400, bar by bar and in
// turn, and prints nanoseconds and their ratio. Rows that say so (order
// statistics, O(log n); mean deviations, O(n)) are marked; it ends with 1 if
// another one is over the limit.
//
//	go run ./bench/cost [-rounds N] [-bars N] [ROW...]
package main

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"streamd/incremental"
	"streamd/incremental/catalog"
)

const (
	short, long = 14, 400
	ratioMax    = 2.0
	block       = 256 // bars of a step, as scans make them
)

func main() {
	rounds := flag.Int("rounds", 5, "runs of each, in turn; the least counts")
	bars := flag.Int("bars", 100_000, "bars")
	flag.Parse()
	columns := tape(*bars)
	over := 0
	fmt.Printf("%-16s %9s %9s %7s\n", "row", "14", "400", "ratio")
	for _, row := range catalog.New().Rows() {
		at := periodOf(row)
		if at < 0 || flag.NArg() > 0 && !slices.Contains(flag.Args(), row.Name) {
			continue
		}
		a, b := with(row, at, short), with(row, at, long)
		if a == nil || b == nil {
			continue
		}
		costShort, costLong := math.Inf(1), math.Inf(1)
		for range *rounds {
			costShort = min(costShort, cost(a, columns))
			costLong = min(costLong, cost(b, columns))
		}
		note := ""
		switch ratio := costLong / costShort; {
		case row.OrderStatistic:
			note = "O(log n), said in the row"
		case row.Linear:
			note = "O(n), said in the row"
		case ratio > ratioMax:
			note, over = "OVER", over+1
		}
		fmt.Printf("%-16s %9.2f %9.2f %7.2f %s\n", row.Name, costShort, costLong, costLong/costShort, note)
	}
	if over > 0 {
		fmt.Fprintf(os.Stderr, "cost: %d rows cost more than %g times as much at %d as at %d\n", over, ratioMax, long,
			short)
		os.Exit(1)
	}
}

// periodOf returns the place of the parameter that is the window's length: the
// first whole number whose name says so.
func periodOf(row *incremental.Row) int {
	return slices.IndexFunc(row.Params, func(p incremental.Param) bool {
		return strings.Contains(p.Name, "period") || p.Name == "length" || p.Name == "n"
	})
}

// with binds the row to a period, nil where it does not allow that one.
func with(row *incremental.Row, at int, period float64) *incremental.Bound {
	args := row.Defaults()
	args[at].Num = period
	b, err := row.With(args)
	if err != nil {
		return nil
	}
	return b
}

// tape returns a column for each input.
func tape(n int) map[incremental.Input][]float64 {
	r := rand.New(rand.NewPCG(3, 1))
	columns := map[incremental.Input][]float64{}
	price := 100.0
	for i := range n {
		open := price
		price = max(1, price*math.Exp(0.01*r.NormFloat64()))
		bar := map[incremental.Input]float64{
			incremental.Open: open, incremental.High: max(open, price) * (1 + 0.005*r.Float64()),
			incremental.Low:   min(open, price) * (1 - 0.005*r.Float64()),
			incremental.Close: price, incremental.Volume: math.Round(1e6 * r.Float64()), incremental.Real: price,
			incremental.Time: float64(i) * 86_400_000, incremental.Scale: 0,
		}
		for in, v := range bar {
			columns[in] = append(columns[in], v)
		}
	}
	return columns
}

// cost steps the tape from its beginning and returns nanoseconds per bar.
func cost(b *incremental.Bound, columns map[incremental.Input][]float64) float64 {
	h := b.History
	in, out := make([][]float64, len(b.Row.Inputs)), make([][]float64, len(b.Row.Outputs))
	padded := make([][]float64, len(in))
	for k, input := range b.Row.Inputs {
		// A kernel reads its inputs from so many bars before; before the first
		// there are none.
		padded[k] = append(slices.Repeat([]float64{math.NaN()}, h), columns[input]...)
	}
	for k := range out {
		out[k] = make([]float64, block)
	}
	inScratch, outScratch := make([][]float64, len(in)), make([][]float64, len(out))
	state := make([]float64, b.State)
	n := len(padded[0]) - h
	results := make([][]float64, len(out))
	started := time.Now()
	for i := 0; i < n; i += block {
		end := min(i+block, n)
		for k := range in {
			in[k] = padded[k][i : h+end]
		}
		for k := range out {
			results[k] = out[k][:end-i]
		}
		b.StepRuns(state, in, results, inScratch, outScratch)
	}
	return float64(time.Since(started).Nanoseconds()) / float64(n)
}

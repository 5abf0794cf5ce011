package main

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"streamd/formula"
	"streamd/incremental"
	"streamd/ringbuf"
	"streamd/source"
)

// evalBlock is how many bars eval steps at once.
const evalBlock = 256

func evalCommand() *cobra.Command {
	var data *dataFlags
	var buffer int
	var plot bool
	c := &cobra.Command{
		Use:   "eval EXPR... --data PATH...",
		Short: "Print the value of each expression on every bar, as CSV",
		Example: `  streamd eval 'close > sma(close, 20)' 'rsi(close, 14)' --data candles.csv
  zcat candles.csv.gz | streamd eval 'macd(close).hist' --data -`,
		RunE: func(c *cobra.Command, args []string) error {
			d, err := data.data(c)
			if err != nil {
				return err
			}
			if len(args) == 0 {
				return usage{fmt.Errorf("streamd: eval needs an expression")}
			}
			tapes, report, err := d.Collect(c.Context(), data.workers)
			if err != nil {
				return dataError(err)
			}
			w := bufio.NewWriterSize(c.OutOrStdout(), 1<<16)
			out := csv.NewWriter(w)
			charts := &plotter{out: w, names: args}
			var rows rowWriter = charts
			if !plot {
				rows = out
				if err := out.Write(append([]string{"symbol", "timestamp"}, args...)); err != nil {
					return err
				}
			}
			for i := range tapes {
				if tapes[i].Err != nil {
					fmt.Fprintln(c.ErrOrStderr(), tapes[i].Err)
					continue
				}
				if err := evalSeries(rows, args, &tapes[i], buffer); err != nil {
					return err
				}
			}
			if err := charts.draw(); err != nil {
				return err
			}
			out.Flush()
			printReport(c.ErrOrStderr(), report)
			if err := out.Error(); err != nil {
				return err
			}
			return w.Flush()
		},
	}
	data = addDataFlags(c)
	c.Flags().BoolVar(&plot, "plot", false, "draw charts for the terminal instead")
	c.Flags().IntVar(&buffer, "buffer", ringbuf.DefaultCapacity, "bars kept per series, the greatest lookback")
	return variadic(c, "data")
}

// evalSeries prints the rows of one series.
func evalSeries(out rowWriter, expressions []string, s *source.Tape, buffer int) error {
	b := formula.NewBuilder(formula.Env{Table: incremental.NewTable(), Timeframe: s.Key.Timeframe, Named: formula.NamedDefaults(), LookbackMax: buffer})
	compiled := make([]formula.Compiled, len(expressions))
	var roots []formula.Ref
	for i, src := range expressions {
		c, d := b.Add(src)
		if len(d) > 0 {
			return usage{fmt.Errorf("%s", d.Render(src))}
		}
		compiled[i] = c
		roots = append(roots, c.Root)
	}
	plan := formula.NewPlan(b.Graph(), roots, formula.Options{Timeframe: s.Key.Timeframe, BlockMax: evalBlock, Slack: evalBlock})
	exec, slab := plan.NewExec(), plan.NewSlab()
	row := make([]string, 2+len(expressions))
	row[0] = s.Key.Symbol
	for i := 0; i < s.Block.Len(); i += evalBlock {
		part := s.Block.Slice(i, min(s.Block.Len(), i+evalBlock))
		exec.Step(slab, part.Columns(plan.NeedsTime()))
		for j := range part.Len() {
			row[1] = time.Unix(0, part.Time[j]).UTC().Format(time.RFC3339Nano)
			for k, c := range compiled {
				row[2+k] = formatValue(exec.Values(plan.Handle(c.Root))[j], c.Bool)
			}
			if err := out.Write(row); err != nil {
				return err
			}
		}
	}
	return nil
}

// formatValue prints a number in full precision, a condition as a word, na as
// nothing.
func formatValue(v float64, condition bool) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return ""
	case condition && v == 1:
		return "true"
	case condition:
		return "false"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

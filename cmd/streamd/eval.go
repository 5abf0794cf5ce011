package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"time"

	"streamd/history"
	"streamd/replay"
	"streamd/ringbuf"

	"github.com/spf13/cobra"
)

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
			if buffer < 1 || buffer > bufferMax {
				return usage{fmt.Errorf("streamd: --buffer %d is outside 1 to %d", buffer, bufferMax)}
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
				if err := evalSeries(c.Context(), rows, args, &tapes[i], buffer); err != nil {
					return err
				}
			}
			if err := charts.draw(); err != nil {
				return err
			}
			out.Flush()
			printReport(c.ErrOrStderr(), report, nil)
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
func evalSeries(ctx context.Context, out rowWriter, expressions []string, t *history.Tape, buffer int) error {
	e, err := replay.NewEvaluator(expressions, nil, buffer, t.Key.Timeframe)
	if err != nil {
		return usage{err}
	}
	row := make([]string, 2+len(expressions))
	row[0] = t.Key.Symbol
	return e.Run(ctx, &t.Block, func(first int, columns [][]float64) error {
		for j := min(max(t.First-first, 0), len(columns[0])); j < len(columns[0]); j++ {
			row[1] = time.Unix(0, t.Block.Time[first+j]).UTC().Format(time.RFC3339Nano)
			for k, column := range columns {
				row[2+k] = formatValue(column[j], e.Bool(k))
			}
			if err := out.Write(row); err != nil {
				return err
			}
		}
		return nil
	})
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
	return plain(v)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"streamd/config"
	"streamd/formula"
	"streamd/history"
	"streamd/replay"
	"streamd/ringbuf"

	"github.com/spf13/cobra"
)

// evalFlags are the settings of eval.
type evalFlags struct {
	data   *dataFlags
	buffer int
	plot   bool
	out    string
}

func evalCommand() *cobra.Command {
	f := &evalFlags{}
	c := &cobra.Command{
		Use:   "eval EXPR... --data PATH...",
		Short: "Print the value of each expression on every bar, as CSV",
		Example: `  streamd eval 'close > sma(close, 20)' 'rsi(close, 14)' --data candles.csv
  streamd eval open high low close volume --data 'daily/*.csv' -o daily.parquet
  zcat candles.csv.gz | streamd eval 'macd(close).hist' --data -`,
		RunE: func(c *cobra.Command, args []string) error { return eval(c, f, args) },
	}
	f.data = addDataFlags(c)
	c.Flags().StringVarP(&f.out, "output", "o", "csv", "csv, jsonl, json, parquet, or a path that ends so")
	c.Flags().BoolVar(&f.plot, "plot", false, "draw charts for the terminal instead")
	c.Flags().IntVar(&f.buffer, "buffer", ringbuf.DefaultCapacity, "bars kept per series, the greatest lookback")
	c.Flags().String("config", "", "configuration file, for the universes that the expressions name; also -c")
	return withShort(variadic(c, "data"))
}

// withShort takes -c for --config. It is no shorthand of the flag, as -close is an expression.
func withShort(c *cobra.Command) *cobra.Command {
	run := c.RunE
	c.RunE = func(c *cobra.Command, args []string) error {
		args = slices.Clone(args)
		for i := range args {
			if args[i] == "-c" {
				args[i] = "--config"
			}
		}
		return run(c, args)
	}
	return c
}

func eval(c *cobra.Command, f *evalFlags, args []string) error {
	d, err := f.data.data(c)
	if err != nil {
		return err
	}
	if f.buffer < 1 || f.buffer > config.BufferMax {
		return usage{fmt.Errorf("streamd: --buffer %d is outside 1 to %d", f.buffer, config.BufferMax)}
	}
	if len(args) == 0 {
		return usage{errors.New("streamd: eval needs an expression")}
	}
	set := &formulaSet{buffer: f.buffer}
	if err := set.takeUniverses(c); err != nil {
		return err
	}
	first, err := replay.NewEvaluatorIn(set.evalEnv(), args)
	if err != nil {
		return usage{err}
	}
	tapes, report, err := withOthers(d, first).Collect(c.Context(), f.data.workers)
	if err != nil {
		return dataError(err)
	}
	foreign, err := set.foreign(c.Context(), f.data, d, first, args, tapes)
	if err != nil {
		return err
	}
	out, err := openOutput(c, f.out, "csv", "jsonl", "json", "parquet")
	if err != nil {
		return err
	}
	conditions := make([]bool, len(args))
	for k := range args {
		conditions[k] = first.Bool(k)
	}
	var rows rowWriter = &plotter{out: out, names: args}
	if !f.plot {
		if rows, err = newRowWriter(out, args, conditions); err != nil {
			return err
		}
	}
	for i := range tapes {
		if !d.Wants(tapes[i].Key.Symbol) {
			continue
		}
		if tapes[i].Err != nil {
			fmt.Fprintln(c.ErrOrStderr(), tapes[i].Err)
			continue
		}
		if err := evalSeries(c.Context(), rows, set.evalEnv(), args, foreign, &tapes[i]); err != nil {
			return errors.Join(err, closeRows(rows, out))
		}
	}
	printReport(c.ErrOrStderr(), report, nil)
	return closeRows(rows, out)
}

// evalSeries writes the rows of one series.
func evalSeries(ctx context.Context, out rowWriter, env formula.Env, expressions []string, foreign *replay.Foreign,
	t *history.Tape,
) error {
	env.Timeframe = t.Key.Timeframe
	e, err := replay.NewEvaluatorIn(env, expressions)
	if err != nil {
		return usage{err}
	}
	if t.Block.Foreign, err = foreign.Columns(t.Key, e.Needs(), &t.Block); err != nil {
		return err
	}
	values := make([]float64, len(expressions))
	return e.Run(ctx, &t.Block, func(first int, columns [][]float64) error {
		for j := min(max(t.First-first, 0), len(columns[0])); j < len(columns[0]); j++ {
			for k, column := range columns {
				values[k] = column[j]
			}
			if err := out.write(t.Key.Symbol, t.Block.Time[first+j], values); err != nil {
				return err
			}
		}
		return nil
	})
}

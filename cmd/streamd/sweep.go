package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"streamd/formula"
	"streamd/replay"
)

// sweepTableMax is how many combinations the table shows.
const sweepTableMax = 40

// sweepBacktest trades every combination of the axes and prints them, best
// first.
func sweepBacktest(c *cobra.Command, f *backtestFlags, j *replay.Job, rules *replay.TradingRules,
	axes []replay.Axis, b *bar, out *output,
) error {
	if _, ok := replay.Metrics()[f.sort]; !ok {
		return usage{fmt.Errorf("streamd: --sort %s: there are %v", f.sort, sortedKeys(replay.Metrics()))}
	}
	if f.walk < 0 || f.walk > 1000 {
		return usage{fmt.Errorf("streamd: --walk-forward %d is outside 0 to 1000", f.walk)}
	}
	s, report, err := replay.RunSweep(c.Context(), j, rules, axes, f.sort, f.walk)
	b.stop()
	if err != nil {
		return dataError(err)
	}
	if err := errors.Join(writeSweep(out, axes, s), out.close()); err != nil {
		return err
	}
	printReport(c.ErrOrStderr(), report, s.Errors)
	return ended(c, s.Symbols)
}

// sweepScan scans with every combination of the axes.
func sweepScan(c *cobra.Command, j *replay.Job, axes []replay.Axis, b *bar, out *output) error {
	rows, results, report, err := replay.SweepScan(c.Context(), j, axes)
	b.stop()
	if err != nil {
		return dataError(err)
	}
	totals := replay.Aggregate(results, "")
	if err := errors.Join(writeScanSweep(out, axes, rows), out.close()); err != nil {
		return err
	}
	printReport(c.ErrOrStderr(), report, texts(totals.Errors))
	return ended(c, totals.Symbols)
}

func writeSweep(out *output, axes []replay.Axis, s *replay.Sweep) error {
	switch out.format {
	case "json":
		return writeJSON(out, s)
	case "jsonl":
		return jsonLines(out, s.Rows)
	case "csv":
		rows := [][]string{append(axisNames(axes), "trades", "win_rate", "profit_factor", "expectancy", "return",
			"cagr", "sharpe", "sortino", "max_drawdown", "exposure")}
		for i := range s.Rows {
			r := &s.Rows[i]
			row := append(axisValues(axes, r.Params), strconv.Itoa(r.Stats.Trades))
			for _, v := range [...]replay.Ratio{
				r.Stats.WinRate, r.Stats.ProfitFactor, r.Stats.Expectancy,
				r.Stats.Return, r.Stats.CAGR, r.Stats.Sharpe, r.Stats.Sortino, r.Stats.MaxDrawdown, r.Stats.Exposure,
			} {
				row = append(row, formatValue(float64(v), false))
			}
			rows = append(rows, row)
		}
		return csv.NewWriter(out).WriteAll(rows)
	}
	t := newTable(headers(axes, "trades", "win rate", "profit factor", "return", "CAGR", "Sharpe", "Sortino",
		"drawdown", "exposure")...)
	for i := range s.Rows[:min(len(s.Rows), sweepTableMax)] {
		st := &s.Rows[i].Stats
		t.AppendRow(cells(axes, s.Rows[i].Params, st.Trades, share(st.WinRate), decimals(st.ProfitFactor),
			share(st.Return), share(st.CAGR), decimals(st.Sharpe), decimals(st.Sortino), share(st.MaxDrawdown),
			share(st.Exposure)))
	}
	if err := writeTable(out, t.Render(), len(s.Rows), sweepTableMax); err != nil || len(s.WalkForward) == 0 {
		return err
	}
	return walkTable(out, axes, s)
}

// walkTable prints what was best on each part, and what it gave on the next.
func walkTable(w io.Writer, axes []replay.Axis, s *replay.Sweep) error {
	t := newTable(append([]any{"best on", "traded on"},
		headers(axes, "then: "+s.Sort, "return", "trades", "return", "Sharpe", "drawdown")...)...)
	for i := range s.WalkForward {
		f := &s.WalkForward[i]
		metric := replay.Metrics()[s.Sort](&f.Train)
		row := cells(axes, f.Params, decimals(replay.Ratio(metric)), share(f.Train.Return), f.Test.Trades,
			share(f.Test.Return), decimals(f.Test.Sharpe), share(f.Test.MaxDrawdown))
		span := func(a, b time.Time) string { return a.Format(time.DateOnly) + " to " + b.Format(time.DateOnly) }
		t.AppendRow(append([]any{span(f.TrainFrom, f.TestFrom), span(f.TestFrom, f.TestTo)}, row...))
	}
	_, err := fmt.Fprintf(w, "\n%s\nwalk forward: %s\n", t.Render(), share(s.TestReturn))
	return err
}

func writeScanSweep(out *output, axes []replay.Axis, rows []replay.ScanRow) error {
	switch out.format {
	case "json":
		return writeJSON(out, rows)
	case "jsonl":
		return jsonLines(out, rows)
	case "csv":
		text := [][]string{append(axisNames(axes), "matches", "symbols_with_matches")}
		for _, r := range rows {
			text = append(text, append(axisValues(axes, r.Params), strconv.Itoa(r.Matches),
				strconv.Itoa(r.SymbolsWithMatches)))
		}
		return csv.NewWriter(out).WriteAll(text)
	}
	t := newTable(headers(axes, "matches", "symbols", "mean after 1", "5", "10", "20")...)
	for _, r := range rows[:min(len(rows), sweepTableMax)] {
		row := cells(axes, r.Params, r.Matches, r.SymbolsWithMatches)
		for _, o := range r.Outcomes {
			row = append(row, fmt.Sprintf("%s (t %s)", share(o.Mean), decimals(o.T)))
		}
		t.AppendRow(row)
	}
	return writeTable(out, t.Render(), len(rows), sweepTableMax)
}

func jsonLines[T any](w io.Writer, rows []T) error {
	e := json.NewEncoder(w)
	for i := range rows {
		if err := e.Encode(rows[i]); err != nil {
			return err
		}
	}
	return nil
}

func axisNames(axes []replay.Axis) []string {
	var names []string
	for _, a := range axes {
		names = append(names, a.Name)
	}
	return names
}

func axisValues(axes []replay.Axis, params map[string]formula.ParamSetting) []string {
	var values []string
	for _, a := range axes {
		values = append(values, string(params[a.Name]))
	}
	return values
}

func headers(axes []replay.Axis, more ...any) []any {
	var all []any
	for _, name := range axisNames(axes) {
		all = append(all, name)
	}
	return append(all, more...)
}

func cells(axes []replay.Axis, params map[string]formula.ParamSetting, more ...any) []any {
	var all []any
	for _, v := range axisValues(axes, params) {
		all = append(all, v)
	}
	return append(all, more...)
}

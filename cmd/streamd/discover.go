package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"streamd/history"
	"streamd/replay"

	"github.com/spf13/cobra"
)

// discoverForms are what a discovery writes.
var discoverForms = []string{"table", "json", "csv"}

// discoverFlags are the settings of a discovery.
type discoverFlags struct {
	data       *jobFlags
	own        formulaFlags
	file, out  string
	like       string
	nearest    int
	top, least int
	splits     string
}

func discoverCommand() *cobra.Command {
	f := &discoverFlags{}
	c := &cobra.Command{
		Use:   "discover --data PATH... [--like SYMBOL@FROM..TO]",
		Short: "Rank candlestick patterns and chart conditions by what came after, or find windows that look alike",
		Long: `Discover looks at what came 1, 5, 10 and 20 bars after every candlestick pattern
and a library of chart conditions (and those of -f), over all symbols, against
what came after any bar. Findings are ranked by q: the probability of such a
difference by chance, corrected for the number of tests. With --like it finds
the windows of all history whose closes have most nearly the shape of the one
given, and what came after them.`,
		Example: `  streamd discover --data 'daily/*.csv'
  streamd discover --data daily.parquet --like AAPL@2019-01-02..2019-02-01 --nearest 50 -o json`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage{fmt.Errorf("streamd: discover takes no expression, found %q; -f adds conditions", args)}
			}
			return discover(c, f)
		},
	}
	f.data = addJobFlags(c)
	f.data.addShard(c)
	f.own.addTopic(c)
	c.Flags().StringVarP(&f.file, "formulas", "f", "", "file with formulas to look at too")
	c.Flags().StringVarP(&f.out, "output", "o", "table", "table, json, csv, or a path that ends so")
	c.Flags().StringVar(&f.like, "like", "", "window to find the like of, as AAPL@2019-01-02..2019-02-01, both "+
		"inclusive")
	c.Flags().IntVar(&f.nearest, "nearest", 20, "how many windows --like finds")
	c.Flags().IntVar(&f.top, "top", 40, "how many findings the table shows")
	c.Flags().IntVar(&f.least, "min-count", 30, "bars on which a condition must hold to be tested")
	c.Flags().StringVar(&f.splits, "splits", "stop", "returns over a jump of 1.8 or more from close to open, which is "+
		"taken for a split: stop leaves them out and counts them, ignore takes the jump for a gain or loss, adjust "+
		"divides by the nearest whole ratio")
	return variadic(c, "data")
}

func discover(c *cobra.Command, f *discoverFlags) error {
	if f.least < 2 || f.top < 1 || f.data.timeout <= 0 {
		return usage{errors.New("streamd: --min-count must be at least 2, --top 1, --timeout above 0")}
	}
	if f.nearest < 1 || f.nearest > replay.SimilarMax {
		return usage{fmt.Errorf("streamd: --nearest %d is outside 1 to %d", f.nearest, replay.SimilarMax)}
	}
	splits, err := replay.ParseSplitPolicy(f.splits)
	if err != nil {
		return usage{fmt.Errorf("streamd: --splits: %w", err)}
	}
	set, conditions := &formulaSet{}, replay.Conditions()
	if f.file != "" {
		own := f.own
		own.file = f.file
		if set, err = own.load(nil, "own"); err != nil {
			return err
		}
		for _, o := range set.formulas {
			conditions = append(conditions, replay.Condition{
				Name: o.Name, Expression: o.Expression, Symbols: o.Symbols, Timeframes: o.Timeframes, Params: o.Params,
			})
		}
	}
	data, closeData, err := f.data.history(c)
	if err != nil {
		return err
	}
	defer closeData()
	out, part, err := f.data.openOutputs(c, f.out, discoverForms...)
	if err != nil {
		return err
	}
	defer part.discard()
	j, b := f.data.start(c, set, replay.TypePatternDiscovery, data)
	j.Splits = splits
	if f.like != "" {
		return discoverLike(c, f, j, b, out, part)
	}
	found, report, err := replay.FindOccurrences(c.Context(), j,
		replay.DiscoverOptions{Conditions: conditions, CountMin: f.least})
	b.stop()
	if err != nil {
		return dataError(err)
	}
	if part != nil {
		task := f.task(j, part)
		task.Discover = &replay.DiscoverOptions{Conditions: conditions, CountMin: f.least}
		return f.data.finishPart(c, part, &replay.Part{Task: task, Occurrences: found}, report, texts(found.Errors))
	}
	return finishDiscover(c, out, found.Errors, report, func() error { return writeFindings(out, f, found.Findings()) })
}

// task is what the part of a discovery says of it.
func (f *discoverFlags) task(j *replay.Job, part *partFile) replay.Task {
	task := replay.TaskOf(j, version())
	task.Print = map[string]string{"output": part.form, "top": strconv.Itoa(f.top)}
	return task
}

func discoverLike(c *cobra.Command, f *discoverFlags, j *replay.Job, b *bar, out *output, part *partFile) error {
	w, err := parseWindow(f.like)
	if err != nil {
		return err
	}
	found, failed, report, err := replay.FindSimilar(c.Context(), j, w, f.nearest)
	b.stop()
	switch {
	case errors.Is(err, replay.ErrNoData):
		return fmt.Errorf("streamd: --like %s: %w", f.like, err)
	case err != nil:
		return dataError(err)
	}
	if part != nil {
		task := f.task(j, part)
		task.Like, task.Nearest = &w, f.nearest
		p := &replay.Part{Task: task, Similar: found, Errors: failed}
		return f.data.finishPart(c, part, p, report, texts(failed))
	}
	return finishDiscover(c, out, failed, report, func() error { return writeSimilar(out, found) })
}

// finishDiscover writes what was found and says what could not be read.
func finishDiscover(c *cobra.Command, out *output, failed map[string]error, report history.Report,
	write func() error,
) error {
	if err := errors.Join(write(), out.close()); err != nil {
		return err
	}
	printReport(c.ErrOrStderr(), report, texts(failed))
	if c.Context().Err() != nil {
		return interrupted{errors.New("streamd: interrupted: what is shown is of the symbols done by then")}
	}
	return nil
}

// parseWindow reads SYMBOL@FROM..TO. A TO that is a date means all of that day.
func parseWindow(s string) (replay.Window, error) {
	symbol, span, ok := strings.Cut(s, "@")
	from, to, okSpan := strings.Cut(span, "..")
	start, errFrom := history.ParseTime(from)
	end, errTo := history.ParseTime(to)
	if !ok || !okSpan || symbol == "" || errFrom != nil || errTo != nil {
		return replay.Window{}, usage{fmt.Errorf("streamd: --like %s: want SYMBOL@FROM..TO, as "+
			"AAPL@2019-01-02..2019-02-01", s)}
	}
	if _, err := time.Parse(time.DateOnly, to); err == nil {
		end = end.Add(24*time.Hour - time.Nanosecond)
	}
	if end.Before(start) {
		return replay.Window{}, usage{fmt.Errorf("streamd: --like %s: it ends before it begins", s)}
	}
	return replay.Window{Symbol: symbol, From: start.UnixNano(), To: end.UnixNano()}, nil
}

func writeFindings(out *output, f *discoverFlags, findings []replay.Finding) error {
	switch out.format {
	case "json":
		return writeJSON(out, findings)
	case "csv":
		rows := [][]string{{
			"name", "expression", "bars", "count", "independent", "omitted", "across_holes", "symbols", "mean_return",
			"baseline_return", "excess_return", "hit_rate", "baseline_hit_rate", "t", "p", "q",
		}}
		for _, g := range findings {
			row := []string{
				out.text(g.Name), out.text(g.Expression), strconv.Itoa(g.Bars), strconv.Itoa(g.Count),
				strconv.Itoa(g.Independent), strconv.Itoa(g.Omitted), strconv.Itoa(g.Holes), strconv.Itoa(g.Symbols),
			}
			for _, v := range [...]float64{g.Mean, g.Baseline, g.Excess, g.HitRate, g.BaseHit, g.T, g.P, g.Q} {
				row = append(row, short(v, 8))
			}
			rows = append(rows, row)
		}
		return csv.NewWriter(out).WriteAll(rows)
	}
	t := newTable("pattern", "after", "count", "mean", "any bar", "excess", "hit rate", "t", "q")
	for _, g := range findings[:min(len(findings), f.top)] {
		t.AppendRow([]any{
			g.Name, g.Bars, g.Count, percent(g.Mean), percent(g.Baseline), percent(g.Excess),
			fmt.Sprintf("%.1f%%", 100*g.HitRate), fmt.Sprintf("%.2f", g.T), fmt.Sprintf("%.2g", g.Q),
		})
	}
	if err := writeTable(out, t.Render(), len(findings), f.top); err != nil {
		return err
	}
	omitted := 0
	for _, g := range findings {
		omitted += g.Omitted
	}
	if omitted > 0 {
		fmt.Fprintf(out, omittedNote, omitted)
	}
	return nil
}

func writeSimilar(out *output, found []replay.Similar) error {
	switch out.format {
	case "json":
		return writeJSON(out, found)
	case "csv":
		rows := [][]string{{
			"symbol", "timeframe", "from", "to", "distance", "return_1", "return_5", "return_10",
			"return_20",
		}}
		for _, s := range found {
			row := []string{
				out.text(s.Symbol), s.Timeframe, s.From.Format(time.RFC3339), s.To.Format(time.RFC3339),
				short(s.Distance, 10),
			}
			for _, r := range s.Returns {
				text := ""
				if r != nil {
					text = short(*r, 10)
				}
				row = append(row, text)
			}
			rows = append(rows, row)
		}
		return csv.NewWriter(out).WriteAll(rows)
	}
	t := newTable("symbol", "from", "to", "distance", "after 1", "after 5", "after 10", "after 20")
	for _, s := range found {
		row := []any{
			s.Symbol, s.From.Format(time.RFC3339), s.To.Format(time.RFC3339),
			fmt.Sprintf("%.4f", s.Distance),
		}
		for _, r := range s.Returns {
			if r == nil {
				row = append(row, "")
				continue
			}
			row = append(row, percent(*r))
		}
		t.AppendRow(row)
	}
	return writeTable(out, t.Render(), len(found), len(found))
}

func writeTable(w io.Writer, text string, rows, shown int) error {
	if rows == 0 {
		_, err := fmt.Fprintln(w, "nothing found")
		return err
	}
	if _, err := fmt.Fprintln(w, text); err != nil {
		return err
	}
	if rows > shown {
		_, err := fmt.Fprintf(w, "… and %d more; -o json and -o csv write them all\n", rows-shown)
		return err
	}
	return nil
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false) // formulas are full of < and >
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func percent(x float64) string { return fmt.Sprintf("%+.2f%%", 100*x) }

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"streamd/formula/plan"
	"streamd/history"
	"streamd/stream"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"
)

func explainCommand() *cobra.Command {
	var data *dataFlags
	formulas := &formulaFlags{}
	var symbol, at, format string
	c := &cobra.Command{
		Use:   "explain EXPR | -f FILE  --data PATH... [--symbol S] [--at TIME]",
		Short: "Show every node's value on a bar, and why a formula did (not) fire there",
		Long: `Show every node's value on a bar, and why a formula did or did not fire there.

The column "to flip" says by how much the left side of a comparison would have to
change, as a number and in percent, for the answer to turn. Formulas of a file
bring their mode, for, cooldown, min_bars and selectors. With -o json there is one
object for each formula. A candle of JSON lines that is still forming is explained, too.`,
		Example: `  streamd explain 'close > sma(close, 20) and rsi(close, 14) < 30' --data candles.csv --symbol AAPL
  streamd explain -f config.yaml --data candles.csv --symbol AAPL --at 2024-03-01T14:30:00Z -o json`,
		RunE: func(c *cobra.Command, args []string) error {
			set, err := formulas.load(args, "scan")
			if err != nil {
				return err
			}
			if err := set.single("explain"); err != nil {
				return err
			}
			out, err := openOutput(c, format, "table", "json")
			if err != nil {
				return err
			}
			t, err := explainedSeries(c, data, symbol)
			if err != nil {
				return err
			}
			bar := lastBar(t)
			if at != "" {
				if bar, err = barAt(t, at); err != nil {
					return err
				}
			}
			for i := range set.formulas {
				e, err := set.explain(c, data, set.formulas[i].Name, t, bar)
				if err != nil {
					return err
				}
				if err := writeExplanation(out, e); err != nil {
					return err
				}
			}
			return out.close()
		},
	}
	data = addDataFlags(c)
	formulas.add(c)
	c.Flags().StringVar(&symbol, "symbol", "", "the symbol; needed where the data has several")
	c.Flags().StringVar(&at, "at", "",
		"open time of the bar: RFC 3339, a date, or a time of day as 13:01 (the last one); the newest bar by default")
	c.Flags().StringVarP(&format, "output", "o", "", "table or json, or a path that ends so")
	return variadic(c, "data")
}

// explainedSeries reads the series that is asked about.
func explainedSeries(c *cobra.Command, data *dataFlags, symbol string) (*history.Tape, error) {
	d, err := data.data(c)
	if err != nil {
		return nil, err
	}
	d.Forming = true
	if symbol != "" {
		d.Symbols = []string{symbol}
	}
	tapes, report, err := d.Collect(c.Context(), data.workers)
	if err != nil {
		return nil, dataError(err)
	}
	for _, file := range sortedKeys(report.Errors) {
		fmt.Fprintf(c.ErrOrStderr(), "streamd: %s: %v\n", file, report.Errors[file])
	}
	tapes = slices.DeleteFunc(tapes, func(t history.Tape) bool {
		return t.Err == nil && t.Block.Len() == t.First && t.Forming == nil
	})
	switch {
	case len(tapes) == 0 && symbol != "":
		return nil, usage{fmt.Errorf("streamd: no candle of %s in the data", symbol)}
	case len(tapes) == 0:
		return nil, usage{fmt.Errorf("streamd: no candle in the data")}
	case len(tapes) > 1:
		names := make([]string, 0, len(tapes))
		for i := range tapes {
			names = append(names, tapes[i].Key.String())
		}
		if len(names) > 10 {
			names = append(names[:10], fmt.Sprintf("and %d more", len(names)-10))
		}
		return nil, usage{fmt.Errorf("streamd: the data has several series, choose one by --symbol or --timeframe: %s",
			strings.Join(names, ", "))}
	}
	return &tapes[0], tapes[0].Err
}

// lastBar is the newest bar: after the block the one that is still forming.
func lastBar(t *history.Tape) int {
	if t.Forming != nil {
		return t.Block.Len()
	}
	return t.Block.Len() - 1
}

// barAt finds the bar that opens at the time.
func barAt(t *history.Tape, text string) (int, error) {
	var newest int64
	if n := t.Block.Len(); n > 0 {
		newest = t.Block.Time[n-1]
	}
	if t.Forming != nil {
		newest = t.Forming.Time
	}
	at, err := history.ParseBarTime(text, time.Unix(0, newest))
	if err != nil {
		return 0, usage{fmt.Errorf("streamd: --at: %w", err)}
	}
	i, found := slices.BinarySearch(t.Block.Time[t.First:], at.UnixNano())
	i += t.First
	if found || t.Forming != nil && t.Forming.Time == at.UnixNano() {
		return i, nil
	}
	near := ""
	for _, k := range []int{i - 1, i} {
		if k >= t.First && k < t.Block.Len() {
			near += " " + formatTime(t.Block.Time[k])
		}
	}
	return 0, usage{fmt.Errorf("streamd: --at %s: no bar of %s opens then; the nearest open at%s", text, t.Key, near)}
}

func formatTime(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339Nano) }

// explain runs the history up to the bar through a formula and explains it.
func (s *formulaSet) explain(c *cobra.Command, data *dataFlags, name string, t *history.Tape, bar int) (
	*stream.Explanation, error,
) {
	ctx := c.Context()
	rules, problems := stream.NewRules(stream.RulesConfig{
		Formulas: s.formulas, Indicators: s.indicators,
		Buffer: s.buffer, Others: true, Universes: s.universes,
	})
	if len(problems) > 0 {
		return nil, usage{problems[0]}
	}
	x, err := stream.NewExplainer(rules, name, t.Key, stream.Options{Buffer: s.buffer, Gaps: s.gaps})
	if err != nil {
		return nil, err
	}
	foreign, columns, err := s.foreignTo(c, data, rules, x, t, bar)
	if err != nil {
		return nil, err
	}
	values := make([]float64, len(columns))
	for i := range bar + 1 {
		for k := range columns {
			values[k] = math.NaN() // of a forming candle: nobody has closed with it
			if i < len(columns[k]) {
				values[k] = columns[k][i]
			}
		}
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, interrupted{fmt.Errorf("streamd: explain: %w", context.Cause(ctx))}
		}
		if i == t.Block.Len() {
			x.PushAmong(*t.Forming, false, values)
		} else {
			x.PushAmong(t.Block.At(i), true, values)
		}
	}
	e := x.Explanation()
	e.Others = foreign.Explain(t.Key, x.Needs())
	return e, nil
}

func writeExplanation(out *output, e *stream.Explanation) error {
	if out.format == "json" {
		j := json.NewEncoder(out)
		j.SetEscapeHTML(false)
		j.SetIndent("", "  ")
		return j.Encode(e)
	}
	verdict := "did not fire"
	if e.Fired {
		verdict = "fired"
	}
	fmt.Fprintf(out, "%s on %s %s at %s: %s\n", e.Formula, e.Symbol, e.Timeframe, e.Timestamp.Format(time.RFC3339Nano),
		verdict)
	for _, r := range e.Reasons {
		fmt.Fprintf(out, "  %s\n", r.Text)
	}
	p := e.Candle
	forming := ""
	if e.Forming {
		forming = ", still forming after it"
	}
	fmt.Fprintf(out, "bar %d%s: open %s high %s low %s close %s volume %s\n", e.Bars, forming, plain(p.Open),
		plain(p.High), plain(p.Low), plain(p.Close), plain(p.Volume))
	fmt.Fprintf(out, "mode %s, for %d, cooldown %d, min_bars %d, true on %d in a row\n\n", e.Mode, e.For, e.Cooldown,
		e.MinBars, e.Run)
	if e.Tree == nil {
		return nil
	}
	t := newTable("node", "value", "to flip")
	appendTree(t, e.Tree, "", "")
	text := t.Render() + "\n\n"
	for i := range e.Others {
		text += otherText(&e.Others[i]) + "\n"
	}
	_, err := io.WriteString(out, text)
	return err
}

// shown stand above the tree already.
var shown = []string{"open", "high", "low", "close", "volume"}

// appendTree adds the rows of a node and of all below it. Numbers that are
// written in the formula need no row, nor do the prices of the bar.
func appendTree(t table.Writer, x *plan.Explained, first, rest string) {
	flip := ""
	if len(x.Comparisons) == 1 {
		flip = toFlip(x.Comparisons[0])
	}
	name := first + x.Expression
	if x.Repeated {
		name += " (as above)"
	}
	t.AppendRow(table.Row{name, nodeValue(x), flip})
	var inputs []*plan.Explained
	for _, in := range x.Inputs {
		if _, err := strconv.ParseFloat(in.Expression, 64); err != nil && !slices.Contains(shown, in.Expression) {
			inputs = append(inputs, in)
		}
	}
	if len(x.Comparisons) > 1 {
		for _, c := range x.Comparisons {
			holds := ""
			if c.Holds != nil {
				holds = strconv.FormatBool(*c.Holds)
			}
			t.AppendRow(table.Row{rest + "· " + c.Text, holds, toFlip(c)})
		}
	}
	for i, in := range inputs {
		if i == len(inputs)-1 {
			appendTree(t, in, rest+"└ ", rest+"  ")
		} else {
			appendTree(t, in, rest+"├ ", rest+"│ ")
		}
	}
}

// nodeValue prints a value for reading.
func nodeValue(x *plan.Explained) string {
	text := x.State
	switch v := x.Value.(type) {
	case bool:
		text = strconv.FormatBool(v)
	case float64:
		text = short(v, 10)
	}
	if x.Unsettled {
		text += " (unsettled)"
	}
	return text
}

// toFlip prints how far a comparison was from the other answer.
func toFlip(c plan.Comparison) string {
	if c.Holds == nil {
		return ""
	}
	text := short(float64(c.Distance), 6)
	if c.Distance >= 0 {
		text = "+" + text
	}
	if p := float64(c.Percent); p-p == 0 { // nothing is a percentage of zero
		text += fmt.Sprintf(" (%+.3g %%)", p)
	}
	return text
}

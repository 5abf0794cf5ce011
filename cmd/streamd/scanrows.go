package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"

	"streamd/replay"
	"streamd/stream"
)

// matchesCSV writes matches with a column for each value that any of them has.
func matchesCSV(w *output, matches []stream.Match) error {
	names := valueNames(matches)
	rows := csv.NewWriter(w)
	if err := rows.Write(append([]string{
		"timestamp", "symbol", "timeframe", "formula", "open", "high", "low", "close",
		"volume",
	}, names...)); err != nil {
		return err
	}
	for i := range matches {
		m := &matches[i]
		row := append([]string{
			matchTime(m), w.text(m.Series.Symbol), m.Series.Timeframe.String(), w.text(m.Formula().Name),
		},
			matchPrices(m)...)
		for _, name := range names {
			v, ok := m.Value(name)
			text := ""
			if ok {
				text = short(v, 10)
			}
			row = append(row, text)
		}
		if err := rows.Write(row); err != nil {
			return err
		}
	}
	rows.Flush()
	return rows.Error()
}

// matchesTable prints matches with the values that decided: the calls of the formula, and
// the named indicators that it uses.
func matchesTable(w io.Writer, matches []stream.Match) {
	t := newTable("time", "symbol", "formula", "close", "volume", "values")
	for i := range matches {
		m := &matches[i]
		var values []string
		m.Values(func(name string, v float64) {
			if strings.Contains(name, "(") || uses(m.Formula().Expression, name) {
				values = append(values, name+" "+short(v, 6))
			}
		})
		t.AppendRow([]any{
			matchTime(m), m.Series, m.Formula().Name, plain(m.Candle.Close), plain(m.Candle.Volume),
			strings.Join(values, ", "),
		})
	}
	if len(matches) > 0 {
		fmt.Fprintln(w, t.Render())
	}
}

// uses reports whether a formula has a name among its words.
func uses(expression, name string) bool {
	return slices.Contains(strings.FieldsFunc(expression, func(r rune) bool {
		return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), name)
}

// omittedNote says how many returns are not among the figures, and why.
const omittedNote = "note: %d returns are left out: before they end the price jumps by 1.8 or more from a close to " +
	"the next open, which is taken for a split; see --splits\n"

// statsTable prints what came after the signals, of all series and by year.
func statsTable(w io.Writer, stats []replay.SignalStats) {
	if len(stats) == 0 {
		return
	}
	omitted, holes := 0, 0
	t := newTable("formula", "", "after", "signals", "left out", "mean", "any bar", "hit rate", "95 %", "any bar", "t")
	rows := func(formula, of string, outcomes []replay.SignalOutcome) {
		for _, o := range outcomes {
			if o.Count > 0 {
				t.AppendRow([]any{
					formula, of, o.Bars, o.Count, o.Omitted, signed(o.Mean), signed(o.Baseline),
					share(o.HitRate), share(o.Interval[0]) + "–" + share(o.Interval[1]),
					share(o.BaseHitRate), decimals(o.T),
				})
			}
		}
	}
	for i := range stats {
		rows(stats[i].Formula, "all", stats[i].Total)
		for _, o := range stats[i].Total {
			omitted, holes = omitted+o.Omitted, holes+o.Holes
		}
		for _, year := range sortedKeys(stats[i].ByYear) {
			rows(stats[i].Formula, year, stats[i].ByYear[year])
		}
	}
	fmt.Fprintf(w, "\n%s\n", t.Render())
	if omitted > 0 {
		fmt.Fprintf(w, omittedNote, omitted)
	}
	if holes > 0 {
		fmt.Fprintf(w, "note: %d returns are over a hole of more than 10 usual steps\n", holes)
	}
}

// signed prints a fraction as percent does, "–" without a value.
func signed(r replay.Ratio) string {
	if r != r {
		return "–"
	}
	return percent(float64(r))
}

func matchTime(m *stream.Match) string {
	return time.Unix(0, m.Candle.Time).UTC().Format(time.RFC3339Nano)
}

func matchPrices(m *stream.Match) []string {
	var row []string
	for _, v := range [...]float64{m.Candle.Open, m.Candle.High, m.Candle.Low, m.Candle.Close, m.Candle.Volume} {
		row = append(row, plain(v))
	}
	return row
}

// valueNames returns the names of all values of the matches, sorted.
func valueNames(matches []stream.Match) []string {
	seen := map[string]bool{}
	for i := range matches {
		matches[i].Values(func(name string, _ float64) { seen[name] = true })
	}
	return sortedKeys(seen)
}

// writeValues writes the computed indicators as eval prints them.
func writeValues(path string, expressions []string, results []replay.SeriesResult, raw bool) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("streamd: --values: %w", err)
	}
	defer f.Close()
	w := csv.NewWriter(f)
	if err := w.Write(append([]string{"symbol", "timestamp"}, expressions...)); err != nil {
		return fmt.Errorf("streamd: --values: %w", err)
	}
	row := make([]string, 2+len(expressions))
	for i := range results {
		r := &results[i]
		for j := range r.Times {
			row[0], row[1] = csvText(r.Key.Symbol, raw), time.Unix(0, r.Times[j]).UTC().Format(time.RFC3339Nano)
			for k := range expressions {
				row[2+k] = formatValue(r.Values[k][j], false)
			}
			if err := w.Write(row); err != nil {
				return fmt.Errorf("streamd: --values: %w", err)
			}
		}
	}
	w.Flush()
	return errors.Join(w.Error(), f.Close())
}

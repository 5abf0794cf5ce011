package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"

	"streamd/history"

	"github.com/parquet-go/parquet-go"
	"github.com/spf13/cobra"
)

// Jumps from a close to the next open of this ratio and more, and holes of so many
// usual steps, are counted: as splits of unadjusted prices, and as what is missing.
const (
	jumpRatio = 1.8
	holeSteps = 10
)

// seriesReport is what a file holds of one series.
type seriesReport struct {
	Symbol    string `json:"symbol"`
	Timeframe string `json:"timeframe"`
	Bars      int    `json:"bars"`
	First     string `json:"first"`
	Last      string `json:"last"`
	Jumps     int    `json:"jumps"`
	FirstJump string `json:"first_jump,omitempty"`
	Holes     int    `json:"holes"`
	FirstHole string `json:"first_hole,omitempty"`
	Error     string `json:"error,omitempty"`
}

// fileReport is what was understood of a file.
type fileReport struct {
	history.FileFacts
	Flags []string `json:"flags,omitempty"` // that say the same
}

// filesReport is what was understood of files.
type filesReport struct {
	Files   []fileReport                     `json:"files"`
	Series  []seriesReport                   `json:"series"`
	Skipped map[string]int                   `json:"skipped"`
	LeftOut map[string][]history.RowsLeftOut `json:"left_out"`
	Notes   map[string][]string              `json:"notes"`
	Errors  map[string]string                `json:"errors"`
	Cache   *history.CopyUse                 `json:"cache,omitempty"` // nil without --cache
}

func dataCommand() *cobra.Command {
	var out string
	var data *dataFlags
	c := &cobra.Command{
		Use:   "data FILE...",
		Short: "Show how files of candles are read and what they hold, or convert them",
		Long: `Show how files of candles are read: format, columns, how times and numbers are written,
and the flags that say the same. Then what they hold: series, ranges, jumps of prices,
holes, and the rows that were left out. With -o OUT.parquet or OUT.csv all candles are
written to that file, by symbol and time: later runs read it faster, and need no flags.`,
		Example: `  streamd data 'daily/*.csv'
  streamd data bars.csv --timezone America/New_York --time-format mdy
  streamd data export.json --symbols 'BTC*' -o btc.parquet`,
		RunE: func(c *cobra.Command, args []string) error {
			data.paths = append(data.paths, args...)
			return runData(c, data, out)
		},
	}
	data = addDataFlags(c)
	c.Flags().StringVarP(&out, "output", "o", "table",
		"table or json; or a path that ends in .parquet or .csv, for the candles")
	return variadic(c, "data")
}

func runData(c *cobra.Command, f *dataFlags, to string) error {
	d, err := f.data(c)
	if err != nil {
		return err
	}
	out, err := openOutput(c, to, "table", "json", "csv", "parquet")
	if err != nil {
		return err
	}
	d.Cold = true // nothing is computed
	tapes, report, err := d.Collect(c.Context(), f.workers)
	if err != nil {
		printReport(c.ErrOrStderr(), history.Report{LeftOut: report.LeftOut, Notes: report.Notes}, nil)
		return errors.Join(dataError(err), out.close())
	}
	all := filesReport{
		Files: []fileReport{}, Series: []seriesReport{}, Skipped: report.Skipped, LeftOut: report.LeftOut,
		Notes: report.Notes, Errors: texts(report.Errors),
	}
	for _, facts := range report.Files {
		r := fileReport{FileFacts: facts}
		if facts.Layout != nil {
			r.Flags = facts.Layout.Flags()
		}
		all.Files = append(all.Files, r)
	}
	if d.Copies != nil {
		all.Cache = &report.Copies
	}
	bars := 0
	failed := map[string]string{}
	for i := range tapes {
		all.Series = append(all.Series, reportOf(&tapes[i]))
		bars += tapes[i].Block.Len()
		if tapes[i].Err != nil {
			failed[tapes[i].Key.Symbol] = tapes[i].Err.Error()
		}
	}
	if err := errors.Join(writeData(out, tapes, &all), out.close()); err != nil {
		return err
	}
	printReport(c.ErrOrStderr(), report, failed)
	if u := all.Cache; u != nil {
		fmt.Fprintf(c.ErrOrStderr(),
			"cache: copies read %d (%d bytes), written %d (%d bytes)\n", u.Read, u.ReadBytes,
			u.Written, u.WrittenBytes)
	}
	fmt.Fprintf(c.ErrOrStderr(), "%d series, %d bars\n", len(tapes), bars)
	if bars == 0 {
		return usage{errors.New("streamd: no candle in the files")}
	}
	return nil
}

func reportOf(t *history.Tape) seriesReport {
	r := seriesReport{Symbol: t.Key.Symbol, Timeframe: t.Key.Timeframe.String(), Bars: t.Block.Len()}
	if t.Err != nil {
		r.Error = t.Err.Error()
		return r
	}
	b := &t.Block
	if r.Bars > 0 {
		r.First, r.Last = rowTime(b.Time[0]), rowTime(b.Time[r.Bars-1])
	}
	count := func(n *int, first *string, i int) {
		if *n++; *n == 1 {
			*first = rowTime(b.Time[i])
		}
	}
	for i := 1; i < r.Bars; i++ {
		if x := b.Open[i] / b.Close[i-1]; x >= jumpRatio || x <= 1/jumpRatio {
			count(&r.Jumps, &r.FirstJump, i)
		}
		if float64(b.Time[i]-b.Time[i-1]) > holeSteps*float64(t.Key.Timeframe.Duration()) {
			count(&r.Holes, &r.FirstHole, i)
		}
	}
	return r
}

func writeData(out *output, tapes []history.Tape, all *filesReport) error {
	switch out.format {
	case "json":
		return writeJSON(out, all)
	case "csv":
		return candlesCSV(out, tapes)
	case "parquet":
		return candlesParquet(out, tapes)
	}
	writeFiles(out, all.Files)
	t := newTable("symbol", "timeframe", "bars", "first", "last", "jumps", "holes")
	for _, s := range all.Series {
		t.AppendRow([]any{s.Symbol, s.Timeframe, s.Bars, s.First, s.Last, s.Jumps, s.Holes})
	}
	_, err := fmt.Fprintln(out, t.Render())
	return err
}

// candlesCSV writes the candles of all series.
func candlesCSV(w io.Writer, tapes []history.Tape) error {
	out := csv.NewWriter(w)
	err := out.Write([]string{"symbol", "timestamp", "timeframe", "open", "high", "low", "close", "volume"})
	for i := range tapes {
		t := &tapes[i]
		for k := 0; k < t.Block.Len() && err == nil; k++ {
			c := t.Block.At(k)
			err = out.Write([]string{
				t.Key.Symbol, rowTime(c.Time), t.Key.Timeframe.String(), plain(c.Open), plain(c.High), plain(c.Low),
				plain(c.Close), plain(c.Volume),
			})
		}
	}
	out.Flush()
	return errors.Join(err, out.Error())
}

// candlesParquet writes the candles of all series, which have passed their check.
func candlesParquet(w io.Writer, tapes []history.Tape) error {
	creator, key, value := history.CheckedCandles()
	out, err := newParquetTable(w, []tableColumn{
		{"symbol", textColumn},
		{"timestamp", timeColumn},
		{"timeframe", textColumn},
		{"open", priceColumn},
		{"high", priceColumn},
		{"low", priceColumn},
		{"close", priceColumn},
		{"volume", volumeColumn},
	}, parquet.CreatedBy(creator, version(), ""), parquet.KeyValueMetadata(key, value))
	if err != nil {
		return err
	}
	for i := range tapes {
		t := &tapes[i]
		timeframe := t.Key.Timeframe.String()
		for k := range t.Block.Len() {
			c := t.Block.At(k)
			out.begin()
			out.text(t.Key.Symbol)
			out.time(c.Time)
			out.text(timeframe)
			for _, v := range [...]float64{c.Open, c.High, c.Low, c.Close, c.Volume} {
				out.value(v)
			}
			if err := out.end(); err != nil {
				return err
			}
		}
	}
	return out.close()
}

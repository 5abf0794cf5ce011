package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"streamd/history"
	"streamd/replay"
	"streamd/stream"

	"github.com/spf13/cobra"
)

// scanTableDefault is how many matches the table shows without --limit.
const scanTableDefault = 50

// scanForms are what a scan writes.
var scanForms = []string{"table", "json", "jsonl", "csv", "parquet"}

// scanFlags are the settings of a scan.
type scanFlags struct {
	data               *jobFlags
	formulas           formulaFlags
	out, summary, sort string
	kind, values       string
	indicators         []string
	stats              bool
	statsFrom          string
	splits             string
	limit, last        int
	check              bool
}

func scanCommand() *cobra.Command {
	f := &scanFlags{}
	c := &cobra.Command{
		Use:   "scan EXPR | -f FILE --data PATH...",
		Short: "Find the bars of history on which formulas fire",
		Example: `  streamd scan 'close > sma(close, 20) and rsi(close, 14) < 30' --data 'daily/*.csv' --timeframe 1d
  streamd scan -f config.yaml --data candles.parquet -o jsonl --summary summary.json`,
		RunE: func(c *cobra.Command, args []string) error { return scan(c, f, args) },
	}
	f.data = addJobFlags(c)
	f.data.addShard(c)
	f.formulas.add(c)
	c.Flags().StringVarP(&f.out, "output", "o", "table",
		"table, json (the summary), jsonl, csv, parquet, or a path that ends so")
	c.Flags().StringVar(&f.summary, "summary", "", "file for the summary as JSON")
	c.Flags().StringVar(&f.sort, "sort", "",
		"newest (default of the table), timestamp (default of jsonl and csv), symbol, or an indicator by its name, as "+
			"rsi_14 or 'rsi(close, 2)', greatest first")
	c.Flags().IntVar(&f.limit, "limit", 0, fmt.Sprintf("matches that are written, in the order of --sort (default: "+
		"%d in the table, all in jsonl and csv)", scanTableDefault))
	c.Flags().IntVar(&f.last, "last", 0, "only matches on the last N bars of each series: what fires now")
	c.Flags().StringVar(&f.kind, "type", "scan", "scan; for others see streamd backtest and streamd discover")
	c.Flags().StringArrayVar(&f.indicators, "indicator", nil,
		"expression whose value on every bar goes to --values, may be repeated")
	c.Flags().StringVar(&f.values, "values", "", "file (.csv) for the values of --indicator")
	c.Flags().Lookup("cache").Usage += fmt.Sprintf("; it also keeps results for %v: the same scan again computes "+
		"nothing", replay.ResultTTLDefault)
	c.Flags().BoolVar(&f.check, "check", true,
		"check all prices of all candles; without (--check=false) a scan that only counts (-o json) does not decode "+
			"the columns of Parquet files that no formula reads, and does not find what is wrong in them")
	c.Flags().BoolVar(&f.stats, "stats", false,
		"what came 1, 5, 10 and 20 bars after the signals (or as outcomes.after of the configuration says), against "+
			"any bar, from the next open on; by symbol and year in the summary")
	c.Flags().StringVar(&f.statsFrom, "stats-from", "open",
		"what the returns of --stats count from: open, the next one, or close, that of the signal's bar")
	c.Flags().StringVar(&f.splits, "splits", "stop",
		"returns of --stats over a jump of 1.8 or more from "+
			"close to open, which is taken for a split: stop leaves them out and counts them, ignore takes the jump "+
			"for a gain or loss, adjust divides by the nearest whole ratio")
	return variadic(c, "data")
}

// refused returns what is wrong with flags that can be told by themselves.
func (f *scanFlags) refused() error {
	if !strings.EqualFold(f.kind, "scan") {
		return usage{fmt.Errorf("streamd: --type %s: see streamd backtest and streamd discover", f.kind)}
	}
	if (f.values == "") != (len(f.indicators) == 0) {
		return usage{errors.New("streamd: --indicator and --values go together")}
	}
	if f.data.timeout <= 0 {
		return usage{fmt.Errorf("streamd: --timeout %v is not above 0", f.data.timeout)}
	}
	if f.limit < 0 || f.last < 0 {
		return usage{errors.New("streamd: --limit and --last must not be below 0")}
	}
	return nil
}

func scan(c *cobra.Command, f *scanFlags, args []string) error {
	if err := f.refused(); err != nil {
		return err
	}
	splits, err := replay.ParseSplitPolicy(f.splits)
	if err != nil {
		return usage{fmt.Errorf("streamd: --splits: %w", err)}
	}
	entry, err := replay.ParseEntry(f.statsFrom)
	if err != nil {
		return usage{fmt.Errorf("streamd: --stats-from: %w", err)}
	}
	set, err := f.formulas.load(args, "scan")
	if err != nil {
		return err
	}
	data, closeData, err := f.data.history(c)
	if err != nil {
		return err
	}
	defer closeData()
	out, part, err := f.data.openOutputs(c, f.out, scanForms...)
	if err != nil {
		return err
	}
	defer part.discard()
	form := formOf(out, part)
	j, b := f.data.start(c, set, replay.TypeScan, data)
	j.Values, j.CountOnly, j.Statistics = f.indicators, form == "json", f.stats
	j.Last, j.Splits, j.Entry, j.Horizons = f.last, splits, entry, set.outcomes
	j.Data.Trust = !f.check
	if len(set.axes) > 0 {
		if part != nil || form == "parquet" {
			return usage{errSweepForm}
		}
		return sweepScan(c, j, set.axes, b, out)
	}
	if dir, err := f.data.cacheDir(); err != nil {
		return err
	} else if dir != "" {
		if j.Cache, err = replay.OpenCache(replay.CacheConfig{Dir: dir}); err != nil {
			return err
		}
	}
	started := time.Now()
	results, report, err := replay.Scan(c.Context(), j)
	b.stop()
	if err != nil {
		return dataError(err)
	}
	found := &scanned{results: results, report: report, took: time.Since(started)}
	if j.Cache != nil {
		found.cache = j.Cache.Stats()
		found.cache.Files = report.Copies
		if err := j.Cache.Close(); err != nil {
			return err
		}
	}
	if part != nil {
		return f.writePart(c, part, j, found)
	}
	return finishScan(c, f, j, out, found)
}

// scanned is what a scan found.
type scanned struct {
	results []replay.SeriesResult
	report  history.Report
	cache   replay.CacheStats
	took    time.Duration
}

// errSweepForm is the error of a sweep that is to be written as what it is not.
var errSweepForm = errors.New("streamd: a --param with several values: the rows of a sweep are written as table, " +
	"json or csv, and --shard takes one value of each")

// writePart writes what the scan of a shard found.
func (f *scanFlags) writePart(c *cobra.Command, to *partFile, j *replay.Job, found *scanned) error {
	task := replay.TaskOf(j, version())
	task.Print = map[string]string{"output": to.form, "sort": f.sort, "limit": strconv.Itoa(f.limit)}
	failed := map[string]string{}
	for i := range found.results {
		if r := &found.results[i]; r.Err != nil {
			failed[r.Key.Symbol] = r.Err.Error()
		}
	}
	p := &replay.Part{Task: task, Results: found.results, Cache: found.cache, Took: found.took}
	return f.data.finishPart(c, to, p, found.report, failed)
}

// finishScan writes what the scan found, all of it also after an interruption.
func finishScan(c *cobra.Command, f *scanFlags, j *replay.Job, out *output, found *scanned) error {
	canceled := c.Context().Err() != nil
	results, report, took := found.results, found.report, found.took
	totals := replay.Aggregate(results, f.order(out.format))
	if err := f.sortable(totals.Matches); err != nil {
		return errors.Join(err, out.close())
	}
	summary := totals.Summary(report, canceled, took)
	summary.Cache = found.cache
	if f.stats {
		summary.Statistics = replay.Statistics(results, j)
	}
	if err := writeScan(out, totals, &summary, f.limit); err != nil {
		return err
	}
	if f.summary != "" {
		if err := writeJSONFile(f.summary, summary); err != nil {
			return err
		}
	}
	if f.values != "" {
		if err := writeValues(f.values, f.indicators, results, out.raw); err != nil {
			return err
		}
	}
	errs := c.ErrOrStderr()
	if out.format != "json" {
		printErrors(errs, report, summary.Errors)
	}
	fmt.Fprintf(errs, "%d symbols, %d with matches, %d matches, %d errors in %s\n", summary.Symbols,
		summary.SymbolsWithMatches, summary.Matches, len(summary.Errors), took.Round(time.Millisecond))
	return ended(c, summary.Symbols)
}

// order is how the matches are sorted.
func (f *scanFlags) order(format string) string {
	switch {
	case f.sort != "":
		return f.sort
	case format == "table":
		return replay.SortNewest
	}
	return replay.SortTimestamp
}

// sortable refuses an order by a value that none of the matches has, which would be none.
func (f *scanFlags) sortable(matches []stream.Match) error {
	switch f.sort {
	case "", replay.SortNewest, replay.SortTimestamp, replay.SortSymbol:
		return nil
	}
	has := func(m stream.Match) bool { _, ok := m.Value(f.sort); return ok }
	if len(matches) == 0 || slices.ContainsFunc(matches, has) {
		return nil
	}
	return usage{fmt.Errorf("streamd: --sort %s: no match has that value; there are newest, timestamp, symbol, %s",
		f.sort, strings.Join(valueNames(matches), ", "))}
}

func writeScan(out *output, totals *replay.Totals, summary *replay.Summary, limit int) error {
	var err error
	if out.format == "table" && limit == 0 {
		limit = scanTableDefault
	}
	shown := totals.Matches
	if limit > 0 {
		shown = shown[:min(limit, len(shown))]
	}
	switch out.format {
	case "json":
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		err = e.Encode(summary)
	case "jsonl":
		var line []byte
		for i := range shown {
			line = append(shown[i].AppendJSON(line[:0]), '\n')
			if _, err = out.Write(line); err != nil {
				break
			}
		}
	case "csv":
		err = matchesCSV(out, shown)
	case "parquet":
		err = matchesParquet(out, shown)
	default:
		matchesTable(out, shown)
		if n := len(totals.Matches) - len(shown); n > 0 {
			fmt.Fprintf(out, "… and %d more: --limit %d shows them, -o jsonl writes them all\n", n, len(totals.Matches))
		}
		statsTable(out, summary.Statistics)
	}
	return errors.Join(err, out.close())
}

// writeJSONFile writes a value as indented JSON.
func writeJSONFile(path string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err == nil {
		err = os.WriteFile(path, append(b, '\n'), 0o644)
	}
	if err != nil {
		return fmt.Errorf("streamd: %w", err)
	}
	return nil
}

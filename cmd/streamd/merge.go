package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"streamd/replay"
)

// mergeFlags say how the whole is printed. What is not given is as the command said that made the parts.
type mergeFlags struct {
	out, sort       string
	summary, values string
	report          string
	limit, top      int
}

func mergeCommand() *cobra.Command {
	f := &mergeFlags{}
	c := &cobra.Command{
		Use:   "merge PART...",
		Short: "Make one result of the parts that scan, backtest and discover wrote with --shard",
		Long: `Merge takes the parts of all shards together and prints what the command without
--shard prints, to the byte. The parts must be of one run: of the same options,
formulas, files and release, and every shard must be there once.`,
		Example: `  for i in 0 1 2 3; do streamd scan 'close > sma(close, 200)' --data 'daily/*.parquet' --shard $i/4 -o part$i & done; wait
  streamd merge part0 part1 part2 part3 -o jsonl --summary summary.json`,
		RunE: func(c *cobra.Command, args []string) error { return merge(c, f, args) },
	}
	flags := c.Flags()
	flags.StringVarP(&f.out, "output", "o", "", "table, json, jsonl, csv, parquet, or a path that ends so (default: "+
		"as -o of the parts says)")
	flags.StringVar(&f.summary, "summary", "", "of a scan: file for the summary as JSON")
	flags.StringVar(&f.values, "values", "", "of a scan: file (.csv) for the values of --indicator")
	flags.StringVar(&f.sort, "sort", "", "of a scan: order of the matches (default: as the parts say)")
	flags.IntVar(&f.limit, "limit", 0, "of a scan: matches that are written (default: as the parts say)")
	flags.IntVar(&f.top, "top", 0, "of a discovery: findings in the table (default: as the parts say)")
	flags.StringVar(&f.report, "report", "", "of a backtest: file (.html) for the page; the parts want --report, too")
	return c
}

func merge(c *cobra.Command, f *mergeFlags, args []string) error {
	if len(args) == 0 {
		return usage{errors.New("streamd: merge needs parts, as in streamd merge a.part b.part")}
	}
	if f.limit < 0 || f.top < 0 {
		return usage{errors.New("streamd: --limit and --top must not be below 0")}
	}
	var parts []*replay.Part
	for _, path := range args {
		p, err := readPart(path)
		if err != nil {
			return usage{fmt.Errorf("streamd: %s: %w", path, err)}
		}
		if p.Task.Release != version() {
			return usage{fmt.Errorf("streamd: %s is of release %q, and this is %q: make the parts and merge them "+
				"with one release", path, p.Task.Release, version())}
		}
		parts = append(parts, p)
	}
	whole, err := replay.MergeParts(parts, args)
	if err != nil {
		return usage{fmt.Errorf("streamd: %w", err)}
	}
	task := &whole.Task
	if f.out == "" {
		f.out = task.Print["output"]
	}
	if f.report != "" && task.Rules == nil || (f.summary != "" || f.values != "") && task.Type != replay.TypeScan {
		return usage{fmt.Errorf("streamd: --report is for backtests, --summary and --values for scans: these parts "+
			"are of %s", task.Type)}
	}
	switch task.Type {
	case replay.TypeBacktest:
		return mergeBacktest(c, f, whole)
	case replay.TypePatternDiscovery:
		return mergeDiscovery(c, f, whole)
	}
	return mergeScan(c, f, whole)
}

func readPart(path string) (*replay.Part, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	defer file.Close()
	return replay.ReadPart(file)
}

// number reads a number that a part was written with, 0 for none.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

func mergeScan(c *cobra.Command, f *mergeFlags, p *replay.Part) error {
	print := p.Task.Print
	own := &scanFlags{
		out: f.out, sort: print["sort"], limit: number(print["limit"]), stats: p.Task.Statistics,
		summary: f.summary, values: f.values, indicators: p.Task.Values,
	}
	if f.sort != "" {
		own.sort = f.sort
	}
	if f.limit > 0 {
		own.limit = f.limit
	}
	if own.values != "" && len(own.indicators) == 0 {
		return usage{errors.New("streamd: --values: the parts have none: they want --indicator and --values")}
	}
	out, err := openOutput(c, f.out, scanForms...)
	if err != nil {
		return err
	}
	if p.Task.CountOnly && out.format != "json" {
		return usage{errors.New("streamd: the parts were made with -o json and hold counts only: -o json prints them")}
	}
	return finishScan(c, own, p.Task.Job(), out, &scanned{p.Results, p.Report, p.Cache, p.Took})
}

func mergeBacktest(c *cobra.Command, f *mergeFlags, p *replay.Part) error {
	if f.report != "" && !p.Task.KeepCandles {
		return usage{errors.New("streamd: --report: the parts were made without --report and hold no candles")}
	}
	out, err := openOutput(c, f.out, backtestForms...)
	if err != nil {
		return err
	}
	return finishBacktest(c, out, p.Accounts.Backtest(), p.Report, f.report, &p.Task)
}

func mergeDiscovery(c *cobra.Command, f *mergeFlags, p *replay.Part) error {
	out, err := openOutput(c, f.out, discoverForms...)
	if err != nil {
		return err
	}
	if p.Task.Like != nil {
		return finishDiscover(c, out, p.Errors, p.Report, func() error { return writeSimilar(out, p.Similar) })
	}
	own := &discoverFlags{top: number(p.Task.Print["top"])}
	if f.top > 0 {
		own.top = f.top
	}
	found := p.Occurrences
	return finishDiscover(c, out, found.Errors, p.Report, func() error {
		return writeFindings(out, own, found.Findings())
	})
}

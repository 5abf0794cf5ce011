package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"streamd/replay"
)

// diffTableMax is how many signals the table shows.
const diffTableMax = 100

func diffCommand() *cobra.Command {
	var data *dataFlags
	var formulas formulaFlags
	var format string
	var buffer int
	c := &cobra.Command{
		Use:   "diff OLD NEW --data PATH...",
		Short: "Show which signals a change of formulas adds and removes",
		Long: `Show which signals a change of formulas adds (+) and removes (-) on history. OLD and
NEW are files with formulas, as a config.yaml, or with one formula as plain text.
The exit code is 0 where the signals are the same and 1 where they differ.`,
		Example: `  streamd diff config.yaml config.new.yaml --data 'daily/*.csv'`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usage{fmt.Errorf("streamd: diff needs OLD and NEW, found %d files: %q", len(args), args)}
			}
			out, err := openOutput(c, format, "table", "json")
			if err != nil {
				return err
			}
			d, err := data.data(c)
			if err != nil {
				return err
			}
			var jobs [2]*replay.Job
			for i, path := range args {
				f := formulas
				f.file, f.buffer = path, buffer
				set, err := f.load(nil, "scan")
				if err != nil {
					return err
				}
				jobs[i] = set.job(replay.TypeScan, d)
				jobs[i].Workers = data.workers
			}
			diff, report, err := replay.Compare(c.Context(), jobs[0], jobs[1])
			if err != nil {
				return dataError(err)
			}
			if c.Context().Err() != nil {
				return interrupted{errors.New("streamd: interrupted")}
			}
			printReport(c.ErrOrStderr(), report, nil)
			for _, key := range sortedKeys(diff.Errors) {
				fmt.Fprintf(c.ErrOrStderr(), "%s: %s\n", key, diff.Errors[key])
			}
			if err := writeDiff(out, diff); err != nil {
				return err
			}
			switch {
			case diff.Series == 0:
				return errors.New("streamd: no series was compared")
			case !diff.Same():
				return errors.New("streamd: the signals differ")
			}
			return nil
		},
	}
	data = addDataFlags(c)
	formulas.addTopic(c)
	c.Flags().IntVar(&buffer, "buffer", 0, "bars kept per series, the greatest lookback; that of each file by default")
	c.Flags().StringVarP(&format, "output", "o", "", "table or json, or a path that ends so")
	return variadic(c, "data")
}

func writeDiff(out *output, d *replay.Diff) error {
	if out.format == "json" {
		return errors.Join(json.NewEncoder(out).Encode(d), out.close())
	}
	if len(d.Changes) > 0 {
		t := newTable("", "timestamp", "symbol", "timeframe", "formula", "signal_type", "close")
		for i, c := range d.Changes {
			if i == diffTableMax {
				break
			}
			sign := "+"
			if c.Change == "removed" {
				sign = "-"
			}
			t.AppendRow([]any{
				sign, c.Timestamp.Format(time.RFC3339Nano), c.Symbol, c.Timeframe, c.Formula,
				c.SignalType, c.Close,
			})
		}
		if _, err := io.WriteString(out, t.Render()+"\n"); err != nil {
			return err
		}
		if more := len(d.Changes) + d.Dropped - diffTableMax; more > 0 {
			fmt.Fprintf(out, "… and %d more; -o json has them\n", more)
		}
		fmt.Fprintln(out)
	}
	for _, name := range sortedKeys(d.ByFormula) {
		f := d.ByFormula[name]
		fmt.Fprintf(out, "%s: %d added, %d removed, %d kept\n", name, f.Added, f.Removed, f.Kept)
	}
	return out.close()
}

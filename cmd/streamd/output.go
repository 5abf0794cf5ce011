package main

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
)

// formats are what -o may name; any other word is a path.
var formats = []string{"table", "json", "jsonl", "csv", "parquet"}

// output is where the data of a command goes.
type output struct {
	*bufio.Writer
	format string
	file   *os.File // nil for standard output
	raw    bool     // texts of CSV as they are
}

// openOutput reads -o: the name of a format, which goes to standard output, or
// a path whose extension names it.
func openOutput(c *cobra.Command, o string, allowed ...string) (*output, error) {
	raw, _ := c.Flags().GetBool(csvRawFlag) // the root has it
	if o == "" {
		o = allowed[0]
	}
	if slices.Contains(formats, o) {
		if !slices.Contains(allowed, o) {
			return nil, usage{fmt.Errorf("streamd: -o %s: this command writes %s", o, strings.Join(allowed, ", "))}
		}
		return &output{Writer: bufio.NewWriterSize(c.OutOrStdout(), 1<<16), format: o, raw: raw}, nil
	}
	format := strings.TrimPrefix(filepath.Ext(o), ".")
	if format == "txt" {
		format = "table"
	}
	if !slices.Contains(allowed, format) {
		return nil, usage{fmt.Errorf("streamd: -o %s: neither one of %s nor a path that ends so", o,
			strings.Join(allowed, ", "))}
	}
	f, err := os.Create(o)
	if err != nil {
		return nil, usage{fmt.Errorf("streamd: -o: %w", err)}
	}
	return &output{Writer: bufio.NewWriterSize(f, 1<<16), format: format, file: f, raw: raw}, nil
}

// close writes out what is left.
func (o *output) close() error {
	err := o.Flush()
	if o.file != nil {
		if e := o.file.Close(); err == nil {
			err = e
		}
	}
	if err != nil {
		return fmt.Errorf("streamd: output: %w", err)
	}
	return nil
}

// csvRawFlag is the name of the flag, which every command has, that leaves texts of CSV as they are.
const csvRawFlag = "csv-raw"

// text returns a text for a cell of the output's CSV.
func (o *output) text(s string) string { return csvText(s, o.raw) }

// csvText returns a text for a cell of CSV. Symbols and names of formulas may come from anybody, and a spreadsheet
// takes what begins with = + - @ for a formula: unless they are wanted raw, an apostrophe keeps it text. Numbers are
// not passed through it.
func csvText(s string, raw bool) string {
	if !raw && s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// newTable returns a table for the terminal or a file, in one plain style.
func newTable(header ...any) table.Writer {
	t := table.NewWriter()
	style := table.StyleLight
	style.Options = table.OptionsNoBordersAndSeparators
	style.Format.Header = text.FormatDefault
	t.SetStyle(style)
	t.AppendHeader(header)
	return t
}

// exponential reports whether a number is too small or too large for prices and volumes, which have no exponents.
func exponential(v float64) bool {
	a := math.Abs(v)
	return a != 0 && (a < 1e-12 || a >= 1e21)
}

// plain prints a number in full.
func plain(v float64) string {
	if exponential(v) {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// short prints a number for reading: with so many digits, and more only before the point.
func short(v float64, digits int) string {
	if exponential(v) || v-v != 0 {
		return strconv.FormatFloat(v, 'g', digits, 64)
	}
	before := 1 // digits before the point, less than 1 where zeros follow it
	if v != 0 {
		before += int(math.Floor(math.Log10(math.Abs(v))))
	}
	text := strconv.FormatFloat(v, 'f', max(0, digits-before), 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

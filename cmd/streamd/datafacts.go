package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"streamd/history/layout"
)

// writeFiles says how files are read; those that are read alike once.
func writeFiles(w io.Writer, files []fileReport) {
	names := map[string][]string{}
	var order []string
	for _, f := range files {
		text := factsText(f)
		if names[text] == nil {
			order = append(order, text)
		}
		names[text] = append(names[text], f.Name)
	}
	for i, text := range order {
		if i == errorsShown {
			fmt.Fprintf(w, "… and %d more layouts, all of them with -o json\n\n", len(order)-i)
			return
		}
		title := names[text][0]
		if n := len(names[text]) - 1; n > 0 {
			title += fmt.Sprintf(" and %d more", n)
		}
		fmt.Fprintf(w, "%s\n%s\n", title, text)
	}
}

// factsText is what was understood of a file as lines.
func factsText(f fileReport) string {
	var b strings.Builder
	line := func(name, text string) {
		if text != "" {
			fmt.Fprintf(&b, "  %-8s %s\n", name, text)
		}
	}
	y := f.Layout
	format := f.Format
	if f.Pack != "" {
		format += ", packed as " + f.Pack
	}
	if y != nil && y.Delimiter != "" {
		format += fmt.Sprintf(", %s, %q between cells", cmp.Or(y.Encoding, "utf-8"), y.Delimiter)
		if y.Header == "none" {
			format += ", no header"
		}
	}
	line("format", format)
	if y == nil {
		return b.String()
	}
	line("columns", columnsText(y))
	if len(f.Unused) > 0 {
		line("unused", strings.Join(layout.ClipNames(f.Unused), ", "))
	}
	line("times", timesText(y))
	numbers := "decimal " + map[string]string{".": "point", ",": "comma"}[y.Decimal]
	if y.PriceScale != 0 {
		numbers += fmt.Sprintf(", prices in units of %g", y.PriceScale)
	}
	if y.Adjusted {
		numbers += ", adjusted"
	}
	line("numbers", numbers)
	flags := make([]string, len(f.Flags))
	for i, word := range f.Flags {
		flags[i] = shellWord(word)
	}
	line("flags", strings.Join(flags, " "))
	return b.String()
}

func columnsText(y *layout.FileLayout) string {
	var all []string
	for _, field := range layout.FieldNames {
		if name, ok := y.Columns[field]; ok {
			all = append(all, field+"="+cmp.Or(name, "(none)"))
		}
	}
	return strings.Join(all, " ")
}

func timesText(y *layout.FileLayout) string {
	words := map[string]string{
		"iso": "year-month-day", "ymd": "year/month/day", "mdy": "month/day/year", "dmy": "day/month/year",
		"dmony": "day, name of the month, year", "mondy": "name of the month, day, year", "digits": "digits of " +
			"the calendar",
		"epoch": "time since 1970", "excel": "days of a spreadsheet", "ms-of-day": "milliseconds since midnight",
	}
	text := cmp.Or(words[y.TimeFormat], y.TimeFormat)
	if y.Timezone != "" {
		text += ", of the zone " + y.Timezone
	}
	if y.Stamp == "end" {
		text += ", stamped at the end of the bar"
	}
	return text
}

// shellWord quotes a word for a shell where it needs that.
func shellWord(word string) string {
	if strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=,./:+%@") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

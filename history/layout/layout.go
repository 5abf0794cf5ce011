// Package layout finds out how a table of text is candles: its encoding, the delimiter, which column is which field,
// how its times and numbers are written. It sees the first bytes of an input and opens nothing itself.
//
// Files: layout.go what may be said beforehand, preset.go what is known of vendors; names.go the names of columns,
// alias.go how they are compared; encoding.go; sniff.go, headerless.go, columns.go the table; timesniff.go,
// timestyle.go, timetext.go times; numbers.go numbers; symbol.go the symbol that a path names.
package layout

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"streamd/candle"
	"streamd/candle/zone"
)

// ErrUndecodable marks a text that is no table of candles.
var ErrUndecodable = errors.New("cannot be decoded")

// ErrNoRow is the error of a table that is a header alone.
var ErrNoRow = errors.New("there is no row after the header")

// FileLayout says how the rows of a table are candles. Flags, a YAML file and the presets fill it in part; sniffing
// adds what is left empty from the first 64 KiB of an input. The zero FileLayout leaves all to sniffing.
type FileLayout struct {
	Encoding  string `yaml:"encoding,omitempty" json:"encoding,omitempty"` // utf-8, utf-16, cp949, gb18030, cp1252 …
	Skip      int    `yaml:"skip,omitempty" json:"skip,omitempty"`         // lines before the header or the first row
	Delimiter string `yaml:"delimiter,omitempty" json:"delimiter,omitempty"`
	// Header is "none" where the first line is a row already; "" leaves it to sniffing.
	Header string `yaml:"header,omitempty" json:"header,omitempty"`
	// Columns gives the name of the column of a field (FieldNames), or its number from 1 as #1; an empty name says
	// that there is none.
	Columns    map[string]string `yaml:"columns,omitempty" json:"columns,omitempty"`
	TimeFormat string            `yaml:"time_format,omitempty" json:"time_format,omitempty"` // mdy, dmy, ymd, a layout
	Timezone   string            `yaml:"timezone,omitempty" json:"timezone,omitempty"`       // of plain times; UTC
	Stamp      string            `yaml:"stamp,omitempty" json:"stamp,omitempty"`             // start or end of the bar
	Decimal    string            `yaml:"decimal,omitempty" json:"decimal,omitempty"`         // . or ,
	PriceScale float64           `yaml:"price_scale,omitempty" json:"price_scale,omitempty"`
	Timeframe  string            `yaml:"timeframe,omitempty" json:"timeframe,omitempty"`     // of the rows
	SymbolFrom string            `yaml:"symbol_from,omitempty" json:"symbol_from,omitempty"` // first group on the path
	DayFrom    string            `yaml:"day_from,omitempty" json:"day_from,omitempty"`       // first group on the path
	Adjusted   bool              `yaml:"adjusted,omitempty" json:"adjusted,omitempty"`       // use the adjusted prices
}

// Check returns the first thing that is wrong with a layout.
func (y *FileLayout) Check() error {
	for field := range y.Columns {
		if fieldByName(field) < 0 {
			return fmt.Errorf("no field %q: %s", field, strings.Join(FieldNames[:], ", "))
		}
	}
	for _, word := range []struct {
		what, value string
		want        []string
	}{
		{"decimal", y.Decimal, []string{".", ","}},
		{"stamp", y.Stamp, []string{"start", "end"}},
		{"header", y.Header, []string{"none"}},
		{"encoding", y.Encoding, EncodingNames()},
	} {
		if word.value != "" && !slices.Contains(word.want, word.value) {
			return fmt.Errorf("%s %q: want %s", word.what, word.value, strings.Join(word.want, ", "))
		}
	}
	switch {
	case len(y.Delimiter) > 1:
		return fmt.Errorf("delimiter %q is not one character", y.Delimiter)
	case y.Skip < 0:
		return fmt.Errorf("skip %d is below 0", y.Skip)
	case y.PriceScale != 0 && !(y.PriceScale > 1e-18 && y.PriceScale < 1e18):
		return fmt.Errorf("price scale %v is not above 0, as 1e-9", y.PriceScale)
	}
	return y.checkTexts()
}

// checkTexts checks what other packages read.
func (y *FileLayout) checkTexts() error {
	if y.Timezone != "" {
		if _, err := zone.Load(y.Timezone); err != nil {
			return err
		}
	}
	if y.TimeFormat != "" {
		if _, err := parseTimeFormat(y.TimeFormat); err != nil {
			return err
		}
	}
	if y.Timeframe != "" {
		if _, err := candle.ParseTimeframe(y.Timeframe); err != nil {
			return err
		}
	}
	for _, text := range []string{y.SymbolFrom, y.DayFrom} {
		re, err := regexp.Compile(text)
		if err == nil && text != "" && re.NumSubexp() < 1 {
			err = fmt.Errorf("%s has no group", text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Over returns the layout with what another one says put over it.
func (y FileLayout) Over(o FileLayout) FileLayout {
	text := func(into *string, from string) {
		if from != "" {
			*into = from
		}
	}
	text(&y.Encoding, o.Encoding)
	text(&y.Delimiter, o.Delimiter)
	text(&y.Header, o.Header)
	text(&y.TimeFormat, o.TimeFormat)
	text(&y.Timezone, o.Timezone)
	text(&y.Stamp, o.Stamp)
	text(&y.Decimal, o.Decimal)
	text(&y.Timeframe, o.Timeframe)
	text(&y.SymbolFrom, o.SymbolFrom)
	text(&y.DayFrom, o.DayFrom)
	if o.Skip != 0 {
		y.Skip = o.Skip
	}
	if o.PriceScale != 0 {
		y.PriceScale = o.PriceScale
	}
	y.Adjusted = y.Adjusted || o.Adjusted
	columns := map[string]string{}
	for _, all := range []map[string]string{y.Columns, o.Columns} {
		for field, name := range all {
			columns[field] = name
		}
	}
	if len(columns) > 0 {
		y.Columns = columns
	}
	return y
}

// column returns what the layout says of the column of a field.
func (y *FileLayout) column(field int) (name string, given bool) {
	if name, given = y.Columns[FieldNames[field]]; !given && field == Time {
		name, given = y.Columns["timestamp"]
	}
	return name, given
}

package layout

import (
	"slices"
	"strconv"
	"strings"
)

// Explicit returns the layout that says of the table all that was found out.
func (y *FileTable) Explicit() FileLayout {
	e := FileLayout{
		Encoding: y.Encoding, Delimiter: string(rune(y.Delimiter)), Decimal: string(rune(y.Numbers.Decimal)),
		TimeFormat: y.Times.Format(), Timezone: y.Times.Zone(), Adjusted: y.Adjusted >= 0, Columns: map[string]string{},
	}
	if y.Names == nil {
		e.Header = "none"
	}
	if y.Divisor != 0 {
		e.PriceScale = 1 / y.Divisor
	}
	for field, column := range y.At {
		if column >= 0 {
			e.Columns[FieldNames[field]] = y.explicitName(column)
		}
	}
	if _, ok := e.Columns[FieldNames[Volume]]; !ok {
		e.Columns[FieldNames[Volume]] = ""
	}
	return e
}

// explicitName returns the name of a column, or its number where that is clearer or cannot stand in a flag.
func (y *FileTable) explicitName(column int) string {
	if column < len(y.Names) {
		name := strings.TrimSpace(y.Names[column])
		same := func(other string) bool { return strings.TrimSpace(other) == name }
		if name != "" && name[0] != '#' && !strings.ContainsAny(name, ",=\"'\n\ufeff") && y.Groups == nil &&
			slices.IndexFunc(y.Names, same) == column {
			return name
		}
	}
	return "#" + strconv.Itoa(column+1)
}

// Format returns the word for how times are written, "" for a layout of the time package.
func (s *TimeStyle) Format() string {
	if s.kind == timeGo {
		return s.layout
	}
	return timeNames[s.kind]
}

// Zone returns the zone of times without an offset, "" where all have one.
func (s *TimeStyle) Zone() string {
	switch {
	case s.zone != nil:
		return s.zone.String()
	case s.naive:
		return "UTC"
	}
	return ""
}

// Flags returns the flags of a command that say the same, as far as there are some.
func (y *FileLayout) Flags() []string {
	var flags, columns []string
	for _, field := range FieldNames {
		if name, ok := y.Columns[field]; ok {
			columns = append(columns, field+"="+name)
		}
	}
	if len(columns) > 0 {
		flags = append(flags, "--map", strings.Join(columns, ","))
	}
	for _, f := range [...]struct{ name, value string }{
		{"--time-format", y.TimeFormat},
		{"--timezone", y.Timezone},
		{"--stamp", y.Stamp},
		{"--encoding", y.Encoding},
		{"--input-timeframe", y.Timeframe},
		{"--symbol-from", y.SymbolFrom},
	} {
		if f.value != "" {
			flags = append(flags, f.name, f.value)
		}
	}
	if y.PriceScale != 0 {
		flags = append(flags, "--price-scale", strconv.FormatFloat(y.PriceScale, 'g', -1, 64))
	}
	if y.Adjusted {
		flags = append(flags, "--adjusted")
	}
	return flags
}

package layout

import (
	"fmt"
	"strings"
	"time"
)

// parseTimeFormat reads what --time-format names: an order of day, month and
// year, a kind, or a layout of the time package or of strftime.
func parseTimeFormat(text string) (TimeStyle, error) {
	for kind, name := range timeNames {
		if name != "" && text == name {
			return TimeStyle{kind: timeKind(kind)}, nil
		}
	}
	layout := text
	if strings.Contains(text, "%") {
		var err error
		if layout, err = strftimeLayout(text); err != nil {
			return TimeStyle{}, err
		}
	}
	probe := time.Date(2011, 10, 25, 13, 47, 58, 0, time.UTC)
	if got, err := time.Parse(layout, probe.Format(layout)); err != nil || got.YearDay() != probe.YearDay() {
		return TimeStyle{}, fmt.Errorf("time format %q: want mdy, dmy, ymd, epoch, excel, or a layout with "+
			"year, month and "+
			"day as %%d.%%m.%%Y %%H:%%M or 02.01.2006 15:04", text)
	}
	return TimeStyle{kind: timeGo, layout: layout}, nil
}

// strftimeLayout turns a format of strftime into a layout of the time package.
func strftimeLayout(text string) (string, error) {
	parts := map[byte]string{
		'Y': "2006", 'y': "06", 'm': "01", 'd': "02", 'e': "_2", 'b': "Jan", 'B': "January", 'a': "Mon", 'A': "Monday",
		'H': "15", 'I': "03", 'M': "04", 'S': "05", 'f': "999999", 'p': "PM", 'z': "-0700", 'j': "002",
		'F': "2006-01-02", 'T': "15:04:05", 'D': "01/02/06", 'R': "15:04", '%': "%",
	}
	var out []byte
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			out = append(out, text[i])
			continue
		}
		i++
		part, known := "", false
		if i < len(text) {
			part, known = parts[text[i]]
		}
		if !known {
			return "", fmt.Errorf("time format %q: unknown directive at character %d", text, i)
		}
		out = append(out, part...)
	}
	return string(out), nil
}

// layoutZoned reports whether a layout of the time package holds an offset.
func layoutZoned(layout string) bool {
	return strings.Contains(layout, "Z07") || strings.Contains(layout, "-07") || strings.Contains(layout, "+07")
}

package formula

import (
	"strings"

	"streamd/incremental"
)

// Signature returns how the function is called, with its defaults, as in
// rsi(x, timeperiod=14). Series stand first; the prices are implied.
func Signature(row *incremental.Row) string {
	switch {
	case row.Usage != "":
		return row.Usage
	case row.Word:
		return row.Name
	}
	var parts []string
	k := 0
	for _, in := range row.Inputs {
		switch in {
		case incremental.Real:
			parts = append(parts, [...]string{"x", "y", "z"}[min(k, 2)])
			k++
		case incremental.Cond:
			parts = append(parts, "cond")
		}
	}
	for _, p := range row.Params {
		part := p.Name
		if !p.Required {
			part += "=" + formatArg(p, incremental.Arg{Num: p.Default, Text: p.Text})
		}
		parts = append(parts, part)
	}
	return row.Name + "(" + strings.Join(parts, ", ") + ")"
}

func formatArg(p incremental.Param, a incremental.Arg) string {
	switch p.Kind {
	case incremental.Text:
		return quote(a.Text)
	case incremental.MA:
		return quote(incremental.MAType(a.Num).String())
	}
	return formatNumber(a.Num)
}

// quote returns a text as a formula writes it; there are no escapes.
func quote(text string) string {
	if strings.Contains(text, `"`) {
		return "'" + text + "'"
	}
	return `"` + text + `"`
}

package replay

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"

	"streamd/formula"
)

// Axis is a param of the formulas, and the values that a sweep gives it.
type Axis struct {
	Name   string
	Values []formula.ParamSetting
}

// ParseAxis reads name=12, name=5..20 or name=20..60:5, and lists of these, as
// name=5,10,20..40:10. What is no number nor a range is a text: name=AAPL,SPY. Values are
// the decimals that a person would write: 0.9..1.2:0.1 has 1.2, where adding 0.1 three times gives 1.2000000000000002.
func ParseAxis(given string) (Axis, error) {
	name, text, _ := strings.Cut(given, "=")
	a := Axis{Name: strings.TrimSpace(name)}
	wrong := fmt.Errorf("param %q: want name=number or name=text, or a range as name=5..20 or name=20..60:5", given)
	for item := range strings.SplitSeq(text, ",") {
		item = strings.TrimSpace(item)
		from, rest, ranged := strings.Cut(item, "..")
		if !ranged {
			if _, isNumber := formula.ParamSetting(item).Number(); !isNumber && isText(item) && a.Name != "" {
				a.Values = append(a.Values, formula.ParamSetting(item))
				continue
			}
			rest = from
		}
		to, by, stepped := strings.Cut(rest, ":")
		if !stepped {
			by = "1"
		}
		var v [3]float64
		decimals := 0
		for i, s := range [...]string{from, to, by} {
			x, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
			if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
				return a, wrong
			}
			v[i] = x
			decimals = max(decimals, decimalsOf(x))
		}
		if a.Name == "" || v[2] <= 0 || v[1] < v[0] || stepped && !ranged {
			return a, wrong
		}
		if steps := (v[1] - v[0]) / v[2]; steps >= CombinationsMax {
			return a, fmt.Errorf("param %q: a range of %.0f values, where at most %d combinations are tried", given,
				math.Floor(steps)+1, CombinationsMax)
		}
		for i := 0; ; i++ {
			x := v[0] + float64(i)*v[2]
			if x > v[1]+1e-12*(math.Abs(v[1])+1) {
				break
			}
			a.Values = append(a.Values, formula.NumberSetting(roundDecimals(x, decimals)))
		}
	}
	return a, nil
}

// isText tells a text from a number or range that is written wrong.
func isText(item string) bool { return strings.ContainsFunc(item, unicode.IsLetter) }

// decimalsOf returns how many digits a number has after the decimal point.
func decimalsOf(x float64) int {
	_, fraction, _ := strings.Cut(strconv.FormatFloat(x, 'f', -1, 64), ".")
	return len(fraction)
}

func roundDecimals(x float64, decimals int) float64 {
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'f', decimals, 64), 64)
	if err != nil {
		panic("replay: " + err.Error()) // of a number that was printed
	}
	return y
}

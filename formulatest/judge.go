package formulatest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"streamd/candle/wire"
	"streamd/replay"
)

// reportedMax is how many bars a failure lists.
const reportedMax = 10

// judge compares the bars on which the formula fired with those of the test.
func (r *run) judge() error {
	t := r.test
	if t.Fires != nil {
		want, err := r.list("fires", t.Fires)
		if err != nil {
			return err
		}
		r.compare("fires", want, func(int) bool { return true })
	}
	on, err := r.list("fires_on", t.FiresOn)
	if err != nil {
		return err
	}
	r.compare("fires_on", on, func(i int) bool { return on[i] })
	silent, err := r.list("silent_on", t.SilentOn)
	if err != nil {
		return err
	}
	r.compare("silent_on", map[int]bool{}, func(i int) bool { return silent[i] })
	if t.Count != nil && *t.Count != r.result.Fired {
		r.fail("count: want %d bars that fire, got %d", *t.Count, r.result.Fired)
	}
	for _, want := range t.Signals {
		if err := r.signal(want); err != nil {
			return err
		}
	}
	return nil
}

// compare lists the bars on which the formula should have fired and did not (-),
// and the other way round (+).
func (r *run) compare(what string, want map[int]bool, looked func(i int) bool) {
	var lines []string
	wrong := 0
	for i := range r.bars {
		if !looked(i) || want[i] == r.fired[i] {
			continue
		}
		if wrong++; wrong > reportedMax {
			continue
		}
		if want[i] {
			lines = append(lines, fmt.Sprintf("- bar %s did not fire: %s", r.at(i), r.why(i)))
		} else {
			lines = append(lines, fmt.Sprintf("+ bar %s fired", r.at(i)))
		}
	}
	if wrong > reportedMax {
		lines = append(lines, fmt.Sprintf("and %d bars more", wrong-reportedMax))
	}
	if wrong > 0 {
		r.fail("%s: %d of %d bars are not as expected\n%s", what, wrong, len(r.bars), strings.Join(lines, "\n"))
	}
}

func (r *run) at(i int) string {
	return fmt.Sprintf("%d (%s, close %g)", i, time.Unix(0, r.bars[i].Time).UTC().Format(time.RFC3339),
		r.bars[i].Close)
}

// about says which key of the test an error is about.
func about(key string, err error) error {
	return fmt.Errorf("formulatest: %s: %s", key, strings.TrimPrefix(err.Error(), "formulatest: "))
}

// list reads bars: numbers from 0, ranges as 3..7, and times.
func (r *run) list(key string, given []any) (map[int]bool, error) {
	bars := map[int]bool{}
	for _, g := range given {
		from, to, err := r.span(fmt.Sprint(g))
		if err != nil {
			return nil, about(key, err)
		}
		for i := from; i <= to; i++ {
			bars[i] = true
		}
	}
	return bars, nil
}

func (r *run) span(text string) (from, to int, err error) {
	first, last, ranged := strings.Cut(text, "..")
	if from, err = r.bar(first); err != nil || !ranged {
		return from, from, err
	}
	if to, err = r.bar(last); err == nil && to < from {
		err = fmt.Errorf("formulatest: bars %s: the end is before the beginning", text)
	}
	return from, to, err
}

func (r *run) bar(text string) (int, error) {
	if i, err := strconv.Atoi(text); err == nil {
		if i < 0 || i >= len(r.bars) {
			return 0, fmt.Errorf("formulatest: there is no bar %d, they are 0 to %d", i, len(r.bars)-1)
		}
		return i, nil
	}
	ns, ok := wire.ParseTime([]byte(text))
	if !ok {
		return 0, fmt.Errorf("formulatest: bar %q is neither a number nor a time", text)
	}
	i := slices.IndexFunc(r.bars, func(b bar) bool { return b.Time == ns })
	if i < 0 {
		return 0, fmt.Errorf("formulatest: no bar opens at %s", text)
	}
	return i, nil
}

// signal finds what a test says of a signal in the message; fields that it does
// not name may be anything.
func (r *run) signal(want map[string]any) error {
	at, ok := want["at"]
	if !ok {
		return fmt.Errorf("formulatest: a signal needs at, the bar")
	}
	i, err := r.bar(fmt.Sprint(at))
	if err != nil {
		return about("signals", err)
	}
	if !r.fired[i] {
		r.fail("signals: bar %s did not fire: %s", r.at(i), r.why(i))
		return nil
	}
	var got any
	if err := json.Unmarshal([]byte(r.matches[i]), &got); err != nil {
		return fmt.Errorf("formulatest: %w", err)
	}
	rest := maps.Clone(want)
	delete(rest, "at")
	if lines := r.differences("", rest, got); len(lines) > 0 {
		r.fail("signals: bar %s\n%s", r.at(i), strings.Join(lines, "\n"))
	}
	return nil
}

// differences compares what is wanted with what there is, field by field.
func (r *run) differences(path string, want, got any) []string {
	m, ok := want.(map[string]any)
	if !ok {
		if r.same(want, got) {
			return nil
		}
		return []string{fmt.Sprintf("- %s: %v", path, want), fmt.Sprintf("+ %s: %v", path, got)}
	}
	g, ok := got.(map[string]any)
	if !ok {
		return []string{fmt.Sprintf("- %s: fields", path), fmt.Sprintf("+ %s: %v", path, got)}
	}
	var lines []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		at := strings.TrimPrefix(path+"."+k, ".")
		if v, ok := g[k]; ok {
			lines = append(lines, r.differences(at, m[k], v)...)
		} else {
			lines = append(lines, fmt.Sprintf("- %s: %v", at, m[k]),
				fmt.Sprintf("+ %s is not there; there are %s", at, strings.Join(slices.Sorted(maps.Keys(g)), ", ")))
		}
	}
	return lines
}

func (r *run) same(want, got any) bool {
	w, errW := toNumber(want)
	if g, errG := toNumber(got); errW == nil && errG == nil {
		return r.near(w, g)
	}
	return fmt.Sprint(want) == fmt.Sprint(got)
}

// toNumber reads a value of a test; na is a word or nothing.
func toNumber(v any) (float64, error) {
	switch v := v.(type) {
	case nil:
		return math.NaN(), nil
	case bool:
		if v {
			return 1, nil
		}
		return 0, nil
	case string:
		if v == "na" {
			return math.NaN(), nil
		}
	}
	return strconv.ParseFloat(fmt.Sprint(v), 64)
}

func (r *run) near(want, got float64) bool {
	if math.IsNaN(want) || math.IsNaN(got) {
		return math.IsNaN(want) && math.IsNaN(got)
	}
	return math.Abs(want-got) <= r.tolerance()*math.Max(1, math.Abs(want))
}

func (r *run) tolerance() float64 {
	if r.test.Tolerance == 0 {
		return 1e-9
	}
	return r.test.Tolerance
}

// values compares the values of expressions: a list from bar 0 on, or a map from
// bars to values.
func (r *run) values() error {
	expressions := slices.Sorted(maps.Keys(r.test.Values))
	if len(expressions) == 0 {
		return nil
	}
	e, err := replay.NewEvaluatorIn(r.job().Environment(r.key.Timeframe), expressions)
	if err != nil {
		return err
	}
	block := r.own.Block
	if block.Foreign, err = r.foreign(e.NeedsBelow(), e.Needs()); err != nil {
		return err
	}
	var at []int // bar by place in the block, which holds closed candles only
	for i, b := range r.bars {
		if !b.forming {
			at = append(at, i)
		}
	}
	got := make([]map[int]float64, len(expressions))
	for k := range got {
		got[k] = map[int]float64{}
	}
	if err := e.Run(context.Background(), &block, func(first int, columns [][]float64) error {
		for k, column := range columns {
			for j, v := range column {
				got[k][at[first+j]] = v
			}
		}
		return nil
	}); err != nil {
		return err
	}
	for k, x := range expressions {
		wanted, err := r.wanted(x)
		if err != nil {
			return err
		}
		for _, i := range slices.Sorted(maps.Keys(wanted)) {
			v, ok := got[k][i]
			switch {
			case !ok:
				r.fail("values: %s: bar %s is still forming", x, r.at(i))
			case !r.near(wanted[i], v):
				r.fail("values: %s on bar %s\n- %s\n+ %s", x, r.at(i), text(wanted[i], e.Bool(k)), text(v, e.Bool(k)))
			}
		}
	}
	return nil
}

// wanted returns the values that the test wants of an expression, by bar.
func (r *run) wanted(expression string) (map[int]float64, error) {
	wanted := map[int]float64{}
	set := func(bar string, v any) error {
		from, to, err := r.span(bar)
		if err != nil {
			return about("values: "+expression, err)
		}
		x, err := toNumber(v)
		if err != nil {
			return fmt.Errorf("formulatest: values: %s on bar %s: %v is no number, true, false or na", expression,
				bar,
				v)
		}
		for i := from; i <= to; i++ {
			wanted[i] = x
		}
		return nil
	}
	switch v := r.test.Values[expression].(type) {
	case []any:
		for i, x := range v {
			if err := set(strconv.Itoa(i), x); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for bar, x := range v {
			if err := set(bar, x); err != nil {
				return nil, err
			}
		}
	default:
		return nil, fmt.Errorf("formulatest: values: %s wants a list of values from bar 0 on, or bars with their "+
			"values", expression)
	}
	return wanted, nil
}

func text(v float64, condition bool) string {
	switch {
	case math.IsNaN(v):
		return "na"
	case condition:
		return strconv.FormatBool(v == 1)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

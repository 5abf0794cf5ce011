package formula

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"time"

	zones "streamd/candle/zone"

	"streamd/candle"
	"streamd/formula/plan"
	"streamd/incremental"
)

// oracle evaluates a syntax tree over whole columns, without plan, graph, shared
// nodes, blocks or folding: each function is a kernel of its own that sees the
// whole column at once, each operator is stated here a second time.
type oracle struct {
	rows map[string]*incremental.Row
	base candle.Timeframe
}

// whole is a value over all bars: one column per output of a call.
type whole struct {
	cols  [][]float64
	row   *incremental.Row // of a call
	fixed bool             // the same on every bar
	text  string
	scale []float64 // what the values were made from; nil where they show it
	price bool      // of the candle, or made of one such alone

	decimal *big.Rat // of a constant that was computed
}

// names are what an expression sees: a chain of closures.
type names struct {
	outer  *names
	name   string
	e      expr
	in     *names
	params []name // of a def
}

func (n *names) find(text string) *names {
	for n != nil && n.name != text {
		n = n.outer
	}
	return n
}

func (o *oracle) program(p *Program, b plan.Columns) []float64 {
	var in *names
	for _, s := range p.statements[:len(p.statements)-1] {
		in = &names{outer: in, name: s.name.text, e: s.value, in: in, params: s.params}
	}
	return o.eval(p.statements[len(p.statements)-1].value, in, b).cols[0]
}

func each(b plan.Columns, f func(j int) float64) [][]float64 {
	col := make([]float64, b.Len())
	for j := range col {
		col[j] = f(j)
	}
	return [][]float64{col}
}

func always(b plan.Columns, v float64) whole {
	return whole{cols: each(b, func(int) float64 { return v }), fixed: true}
}

func (o *oracle) eval(e expr, in *names, b plan.Columns) whole {
	switch e := e.(type) {
	case number:
		return always(b, e.value)
	case quoted:
		return whole{text: e.text, fixed: true}
	case paren:
		return o.eval(e.x, in, b)
	case name:
		return o.word(e.text, in, b)
	case unary:
		x := o.eval(e.x, in, b)
		var negative *big.Rat
		if x.decimal != nil && e.op.text == "-" {
			negative = new(big.Rat).Neg(x.decimal)
		} else if e.op.text == "+" {
			negative = x.decimal
		}
		return whole{fixed: x.fixed, scale: x.scale, decimal: negative, cols: each(b, func(j int) float64 {
			switch v := x.cols[0][j]; {
			case e.op.text == "-":
				return -v
			case e.op.text == "+":
				return v
			default:
				return kleene(v != v, v == 0)
			}
		})}
	case binary:
		x, y := o.eval(e.x, in, b), o.eval(e.y, in, b)
		v := whole{fixed: x.fixed && y.fixed, cols: each(b, func(j int) float64 {
			return arithmetic(e.op.text,
				x.cols[0][j], y.cols[0][j])
		})}
		if v.fixed {
			v.byDecimals(e.op.text, x, y)
		}
		if !v.fixed {
			v.scale = o.operatorScale(e.op.text, v.cols[0], x, y, b)
		}
		decides := map[string]float64{"and": 0, "or": 1}
		if d, ok := decides[e.op.text]; ok && b.Len() > 0 {
			v.fixed = v.fixed || x.fixed && x.cols[0][0] == d || y.fixed && y.cols[0][0] == d
		}
		return v
	case chain:
		v := always(b, 1)
		for i, op := range e.ops {
			x, y := o.eval(e.x[i], in, b), o.eval(e.x[i+1], in, b)
			scale := greatest(x.scale, y.scale, b)
			link := each(b, func(j int) float64 { return compared(op.text, x.cols[0][j], y.cols[0][j], scale[j]) })
			no := func(fixed bool, cols [][]float64) bool { return fixed && b.Len() > 0 && cols[0][0] == 0 }
			linked := x.fixed && y.fixed
			v.fixed = v.fixed && linked || no(v.fixed, v.cols) || no(linked, link)
			v.cols = each(b, func(j int) float64 { return arithmetic("and", v.cols[0][j], link[0][j]) })
		}
		return v
	case conditional:
		c, x, y := o.eval(e.cond, in, b), o.eval(e.x, in, b), o.eval(e.y, in, b)
		v := whole{fixed: c.fixed && x.fixed && y.fixed}
		if x.scale != nil || y.scale != nil {
			v.scale = greatest(x.scale, y.scale, b)
		}
		if c.fixed && b.Len() > 0 {
			if c0 := c.cols[0][0]; c0 == 1 {
				v.fixed, v.scale = x.fixed, x.scale
			} else if c0 == 0 {
				v.fixed, v.scale = y.fixed, y.scale
			} else {
				v.fixed = true
			}
		}
		v.cols = each(b, func(j int) float64 {
			if c := c.cols[0][j]; c == 1 {
				return x.cols[0][j]
			} else if c == 0 {
				return y.cols[0][j]
			}
			return math.NaN()
		})
		return v
	case index:
		x := o.eval(e.x, in, b)
		n := int(o.eval(e.n, in, plan.Columns{Close: []float64{0}, TimeMs: []float64{0}}).cols[0][0])
		if x.fixed {
			return whole{cols: x.cols[:1], fixed: true}
		}
		return whole{scale: x.scale, price: x.price, cols: each(b, func(j int) float64 {
			if j < n {
				return math.NaN()
			}
			return x.cols[0][j-n]
		})}
	case field:
		x := o.eval(e.x, in, b)
		k := slices.IndexFunc(x.row.Outputs, func(p incremental.Output) bool {
			return p.Name == e.name.text || slices.Contains(p.Aliases, e.name.text)
		})
		return whole{cols: x.cols[k : k+1], scale: x.scale, price: x.price}
	case call:
		return o.call(e, in, b)
	}
	panic("formula: the oracle knows no such expression")
}

func (o *oracle) word(text string, in *names, b plan.Columns) whole {
	if n := in.find(text); n != nil {
		return o.eval(n.e, n.in, b)
	}
	switch text {
	case "true":
		return always(b, 1)
	case "false":
		return always(b, 0)
	case "na":
		return always(b, math.NaN())
	}
	if p := prices(b); p[text] != nil {
		return whole{cols: [][]float64{p[text]}, price: text != "volume"}
	}
	for _, n := range NamedDefaults() {
		if n.Name == text {
			p, _ := Parse(n.Expression)
			return o.eval(p.statements[0].value, nil, b)
		}
	}
	return o.step(o.rows[text], o.rows[text].Defaults(), nil, b)
}

func prices(b plan.Columns) map[string][]float64 {
	return map[string][]float64{"open": b.Open, "high": b.High, "low": b.Low, "close": b.Close, "volume": b.Volume}
}

// impliedPrice is the series of a function that is given a period only.
var impliedPrice = map[string]string{
	"highest": "high", "highestbars": "high", "lowest": "low", "lowestbars": "low",
	"rsi_sma": "close",
}

func (o *oracle) call(e call, in *names, b plan.Columns) whole {
	if d := in.find(e.name.text); d != nil && d.params != nil {
		inside := d.in
		for i, p := range d.params {
			k := slices.IndexFunc(e.args, func(a argument) bool { return a.label.text == p.text })
			if k < 0 {
				k = i
			}
			inside = &names{outer: inside, name: p.text, e: e.args[k].value, in: in}
		}
		return o.eval(d.e, inside, b)
	}
	if e.name.text == "nz" && len(e.args) == 2 {
		x, y := o.eval(e.args[0].value, in, b), o.eval(e.args[1].value, in, b)
		if !y.fixed {
			return whole{cols: each(b, func(j int) float64 {
				if v := x.cols[0][j]; v-v == 0 {
					return v
				}
				return y.cols[0][j]
			})}
		}
	}
	if e.name.text == "tf" {
		var session []string
		for i, a := range e.args[2:] {
			if session == nil {
				session = []string{"", "UTC"}
			}
			if a.label.text == "zone" {
				i = 1
			} else if a.label.text == "hours" {
				i = 0
			}
			session[i] = a.value.(quoted).text
		}
		return o.higher(e.args[0].value.(quoted).text, session, e.args[1].value, in, b)
	}
	row := o.rows[e.name.text]
	args, n := row.Defaults(), reals(row)
	var series []whole
	constants := 0
	if implied := impliedPrice[row.Name]; implied != "" && len(e.args) == 1 {
		if x := o.eval(e.args[0].value, in, b); x.fixed { // highest(7) is that of the highs
			series, n = []whole{{cols: [][]float64{prices(b)[implied]}, price: true}}, 0
		}
	}
	for i, a := range e.args {
		if i < n {
			x := o.eval(a.value, in, b)
			series = append(series, x)
			if x.fixed {
				constants++
			}
			continue
		}
		k := i - n
		if a.label.text != "" {
			k = slices.IndexFunc(row.Params, func(p incremental.Param) bool { return p.Name == a.label.text })
		}
		v := o.eval(a.value, in, plan.Columns{Close: []float64{0}, TimeMs: []float64{0}})
		switch row.Params[k].Kind {
		case incremental.Text:
			args[k] = incremental.Arg{Text: v.text}
		case incremental.MA:
			m, _ := incremental.ParseMAType(v.text)
			args[k] = incremental.Arg{Num: float64(m)}
		default:
			args[k] = incremental.Arg{Num: v.cols[0][0]}
		}
	}
	if row.Name == "lag" && constants == 1 { // the same as x[n]
		return whole{cols: series[0].cols[:1], fixed: true}
	}
	v := o.step(row, args, series, b)
	if sign := operatorNames[row.Name]; sign != "" {
		v.scale = o.operatorScale(sign, v.cols[0], series[0], series[1], b)
	}
	// A function without memory of constants is a constant: it has that value
	// before the first bar too.
	bound, _ := row.With(args)
	v.fixed = constants > 0 && constants == reals(row) && bound.State+bound.History+bound.Lookback == 0
	if sign := operatorNames[row.Name]; sign != "" && v.fixed {
		v.byDecimals(sign, series[0], series[1])
	}
	return v
}

// step runs a kernel of its own over the whole column.
func (o *oracle) step(row *incremental.Row, args incremental.Args, series []whole, b plan.Columns) whole {
	bound, err := row.With(args)
	if err != nil {
		panic(err)
	}
	implied := map[incremental.Input][]float64{
		incremental.Open: b.Open, incremental.High: b.High, incremental.Low: b.Low,
		incremental.Close: b.Close, incremental.Volume: b.Volume, incremental.Time: b.TimeMs,
	}
	var in, out [][]float64
	v := whole{row: row, price: len(row.Inputs) == 1 && len(series) == 1 && series[0].price}
	var scale []float64
	sizes := [][]float64{}
	for _, kind := range row.Inputs {
		col := implied[kind]
		size := whole{cols: [][]float64{col}, price: kind >= incremental.Open && kind <= incremental.Close}
		if kind == incremental.Real || kind == incremental.Cond {
			size, series = series[0], series[1:]
			if col = size.cols[0]; size.scale != nil && kind == incremental.Real {
				scale = greatest(scale, size.scale, b)
			}
		}
		if kind == incremental.Scale {
			col = greatest(scale, nil, b)
			size = whole{cols: [][]float64{col}}
		}
		sizes = append(sizes, size.size(b))
		tape := bound.NewInput(b.Len())
		copy(tape[bound.History:], col)
		in = append(in, tape)
	}
	for range row.Outputs {
		out = append(out, make([]float64, b.Len()))
	}
	if b.Len() > 0 {
		bound.StepRuns(make([]float64, bound.State), in, out, make([][]float64, len(in)), make([][]float64, len(out)))
	}
	v.cols, v.scale = out, rowScale(row, out[0], sizes, scale, b)
	v.price = v.price && row.Scale == incremental.Magnitude{} && !row.Outputs[0].Bool && row.Range == [2]float64{}
	return v
}

// operatorNames are the functions that do what a sign does.
var operatorNames = map[string]string{"add": "+", "sub": "-", "mult": "*", "div": "/"}

// higher puts the bars together by their calendar and carries the value of the
// last higher bar that is over to every bar.
func (o *oracle) higher(frame string, session []string, e expr, in *names, b plan.Columns) whole {
	tf, err := candle.ParseTimeframe(frame)
	if err != nil {
		panic(err)
	}
	if tf == o.base && session == nil {
		return o.eval(e, in, b)
	}
	h := plan.Columns{
		Open: []float64{}, High: []float64{}, Low: []float64{}, Close: []float64{}, Volume: []float64{},
		TimeMs: []float64{},
	}
	var ends []float64
	for j := range b.TimeMs {
		start := tf.Align(int64(b.TimeMs[j]) * int64(time.Millisecond))
		end := tf.Next(start)
		if session != nil {
			at := time.UnixMilli(int64(b.TimeMs[j]))
			if session[0] == "" {
				start, end = zoneBar(session[1], tf, at)
			} else if start, end = sessionBar(session, tf.Duration(), at); end == 0 {
				continue
			}
		}
		last := h.Len() - 1
		if ms := float64(start / int64(time.Millisecond)); last < 0 || h.TimeMs[last] != ms {
			h.TimeMs, h.Open, h.High = append(h.TimeMs, ms), append(h.Open, b.Open[j]), append(h.High, b.High[j])
			h.Low, h.Close, h.Volume = append(h.Low, b.Low[j]), append(h.Close, b.Close[j]),
				append(h.Volume, b.Volume[j])
			ends = append(ends, float64(end/int64(time.Millisecond)))
			continue
		}
		h.High[last], h.Low[last] = math.Max(h.High[last], b.High[j]), math.Min(h.Low[last], b.Low[j])
		h.Close[last] = b.Close[j]
		h.Volume[last] += b.Volume[j]
	}
	if x := o.eval(e, in, b); x.fixed { // a constant is one before the first higher bar, too
		return x
	}
	x := o.eval(e, in, h)
	carried := func(col []float64, v float64) [][]float64 {
		return each(b, func(j int) float64 {
			v := v
			for k, end := range ends {
				if end <= b.TimeMs[j]+plan.Milliseconds(o.base.Duration()) {
					v = col[k]
				}
			}
			return v
		})
	}
	v := whole{cols: carried(x.cols[0], math.NaN())}
	if x.scale != nil {
		v.scale = carried(x.scale, 0)[0]
	}
	return v
}

// zoneBar looks by the time package alone for the bar of a zone's calendar that a time is in.
func zoneBar(name string, tf candle.Timeframe, at time.Time) (start, end int64) {
	zone, err := zones.Load(name)
	if err != nil {
		panic(err)
	}
	at = at.In(zone)
	y, m, d := at.Date()
	midnight := func(m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, zone) }
	open, over := midnight(m, d), midnight(m, d+1)
	switch tf.String() {
	case "1d":
	case "1w":
		monday := d - (int(at.Weekday())+6)%7
		open, over = midnight(m, monday), midnight(m, monday+7)
	case "1M":
		open, over = midnight(m, 1), midnight(m+1, 1)
	default:
		open = open.Add(at.Sub(open) / tf.Duration() * tf.Duration())
		if next := open.Add(tf.Duration()); next.Before(over) {
			over = next
		}
	}
	return open.UnixNano(), over.UnixNano()
}

// sessionBar looks by the time package alone for the session of New York, every day or
// on its days of the week, that a time is in: the bar of it, or zeros.
func sessionBar(session []string, width time.Duration, at time.Time) (start, end int64) {
	zone, err := zones.Load(session[1])
	if err != nil {
		panic(err)
	}
	var h1, m1, h2, m2 int
	if _, err := fmt.Sscanf(session[0], "%d:%d-%d:%d", &h1, &m1, &h2, &m2); err != nil {
		panic(err)
	}
	for _, before := range []int{1, 0} {
		y, m, d := at.In(zone).AddDate(0, 0, -before).Date()
		open, over := time.Date(y, m, d, h1, m1, 0, 0, zone), time.Date(y, m, d, h2, m2, 0, 0, zone)
		if !over.After(open) {
			over = time.Date(y, m, d+1, h2, m2, 0, 0, zone)
		}
		weekend := open.Weekday() == time.Saturday || open.Weekday() == time.Sunday
		if at.Before(open) || !at.Before(over) || weekend && strings.HasSuffix(session[0], "Mon-Fri") {
			continue
		}
		if width < 24*time.Hour {
			open = open.Add(at.Sub(open) / width * width)
			if over.After(open.Add(width)) {
				over = open.Add(width)
			}
		}
		return open.UnixNano(), over.UnixNano()
	}
	return 0, 0
}

// kleene is na, or the truth.
func kleene(na, truth bool) float64 {
	switch {
	case na:
		return math.NaN()
	case truth:
		return 1
	}
	return 0
}

func arithmetic(op string, x, y float64) float64 {
	na := x != x || y != y
	switch op {
	case "+":
		return x + y
	case "-":
		return x - y
	case "*":
		return x * y
	case "/":
		if y == 0 {
			return math.NaN()
		}
		return x / y
	case "%": // the sign is the divisor's
		r := math.Mod(x, y)
		if y == 0 {
			return math.NaN()
		}
		if r*y < 0 {
			r += y
		}
		if tie := 1e-12 * math.Abs(x); math.Abs(r) <= tie || math.Abs(r-y) <= tie {
			return 0
		}
		return r
	case "^":
		return math.Pow(x, y)
	case "and":
		return kleene(na && x != 0 && y != 0, x == 1 && y == 1)
	case "or":
		return kleene(na && x != 1 && y != 1, x == 1 || y == 1)
	}
	panic("formula: the oracle knows no operator " + op)
}

// compared is a comparison of two numbers that were made from numbers of the scale.
func compared(op string, x, y, scale float64) float64 {
	if x != x || y != y {
		return math.NaN()
	}
	c := incremental.CompareAt(x, y, scale)
	return kleene(false, map[string]bool{
		"<": c < 0, "<=": c <= 0, ">": c > 0, ">=": c >= 0, "==": c == 0,
		"!=": c != 0,
	}[op])
}

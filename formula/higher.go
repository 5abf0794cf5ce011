package formula

import (
	"errors"
	"strings"
	"time"

	"streamd/across"
	"streamd/candle"
	"streamd/formula/plan"
	"streamd/incremental"
	"streamd/incremental/catalog"
)

// wordHigher is the word of the language for higher timeframes.
const wordHigher = "tf"

// Documented returns what is written as a function is: Functions, tf, sym and the functions over a universe.
func Documented(t *catalog.Table) []*incremental.Row {
	rows := append(Functions(t), timeframeRow(), symbolRow())
	for _, f := range across.Functions() {
		rows = append(rows, &f.Row)
	}
	return rows
}

// timeframeRow describes tf, which is no kernel: it cannot be bound.
func timeframeRow() *incremental.Row {
	return &incremental.Row{
		Name: wordHigher, Title: "Higher timeframe", Group: incremental.GroupTime,
		Inputs: []incremental.Input{incremental.Real}, Outputs: []incremental.Output{{Name: "real"}},
		Params: []incremental.Param{
			{Name: "timeframe", Kind: incremental.Text, Required: true},
			{Name: "hours", Kind: incremental.Text},
			{Name: "zone", Kind: incremental.Text, Text: "UTC"},
		},
		Doc: "The expression on bars of a higher timeframe: its value on the last one that has closed, so that " +
			"nothing looks ahead. " +
			"The timeframe stands first: a count and one of s m h d w M. The expression is a number or a condition, " +
			"and has all functions but tf. " +
			"Days, weeks and months begin at midnight of the zone, shorter bars are counted from there. With the " +
			"hours of a session (as of session) bars are counted from its opening on, the last one ends with it, " +
			"1d is the session, and candles outside of it are left out.",
		Source: "the bar [t, t+H) counts from the bar whose end is at t+H or later, or from the next one present " +
			"if that is missing; a partial first one counts",
		Usage: `tf(timeframe, x, hours="", zone="UTC")`,
		Examples: []string{
			`tf("1h", ema(close, 20)) > tf("1h", ema(close, 50))`, `tf("1d", close > open)[1]`,
			`close > tf("1h", highest(7), "09:30-16:00 Mon-Fri", "America/New_York")`,
			`close > tf("1w", close, zone="Asia/Tokyo")`,
		},
		Lookback: func(incremental.Args) int { return 0 },
		Check:    func(incremental.Args) error { return errors.New("tf is no kernel") },
	}
}

// higher lowers tf("1h", expr): the expression in a graph of its own, whose bars
// are the higher timeframe's.
func (l *lowering) higher(s *scope, e call) value {
	const usage = `tf("1h", expression)`
	if len(e.args) < 2 || len(e.args) > 4 || e.args[0].label.text != "" || e.args[1].label.text != "" {
		l.add(e.at(), CodeArity, usage+` or tf("1h", expression, "09:30-16:00", "America/New_York")`,
			"tf takes a timeframe and an expression, and the hours of a session and a zone")
		for _, a := range e.args {
			l.expr(s, a.value)
		}
		return value{}
	}
	frame, at := l.expr(s, e.args[0].value), e.args[0].value.at()
	on, canon, ok := l.clock(s, e, frame, at, usage)
	if l.inner {
		l.add(e.name.span, CodeName, "", "tf cannot stand within tf")
		ok = false
	}
	outer, inner := l.graph, l.inner
	l.graph, l.inner = plan.NewGraph(), true
	x, graph := l.expr(s, e.args[1].value), l.graph
	var root plan.Ref
	if x.typ == Number || x.typ == Condition {
		root = l.column(x)
	}
	l.graph, l.inner = outer, inner
	switch {
	case !ok || x.typ == Nothing:
		return value{}
	case x.typ == Words:
		l.add(e.args[1].value.at(), CodeType, usage,
			"the second argument of tf must be a number or a condition, found a %s", x.typ)
		return value{}
	case x.fixed:
		x.bound = nil
		return x
	case on.Timeframe == l.builder.env.Timeframe && on.IsUTC(): // the last closed bar is this one
		return l.expr(s, e.args[1].value)
	}
	base := l.builder.env.Timeframe
	if base.IsZero() {
		base = on.Timeframe // unknown: lookbacks then count higher bars
	}
	canon = "tf(" + quote(on.Timeframe.String()) + ", " + x.canon + canon + ")"
	v := value{typ: x.typ, ref: l.graph.HigherTimeframe(on, base, graph, root, canon), canon: canon, power: powerAtom}
	if x.typ == Number && !l.hidden && !l.away.elsewhere() {
		return l.note(v)
	}
	return v
}

// clock reads the timeframe, the session and the zone of a tf; canon is the part of these
// two in the canonical text.
func (l *lowering) clock(s *scope, e call, frame value, at Span, usage string) (on plan.Clock, canon string, ok bool) {
	on.Timeframe, ok = l.timeframe(frame, at, usage)
	if len(e.args) == 2 {
		return on, "", ok
	}
	rest := e.args[2:]
	given := make([]value, len(rest))
	for i, a := range rest {
		given[i] = l.expr(s, a.value)
	}
	row := sessionRow()
	row.Params[0].Required = false
	args, spans, fine := l.arguments(row, rest, given, e)
	if !fine {
		return on, "", false
	}
	if args.Text(0) == "" {
		calendar, err := candle.NewCalendar(args.Text(1))
		if err != nil {
			l.add(spans[1], CodeValue, "", "%s", strings.TrimPrefix(err.Error(), "candle: "))
			return on, "", false
		}
		if on.Calendar = calendar; !calendar.IsZero() {
			canon = `, zone=` + quote(args.Text(1))
		}
		return on, canon, ok
	}
	row.Params[0].Required = true
	session, err := candle.ParseSession(args.Text(0), args.Text(1))
	if err != nil {
		l.add(blame(row, args, spans, e.at()), CodeValue, "", "%s", row.Check(args))
		return on, "", false
	}
	if ok && on.Duration() > 24*time.Hour {
		l.add(at, CodeValue, "", "bars of a session are 1d at most, found %s", on.Timeframe)
		return on, "", false
	}
	on.Session = session
	return on, ", " + quote(args.Text(0)) + ", " + quote(args.Text(1)), ok
}

// timeframe reads the first argument of tf.
func (l *lowering) timeframe(v value, at Span, usage string) (candle.Timeframe, bool) {
	base := l.builder.env.Timeframe
	if v.typ != Words {
		if v.typ != Nothing {
			l.add(at, CodeType, usage, "the timeframe must be a string constant, found a %s", v.typ)
		}
		return candle.Timeframe{}, false
	}
	tf, err := candle.ParseTimeframe(v.text)
	switch {
	case err != nil:
		l.add(at, CodeValue, "a count and one of s m h d w M, as in 15m", "unknown timeframe %q", v.text)
		return tf, false
	case !base.IsZero() && !tf.Multiple(base):
		l.add(at, CodeValue, "", "bars of %s cannot be made of bars of %s", tf, base)
		return tf, false
	}
	return tf, true
}

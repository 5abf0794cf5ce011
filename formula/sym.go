package formula

import (
	"errors"
	"strings"

	"streamd/candle"
	"streamd/formula/plan"
	"streamd/incremental"
)

// wordSymbol is the word of the language for another symbol.
const wordSymbol = "sym"

// symbolAligned is the third argument of sym that asks for bars of the same open time.
const symbolAligned = "aligned"

// symbolRow describes sym, which is no kernel: it cannot be bound.
func symbolRow() *incremental.Row {
	return &incremental.Row{
		Name: wordSymbol, Title: "Another symbol", Group: incremental.GroupUniverse,
		Inputs: []incremental.Input{incremental.Real}, Outputs: []incremental.Output{{Name: "real"}},
		Params: []incremental.Param{
			{Name: "symbol", Kind: incremental.Text, Required: true},
			{Name: "bars", Kind: incremental.Text, Choices: []string{symbolAligned}},
		},
		Doc: "The expression on the series of another symbol and the same timeframe: its value on that symbol's last " +
			"closed bar that ends no later than this bar, so that nothing looks ahead. " +
			"With \"aligned\" it is na unless the other symbol has a bar of the same open time. " +
			"The symbol stands first, as text or as a param. The expression is a number or a condition and has all " +
			"functions but sym; higher timeframes stand within it.",
		Source: "a join on the open time: the last bar at or before this one (as-of), or the same one (aligned)",
		Usage:  `sym(symbol, x, bars="")`,
		Examples: []string{
			`close > sma(close, 200) and sym("SPY", close > sma(close, 200))`,
			`roc(close, 20) > sym("SPY", roc(close, 20))`,
			`sym("SPY", tf("1d", close > sma(close, 200)))`, `close / sym("SPY", close, "aligned") > 0.5`,
		},
		Lookback: func(incremental.Args) int { return 0 },
		Check:    func(incremental.Args) error { return errors.New("sym is no kernel") },
	}
}

// away is where an expression is lowered that other series compute.
type away struct {
	symbol   bool // within sym()
	universe int  // functions over a universe around it
}

// elsewhere reports whether the expression is not of the formula's own series.
func (a away) elsewhere() bool { return a.symbol || a.universe > 0 }

// symbol lowers sym("SPY", expr): the expression in a graph of its own, over the other symbol's bars.
func (l *lowering) symbol(s *scope, e call) value {
	const usage = `sym("SPY", expression)`
	if len(e.args) < 2 || len(e.args) > 3 || e.args[0].label.text != "" || e.args[1].label.text != "" {
		l.add(e.at(), CodeArity, usage+` or sym("SPY", expression, "aligned")`,
			`sym takes a symbol and an expression, and "aligned"`)
		for _, a := range e.args {
			l.expr(s, a.value)
		}
		return value{}
	}
	ok := l.mayLeave(e.name)
	if l.away.symbol {
		l.add(e.name.span, CodeName, "", "sym cannot stand within sym")
		ok = false
	}
	name, nameOk := l.symbolName(l.expr(s, e.args[0].value), e.args[0].value.at(), usage)
	aligned, alignedOk := l.aligned(s, e)
	where := l.away
	where.symbol = true
	x, graph := l.leave(s, e.args[1].value, where)
	switch at := e.args[1].value.at(); {
	case x.typ == Words:
		l.add(at, CodeType, usage, "the second argument of sym must be a number or a condition, found a %s", x.typ)
		return value{}
	case !ok || !nameOk || !alignedOk || x.typ == Nothing:
		return value{}
	case x.fixed:
		x.bound = nil
		return x
	}
	canon := "sym(" + quote(name) + ", " + x.canon
	of := &plan.Others{
		Canon: canon + ")", Text: plan.Shown(x.canon), Symbol: name, Graph: graph, Root: x.ref,
		Scale: graph.Scale(x.ref),
	}
	if aligned {
		canon += ", " + quote(symbolAligned)
	}
	v := value{typ: x.typ, canon: canon + ")", power: powerAtom}
	if !l.fits(v.canon, e.at()) {
		return value{}
	}
	v.ref = l.graph.Other(plan.Need{Of: of, Aligned: aligned})
	if x.typ == Number && !l.inner && !l.hidden && !l.away.elsewhere() {
		return l.note(v)
	}
	return v
}

// symbolName reads the first argument of sym.
func (l *lowering) symbolName(v value, at Span, usage string) (string, bool) {
	switch {
	case v.typ == Nothing:
		return "", false
	case v.typ != Words:
		l.add(at, CodeType, usage, "the symbol must be a string constant, found %s", v.found())
		return "", false
	}
	if err := candle.CheckSymbol([]byte(v.text)); err != nil {
		l.add(at, CodeValue, "", "%q cannot be a symbol: %s", v.text, strings.TrimPrefix(err.Error(), "candle: "))
		return "", false
	}
	return v.text, true
}

// aligned reads the third argument of sym.
func (l *lowering) aligned(s *scope, e call) (aligned, ok bool) {
	if len(e.args) < 3 {
		return false, true
	}
	args, _, ok := l.arguments(&incremental.Row{
		Name: wordSymbol, Params: symbolRow().Params[1:], Usage: symbolRow().Usage,
	}, e.args[2:], []value{l.expr(s, e.args[2].value)}, e)
	return ok, ok && args.Text(0) == symbolAligned
}

// leave lowers an expression in a graph of its own, which is of other series.
func (l *lowering) leave(s *scope, e expr, where away) (value, *plan.Graph) {
	outer, inner, from := l.graph, l.inner, l.away
	l.graph, l.inner, l.away = plan.NewGraph(), false, where
	x, graph := l.expr(s, e), l.graph
	if x.typ == Number || x.typ == Condition || x.typ == Constant {
		x.ref = l.column(x)
	}
	l.graph, l.inner, l.away = outer, inner, from
	return x, graph
}

// mayLeave reports whether a function that looks at other series can stand here.
func (l *lowering) mayLeave(function name) bool {
	switch {
	case !l.builder.env.Others:
		l.add(function.span, CodeName, "commands over history have all series: eval, scan, backtest, replay, explain",
			"%s needs other series, and here each series is computed by itself", function.text)
	case l.inner:
		l.add(function.span, CodeName, `the higher timeframe stands within: `+function.text+`(… tf("1d", x) …)`,
			"%s cannot stand within tf", function.text)
	default:
		return true
	}
	return false
}

// fits reports an error where a canonical text is too long.
func (l *lowering) fits(canon string, at Span) bool {
	if len(canon) <= ExpandedMax {
		return true
	}
	l.add(at, CodeLimit, "", "formula grows over the length limit of %d characters when its names are expanded",
		ExpandedMax)
	return false
}

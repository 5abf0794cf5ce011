package formula

import (
	"strconv"

	"streamd/candle"
)

// higher lowers tf("1h", expr).
func (l *lowering) higher(s *scope, e call) value {
	if len(e.args) != 2 || e.args[0].label.text != "" || e.args[1].label.text != "" {
		l.add(e.at(), CodeArity, `tf("1h", expression)`, "tf takes a timeframe and an expression")
		return value{}
	}
	frame := l.expr(s, e.args[0].value)
	if frame.typ != Words {
		if frame.typ != Nothing {
			l.add(e.args[0].value.at(), CodeType, `"1h", for instance`, "the timeframe must be a text, found a %s", frame.typ)
		}
		return value{}
	}
	tf, err := candle.ParseTimeframe(frame.text)
	base := l.builder.env.Timeframe
	switch {
	case err != nil:
		l.add(e.args[0].value.at(), CodeValue, `"5m", "1h", "1d", for instance`, "%q is no timeframe", frame.text)
		return value{}
	case l.inner:
		l.add(e.name.span, CodeName, "", "tf within tf")
		return value{}
	case !base.IsZero() && !tf.Multiple(base):
		l.add(e.args[0].value.at(), CodeValue, "", "bars of %s cannot be made of bars of %s", tf, base)
		return value{}
	}
	outer := l.graph
	l.graph, l.inner = NewGraph(), true
	x := l.expr(s, e.args[1].value)
	inner := l.graph
	root := Ref{}
	if x.typ == Number || x.typ == Condition || x.typ == Constant {
		root = l.column(x)
	}
	l.graph, l.inner = outer, false
	switch x.typ {
	case Nothing:
		return value{}
	case Words:
		l.add(e.args[1].value.at(), CodeType, "", "tf of a text")
		return value{}
	}
	if x.fixed {
		return x
	}
	canon := "tf(" + strconv.Quote(tf.String()) + ", " + x.canon + ")"
	v := value{typ: x.typ, ref: l.graph.HigherTimeframe(tf, base, inner, root, canon), canon: canon, power: powerAtom}
	if x.typ == Number && len(l.naming) == 0 {
		l.note(canon, v.ref)
	}
	return v
}

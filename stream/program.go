package stream

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"streamd/candle"
	"streamd/formula"
	"streamd/formula/plan"
)

// program is the part of the rules that applies to a group of series, compiled.
type program struct {
	*core
	conditions *plan.Conditions // of the rules
	judge      *plan.Judge
	rules      []rule
	firings    []firing                // of the rules
	attentive  []uint64                // a bit for each rule, see firing.attentive
	settlings  []settling              // of the rules, once asked for
	indexes    map[[digestLen]byte]int // of rules, by their digests
	news       map[uint64]*news        // by which states are known

	lively   bool  // some formula has a life
	intrabar bool  // some formula looks at forming candles
	err      error // what could not be compiled for the timeframe, and is left out
}

// digestLen is the bytes of a rule's digest.
const digestLen = sha256.Size

// rule is a formula within a program.
type rule struct {
	*Formula
	*face
	root     plan.Ref        // of the condition, in an Explainer's program
	digest   [digestLen]byte // of name, canonical text and signal type: what the ids of matches begin with
	metadata []byte          // as JSON
}

// watch is a value that goes into indicator_values.
type watch struct {
	name  string
	quote []byte // name as a JSON key with colon
	ref   plan.Ref
}

// compile builds the program of the formulas that select the series. One that cannot
// be computed on the timeframe (its tf() is not a multiple of it, say) is left out, and
// stands in no one else's way.
func (e *Engine) compile(selected []*ruled, tf candle.Timeframe) *program {
	if !e.options.explain { // an Explainer shows what is computed of its formula, numbers and all
		if p := e.cores.of(e.rules, selected, tf, e.options).program(selected, tf); p != nil {
			return p
		}
	}
	return e.cores.alone(e.rules, selected, tf, e.options).program(selected, tf)
}

// program makes the program of formulas, nil where the core does not compute all that they need.
func (c *core) program(selected []*ruled, tf candle.Timeframe) *program {
	p := &program{core: c, err: c.err, rules: make([]rule, 0, len(selected))}
	defer c.builder.Rewind(c.mark)
	roots := make([]plan.Ref, 0, len(selected))
	for _, f := range selected {
		compiled, rearm, err := c.add(&f.Formula, tf)
		if err != nil {
			p.err = errors.Join(p.err, err)
			continue
		}
		face := c.faceOf(&compiled, rearm, &f.Formula)
		if face == nil {
			return nil
		}
		p.rules = append(p.rules, newRule(&f.Formula, face, &compiled))
		roots = append(roots, compiled.Root)
	}
	p.conditions = plan.NewConditions(c.builder.Graph(), roots)
	for _, r := range p.conditions.Columns() {
		if !c.plan.Computes(r) {
			return nil
		}
	}
	p.judge = p.conditions.NewJudge(c.exec)
	p.firings = make([]firing, len(p.rules))
	p.attentive = make([]uint64, (len(p.rules)+63)/64)
	for i := range p.rules {
		f := p.rules[i].Formula
		p.firings[i] = newFiring(f)
		p.firings[i].behind(p.rules[i].gate)
		if p.firings[i].attentive() {
			p.attentive[i>>6] |= 1 << (i & 63)
		}
		p.lively, p.intrabar = p.lively || f.lives(), p.intrabar || f.Intrabar
	}
	return p
}

// add compiles a formula into the graph, behind what is the core's.
func (c *core) add(f *Formula, tf candle.Timeframe) (compiled formula.Compiled, rearm plan.Ref, err error) {
	failed := func(what, text string, d formula.Diagnostics) error {
		return fmt.Errorf("stream: formula %s for %s:%s\n%s", f.Name, tf, what, d.Render(text))
	}
	c.builder.SetParams(f.Params)
	c.builder.SetSelected(f.universe())
	compiled, d := c.builder.Add(f.Expression)
	if len(d) > 0 {
		return compiled, rearm, failed("", f.Expression, d)
	}
	if f.Rearm != "" {
		condition, d := c.builder.Add(f.Rearm)
		if len(d) > 0 {
			return compiled, rearm, failed(" rearm:", f.Rearm, d)
		}
		rearm = condition.Root
	}
	return compiled, rearm, nil
}

func newWatch(name string, ref plan.Ref) watch {
	q, err := json.Marshal(name)
	if err != nil {
		panic("stream: " + err.Error()) // a string always marshals
	}
	return watch{name: name, quote: append(q, ':'), ref: ref}
}

// noMetadata is the JSON of formulas without metadata. It is never written to.
var noMetadata = []byte("{}")

func newRule(f *Formula, of *face, c *formula.Compiled) rule {
	r := rule{Formula: f, face: of, root: c.Root, metadata: noMetadata}
	var buf [256]byte
	text := append(append(buf[:0], f.Name...), 0)
	text = append(append(text, c.Canon...), 0)
	r.digest = sha256.Sum256(append(text, f.signal()...))
	if len(f.Metadata) > 0 {
		m, err := json.Marshal(f.Metadata)
		if err != nil {
			panic("stream: " + err.Error()) // a map of strings always marshals
		}
		r.metadata = m
	}
	return r
}

func (f *Formula) signal() SignalType {
	if f.Signal == "" {
		return ScanHit
	}
	return f.Signal
}

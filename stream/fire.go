package stream

import (
	"math/bits"

	"streamd/candle"
	"streamd/formula/plan"
)

// decisions are what a series remembers of its formulas' conditions.
type decisions struct {
	truths   *plan.Truths
	triggers []trigger
	running  []uint64 // a bit for each formula: its condition was true on the last bar
	lives    []life   // none where no formula has one
	tended   []uint64 // a bit for each formula: see attend
}

func newDecisions(p *program) decisions {
	d := decisions{
		truths: p.conditions.NewTruths(), triggers: make([]trigger, len(p.rules)),
		running: make([]uint64, len(p.attentive)), tended: make([]uint64, len(p.attentive)),
	}
	if p.lively {
		d.lives = make([]life, len(p.rules))
	}
	return d
}

// reset makes the decisions those of a series that has seen no bar. A signal that is open, after
// so many bars, still ends; what fires but once has fired.
func (d *decisions) reset(bars int) {
	clear(d.triggers)
	for i := range d.lives {
		d.lives[i].since -= int32(bars)
	}
	d.forget()
}

// forget drops all but the triggers, which then decide on the next bar as if it
// was the first that was judged.
func (d *decisions) forget() {
	d.truths.Reset()
	clear(d.running)
}

// shift renumbers the bars by which the triggers count.
func (d *decisions) shift(bars int) {
	for i := range d.triggers {
		d.triggers[i].since += int32(bars)
		d.triggers[i].silent += int32(bars)
	}
	for i := range d.lives {
		d.lives[i].since += int32(bars)
	}
}

// fire judges the n bars of the last step from one of them on, and fires the
// formulas. It looks only at those whose condition has changed, and at those
// that may fire although it has not.
func (e *Engine) fire(s *SeriesState, b *Block, from, n int, out *Effects, fire bool) {
	p, d := s.program, &s.decisions
	p.judge.Judge(d.truths, from, n)
	bar := p.plan.Bars(s.slab) - b.Len() + from
	for w, rules := range p.judge.Decided() {
		rules |= d.running[w]&p.attentive[w] | d.tended[w]
		for ; rules != 0; rules &= rules - 1 {
			i := w<<6 + bits.TrailingZeros64(rules)
			f, t := &p.firings[i], &d.triggers[i]
			yes, no := p.judge.Verdict(i)
			candidates := t.advance(f, yes, no, n, int32(bar))
			d.running[w] = d.running[w]&^(1<<(i&63)) | uint64(t.last&conditionTrue)<<(i&63)
			if f.lives {
				e.tend(s, b, i, from, n, candidates, yes, out, fire)
				continue
			}
			if !fire {
				continue
			}
			for ; candidates != 0; candidates &= candidates - 1 {
				j := bits.TrailingZeros64(candidates)
				if t.fire(f, int32(bar+j), p.open(i, bar+j+1, from+j)) {
					if s.withheld(i, from+j) {
						out.Withheld++
						continue
					}
					out.match(s, &p.rules[i], e.matched(b, from+j), from+j, false)
				}
			}
		}
	}
}

// open reports whether formula i may fire on bar j of the last step, the series having seen so many bars with it.
func (p *program) open(i, bars, j int) bool {
	f := &p.firings[i]
	return bars >= int(f.opens) && (!f.higher || p.exec.Open(p.rules[i].gate, j))
}

// matched returns the candle of a match. A lean engine does not fetch columns
// that no one else reads.
func (e *Engine) matched(b *Block, i int) candle.Candle {
	if e.options.Lean {
		return candle.Candle{Time: b.Time[i], Close: b.Close[i]}
	}
	return b.At(i)
}

// peek evaluates the formulas with intrabar on a candle that is still forming,
// and leaves no trace.
func (e *Engine) peek(s *SeriesState, c candle.Candle, out *Effects) {
	p := s.program
	if !p.intrabar {
		return
	}
	p.exec.Peek(s.slab, e.one.Columns(p.plan.NeedsTime()))
	p.steps++
	p.judge.Peek(s.decisions.truths)
	bars := p.plan.Bars(s.slab)
	for i := range p.rules {
		r := &p.rules[i]
		if !r.Intrabar {
			continue
		}
		f, t := &p.firings[i], s.decisions.triggers[i]
		if f.lives && s.decisions.lives[i].disarmed && p.arming(i, 0, 1) == 0 {
			continue
		}
		yes, no := p.judge.Verdict(i)
		if t.advance(f, yes, no, 1, int32(bars)) == 1 &&
			t.fire(f, int32(bars), p.open(i, bars+1, 0)) && !s.withheld(i, 0) {
			out.match(s, r, c, 0, true)
		}
	}
}

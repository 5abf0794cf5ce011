package stream

// recall puts what the engine itself remembers of the formula in place of what the
// candles kept make of it, so many before the newest: how many bars there were, since
// when the condition has been true, whether a cooldown goes on. The values in the
// tree may then be marked as unsettled; the verdict on the newest candle is the
// engine's own.
func (x *Explainer) recall(s *SeriesState, before int) {
	x.begun = s.Bars() - before - x.series.Bars()
	p := x.series.program
	if len(p.rules) == 0 {
		return
	}
	t := &x.run
	t.since += int32(x.begun)
	t.silent += int32(x.begun)
	k, ok := s.program.ruleOf(&p.rules[0])
	if !ok || newFiring(s.program.rules[k].Formula) != newFiring(p.rules[0].Formula) {
		return // since a reload the series has seen no candle
	}
	x.recalled = true
	gate, bar := s.program.rules[k].gate, int32(s.Bars()-1-before)
	if bars, higher := gate.Bars(); higher {
		x.warm = before == 0 && s.program.plan.Missing(s.slab, gate) == 0
	} else {
		x.warm = int(bar) >= bars
	}
	own := &s.decisions.triggers[k]
	if before == 0 && x.rule.lives() {
		x.spent = s.decisions.lives[k].disarmed && own.silent != bar+1+p.firings[0].cooldown
	}
	if before == 0 || own.last == conditionTrue && own.since <= bar {
		t.last, t.since, t.edge = own.last, own.since, own.edge
	}
	switch cooldown := p.firings[0].cooldown; {
	case own.silent < 0: // it was over when a record was taken
		if -own.silent <= bar {
			t.silent = own.silent
		}
	case before == 0 || own.silent-1-cooldown <= bar:
		t.silent = own.silent
	}
}

package rulebook

import (
	"cmp"
	"maps"
	"path/filepath"
	"slices"

	"streamd/config"
)

// ledger says who keeps which formulas: all that is known of all places. It changes formula by formula.
type ledger struct {
	names   map[string]*candidate // the first of each name; the others follow by next
	paused  map[string]*candidate // the first of those names that are kept and not in force
	sources map[place]*source     // of the configuration, of files, and of what cannot be read
	over    int                   // names beyond the most that there may be
	faults  faultList
}

func newLedger() *ledger {
	return &ledger{
		names: map[string]*candidate{}, paused: map[string]*candidate{}, sources: map[place]*source{},
		faults: faultList{listed: map[faultKey]Fault{}},
	}
}

// touched are the names of formulas that have to be looked at.
type touched map[string]struct{}

func (t touched) add(f *candidate) { t[f.Name] = struct{}{} }

// finding is what a place holds now, or nil where it is gone.
type finding struct {
	at  place
	key string // of the topic: each is a place of its own
	now *source
}

// take puts what a place holds now in place of what it held before.
func (l *ledger) take(n finding, t touched) {
	var held []*candidate
	if was := l.sources[n.at]; was != nil {
		held = was.candidates
	}
	for f := l.names[n.key]; f != nil && n.key != ""; f = f.next {
		if f.place == n.at {
			held = []*candidate{f}
		}
	}
	l.exchangeAt(n.at, held, n.now, t)
	if n.now != nil && n.now.err == nil && n.key == "" { // keys are many: they are listed while unreadable
		l.sources[n.at] = n.now
	}
}

func (l *ledger) exchangeAt(at place, held []*candidate, now *source, t touched) {
	if was := l.sources[at]; was != nil {
		l.faults.forgetSource(was)
	}
	delete(l.sources, at)
	switch {
	case now == nil:
		l.exchange(held, nil, t)
	case now.err != nil:
		for _, f := range held {
			l.faults.forget(f)
			f.stale = true
		}
		l.sources[at] = &source{place: at, candidates: held, names: now.names, err: now.err}
		l.faults.noteSource(l.sources[at], len(held) > 0 || at.kind == inFolder && len(l.names) > 0)
	default:
		l.exchange(held, now.candidates, t)
		for _, f := range now.moved {
			t.add(f)
		}
		now.moved = nil
	}
}

// exchange takes candidates out and puts others in. Those that are at the beginning or the end of both stay.
func (l *ledger) exchange(out, in []*candidate, t touched) {
	for len(out) > 0 && len(in) > 0 && out[0] == in[0] {
		out, in = out[1:], in[1:]
	}
	for len(out) > 0 && len(in) > 0 && out[len(out)-1] == in[len(in)-1] {
		out, in = out[:len(out)-1], in[:len(in)-1]
	}
	for _, f := range out {
		l.faults.forget(f)
		l.remove(f)
		t.add(f)
	}
	for _, f := range in {
		l.insert(f)
		t.add(f)
	}
}

func (l *ledger) insert(f *candidate) {
	first := l.names[f.Name]
	if first == nil || f.compare(first) < 0 {
		if f.next = first; first != nil {
			f.over, first.over = first.over, false
		}
		l.names[f.Name] = f
		return
	}
	at := first
	for at.next != nil && f.compare(at.next) >= 0 {
		at = at.next
	}
	f.next, at.next = at.next, f
}

func (l *ledger) remove(f *candidate) {
	if f.over {
		f.over = false
		l.over--
	}
	first := l.names[f.Name]
	switch {
	case first == f && f.next == nil:
		delete(l.names, f.Name)
	case first == f:
		l.names[f.Name] = f.next
	default:
		for at := first; at != nil; at = at.next {
			if at.next == f {
				at.next = f.next
			}
		}
	}
	f.next = nil
}

// limit leaves out the names beyond the most that there may be: the last ones in their order.
func (l *ledger) limit(most int, t touched) {
	if len(l.names) <= most && l.over == 0 {
		return
	}
	all := slices.SortedFunc(maps.Values(l.names), (*candidate).compare)
	l.over = max(0, len(all)-most)
	for i, f := range all {
		if over := i >= most; f.over != over {
			f.over = over
			t.add(f)
		}
	}
}

// note keeps a list of what is paused.
func (l *ledger) note(name string) {
	if f := l.names[name]; f != nil && f.Paused && !f.over {
		l.paused[name] = f
	} else {
		delete(l.paused, name)
	}
}

// runs returns the formula of a name that is to be in force, as it is written; nil for none.
func (l *ledger) runs(name string) *candidate {
	if f := l.names[name]; f != nil && !f.Paused && !f.over {
		return f
	}
	return nil
}

// problemOf says what is wrong with what stands where a formula in force comes from: an older version is in force.
func (l *ledger) problemOf(name string) string {
	c := l.names[name]
	if c == nil {
		return ""
	}
	if c.wrong {
		return cmp.Or(l.faults.listed[c.key()].Error, "one of more faults than are listed")
	}
	for _, at := range []place{c.place, {inFolder, filepath.Dir(c.place.name)}} {
		if s := l.sources[at]; s != nil && s.err != nil {
			return config.WithoutLines(s.err).Error()
		}
	}
	return ""
}

package rulebook

import (
	"fmt"
	"reflect"

	"streamd/config"
	"streamd/stream"
)

// settling puts in force what has become of some formulas. Of each, a good one is in force, and a bad one leaves the
// version that was in force before. Of two of one name the first stays.
type settling struct {
	b      *Book
	file   *config.Configuration
	before *stream.Rules // nil for none
	anew   bool          // all formulas are compiled: for other indicators, or since most are other ones

	put    []stream.Formula
	from   []*candidate         // of put
	remove []string             // names
	bad    map[*candidate]error // what is wrong with a formula
	kept   map[*candidate]bool  // that the version before is in force of a bad one

	rules *stream.Rules
}

// settle takes what was found, and puts the formulas in force that this touches; with other terms than before, all.
func (b *Book) settle(file *config.Configuration, news []finding) error {
	t := touched{}
	s := &settling{
		b: b, file: file, before: b.rules.Load(), bad: map[*candidate]error{}, kept: map[*candidate]bool{},
	}
	s.anew = s.before == nil || !sameTerms(file, b.file.Load())
	b.mu.Lock()
	for _, n := range news {
		b.ledger.take(n, t)
	}
	b.ledger.limit(b.options.most, t)
	if s.anew = s.anew || manyOf(len(t), s.before.Len()); s.anew {
		for name := range b.ledger.names {
			t[name] = struct{}{}
		}
	}
	b.mu.Unlock()
	s.choose(t)
	if err := s.compile(); err != nil {
		return err
	}
	if err := s.fit(); err != nil {
		return err
	}
	b.mu.Lock()
	s.noteFaults(t)
	b.ledger.faults.log(b.options.Log)
	b.mu.Unlock()
	b.file.Store(file)
	b.rules.Store(s.rules)
	if s.before != nil && s.rules != s.before {
		b.options.Change(s.rules)
		b.options.Log.Info().Int("formulas", s.rules.Len()).Int("changed", len(s.put)+len(s.remove)).Msg("reloaded")
	}
	return nil
}

// manyOf reports whether so many formulas have changed that all are compiled: of those a few at a time are
// cheaper, and leave all series alone that they are not for.
func manyOf(changed, all int) bool { return changed > 1000 && changed > all/4 }

// sameTerms reports whether formulas are compiled in the same way under two configurations.
func sameTerms(a, b *config.Configuration) bool {
	return a == b || reflect.DeepEqual(a.Named(), b.Named()) && a.OthersAllowed() == b.OthersAllowed() &&
		reflect.DeepEqual(a.UniverseList(), b.UniverseList())
}

// choose finds what is to be compiled, and what is to go.
func (s *settling) choose(t touched) {
	for name := range t {
		var was *stream.Formula
		if s.before != nil {
			was, _, _ = s.before.Find(name)
		}
		f := s.b.ledger.runs(name)
		if f == nil {
			if was != nil {
				s.remove = append(s.remove, name)
			}
			continue
		}
		one, err := f.formula()
		switch {
		case err != nil:
			s.bad[f] = err
		case s.anew || was == nil || !reflect.DeepEqual(*was, one):
			s.put, s.from = append(s.put, one), append(s.from, f)
		}
	}
}

// compile compiles the good formulas, and the versions before of the bad ones.
func (s *settling) compile() error {
	var problems []*stream.Problem
	switch {
	case s.anew:
		rc := rulesConfig(s.file)
		rc.Formulas, rc.LeaveOut = s.put, true
		if s.rules, problems = stream.NewRules(rc); s.rules == nil {
			return indicatorErrors(s.file, problems)
		}
	case len(s.put)+len(s.remove) == 0:
		s.rules = s.before
	default:
		if s.rules, problems = s.before.Change(s.put, s.remove...); s.rules != nil {
			break
		}
		var again []*stream.Problem
		if s.rules, again = s.before.Change(s.without(problems), s.remove...); s.rules == nil {
			return fmt.Errorf("formulas that are good one by one are not together: %v", again)
		}
	}
	for _, p := range problems {
		f := s.from[p.Index]
		s.bad[f] = joined(s.bad[f], f.problem(p))
	}
	return s.keep()
}

// without returns the formulas to put that have no problems.
func (s *settling) without(problems []*stream.Problem) []stream.Formula {
	bad := map[int]bool{}
	for _, p := range problems {
		bad[p.Index] = true
	}
	var good []stream.Formula
	for i := range s.put {
		if !bad[i] {
			good = append(good, s.put[i])
		}
	}
	return good
}

// keep keeps the versions before of bad formulas in force.
func (s *settling) keep() error {
	if s.before == nil {
		return nil
	}
	var again []stream.Formula
	for f := range s.bad {
		was, _, ok := s.before.Find(f.Name)
		if !ok {
			continue
		}
		if !s.anew && was.Rank == f.rank {
			s.kept[f] = true
			continue
		}
		one := *was
		one.Rank = f.rank
		if s.anew {
			if _, problems := s.rules.With(one); len(problems) > 0 {
				continue
			}
		}
		s.kept[f], again = true, append(again, one)
	}
	if len(again) == 0 {
		return nil
	}
	rules, problems := s.rules.Change(again)
	if rules == nil {
		return fmt.Errorf("formulas that were in force are bad: %v", problems)
	}
	s.rules = rules
	return nil
}

// noteFaults notes what is wrong with the touched formulas, and forgets what was.
func (s *settling) noteFaults(t touched) {
	l := s.b.ledger
	for name := range t {
		l.note(name)
		first := l.names[name]
		for f := first; f != nil; f = f.next {
			l.faults.forget(f)
			switch err := s.bad[f]; {
			case f.stale:
			case f != first:
				text := fmt.Sprintf("%s: formula %q is in %s already", f.place.name, name, first.place.name)
				l.faults.note(f, text, false)
			case f.over:
				l.faults.note(f, fmt.Sprintf("%s: formula %q: %v", f.place.name, name, ErrFull), false)
			case err != nil:
				l.faults.note(f, config.WithoutLines(err).Error(), s.kept[f])
			}
		}
	}
}

package rulebook

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"streamd/stream"
)

// fittedTries bounds how often the memory is asked for where it does not suffice for all.
const fittedTries = 24

// fit leaves the formulas out that are new, or other than before, where the memory does not suffice for them.
func (s *settling) fit() error {
	fits := s.b.options.Fits
	if fits == nil || s.rules == s.before {
		return nil
	}
	tight := fits(s.rules)
	if tight == nil {
		return nil
	}
	a := admission{settling: s, refused: map[*candidate]error{}, tries: fittedTries}
	var news []*candidate
	for i, f := range s.from {
		if s.bad[f] == nil && !s.wasInForce(&s.put[i]) {
			news, a.refused[f] = append(news, f), tight
		}
	}
	if len(news) == 0 {
		return nil // formulas were taken away, or it was so before
	}
	slices.SortFunc(news, (*candidate).compare)
	if err := a.halves(news); err != nil {
		return err
	}
	rules, err := a.rulesWithout(a.refused)
	if err != nil {
		return err
	}
	s.rules = rules
	for f, why := range a.refused {
		s.bad[f] = fmt.Errorf("%s: formula %q: %w: %w", f.place.name, f.Name, ErrMemory, why)
		if s.before != nil {
			_, _, s.kept[f] = s.rules.Find(f.Name)
		}
	}
	return nil
}

// wasInForce reports whether a formula was in force before, at whichever place.
func (s *settling) wasInForce(f *stream.Formula) bool {
	if s.before == nil {
		return false
	}
	was, _, ok := s.before.Find(f.Name)
	if !ok {
		return false
	}
	same := *was
	same.Rank = f.Rank
	return reflect.DeepEqual(same, *f)
}

// admission finds the formulas that the memory suffices for: it takes them in together where they fit, and else by
// halves, so that a few that need too much are found among many in few tries.
type admission struct {
	*settling
	refused map[*candidate]error // the rest, with the reasons; none is in force
	tries   int                  // left
}

// halves takes in what fits of formulas that do not fit together.
func (a *admission) halves(some []*candidate) error {
	if len(some) < 2 {
		return nil
	}
	middle := len(some) / 2
	for _, half := range [][]*candidate{some[:middle], some[middle:]} {
		if a.tries == 0 {
			return nil
		}
		a.tries--
		without := maps.Clone(a.refused)
		for _, f := range half {
			delete(without, f)
		}
		rules, err := a.rulesWithout(without)
		if err != nil {
			return err
		}
		switch tight := a.b.options.Fits(rules); {
		case tight == nil:
			a.refused = without
		case len(half) == 1:
			a.refused[half[0]] = tight
		default:
			if err := a.halves(half); err != nil {
				return err
			}
		}
	}
	return nil
}

// rulesWithout returns the rules with the versions before of formulas in place of them.
func (a *admission) rulesWithout(refused map[*candidate]error) (*stream.Rules, error) {
	var before []stream.Formula
	var gone []string
	for f := range refused {
		gone = append(gone, f.Name)
		if a.before == nil {
			continue
		}
		if was, _, ok := a.before.Find(f.Name); ok {
			one := *was
			one.Rank = f.rank
			if _, problems := a.rules.With(one); len(problems) == 0 {
				before = append(before, one)
			}
		}
	}
	rules, problems := a.rules.Change(before, gone...)
	if rules == nil {
		return nil, fmt.Errorf("formulas that were good are bad: %v", problems)
	}
	return rules, nil
}

package main

import (
	"fmt"
	"slices"
	"strings"

	"streamd/stream"
)

// fault is a formula, or a file of them, that is not in force as it is written.
type fault struct {
	Origin string `json:"origin"`
	Name   string `json:"name,omitempty"` // empty where a whole file cannot be read
	Error  string `json:"error"`
	Kept   bool   `json:"kept"` // the last good version is in force
}

// ruleBook is the formulas in force, each with its origin, and what is not.
type ruleBook struct {
	inForce []candidate
	faults  []fault
	rules   *stream.Rules
}

// formulaSource is a place of formulas and what was found there. A source that cannot be
// read keeps what was in force of it.
type formulaSource struct {
	origin     string
	candidates []candidate
	err        error
}

// assemble judges every formula by itself: what is good is in force, and what is
// not leaves the version that was in force before. Of two of one name the first
// stays.
func (c *loaded) assemble(sources []formulaSource, before *ruleBook) (*ruleBook, error) {
	book := &ruleBook{}
	old := map[string]candidate{}
	if before != nil {
		for _, f := range before.inForce {
			old[f.Name] = f
		}
	}
	var wanted []candidate
	place := map[string]string{} // of names
	for _, s := range sources {
		found := s.candidates
		if s.err != nil {
			found = nil
			for _, f := range old {
				if f.origin == s.origin {
					found = append(found, f)
				}
			}
			slices.SortFunc(found, func(a, b candidate) int { return strings.Compare(a.Name, b.Name) })
			book.faults = append(book.faults, fault{Origin: s.origin, Error: s.err.Error(), Kept: len(found) > 0})
		}
		for _, f := range found {
			if first, ok := place[f.Name]; ok {
				book.faults = append(book.faults, fault{Origin: f.origin, Name: f.Name, Error: fmt.Sprintf("a formula of this name is in %s already", first)})
				continue
			}
			place[f.Name] = f.origin
			wanted = append(wanted, f)
		}
	}
	rules, problems, err := c.judge(wanted)
	if err != nil {
		return nil, err
	}
	if len(problems) > 0 {
		good := wanted[:0:0]
		for i, f := range wanted {
			text, bad := problems[i]
			if !bad {
				good = append(good, f)
				continue
			}
			last, kept := old[f.Name]
			if kept {
				_, again, err := c.judge([]candidate{last})
				kept = err == nil && len(again) == 0
			}
			if kept {
				good = append(good, last)
			}
			book.faults = append(book.faults, fault{Origin: f.origin, Name: f.Name, Error: text, Kept: kept})
		}
		wanted = good
		if rules, problems, err = c.judge(wanted); err != nil || len(problems) > 0 {
			return nil, fmt.Errorf("streamd: formulas that are good one by one are not together: %v %w", problems, err)
		}
	}
	book.inForce, book.rules = wanted, rules
	return book, nil
}

// find returns the formula of a name that is in force.
func (s *ruleBook) find(name string) (candidate, bool) {
	i := slices.IndexFunc(s.inForce, func(f candidate) bool { return f.Name == name })
	if i < 0 {
		return candidate{}, false
	}
	return s.inForce[i], true
}

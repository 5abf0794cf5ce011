package main

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"streamd/stream"
	"streamd/web"
)

// place is where formulas stand.
type place struct {
	kind string
	name string // as people call it
}

// The kinds of places.
const (
	inConfig = "config"
	inFile   = "file"
	inFolder = "folder" // as a whole, where its files cannot be listed
	inTopic  = "topic"
)

// holds reports whether what stands at q stands at p.
func (p place) holds(q place) bool {
	return p == q || p.kind == inFolder && q.kind == inFile && filepath.Dir(q.name) == filepath.Clean(p.name)
}

// formulaSource is a place of formulas and what was found there. A source that cannot
// be read keeps what was in force of it.
type formulaSource struct {
	place
	candidates []candidate
	names      []string // of the formulas there, also where their settings are wrong
	err        error
}

// ruleBook is the formulas in force, each with its place, and what is not.
type ruleBook struct {
	base    *loaded // the configuration that they are of
	inForce []candidate
	kept    map[string]string // names of older versions in force, and what is wrong with the newest
	faults  []web.Fault
	rules   *stream.Rules
}

// sources returns the places of formulas in their order; topic may be nil.
func (c *loaded) sources(folder []formulaSource, topic *formulasTopic) []formulaSource {
	own := formulaSource{place: place{inConfig, c.doc.path}, candidates: c.own()}
	for _, f := range own.candidates {
		own.names = append(own.names, f.Name)
	}
	all := append([]formulaSource{own}, folder...)
	return append(all, topic.sources()...)
}

// assemble judges every formula by itself: what is good is in force, and what is
// not leaves the version that was in force before. Of two of one name the first
// stays.
func (c *loaded) assemble(sources []formulaSource, before *ruleBook) (*ruleBook, error) {
	book := &ruleBook{base: c, kept: map[string]string{}}
	wanted := book.want(sources, before)
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
			last, kept := before.find(f.Name)
			if kept {
				_, again, err := c.judge([]candidate{last})
				kept = err == nil && len(again) == 0
			}
			if kept {
				good = append(good, last)
				book.kept[f.Name] = text
			} else {
				delete(book.kept, f.Name)
			}
			book.fault(f.place, f.Name, text, kept)
		}
		wanted = good
		if rules, problems, err = c.judge(wanted); err != nil || len(problems) > 0 {
			return nil, fmt.Errorf("streamd: formulas that are good one by one are not together: %v %w", problems, err)
		}
	}
	book.inForce, book.rules = wanted, rules
	if before.rules != nil && reflect.DeepEqual(c.named, before.base.named) &&
		reflect.DeepEqual(rules.Formulas(), before.rules.Formulas()) {
		book.rules = before.rules // nothing for the engines to change over to
	}
	return book, nil
}

// want lists the formulas of the sources in their order, the first of each name, and
// in place of what cannot be read what was in force of it.
func (s *ruleBook) want(sources []formulaSource, before *ruleBook) []candidate {
	var wanted []candidate
	first := map[string]place{}
	for _, src := range sources {
		found := src.candidates
		if src.err != nil {
			for _, f := range before.inForce {
				if src.holds(f.place) {
					found = append(found, f)
				}
			}
			s.fault(src.place, "", src.err.Error(), len(found) > 0)
		}
		for _, f := range found {
			if at, ok := first[f.Name]; ok {
				s.fault(f.place, f.Name, fmt.Sprintf("%s: formula %s is in %s already", f.place.name, f.Name, at.name),
					false)
				continue
			}
			first[f.Name] = f.place
			wanted = append(wanted, f)
			if src.err != nil {
				s.kept[f.Name] = src.err.Error()
			}
		}
	}
	return wanted
}

func (s *ruleBook) fault(at place, name, text string, kept bool) {
	s.faults = append(s.faults, web.Fault{Name: name, Origin: at.kind, Place: at.name, Error: text, Kept: kept})
}

// find returns the formula of a name that is in force.
func (s *ruleBook) find(name string) (candidate, bool) {
	i := slices.IndexFunc(s.inForce, func(f candidate) bool { return f.Name == name })
	if i < 0 {
		return candidate{}, false
	}
	return s.inForce[i], true
}

// show lists the formulas in force.
func (s *ruleBook) show() ([]web.Formula, []web.Fault) {
	formulas := s.rules.Formulas()
	all := make([]web.Formula, len(formulas))
	for i := range formulas {
		f := &s.inForce[i]
		all[i] = web.Formula{
			Formula: &formulas[i], Canonical: s.rules.Canonical(i),
			Origin: f.place.kind, Place: f.place.name, Problem: s.kept[f.Name],
		}
	}
	return all, s.faults
}

// problems says in full what is not in force as it is written.
func (s *ruleBook) problems() []string {
	texts := make([]string, len(s.faults))
	for i, f := range s.faults {
		texts[i] = f.Error
		if f.Kept {
			texts[i] = strings.TrimRight(f.Error, "\n") + "\n  the version before stays in force"
		}
	}
	return texts
}

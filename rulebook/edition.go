package rulebook

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"streamd/config"
	"streamd/stream"
)

// edition is the formulas in force at one time, each with its place, and what is not. It does not change.
type edition struct {
	file    *config.Configuration // the configuration that they are of
	inForce []candidate
	paused  []candidate       // kept where they stand, and not in force
	kept    map[string]string // names of older versions in force, and what is wrong with the newest
	faults  []Fault
	rules   *stream.Rules
	fits    func(*stream.Rules) error // see Options.Fits
	most    int                       // formulas in force
}

// InForce is a formula in force, or one that is paused, and where it stands.
type InForce struct {
	*stream.Formula
	Canonical string
	Origin    string // the kind of the place: config, file, topic
	Place     string
	Problem   string // what is wrong with what stands there now: an older version is in force
	Paused    bool   // it is kept there, and not in force
}

// Fault is a formula, or a place of formulas, that is not in force as it is written.
type Fault struct {
	Name   string `json:"name,omitempty"` // empty where a whole place cannot be read
	Origin string `json:"origin"`
	Place  string `json:"place"`
	Error  string `json:"error"`
	Kept   bool   `json:"kept"` // the last good version is in force
}

// next compiles every formula by itself: a good one is in force, and a bad one leaves the version that was in force
// before. Of two of one name the first stays.
func (before *edition) next(file *config.Configuration, sources []source) (*edition, error) {
	e := &edition{file: file, kept: map[string]string{}, fits: before.fits, most: before.most}
	wanted := e.want(sources, before)
	e.paused = slices.DeleteFunc(slices.Clone(wanted), func(f candidate) bool { return !f.Paused })
	wanted = running(wanted)
	rules, ok := e.changed(before, wanted)
	var problems map[int]error
	var err error
	if !ok {
		if rules, problems, err = compile(file, wanted); err != nil {
			return nil, err
		}
	}
	if len(problems) > 0 {
		wanted = e.withoutBad(wanted, problems, before)
		if rules, problems, err = compile(file, wanted); err != nil || len(problems) > 0 {
			return nil, fmt.Errorf("formulas that are good one by one are not together: %v %w", problems, err)
		}
	}
	if e.fits != nil {
		if rules, wanted, err = e.fitted(rules, wanted, before); err != nil {
			return nil, err
		}
	}
	e.inForce, e.rules = wanted, rules
	if before.rules != nil && rules != before.rules && !ok && reflect.DeepEqual(file.Named(), before.file.Named()) &&
		reflect.DeepEqual(rules.Formulas(), before.rules.Formulas()) {
		e.rules = before.rules // nothing for the engines to change over to
	}
	return e, nil
}

// changesMost is how many changes are made one by one. From there on all formulas are compiled.
const changesMost = 1000

// changed returns the rules before with what has changed, and only that compiled: engines go on with all the rest. It
// reports false where all must be compiled, for other settings or for what there is to say about a bad formula.
func (e *edition) changed(before *edition, wanted []candidate) (*stream.Rules, bool) {
	if before.rules == nil || before.file != e.file {
		return nil, false
	}
	gone := make(map[string]*candidate, len(before.inForce))
	for i := range before.inForce {
		gone[before.inForce[i].Name] = &before.inForce[i]
	}
	var put []stream.Formula
	for i := range wanted {
		f := &wanted[i]
		was := gone[f.Name]
		delete(gone, f.Name)
		if was != nil && was.rank == f.rank && reflect.DeepEqual(was.FormulaSettings, f.FormulaSettings) {
			continue
		}
		one, err := f.formula()
		if err != nil || len(put) == changesMost {
			return nil, false
		}
		put = append(put, one)
	}
	switch {
	case len(put)+len(gone) == 0:
		return before.rules, true
	case len(gone) > changesMost:
		return nil, false
	}
	rules, problems := before.rules.Change(put, slices.Collect(maps.Keys(gone))...)
	return rules, len(problems) == 0
}

// fittedTries bounds how often formulas are compiled and asked for their memory where it does not suffice for all.
const fittedTries = 24

// fitted leaves the formulas out that are new, or other than before, where the memory does not suffice for them.
func (e *edition) fitted(rules *stream.Rules, wanted []candidate, before *edition) (*stream.Rules, []candidate, error) {
	tight := e.fits(rules)
	if tight == nil {
		return rules, wanted, nil
	}
	news := map[int]error{}
	for i, f := range wanted {
		if was, ok := before.find(f.Name); !ok || !reflect.DeepEqual(was.FormulaSettings, f.FormulaSettings) {
			news[i] = tight
		}
	}
	if len(news) == 0 {
		return rules, wanted, nil // formulas were taken away, or it was so before
	}
	a := admission{edition: e, wanted: wanted, before: before, refused: news, tries: fittedTries}
	if err := a.halves(slices.Sorted(maps.Keys(news))); err != nil {
		return nil, nil, err
	}
	news = a.refused
	for i, why := range news {
		f := &wanted[i]
		news[i] = fmt.Errorf("%s: formula %q: %w: %w", f.place.name, f.Name, ErrMemory, why)
	}
	wanted = e.withoutBad(wanted, news, before)
	rules, found, err := compile(e.file, wanted)
	if err == nil && len(found) > 0 {
		err = fmt.Errorf("formulas that were in force are bad: %v", found)
	}
	return rules, wanted, err
}

// admission finds the formulas that the memory suffices for: it takes them in together where they fit, and else by
// halves, so that a few that need too much are found among many in few tries.
type admission struct {
	edition *edition
	wanted  []candidate
	before  *edition
	refused map[int]error // the rest, with the reasons; none is in force
	tries   int           // left
}

// halves takes in what fits of formulas that do not fit together.
func (a *admission) halves(some []int) error {
	if len(some) < 2 {
		return nil
	}
	middle := len(some) / 2
	for _, half := range [][]int{some[:middle], some[middle:]} {
		if a.tries == 0 {
			return nil
		}
		a.tries--
		without := maps.Clone(a.refused)
		for _, i := range half {
			delete(without, i)
		}
		quiet := edition{file: a.edition.file, kept: map[string]string{}}
		rules, found, err := compile(quiet.file, quiet.withoutBad(a.wanted, without, a.before))
		if err != nil || len(found) > 0 {
			return fmt.Errorf("formulas that were good are bad: %v %w", found, err)
		}
		switch tight := a.edition.fits(rules); {
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

// withoutBad notes the faults of formulas that have problems, and returns the good ones with the versions before of
// the bad.
func (e *edition) withoutBad(wanted []candidate, problems map[int]error, before *edition) []candidate {
	var good []candidate
	for i, f := range wanted {
		err, bad := problems[i]
		if !bad {
			good = append(good, f)
			continue
		}
		text := config.WithoutLines(err).Error()
		last, kept := before.find(f.Name)
		if kept {
			_, again, err := compile(e.file, []candidate{last})
			kept = err == nil && len(again) == 0
		}
		if kept {
			last.rank = f.rank
			good = append(good, last)
			e.kept[f.Name] = text
		} else {
			delete(e.kept, f.Name)
		}
		e.fault(f.place, f.Name, text, kept)
	}
	return good
}

// want lists the formulas of the sources in their order, the first of each name, and in place of what cannot be read
// what was in force of it.
func (e *edition) want(sources []source, before *edition) []candidate {
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
			e.fault(src.place, "", config.WithoutLines(src.err).Error(), len(found) > 0)
		}
		for i, f := range found {
			f.rank = src.rank(i)
			if at, ok := first[f.Name]; ok {
				e.fault(f.place, f.Name,
					fmt.Sprintf("%s: formula %q is in %s already", f.place.name, f.Name, at.name), false)
				continue
			}
			if len(wanted) == e.most {
				e.fault(f.place, f.Name, fmt.Sprintf("%s: formula %q: %v", f.place.name, f.Name, ErrFull), false)
				continue
			}
			first[f.Name] = f.place
			wanted = append(wanted, f)
			if src.err != nil {
				e.kept[f.Name] = config.WithoutLines(src.err).Error()
			}
		}
	}
	return wanted
}

func (e *edition) fault(at place, name, text string, kept bool) {
	e.faults = append(e.faults, Fault{Name: name, Origin: at.kind, Place: at.name, Error: text, Kept: kept})
}

// find returns the formula of a name that is in force.
func (e *edition) find(name string) (candidate, bool) {
	i := slices.IndexFunc(e.inForce, func(f candidate) bool { return f.Name == name })
	if i < 0 {
		return candidate{}, false
	}
	return e.inForce[i], true
}

// list returns the formulas in force, and what is not.
func (e *edition) list() ([]InForce, []Fault) {
	all := make([]InForce, len(e.inForce))
	for i := range e.inForce {
		f := &e.inForce[i]
		formula, canonical, _ := e.rules.Find(f.Name)
		all[i] = InForce{
			Formula: formula, Canonical: canonical,
			Origin: f.place.kind, Place: f.place.name, Problem: e.kept[f.Name],
		}
	}
	for i := range e.paused {
		f := &e.paused[i]
		if settings, err := f.formula(); err == nil {
			all = append(all, InForce{Formula: &settings, Origin: f.place.kind, Place: f.place.name, Paused: true})
		}
	}
	return all, e.faults
}

// running leaves out the formulas that are paused.
func running(all []candidate) []candidate {
	return slices.DeleteFunc(slices.Clone(all), func(f candidate) bool { return f.Paused })
}

// problems says in full what is not in force as it is written.
func (e *edition) problems() []string {
	texts := make([]string, len(e.faults))
	for i, f := range e.faults {
		texts[i] = f.Error
		if f.Kept {
			texts[i] = strings.TrimRight(f.Error, "\n") + "\n  the version before stays in force"
		}
	}
	return texts
}

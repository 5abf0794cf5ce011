package rulebook

import (
	"cmp"
	"slices"
	"strings"

	"streamd/config"

	"github.com/rs/zerolog"
)

// Fault is a formula, or a place of formulas, that is not in force as it is written.
type Fault struct {
	Name   string `json:"name,omitempty"` // empty where a whole place cannot be read
	Origin string `json:"origin"`
	Place  string `json:"place"`
	Error  string `json:"error"`
	Kept   bool   `json:"kept"` // the last good version is in force

	index int64 // the place within its source
}

// Limits of what is told of faults, however many there are. All are counted.
const (
	FaultsListed = 1000
	faultsLogged = 100 // of one change
)

type faultKey struct {
	place
	name string
}

func (f *candidate) key() faultKey { return faultKey{f.place, f.Name} }

// faultList is what is wrong. Faults beyond FaultsListed are counted only.
type faultList struct {
	listed map[faultKey]Fault
	count  int

	news, gone map[faultKey]Fault // since they were logged last
}

func (l *faultList) note(f *candidate, text string, kept bool) {
	if !f.wrong {
		f.wrong = true
		l.count++
	}
	l.list(f.key(), Fault{
		Name: f.Name, Origin: f.place.kind, Place: f.place.name, Error: text, Kept: kept, index: f.rank.Index,
	})
}

func (l *faultList) forget(f *candidate) {
	if f.wrong {
		f.wrong = false
		l.count--
		l.unlist(f.key())
	}
}

func (l *faultList) noteSource(s *source, kept bool) {
	l.count++
	l.list(faultKey{s.place, ""}, Fault{
		Origin: s.kind, Place: s.name, Error: config.WithoutLines(s.err).Error(), Kept: kept,
	})
}

func (l *faultList) forgetSource(s *source) {
	if s.err != nil {
		l.count--
		l.unlist(faultKey{s.place, ""})
	}
}

func (l *faultList) list(k faultKey, f Fault) {
	if _, known := l.listed[k]; !known && len(l.listed) == FaultsListed {
		return
	}
	l.listed[k] = f
	if l.gone[k] == f {
		delete(l.gone, k)
		return
	}
	if l.news == nil {
		l.news = map[faultKey]Fault{}
	}
	l.news[k] = f
}

func (l *faultList) unlist(k faultKey) {
	f, known := l.listed[k]
	if !known {
		return
	}
	delete(l.listed, k)
	if _, isNew := l.news[k]; isNew {
		delete(l.news, k)
		return
	}
	if l.gone == nil {
		l.gone = map[faultKey]Fault{}
	}
	l.gone[k] = f
}

// log logs the faults that are new, and those that are gone.
func (l *faultList) log(log zerolog.Logger) {
	news, gone := sorted(l.news), sorted(l.gone)
	for _, f := range news[:min(len(news), faultsLogged)] {
		log.Error().Str("origin", f.Place).Str("formula", f.Name).Bool("kept", f.Kept).Msg(f.Error)
	}
	left := max(0, len(news)-faultsLogged)
	for i, f := range gone {
		if _, again := l.news[faultKey{place{f.Origin, f.Place}, f.Name}]; again {
			continue
		}
		if i >= faultsLogged {
			left++
			continue
		}
		log.Info().Str("origin", f.Place).Str("formula", f.Name).Msg("the fault is gone")
	}
	if left > 0 {
		log.Warn().Int("more", left).Int("faults", l.count).Msg("further changes of faults are not logged")
	}
	l.news, l.gone = nil, nil
}

// all returns the faults that are listed, in the order of their places.
func (l *faultList) all() []Fault { return sorted(l.listed) }

func sorted(faults map[faultKey]Fault) []Fault {
	all := make([]Fault, 0, len(faults))
	for _, f := range faults {
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(place{a.Origin, ""}.rank(), place{b.Origin, ""}.rank()),
			cmp.Compare(a.Place, b.Place), cmp.Compare(a.index, b.index), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// text says in full what is wrong.
func (f *Fault) text() string {
	if f.Kept {
		return strings.TrimRight(f.Error, "\n") + "\n  the version before stays in force"
	}
	return f.Error
}

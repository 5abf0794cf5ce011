package rulebook

import (
	"maps"
	"slices"

	"streamd/stream"
)

// InForce is a formula in force, or one that is paused, and where it stands.
type InForce struct {
	*stream.Formula
	Canonical string
	Origin    string // the kind of the place: config, file, topic
	Place     string
	Problem   string // what is wrong with what stands there now: an older version is in force
	Paused    bool   // it is kept there, and not in force
}

// Query says which formulas Show lists.
type Query struct {
	Name  string // the one of this name, or none
	Names string // a pattern of their names, with * and ?; empty for all
	Limit int    // how many; 0 for all
}

// Listing is formulas in force, after them those that are paused, and what is not as it is written.
type Listing struct {
	Formulas []InForce
	LeftOut  int // further ones
	InForce  int // of all names
	Faults   []Fault
	Unlisted int // faults that are counted and not kept
}

// List returns all formulas, and what is not in force: FaultsListed faults at most.
func (b *Book) List() ([]InForce, []Fault) {
	l := b.Show(Query{})
	return l.Formulas, l.Faults
}

// Show returns the formulas that are asked for.
func (b *Book) Show(q Query) Listing {
	rules := b.rules.Load()
	l := Listing{InForce: rules.Len()}
	wanted := func(name string) bool {
		if q.Name != "" && name != q.Name {
			return false
		}
		if q.Names != "" && !stream.SymbolMatches(q.Names, name) {
			return false
		}
		if q.Limit > 0 && len(l.Formulas) == q.Limit {
			l.LeftOut++
			return false
		}
		return true
	}
	if q.Name != "" {
		if f, canonical, ok := rules.Find(q.Name); ok {
			l.Formulas = append(l.Formulas, InForce{Formula: f, Canonical: canonical})
		}
	} else {
		for f, canonical := range rules.From(0) {
			if wanted(f.Name) {
				l.Formulas = append(l.Formulas, InForce{Formula: f, Canonical: canonical})
			}
		}
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	for i := range l.Formulas {
		f := &l.Formulas[i]
		at := b.placeOf(f.Formula)
		f.Origin, f.Place, f.Problem = at.kind, at.name, b.ledger.problemOf(f.Name)
	}
	for _, f := range slices.SortedFunc(maps.Values(b.ledger.paused), (*candidate).compare) {
		if !wanted(f.Name) {
			continue
		}
		if settings, err := f.formula(); err == nil {
			l.Formulas = append(l.Formulas, InForce{
				Formula: &settings, Origin: f.place.kind, Place: f.place.name, Paused: true,
				Problem: b.ledger.problemOf(f.Name),
			})
		}
	}
	l.Faults = b.ledger.faults.all()
	l.Unlisted = b.ledger.faults.count - len(l.Faults)
	return l
}

// placeOf returns where a formula in force stands.
func (b *Book) placeOf(f *stream.Formula) place {
	kind, name := f.Rank.Place[:1], f.Rank.Place[1:]
	switch kind {
	case "0":
		return place{inConfig, b.file.Load().Document().Name()}
	case "1":
		return place{inFile, name}
	}
	return b.options.Topic.placeOf(f.Name)
}

// Problems says in full, one text each, what is not in force as it is written.
func (b *Book) Problems() []string {
	_, faults := b.List()
	texts := make([]string, len(faults))
	for i := range faults {
		texts[i] = faults[i].text()
	}
	return texts
}

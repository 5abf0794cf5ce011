package rulebook

import (
	"cmp"

	"streamd/config"
	"streamd/stream"
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

// rank returns what the ranks of all formulas there begin with: those of the configuration come first, then those of
// the files by their names, then those of the topic, by theirs.
func (p place) rank() string {
	switch p.kind {
	case inConfig:
		return "0"
	case inTopic:
		return "2"
	}
	return "1" + p.name
}

// source is a place of formulas and what was found there. A source that cannot be read keeps the candidates that it
// had before.
type source struct {
	place
	candidates []*candidate
	names      []string     // that an unreadable one seems to have
	moved      []*candidate // with faults, of which the line has another number now
	err        error
}

// ranked gives the candidates of a source their ranks.
func (s *source) ranked() {
	at := s.rank()
	for i, f := range s.candidates {
		f.rank = stream.Rank{Place: at, Index: int64(i) * rankStep}
	}
}

// rankStep is the distance of the ranks of formulas that stand one after the other: those that are put between them
// later leave theirs as they are.
const rankStep = 1 << 20

// compare is the order of candidates.
func (f *candidate) compare(g *candidate) int {
	return cmp.Or(cmp.Compare(f.rank.Place, g.rank.Place), cmp.Compare(f.rank.Index, g.rank.Index),
		cmp.Compare(f.Name, g.Name))
}

// ownOf returns the formulas of the configuration itself.
func ownOf(file *config.Configuration) source {
	own := source{place: place{inConfig, file.Document().Name()}}
	for i, f := range file.Formulas {
		own.candidates = append(own.candidates, &candidate{
			FormulaSettings: f, doc: file.Document(), path: formulaPath(i), place: own.place,
		})
	}
	own.ranked()
	return own
}

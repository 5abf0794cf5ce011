package rulebook

import (
	"path/filepath"

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

// rank returns the place of formula i that stands there, among all formulas: those of the configuration come first,
// then those of the files by their names, then those of the topic, by theirs.
func (p place) rank(i int) stream.Rank {
	switch p.kind {
	case inConfig:
		return stream.Rank{Place: "0", Index: int32(i)}
	case inTopic:
		return stream.Rank{Place: "2"}
	}
	return stream.Rank{Place: "1" + p.name, Index: int32(i)}
}

// holds reports whether what stands at q stands at p.
func (p place) holds(q place) bool {
	return p == q || p.kind == inFolder && q.kind == inFile && filepath.Dir(q.name) == filepath.Clean(p.name)
}

// source is a place of formulas and what was found there. A source that cannot be read keeps what was in force of it.
type source struct {
	place
	candidates []candidate
	names      []string // of the formulas there, also where their settings are wrong
	err        error
}

// sourcesOf returns the places of formulas in their order; topic may be nil.
func sourcesOf(file *config.Configuration, folder []source, topic *FormulasTopic) []source {
	own := source{place: place{inConfig, file.Document().Name()}, candidates: ownOf(file)}
	for _, f := range own.candidates {
		own.names = append(own.names, f.Name)
	}
	all := append([]source{own}, folder...)
	return append(all, topic.sources()...)
}

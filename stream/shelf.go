package stream

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"streamd/candle"
)

// shelf is a map that does not change: a changed copy shares all but the part with the change. A rule set of a
// million formulas becomes the next one in microseconds, while engines go on with the one before.
type shelf[V any] struct{ parts []map[string]V }

// shelfPart is about how many keys a part has when the shelf is made.
const shelfPart = 128

func newShelf[V any](count int) shelf[V] {
	n := 16
	for n*shelfPart < count {
		n *= 2
	}
	return shelf[V]{parts: make([]map[string]V, n)}
}

// at returns the part of a key (FNV-1a).
func (s shelf[V]) at(key string) int {
	h := uint32(2166136261)
	for i := range len(key) {
		h = (h ^ uint32(key[i])) * 16777619
	}
	return int(h) & (len(s.parts) - 1)
}

func (s shelf[V]) get(key string) (V, bool) {
	v, ok := s.parts[s.at(key)][key]
	return v, ok
}

// put changes the shelf itself, while it is made.
func (s shelf[V]) put(key string, v V) {
	i := s.at(key)
	if s.parts[i] == nil {
		s.parts[i] = map[string]V{}
	}
	s.parts[i][key] = v
}

// edit returns a copy of which the parts of the keys are its own.
func (s shelf[V]) edit(keys ...string) shelf[V] {
	c, own := shelf[V]{parts: slices.Clone(s.parts)}, make(map[int]bool, len(keys))
	for _, key := range keys {
		i := s.at(key)
		if own[i] {
			continue
		}
		own[i] = true
		if c.parts[i] = maps.Clone(s.parts[i]); c.parts[i] == nil {
			c.parts[i] = map[string]V{}
		}
	}
	return c
}

func (s shelf[V]) remove(key string) { delete(s.parts[s.at(key)], key) }

// group is formulas in the order of the rules: those for one symbol, or those for patterns.
type group struct{ formulas []*ruled }

// with returns the group with a formula in place of another one; either may be nil.
func (g *group) with(now, was *ruled) *group {
	var all []*ruled
	if g != nil {
		all = g.formulas
	}
	all = replaced(all, now, was)
	if len(all) == 0 {
		return nil
	}
	return &group{all}
}

// replaced returns a copy of formulas that are in order, with one in place of another; either may be nil.
func replaced(all []*ruled, now, was *ruled) []*ruled {
	c := make([]*ruled, len(all), len(all)+1)
	copy(c, all)
	if was != nil {
		if i, ok := slices.BinarySearchFunc(c, was, (*ruled).compare); ok {
			c = slices.Delete(c, i, i+1)
		}
	}
	if now != nil {
		i, _ := slices.BinarySearchFunc(c, now, (*ruled).compare)
		c = slices.Insert(c, i, now)
	}
	return c
}

// ruled is a formula that has passed all checks.
type ruled struct {
	Formula
	canonical string
	id        uint32 // no other formula of the same environment has it
	others    bool   // it looks at other series
}

// compare is the order of the formulas in a rule set.
func (f *ruled) compare(g *ruled) int {
	return cmp.Or(cmp.Compare(f.Rank.Place, g.Rank.Place), cmp.Compare(f.Rank.Index, g.Rank.Index),
		cmp.Compare(f.Name, g.Name))
}

// literals returns the symbols that the formula names; false where it selects by a pattern, or all.
func (f *Formula) literals() ([]string, bool) {
	for _, p := range f.Symbols {
		if strings.ContainsAny(p, "*?") {
			return nil, false
		}
	}
	return f.Symbols, len(f.Symbols) > 0
}

// ruleIndex finds the formulas of a rule set: by name, by symbol, and in order.
type ruleIndex struct {
	ordered  sequence
	byName   shelf[*ruled]
	bySymbol shelf[*group] // of formulas that name symbols
	general  *group        // the others
}

func newRuleIndex(all []*ruled) ruleIndex {
	x := ruleIndex{byName: newShelf[*ruled](len(all)), general: &group{}}
	if !slices.IsSortedFunc(all, (*ruled).compare) {
		slices.SortFunc(all, (*ruled).compare)
	}
	x.ordered = newSequence(all)
	groups := map[string]*group{}
	for _, f := range all {
		x.byName.put(f.Name, f)
		symbols, ok := f.literals()
		if !ok {
			x.general.formulas = append(x.general.formulas, f)
		}
		for _, s := range symbols {
			g := groups[s]
			if g == nil {
				g = &group{}
				groups[s] = g
			}
			if n := len(g.formulas); n == 0 || g.formulas[n-1] != f { // a symbol may be named twice
				g.formulas = append(g.formulas, f)
			}
		}
	}
	x.bySymbol = newShelf[*group](len(groups))
	for s, g := range groups {
		x.bySymbol.put(s, g)
	}
	return x
}

// appendSelected appends the formulas that select a series, in their order.
func (x *ruleIndex) appendSelected(dst []*ruled, key candle.Series) []*ruled {
	g, _ := x.bySymbol.get(key.Symbol)
	if g == nil {
		g = &group{}
	}
	for a, b := g.formulas, x.general.formulas; len(a)+len(b) > 0; {
		from := &a
		if len(a) == 0 || len(b) > 0 && b[0].compare(a[0]) < 0 {
			from = &b
		}
		if f := (*from)[0]; f.Selects(key) {
			dst = append(dst, f)
		}
		*from = (*from)[1:]
	}
	return dst
}

// ruleEdit is a formula in place of another one of its name; either may be nil.
type ruleEdit struct{ now, was *ruled }

// edited returns the index after edits, of which each is of another name.
func (x ruleIndex) edited(edits []ruleEdit) ruleIndex {
	x.ordered = x.ordered.edit(edits)
	x.byName = editedNames(x.byName, edits)
	symbols := map[string][]ruleEdit{}
	for _, e := range edits {
		var general ruleEdit
		of := map[string]ruleEdit{}
		if e.was != nil {
			names, ok := e.was.literals()
			if !ok {
				general.was = e.was
			}
			for _, s := range names {
				of[s] = ruleEdit{was: e.was}
			}
		}
		if e.now != nil {
			names, ok := e.now.literals()
			if !ok {
				general.now = e.now
			}
			for _, s := range names {
				of[s] = ruleEdit{now: e.now, was: of[s].was}
			}
		}
		if general != (ruleEdit{}) {
			if x.general = x.general.with(general.now, general.was); x.general == nil {
				x.general = &group{}
			}
		}
		for s, sides := range of {
			symbols[s] = append(symbols[s], sides)
		}
	}
	if len(symbols) == 0 {
		return x
	}
	x.bySymbol = x.bySymbol.edit(slices.Collect(maps.Keys(symbols))...)
	for s, all := range symbols {
		g, _ := x.bySymbol.get(s)
		for _, e := range all {
			g = g.with(e.now, e.was)
		}
		if g == nil {
			x.bySymbol.remove(s)
		} else {
			x.bySymbol.put(s, g)
		}
	}
	return x
}

func editedNames(names shelf[*ruled], edits []ruleEdit) shelf[*ruled] {
	keys := make([]string, len(edits))
	for i, e := range edits {
		keys[i] = cmp.Or(e.now, e.was).Name
	}
	names = names.edit(keys...)
	for i, e := range edits {
		if e.now == nil {
			names.remove(keys[i])
		} else {
			names.put(keys[i], e.now)
		}
	}
	return names
}

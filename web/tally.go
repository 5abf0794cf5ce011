package web

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// fired is how often a formula has fired since the process began.
type fired struct {
	Total int    `json:"total"`
	Today int    `json:"today"` // on the day of the newest signal of all formulas
	Last  string `json:"last"`  // the candle's time of its newest signal, "" for none
}

// tallyMax is how many formulas are counted, as many as can be in force.
const tallyMax = 10_000

// tally counts signals by formula. Days are those of the candles, so that history at speed counts as it did.
type tally struct {
	day    string              // of the newest signal
	quoted map[string]*counted // by the name as it stands in the payload
	named  map[string]*counted
}

type counted struct {
	fired
	day string // that Today counts
}

// note counts a payload. It looks for two of its fields, which stand in front of everything that comes from elsewhere:
// to decode each would cost more than to publish it.
func (t *tally) note(payload []byte) {
	name, at := field(payload, `"formula":"`), field(payload, `"timestamp":"`)
	if len(name) == 0 || len(at) < len("2006-01-02") {
		return
	}
	c := t.quoted[string(name)]
	if c == nil {
		if c = t.add(name); c == nil {
			return
		}
	}
	c.Total++
	if string(at) > c.Last {
		c.Last = string(at)
	}
	day := at[:len("2006-01-02")]
	if string(day) > t.day {
		t.day = string(day)
	}
	switch {
	case string(day) > c.day:
		c.day, c.Today = string(day), 1
	case string(day) == c.day:
		c.Today++
	}
}

// add begins to count a formula, unless there are too many.
func (t *tally) add(name []byte) *counted {
	var text string
	if len(t.quoted) == tallyMax || json.Unmarshal(append(append([]byte{'"'}, name...), '"'), &text) != nil {
		return nil
	}
	if t.quoted == nil {
		t.quoted, t.named = map[string]*counted{}, map[string]*counted{}
	}
	c := &counted{}
	t.quoted[string(name)], t.named[text] = c, c
	return c
}

// field returns the text behind a key, up to its closing quote, or nil.
func field(payload []byte, key string) []byte {
	_, rest, ok := bytes.Cut(payload, []byte(key))
	if !ok {
		return nil
	}
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
		case '"':
			return rest[:i]
		}
	}
	return nil
}

// firedOf returns how often a formula has fired.
func (s *Signals) firedOf(name string) fired {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.tally.named[name]
	if c == nil {
		return fired{}
	}
	f := c.fired
	if c.day != s.tally.day {
		f.Today = 0
	}
	return f
}

// count returns how many listen to the stream.
func (s *Signals) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.listeners)
}

// EachTotal calls f for the formulas that have fired, in the order of their names, at most so many.
func (s *Signals) EachTotal(limit int, f func(formula string, total int)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, name := range slices.Sorted(maps.Keys(s.tally.named)) {
		if i == limit {
			return
		}
		f(name, s.tally.named[name].Total)
	}
}

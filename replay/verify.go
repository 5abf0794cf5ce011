package replay

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"streamd/stream"
)

// Verification is the comparison of what a replay gives with what was
// published. The lists hold payloads, in the order of the replay or of their
// publication.
type Verification struct {
	Replayed   int      `json:"replayed"`
	Published  int      `json:"published"`
	Same       int      `json:"same"` // equal to the byte
	Missing    []string `json:"missing"`
	Unexpected []string `json:"unexpected"`
	Different  []string `json:"different"`
	Duplicate  []string `json:"duplicate"`
}

// Equal reports whether nothing is missing, unexpected, different or twice.
func (v *Verification) Equal() bool {
	return len(v.Missing)+len(v.Unexpected)+len(v.Different)+len(v.Duplicate) == 0
}

// Verify compares the matches of a replay with published payloads, both of
// candles from an open time up to another, in nanoseconds, 0 for open. Matches
// on forming candles are left out: history has closed ones only.
func Verify(matches []stream.Match, published [][]byte, from, to int64) *Verification {
	v := &Verification{Missing: []string{}, Unexpected: []string{}, Different: []string{}, Duplicate: []string{}}
	within := func(ns int64) bool { return (from == 0 || ns >= from) && (to == 0 || ns < to) }
	byID := map[string][]byte{}
	for _, payload := range published {
		var m struct {
			ID        string    `json:"id"`
			Timestamp time.Time `json:"timestamp"`
			Intrabar  bool      `json:"intrabar"`
		}
		if err := json.Unmarshal(payload, &m); err != nil {
			v.Published++
			v.Unexpected = append(v.Unexpected, string(payload))
			continue
		}
		if m.Intrabar || !within(m.Timestamp.UnixNano()) {
			continue
		}
		v.Published++
		if _, twice := byID[m.ID]; twice {
			v.Duplicate = append(v.Duplicate, string(payload))
			continue
		}
		byID[m.ID] = payload
	}
	for i := range matches {
		if !within(matches[i].Candle.Time) {
			continue
		}
		v.Replayed++
		own := matches[i].AppendJSON(nil)
		id := matches[i].ID()
		payload, ok := byID[id]
		delete(byID, id)
		switch {
		case !ok:
			v.Missing = append(v.Missing, string(own))
		case !bytes.Equal(own, payload):
			v.Different = append(v.Different, string(payload))
		default:
			v.Same++
		}
	}
	for _, payload := range byID {
		v.Unexpected = append(v.Unexpected, string(payload))
	}
	slices.Sort(v.Unexpected)
	return v
}

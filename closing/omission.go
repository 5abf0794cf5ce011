package closing

import (
	"encoding/json"
	"fmt"
	"time"
)

// Omission is that somebody was left out of a bar, for good. It is a record of a compacted topic, and all that a later
// run must know beside the candles.
type Omission struct {
	Timeframe string   `json:"timeframe"`
	Universe  string   `json:"universe,omitempty"` // see plan.Others.Group
	LeftOut   []string `json:"left_out,omitempty"` // members of the universe
	Symbol    string   `json:"symbol,omitempty"`   // of sym(), instead of a universe
	// AsOf is the open time of the newest candle of the symbol that was known, or of none of its candles before 1970.
	AsOf *int64 `json:"-"`
	At   int64  `json:"-"`
	By   string `json:"by,omitempty"` // lateness, grace; empty for a candle that nobody waited for

	late bool // it is about a candle that came later, in a record of its own
}

type omissionJSON struct {
	Omission
	Bar       time.Time  `json:"bar"`
	LastKnown *time.Time `json:"last_known,omitempty"` // Omission.AsOf
}

// BarRecord writes the decision.
func (d *Omission) BarRecord() BarRecord {
	text := omissionJSON{Omission: *d, Bar: time.Unix(0, d.At).UTC()}
	group := d.Universe
	if d.Symbol != "" {
		group = "sym:" + d.Symbol
		if d.AsOf != nil && *d.AsOf >= 0 {
			known := time.Unix(0, *d.AsOf).UTC()
			text.LastKnown = &known
		}
	}
	value, err := json.Marshal(&text)
	if err != nil {
		panic(fmt.Sprintf("closing: decision %+v: %v", d, err)) // it holds texts and times
	}
	key := keyOf(group, d.Timeframe, d.At)
	if d.late && len(d.LeftOut) == 1 {
		key = fmt.Appendf(key, "/%s", d.LeftOut[0])
	}
	return BarRecord{Key: key, Value: value}
}

// ParseOmission reads a decision; ok is false for other records of the topic.
func ParseOmission(value []byte) (d Omission, ok bool) {
	var text omissionJSON
	if len(value) == 0 || value[0] != '{' || json.Unmarshal(value, &text) != nil || text.Timeframe == "" {
		return d, false
	}
	d = text.Omission
	d.At = text.Bar.UnixNano()
	none := int64(-1)
	if d.AsOf = &none; text.LastKnown != nil {
		known := text.LastKnown.UnixNano()
		d.AsOf = &known
	}
	return d, true
}

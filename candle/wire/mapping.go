package wire

import (
	"fmt"
	"regexp"
	"strings"

	"streamd/candle"
)

// Mapping says where a JSON message holds the fields of its candles. It is what
// a format is made of and what a configuration may write instead of one.
//
// A place is a path: keys joined by dots (k.o), [n] for the n-th value of an
// array, [*] for each of them, ["1. open"] for a key with other characters.
// Paths start at the candle; with a leading $ (as in $.arg.instId) at the
// message. Several places are separated by |, and the one present counts. Keys
// match exactly, in upper and lower case: exchanges use v and V side by side.
type Mapping struct {
	// Candles is the place of the candles, as in data[*]; empty when the
	// message is the candle. An object where [*] wants an array counts as its
	// only value, and so does a row of numbers where rows are wanted.
	Candles string `yaml:"candles,omitempty"`

	// Symbol may name @key, the key of the Kafka record, as its last place.
	Symbol string `yaml:"symbol,omitempty"`
	// SymbolPattern is a regular expression whose first group is the symbol
	// within the text at Symbol.
	SymbolPattern string `yaml:"symbol_pattern,omitempty"`

	// Timeframe may be absent when the topic's configuration gives it.
	Timeframe string `yaml:"timeframe,omitempty"`
	// TimeframePattern is a regular expression whose first group is the
	// timeframe within the text at Timeframe.
	TimeframePattern string `yaml:"timeframe_pattern,omitempty"`
	// Timeframes gives the timeframe of the exchange's words for it, as in
	// FIVE_MINUTE: 5m. Other words are read as ours.
	Timeframes map[string]candle.Timeframe `yaml:"timeframes,omitempty"`
	// TimeframeDefault counts where neither message nor topic has one.
	TimeframeDefault candle.Timeframe `yaml:"timeframe_default,omitempty"`

	// Time is the open time: RFC 3339 or an epoch in s, ms, µs or ns.
	Time string `yaml:"time,omitempty"`
	// EndTime is the end of the bar, for feeds that have no open time.
	EndTime string `yaml:"end_time,omitempty"`

	Open  string `yaml:"open,omitempty"`
	High  string `yaml:"high,omitempty"`
	Low   string `yaml:"low,omitempty"`
	Close string `yaml:"close,omitempty"`
	// Volume is 0 where the mapping names no place for it.
	Volume string `yaml:"volume,omitempty"`

	// Closed is a bool; true where it is absent.
	Closed string `yaml:"closed,omitempty"`
	// ClosedValues gives the meaning of other values, as in "1": true.
	ClosedValues map[string]bool `yaml:"closed_values,omitempty"`
}

// keyPlace is the place that stands for the key of the Kafka record.
const keyPlace = "@key"

// slot is a field that the decoder fills.
type slot uint8

const (
	slotNone slot = iota
	slotOpen
	slotHigh
	slotLow
	slotClose
	slotVolume
	slotTime
	slotEndTime
	slotSymbol
	slotTimeframe
	slotClosed
	slotCount
)

var slotNames = [slotCount]string{
	"", "open", "high", "low", "close", "volume", "time", "end_time", "symbol",
	"timeframe", "closed",
}

// slotMask is a set of slots.
type slotMask uint16

func (s slot) mask() slotMask { return 1 << s }

// prices are the slots that every candle needs.
const prices = slotMask(1<<slotOpen | 1<<slotHigh | 1<<slotLow | 1<<slotClose)

// compiled is a Mapping made ready for decoding.
type compiled struct {
	root             *node
	needed           slotMask // without time and end time, one of which is needed
	symbolFromKey    bool
	symbolPattern    *regexp.Regexp
	timeframePattern *regexp.Regexp
}

// compile checks a mapping and turns its paths into the tree that the decoder
// walks along with the message.
func (m Mapping) compile() (c compiled, err error) {
	c.root = &node{}
	places, err := parsePaths(m.Candles)
	if err != nil {
		return c, fmt.Errorf("candle: mapping: candles: %w", err)
	}
	if len(places) == 0 {
		places = []path{{}}
	}
	for _, place := range places {
		if err := c.root.addCandle(place.steps); err != nil {
			return c, fmt.Errorf("candle: mapping: candles: %w", err)
		}
	}

	symbol := strings.TrimRight(m.Symbol, " ")
	if rest, ok := strings.CutSuffix(symbol, keyPlace); ok {
		c.symbolFromKey = true
		symbol = strings.TrimRight(rest, "| ")
	}
	fields := [slotCount]string{
		slotOpen: m.Open, slotHigh: m.High, slotLow: m.Low, slotClose: m.Close, slotVolume: m.Volume,
		slotTime: m.Time, slotEndTime: m.EndTime, slotSymbol: symbol, slotTimeframe: m.Timeframe,
		slotClosed: m.Closed,
	}
	for s := slotOpen; s < slotCount; s++ {
		if err := c.addField(s, fields[s], places); err != nil {
			return c, fmt.Errorf("candle: mapping: %s: %w", slotNames[s], err)
		}
	}
	if m.Time == "" && m.EndTime == "" {
		return c, fmt.Errorf("candle: mapping: time: no place is given")
	}
	c.needed = prices
	if m.Volume != "" {
		c.needed |= slotVolume.mask()
	}

	if c.symbolPattern, err = compilePattern(m.SymbolPattern); err != nil {
		return c, fmt.Errorf("candle: mapping: symbol_pattern: %w", err)
	}
	if c.timeframePattern, err = compilePattern(m.TimeframePattern); err != nil {
		return c, fmt.Errorf("candle: mapping: timeframe_pattern: %w", err)
	}
	return c, nil
}

// addField adds the places of one field, those of the candle once below every
// place where candles are.
func (c *compiled) addField(s slot, text string, candles []path) error {
	fields, err := parsePaths(text)
	if err != nil {
		return err
	}
	if len(fields) == 0 && prices&s.mask() != 0 {
		return fmt.Errorf("no place is given")
	}
	for _, field := range fields {
		if field.absolute {
			if err := c.root.addSlot(field.steps, s); err != nil {
				return err
			}
			continue
		}
		for _, candle := range candles {
			steps := append(append([]step(nil), candle.steps...), field.steps...)
			if err := c.root.addSlot(steps, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// compilePattern compiles a regular expression that must have a group.
func compilePattern(text string) (*regexp.Regexp, error) {
	if text == "" {
		return nil, nil
	}
	pattern, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	if pattern.NumSubexp() < 1 {
		return nil, fmt.Errorf("%q has no group ( )", text)
	}
	return pattern, nil
}

// node is a place in a message that the mapping speaks of, or one on the way
// to it.
type node struct {
	slot     slot
	also     slot // a second field read from the same text
	isCandle bool // a candle begins here

	keys  []string // the keys of an object that are followed …
	kids  []*node  // … and where they lead
	heads [64]uint8
	chain []uint8 // the next key of the same hash, plus one
	order keyOrder

	index []*node // by position in an array; nil where nothing is read
	each  *node   // every position of an array
}

// maxKeys bounds the keys of one object, which a uint64 keeps track of.
const maxKeys = 64

// addCandle marks the place where candles begin.
func (n *node) addCandle(steps []step) error {
	at, err := n.reach(steps)
	if err != nil {
		return err
	}
	at.isCandle = true
	return nil
}

// addSlot makes the place of the steps fill s.
func (n *node) addSlot(steps []step, s slot) error {
	at, err := n.reach(steps)
	if err != nil {
		return err
	}
	switch {
	case at.slot == slotNone:
		at.slot = s
	case at.slot == s || at.also == s:
		return fmt.Errorf("the same place is named twice")
	case at.also == slotNone && at.slot >= slotSymbol && s >= slotSymbol:
		at.also = s
	default:
		return fmt.Errorf("%s is read from the same place", slotNames[at.slot])
	}
	return nil
}

// reach returns the node at the end of the steps and makes those on the way.
func (n *node) reach(steps []step) (*node, error) {
	for _, s := range steps {
		switch s.index {
		case stepKey:
			kid := n.find([]byte(s.key))
			if kid < 0 {
				if len(n.keys) == maxKeys {
					return nil, fmt.Errorf("more than %d keys of one object", maxKeys)
				}
				kid = n.addKey(s.key)
			}
			n = n.kids[kid]
		case stepEach:
			if n.each == nil {
				n.each = &node{}
			}
			n = n.each
		default:
			for len(n.index) <= s.index {
				n.index = append(n.index, nil)
			}
			if n.index[s.index] == nil {
				n.index[s.index] = &node{}
			}
			n = n.index[s.index]
		}
	}
	return n, nil
}

func (n *node) addKey(key string) int {
	kid := len(n.keys)
	hash := hashKey([]byte(key))
	n.keys = append(n.keys, key)
	n.kids = append(n.kids, &node{})
	n.chain = append(n.chain, n.heads[hash])
	n.heads[hash] = uint8(kid + 1)
	return kid
}

// find returns the number of the key, -1 when it is not followed.
func (n *node) find(key []byte) int {
	for i := n.heads[hashKey(key)]; i != 0; i = n.chain[i-1] {
		if n.keys[i-1] == string(key) {
			return int(i - 1)
		}
	}
	return -1
}

// hashKey spreads the short keys of candle messages over 64 places.
func hashKey(key []byte) uint8 {
	if len(key) == 0 {
		return 0
	}
	return (key[0]*7 + key[len(key)-1]*31 + uint8(len(key))) & 63
}

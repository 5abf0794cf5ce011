package topics

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"time"

	"streamd/candle"
	"streamd/candle/wire"
	"streamd/kafka"
)

// Reader turns the records of a topic into candles, for the daemon and for a replay of
// the topic alike: whatever one of them skips or rejects, so does the other.
type Reader struct {
	topic   Source
	decoder *wire.Decoder
}

// Errors of Read besides *candle.Defect. Such records are skipped and counted; they are no
// dead letters.
var (
	// ErrOwn is a record that streamd wrote: a signal, a dead letter or the state of a
	// group, read by a pattern that matches its topic. Taken for candles, those of two
	// groups would go back and forth as dead letters of dead letters.
	ErrOwn = errors.New("topics: the record was written by streamd")
	// ErrAnswer is an exchange's answer to a subscription, or its heartbeat.
	ErrAnswer = errors.New("topics: the message is an answer of the exchange, not a candle")
)

// ReasonAhead is the reason of a dead letter whose candle opens too far ahead of its record.
const ReasonAhead = "ahead"

// NewReader returns the reader of a topic. The error names the field of the mapping that
// is wrong.
func (t Source) NewReader() (*Reader, error) {
	d, err := wire.NewDecoder(t.Mapping, t.Default)
	if err != nil {
		return nil, err
	}
	return &Reader{topic: t, decoder: d}, nil
}

// Read appends the candles of a record to dst in the order of their time: some exchanges
// send the newest first. On an error dst is returned as it was.
func (r *Reader) Read(dst []candle.Message, record *kafka.Record) ([]candle.Message, error) {
	if r.topic.Pattern != nil && Own(record) {
		return dst, ErrOwn
	}
	before := len(dst)
	dst, err := r.decoder.Decode(dst, record.Key, record.Value)
	if err != nil {
		if r.topic.Mapping.Candles != "" && isAnswer(record.Value) {
			err = ErrAnswer
		}
		return dst, err
	}
	byTime := func(a, b candle.Message) int { return cmp.Compare(a.Candle.Time, b.Candle.Time) }
	if all := dst[before:]; len(all) > 1 && !slices.IsSortedFunc(all, byTime) {
		slices.SortStableFunc(all, byTime)
	}
	return dst, nil
}

// Own reports whether streamd wrote the record. Signals and dead letters are told by
// their headers, the state of a group by its first bytes.
func Own(record *kafka.Record) bool {
	if _, ok := record.Header("input_topic"); ok {
		return true
	}
	if source, ok := record.Header("ce_source"); ok && string(source) == "streamd" {
		return true
	}
	for _, magic := range [...]string{"sdSR", "sdCP", "sdAX", "sdAS"} { // state, checkpoints, closed bars, closers
		if bytes.HasPrefix(record.Value, []byte(magic)) {
			return true
		}
	}
	return false
}

// Ahead reports whether a candle opens later than its record was written, by more than
// a limit and one bar. A clock or a year that is wrong would have all right candles behind
// it taken for late ones. Only the record decides, so that a replay decides the same.
// A limit of zero or less rejects nothing, and neither does a record without a time.
func Ahead(m *candle.Message, record *kafka.Record, limit time.Duration) bool {
	if limit <= 0 || record.TimestampMs <= 0 {
		return false
	}
	bar := m.Timeframe.Duration()
	return m.Candle.Time > time.UnixMilli(record.TimestampMs).Add(limit+bar).UnixNano()
}

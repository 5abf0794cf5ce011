package sink

import (
	"fmt"
	"strconv"
	"time"

	"streamd/kafka"
	"streamd/stream"
)

// InputRecord is the record that a message came from.
type InputRecord struct {
	Topic     string
	Partition int32
	Offset    int64
}

// CloudEvents attributes of a signal, binary mode: https://github.com/cloudevents/spec, version 1.0.
const (
	eventType   = "io.streamd.signal.match"
	outcomeType = "io.streamd.signal.outcome"
	eventSource = "streamd"
)

// Signal returns the message of a match: the key is the symbol, the value the
// SignalMatch, the headers a CloudEvent's and where the candle came from. The
// value is appended to buf, which the message then shares.
func Signal(topic string, m *stream.Match, in InputRecord, now time.Time, buf []byte) (kafka.ProducerRecord, []byte) {
	from := len(buf)
	buf = m.AppendJSON(buf)
	value := buf[from:len(buf):len(buf)]
	id := value[len(`{"id":"`):][:32] // computed once
	symbol := []byte(m.Series.Symbol)
	return kafka.ProducerRecord{
		Topic: topic, Partition: kafka.AnyPartition, TimestampMs: now.UnixMilli(),
		Key: symbol, Value: value,
		Headers: append([]kafka.Header{
			{Key: "content-type", Value: []byte("application/json")},
			{Key: "ce_id", Value: id},
			{Key: "ce_specversion", Value: []byte("1.0")},
			{Key: "ce_type", Value: []byte(eventType)},
			{Key: "ce_source", Value: []byte(eventSource)},
			{Key: "ce_time", Value: time.Unix(0, m.Candle.Time).UTC().AppendFormat(nil, time.RFC3339Nano)},
			{Key: "ce_subject", Value: symbol},
		}, in.headers()...),
	}, buf
}

// Outcome returns the message of an outcome, in the way of Signal.
func Outcome(topic string, o *stream.MatchOutcome, in InputRecord, now time.Time, buf []byte) (kafka.ProducerRecord,
	[]byte,
) {
	from := len(buf)
	buf = o.AppendJSON(buf)
	symbol := []byte(o.Series.Symbol)
	return kafka.ProducerRecord{
		Topic: topic, Partition: kafka.AnyPartition, TimestampMs: now.UnixMilli(),
		Key: symbol, Value: buf[from:len(buf):len(buf)],
		Headers: append([]kafka.Header{
			{Key: "content-type", Value: []byte("application/json")},
			{Key: "ce_id", Value: fmt.Appendf(nil, "%s-%d", o.ID(), o.After)},
			{Key: "ce_specversion", Value: []byte("1.0")},
			{Key: "ce_type", Value: []byte(outcomeType)},
			{Key: "ce_source", Value: []byte(eventSource)},
			{Key: "ce_time", Value: time.Unix(0, o.Time).UTC().AppendFormat(nil, time.RFC3339Nano)},
			{Key: "ce_subject", Value: symbol},
		}, in.headers()...),
	}, buf
}

// deadLetterBytesMax is how much of a bad message is kept: brokers take a
// little over a megabyte, headers included.
const deadLetterBytesMax = 900_000

// DeadLetter returns the message that carries a bad input record, unchanged, to
// the dead-letter topic, with the reason.
func DeadLetter(topic string, in InputRecord, key, value []byte, reason string, now time.Time) kafka.ProducerRecord {
	m := kafka.ProducerRecord{
		Topic: topic, Partition: kafka.AnyPartition, TimestampMs: now.UnixMilli(),
		Key: clone(key), Value: clone(value),
		Headers: append(in.headers(), kafka.Header{Key: "reason", Value: []byte(reason)}),
	}
	if len(value) > deadLetterBytesMax {
		m.Value = m.Value[:deadLetterBytesMax]
		m.Headers = append(m.Headers, kafka.Header{Key: "truncated", Value: []byte("true")})
	}
	return m
}

// DeadBatch returns the message that stands for a batch whose records cannot be read: the
// offsets of the first and the last one, and in words what is wrong.
func DeadBatch(topic string, in InputRecord, last int64, reason, words string, now time.Time) kafka.ProducerRecord {
	m := DeadLetter(topic, in, nil, []byte(words), reason, now)
	m.Headers = append(m.Headers, kafka.Header{Key: "input_offset_last", Value: strconv.AppendInt(nil, last, 10)})
	return m
}

func (in InputRecord) headers() []kafka.Header {
	if in.Topic == "" {
		return nil // the candle came from a file
	}
	return []kafka.Header{
		{Key: "input_topic", Value: []byte(in.Topic)},
		{Key: "input_partition", Value: strconv.AppendInt(nil, int64(in.Partition), 10)},
		{Key: "input_offset", Value: strconv.AppendInt(nil, in.Offset, 10)},
	}
}

// clone keeps nil apart from empty: a null value stays null.
func clone(b []byte) []byte {
	if b == nil {
		return nil
	}
	return append([]byte{}, b...)
}

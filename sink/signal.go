package sink

import (
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

// CloudEvents attributes of a signal, binary mode: https://github.com/cloudevents/spec, version 1.0. All messages
// share them, and nobody writes to them.
var (
	jsonType    = []byte("application/json")
	specVersion = []byte("1.0")
	eventType   = []byte("io.streamd.signal.match")
	outcomeType = []byte("io.streamd.signal.outcome")
	eventSource = []byte("streamd")
)

// Signal returns the message of a match: the key is the symbol, the value the
// SignalMatch, the headers a CloudEvent's and where the candle came from. All but the
// list of headers is appended to buf, which the message then shares.
func Signal(topic string, m *stream.Match, in InputRecord, now time.Time, buf []byte) (kafka.ProducerRecord, []byte) {
	from := len(buf)
	buf = m.AppendJSON(buf)
	value := newest(buf, from)
	id := value[len(`{"id":"`):][:32] // computed once
	e := event{topic: topic, value: value, id: id, kind: eventType, symbol: m.Series.Symbol, time: m.Candle.Time}
	return e.message(in, now, buf)
}

// Outcome returns the message of an outcome, in the way of Signal.
func Outcome(topic string, o *stream.MatchOutcome, in InputRecord, now time.Time, buf []byte) (kafka.ProducerRecord,
	[]byte,
) {
	from := len(buf)
	buf = o.AppendJSON(buf)
	value := newest(buf, from)
	from = len(buf)
	buf = append(buf, value[len(`{"id":"`):][:32]...)
	buf = strconv.AppendInt(append(buf, '-'), int64(o.After), 10)
	e := event{
		topic: topic, value: value, id: newest(buf, from), kind: outcomeType, symbol: o.Series.Symbol, time: o.Time,
	}
	return e.message(in, now, buf)
}

// event is what a message is made of.
type event struct {
	topic           string
	value, id, kind []byte
	symbol          string
	time            int64 // of the candle
}

func (e *event) message(in InputRecord, now time.Time, buf []byte) (kafka.ProducerRecord, []byte) {
	from := len(buf)
	buf = append(buf, e.symbol...)
	symbol := newest(buf, from)
	from = len(buf)
	buf = time.Unix(0, e.time).UTC().AppendFormat(buf, time.RFC3339Nano)
	headers := append(make([]kafka.Header, 0, 12), // with room for a trace's
		kafka.Header{Key: "content-type", Value: jsonType},
		kafka.Header{Key: "ce_id", Value: e.id},
		kafka.Header{Key: "ce_specversion", Value: specVersion},
		kafka.Header{Key: "ce_type", Value: e.kind},
		kafka.Header{Key: "ce_source", Value: eventSource},
		kafka.Header{Key: "ce_time", Value: newest(buf, from)},
		kafka.Header{Key: "ce_subject", Value: symbol})
	headers, buf = in.headers(headers, buf)
	return kafka.ProducerRecord{
		Topic: e.topic, Partition: kafka.AnyPartition, TimestampMs: now.UnixMilli(),
		Key: symbol, Value: e.value, Headers: headers,
	}, buf
}

// newest returns what was appended from a place on, so that what is appended next does not write into it.
func newest(buf []byte, from int) []byte { return buf[from:len(buf):len(buf)] }

// deadLetterBytesMax is how much of a bad message is kept: brokers take a
// little over a megabyte, headers included.
const deadLetterBytesMax = 900_000

// DeadLetter returns the message that carries a bad input record, unchanged, to
// the dead-letter topic, with the reason.
func DeadLetter(topic string, in InputRecord, key, value []byte, reason string, now time.Time) kafka.ProducerRecord {
	headers, _ := in.headers(nil, nil)
	m := kafka.ProducerRecord{
		Topic: topic, Partition: kafka.AnyPartition, TimestampMs: now.UnixMilli(),
		Key: clone(key), Value: clone(value),
		Headers: append(headers, kafka.Header{Key: "reason", Value: []byte(reason)}),
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

// headers appends the place of a record in the input to headers, and their texts to buf.
func (in InputRecord) headers(headers []kafka.Header, buf []byte) ([]kafka.Header, []byte) {
	if in.Topic == "" {
		return headers, buf // the candle came from a file
	}
	topic := len(buf)
	buf = append(buf, in.Topic...)
	partition := len(buf)
	buf = strconv.AppendInt(buf, int64(in.Partition), 10)
	offset := len(buf)
	buf = strconv.AppendInt(buf, in.Offset, 10)
	return append(headers,
		kafka.Header{Key: "input_topic", Value: buf[topic:partition:partition]},
		kafka.Header{Key: "input_partition", Value: buf[partition:offset:offset]},
		kafka.Header{Key: "input_offset", Value: newest(buf, offset)}), buf
}

// clone keeps nil apart from empty: a null value stays null.
func clone(b []byte) []byte {
	if b == nil {
		return nil
	}
	return append([]byte{}, b...)
}

package sim

import (
	"encoding/binary"
	"hash/crc32"
	"slices"

	"streamd/closing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// universeBugs are planted where formulas look at other series.
var universeBugs = map[string]Bug{
	"a vector before its values' commit":   topicFirst(acrossTopic),
	"a decision not recorded":              records(barriersTopic, forgetDecision),
	"a double vector":                      doubleVector,
	"a member counted twice":               records(acrossTopic, countTwice),
	"a missing one is waited for for ever": neverAtEnd,
	"a takeover that begins too late":      records(barriersTopic, beginLater),
}

// records changes what a process writes to a topic, record by record.
func records(topic string, change func(r *kmsg.Record)) Bug {
	return func(l *link, request []byte) ([]byte, error) {
		r := parseRequest(request)
		produce, ok := r.body.(*kmsg.ProduceRequest)
		if !ok {
			return ask(l.server, request)
		}
		for i := range produce.Topics {
			if t := &produce.Topics[i]; t.Topic == topic {
				for k := range t.Partitions {
					t.Partitions[k].Records = changed(t.Partitions[k].Records, change)
				}
			}
		}
		return ask(l.server, r.rebuild())
	}
}

// changed is a batch whose records are changed.
func changed(bytes []byte, change func(r *kmsg.Record)) []byte {
	var batch kmsg.RecordBatch
	if err := batch.ReadFrom(bytes); err != nil {
		panic("sim: a batch: " + err.Error())
	}
	var all []byte
	for rest := batch.Records; len(rest) > 0; {
		length, n := binary.Varint(rest)
		var r kmsg.Record
		if err := r.ReadFrom(rest[:n+int(length)]); err != nil {
			panic("sim: a record: " + err.Error())
		}
		rest = rest[n+int(length):]
		change(&r)
		r.Length = 0
		r.Length = int32(len(r.AppendTo(nil)) - 1)
		all = r.AppendTo(all)
	}
	batch.Length += int32(len(all) - len(batch.Records))
	batch.Records = all
	bytes = batch.AppendTo(nil)
	binary.BigEndian.PutUint32(bytes[crcAt:], crc32.Checksum(bytes[attributesAt:], crc32.MakeTable(crc32.Castagnoli)))
	return bytes
}

// forgetDecision empties the record of a decision.
func forgetDecision(r *kmsg.Record) {
	if _, ok := closing.ParseOmission(r.Value); ok {
		r.Value = nil
	}
}

// beginLater has whoever takes over skip candles that the records of the series do not hold.
func beginLater(r *kmsg.Record) {
	resume, ok := closing.ParseResume(r.Value)
	if !ok {
		return
	}
	for i := range resume.Inputs {
		resume.Inputs[i].Offset += 8
	}
	r.Value = resume.Record().Value
}

// countTwice gives the first member of a universe a second place.
func countTwice(r *kmsg.Record) {
	head := len(closing.RecordMagic) + 2
	const symbols = 2 // see closing/record.go
	if r.Value[head-1]&symbols != 0 {
		return
	}
	rest := r.Value[head:]
	text := func() []byte {
		n, w := binary.Uvarint(rest)
		b := rest[:w+int(n)]
		rest = rest[len(b):]
		return b
	}
	number := func() int {
		n, w := binary.Uvarint(rest)
		rest = rest[w:]
		return int(n)
	}
	text()                          // timeframe
	_, width := binary.Varint(rest) // time
	rest = rest[width:]
	text() // group
	number()
	out := slices.Clone(r.Value[:len(r.Value)-len(rest)])
	count := number()
	if count == 0 {
		return
	}
	out = binary.AppendUvarint(out, uint64(count+1))
	for i := range count {
		symbol := text()
		if out = append(out, symbol...); i == 0 {
			out = append(out, symbol...)
		}
	}
	sources := number()
	out = binary.AppendUvarint(out, uint64(sources))
	for range sources {
		out = append(out, text()...)
		scales := int(rest[0])
		out = append(out, rest[:9]...)
		rest = rest[9:]
		for _, width := range []int{8, 4 * scales} {
			out = append(append(out, rest[:width]...), rest[:width*count]...)
			rest = rest[width*count:]
		}
	}
	r.Value = out
}

// doubleVector writes every eighth batch of closed bars a second time, as a process would that is not fenced.
func doubleVector(l *link, request []byte) ([]byte, error) {
	r := parseRequest(request)
	produce, ok := r.body.(*kmsg.ProduceRequest)
	if !ok {
		return ask(l.server, request)
	}
	again := *produce
	again.TransactionID, again.Topics = nil, nil
	for _, t := range produce.Topics {
		if t.Topic != acrossTopic {
			continue
		}
		t.Partitions = slices.Clone(t.Partitions)
		for k := range t.Partitions {
			t.Partitions[k].Records = slices.Clone(t.Partitions[k].Records)
			outsideTransaction(t.Partitions[k].Records)
		}
		again.Topics = append(again.Topics, t)
	}
	answer, err := ask(l.server, request)
	l.mu.Lock()
	l.bug.commits++
	due := l.bug.commits%8 == 0
	l.mu.Unlock()
	if err == nil && due && len(again.Topics) > 0 {
		_, err = ask(l.server, frameOf(&again))
	}
	return answer, err
}

// neverAtEnd says of every partition that there is more to read, so that no clock begins to run.
func neverAtEnd(l *link, request []byte) ([]byte, error) {
	r := parseRequest(request)
	answer, err := ask(l.server, request)
	fetch, ok := r.body.(*kmsg.FetchRequest)
	if err != nil || !ok {
		return answer, err
	}
	resp := fetch.ResponseKind().(*kmsg.FetchResponse)
	head := 4
	if resp.IsFlexible() {
		head++
	}
	if err := resp.ReadFrom(answer[head:]); err != nil {
		return nil, err
	}
	for i := range resp.Topics {
		for k := range resp.Topics[i].Partitions {
			resp.Topics[i].Partitions[k].LastStableOffset += 1 << 40
		}
	}
	return r.answer(resp), nil
}

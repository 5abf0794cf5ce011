package live

import (
	"time"

	"streamd/kafka"
)

// held is what workers have handed over and what is not committed yet. A commit that
// fails is tried again with the same messages.
type held struct {
	signals     outgoing
	deadLetters outgoing
	outcomes    outgoing
	// Records of series go into the state topic with the offsets that they hold: in
	// their transaction, or behind their commit.
	state     outgoing
	snapshots []*snapshot
	offsets   map[kafka.TopicPartition]int64
	since     time.Time // when the first of it came
	newestMs  int64     // timestamp of the newest input record
}

func newHeld() held { return held{offsets: map[kafka.TopicPartition]int64{}} }

// outgoing are messages to one topic, of which the producer has got the first ones.
type outgoing struct {
	messages []kafka.ProducerRecord
	from     []kafka.TopicPartition // input partition of each
	sent     int
}

func (o *outgoing) add(from kafka.TopicPartition, messages []kafka.ProducerRecord) {
	o.messages = append(o.messages, messages...)
	for range messages {
		o.from = append(o.from, from)
	}
}

func (o *outgoing) reset() {
	clear(o.messages) // they refer to payloads of many kilobytes
	o.messages, o.from, o.sent = o.messages[:0], o.from[:0], 0
}

// moveTo moves the messages of an input partition behind those of another list, neither
// of which the producer has got.
func (o *outgoing) moveTo(to *outgoing, tp kafka.TopicPartition) {
	kept := 0
	for i, from := range o.from {
		if from == tp {
			to.messages, to.from = append(to.messages, o.messages[i]), append(to.from, from)
			continue
		}
		o.messages[kept], o.from[kept] = o.messages[i], from
		kept++
	}
	clear(o.messages[kept:])
	o.messages, o.from = o.messages[:kept], o.from[:kept]
}

// messages returns the number of signals, dead letters and outcomes.
func (h *held) messages() int {
	return len(h.signals.messages) + len(h.deadLetters.messages) + len(h.outcomes.messages)
}

// add holds a result, and the records of its snapshot where they go out with its offsets.
func (h *held) add(r *result, stateToo bool) {
	if len(h.offsets) == 0 {
		h.since = time.Now()
	}
	if r.snapshot != nil {
		h.snapshots = append(h.snapshots, r.snapshot)
		if stateToo {
			r.snapshot.inTopic = true
			h.state.add(r.tp, r.snapshot.messages(time.Now()))
		}
	}
	h.signals.add(r.tp, r.signals)
	h.deadLetters.add(r.tp, r.deadLetters)
	h.outcomes.add(r.tp, r.outcomes)
	h.offsets[r.tp] = r.next
	h.newestMs = max(h.newestMs, r.newestMs)
}

// moveTo moves everything of an input partition.
func (h *held) moveTo(to *held, tp kafka.TopicPartition) {
	offset, ok := h.offsets[tp]
	if !ok {
		return
	}
	if len(to.offsets) == 0 {
		to.since = h.since
	}
	h.signals.moveTo(&to.signals, tp)
	h.deadLetters.moveTo(&to.deadLetters, tp)
	h.outcomes.moveTo(&to.outcomes, tp)
	h.state.moveTo(&to.state, tp)
	kept := h.snapshots[:0]
	for _, s := range h.snapshots {
		if s.w.TopicPartition == tp {
			to.snapshots = append(to.snapshots, s)
		} else {
			kept = append(kept, s)
		}
	}
	clear(h.snapshots[len(kept):])
	h.snapshots = kept
	to.offsets[tp], to.newestMs = offset, max(to.newestMs, h.newestMs)
	delete(h.offsets, tp)
}

// unsent has everything sent again, after the transaction that it was in was aborted.
func (h *held) unsent() {
	h.signals.sent, h.deadLetters.sent, h.outcomes.sent, h.state.sent = 0, 0, 0, 0
}

// reset lets go of what is committed.
func (h *held) reset() {
	h.signals.reset()
	h.deadLetters.reset()
	h.outcomes.reset()
	h.state.reset()
	clear(h.snapshots)
	h.snapshots = h.snapshots[:0]
	clear(h.offsets)
	h.newestMs = 0
}

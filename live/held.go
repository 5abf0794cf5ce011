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
	// Records of series go into the state topic with the offsets that they hold: in
	// their transaction, or behind their commit.
	state     outgoing
	snapshots []*snapshot
	offsets   map[kafka.TopicPartition]int64
	since     time.Time // when the first of it came
	newestMs  int64     // timestamp of the newest input record
}

// outgoing are messages to one topic, of which the producer has got the first ones.
type outgoing struct {
	messages []kafka.ProducerRecord
	sent     int
}

func (o *outgoing) reset() {
	clear(o.messages) // they refer to payloads of many kilobytes
	o.messages, o.sent = o.messages[:0], 0
}

// messages returns the number of signals and dead letters.
func (h *held) messages() int { return len(h.signals.messages) + len(h.deadLetters.messages) }

// add holds a result, and the records of its snapshot where they go out with its offsets.
func (h *held) add(r *result, stateToo bool) {
	if len(h.offsets) == 0 {
		h.since = time.Now()
	}
	if r.snapshot != nil {
		h.snapshots = append(h.snapshots, r.snapshot)
		if stateToo {
			h.state.messages = append(h.state.messages, r.snapshot.messages(time.Now())...)
		}
	}
	h.signals.messages = append(h.signals.messages, r.signals...)
	h.deadLetters.messages = append(h.deadLetters.messages, r.deadLetters...)
	h.offsets[r.tp] = r.next
	h.newestMs = max(h.newestMs, r.newestMs)
}

// reset lets go of what is committed.
func (h *held) reset() {
	h.signals.reset()
	h.deadLetters.reset()
	h.state.reset()
	clear(h.snapshots)
	h.snapshots = h.snapshots[:0]
	clear(h.offsets)
	h.newestMs = 0
}

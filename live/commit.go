package live

import (
	"slices"
	"time"
)

// Committed is what one commit brought out, for traces.
type Committed struct {
	Start, End                     time.Time
	Signals, DeadLetters, Outcomes int // messages
	Partitions                     int // of the input, whose offsets it holds
	// Parents are the traces of the candles behind the signals, as the header traceparent has them
	// (https://www.w3.org/TR/trace-context/); parentsMax of them.
	Parents []string
}

// parentsMax bounds what a commit of a backlog refers to.
const parentsMax = 100

// committed describes what is held, when it has been committed.
func (h *held) committed(start, end time.Time) Committed {
	c := Committed{
		Start: start, End: end, Signals: len(h.signals.messages), DeadLetters: len(h.deadLetters.messages),
		Outcomes: len(h.outcomes.messages), Partitions: len(h.offsets),
	}
	for i := range h.signals.messages {
		for _, header := range h.signals.messages[i].Headers {
			parent := string(header.Value)
			if header.Key == "traceparent" && len(c.Parents) < parentsMax && !slices.Contains(c.Parents, parent) {
				c.Parents = append(c.Parents, parent)
			}
		}
	}
	return c
}

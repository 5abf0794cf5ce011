package live

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"streamd/kafka"
)

// Limits of what is remembered of rejected records, for people to look at.
const (
	rejectionsMax   = 64  // topics and reasons
	samplesMax      = 3   // newest records of each
	sampleBytesMax  = 200 // of the value of a record
	rejectedKeysMax = 64  // bytes of its key
)

// Rejection is the records of a topic that were rejected for one reason: they are dead letters.
type Rejection struct {
	Topic   string           `json:"topic"`
	Reason  string           `json:"reason"`
	Count   int64            `json:"count"` // since the process began
	Samples []RejectedRecord `json:"samples"`
}

// RejectedRecord is a record that was rejected. Long keys and values are cut, and what is no UTF-8 is replaced.
type RejectedRecord struct {
	Partition int32     `json:"partition"`
	Offset    int64     `json:"offset"`
	Key       string    `json:"key"`
	Value     string    `json:"value"`
	At        time.Time `json:"at"`
}

// rejections remembers the newest rejected records by topic and reason. It is safe for concurrent use.
type rejections struct {
	mu  sync.Mutex
	all []Rejection
}

// note remembers a record. Beyond rejectionsMax topics and reasons it is only in the metrics.
func (r *rejections) note(at kafka.TopicPartition, record *kafka.Record, reason string, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.all, func(o Rejection) bool { return o.Topic == at.Topic && o.Reason == reason })
	if i < 0 {
		if len(r.all) == rejectionsMax {
			return
		}
		i = len(r.all)
		r.all = append(r.all, Rejection{Topic: at.Topic, Reason: reason})
	}
	one := &r.all[i]
	one.Count++
	if len(one.Samples) == samplesMax {
		if now.Sub(one.Samples[samplesMax-1].At) < time.Second { // a flood of them costs a comparison each
			return
		}
		one.Samples = append(one.Samples[:0], one.Samples[1:]...)
	}
	one.Samples = append(one.Samples, RejectedRecord{
		Partition: at.Partition, Offset: record.Offset, Key: cut(record.Key, rejectedKeysMax),
		Value: cut(record.Value, sampleBytesMax), At: now.UTC(),
	})
}

// cut returns the beginning of some bytes as text.
func cut(raw []byte, most int) string {
	if len(raw) > most {
		return strings.ToValidUTF8(string(raw[:most]), "\uFFFD") + "…"
	}
	return strings.ToValidUTF8(string(raw), "\uFFFD")
}

// Rejections returns what was rejected since the process began, ordered by topic and reason.
func (c *Consumer) Rejections() []Rejection {
	r := &c.cfg.Metrics.rejected
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]Rejection, len(r.all))
	for i, one := range r.all {
		one.Samples = slices.Clone(one.Samples)
		all[i] = one
	}
	slices.SortFunc(all, func(a, b Rejection) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Reason, b.Reason))
	})
	return all
}

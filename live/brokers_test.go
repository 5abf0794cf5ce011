package live

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"streamd/kafka"
	"streamd/topics"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// refuse has the broker answer requests of a kind with an error while it is set; nil lets
// one pass.
func (r *rig) refuse(key kmsg.Key, answer func(kmsg.Request) kmsg.Response) (on *atomic.Bool, asked *atomic.Int32) {
	on, asked = new(atomic.Bool), new(atomic.Int32)
	r.cluster.ControlKey(int16(key), func(q kmsg.Request) (kmsg.Response, error, bool) {
		r.cluster.KeepControl()
		if !on.Load() {
			return nil, nil, false
		}
		refused := answer(q)
		if refused != nil {
			asked.Add(1)
		}
		return refused, nil, refused != nil
	})
	return on, asked
}

// Whoever asks is told within seconds that signals do not get out, whatever step it is
// that the brokers refuse, and they are not asked without a pause.
func TestBrokersTakeNothing(t *testing.T) {
	steps := map[string]struct {
		key    kmsg.Key
		answer func(kmsg.Request) kmsg.Response
	}{
		"produce": {kmsg.Produce, func(q kmsg.Request) kmsg.Response {
			answer := q.ResponseKind().(*kmsg.ProduceResponse)
			if q.(*kmsg.ProduceRequest).TransactionID == nil {
				return nil // the candles
			}
			for _, t := range q.(*kmsg.ProduceRequest).Topics {
				topic := kmsg.NewProduceResponseTopic()
				topic.Topic = t.Topic
				for _, p := range t.Partitions {
					part := kmsg.NewProduceResponseTopicPartition()
					part.Partition, part.ErrorCode = p.Partition, kerr.NotEnoughReplicas.Code
					topic.Partitions = append(topic.Partitions, part)
				}
				answer.Topics = append(answer.Topics, topic)
			}
			return answer
		}},
		"commit": {kmsg.EndTxn, func(q kmsg.Request) kmsg.Response {
			answer := q.ResponseKind().(*kmsg.EndTxnResponse)
			answer.ErrorCode = kerr.UnknownServerError.Code
			return answer
		}},
	}
	for name, step := range steps {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 1)
			all := testMessages(100)
			r.produce(all[:200])
			cfg := r.stateful(ExactlyOnce, t.TempDir(), nil)
			cfg.SessionTimeout = time.Minute // so that the transaction does not expire
			c := r.start(cfg)
			wait(t, func() bool { return r.committed(t.Context()) })
			on, asked := r.refuse(step.key, step.answer)
			on.Store(true)
			r.produce(all[200:])
			wait(t, func() bool { ready, why := c.Ready(); return !ready && strings.Contains(why, "signals wait") })
			if n := asked.Load(); n > 200 {
				t.Errorf("asked %d times", n)
			}
			on.Store(false)
			wait(t, func() bool { return r.committed(t.Context()) })
			wait(t, func() bool { ready, _ := c.Ready(); return ready })
			c.end()
			got, want := r.read("signals"), r.expected()
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%d signals, want %d", len(got), len(want))
			}
		})
	}
}

// A partition whose leader is away holds up no other one, and is read when it is back.
func TestLeaderAway(t *testing.T) {
	r := newRig(t, 1)
	r.impatient(time.Second)
	if err := r.client.CreateTopic(t.Context(),
		kafka.TopicSpec{Name: "other", Partitions: 1, Replication: 1}); err != nil {
		t.Fatal(err)
	}
	on, _ := r.refuse(kmsg.ListOffsets, func(q kmsg.Request) kmsg.Response {
		answer := q.ResponseKind().(*kmsg.ListOffsetsResponse)
		for _, t := range q.(*kmsg.ListOffsetsRequest).Topics {
			topic := kmsg.NewListOffsetsResponseTopic()
			topic.Topic = t.Topic
			for _, p := range t.Partitions {
				part := kmsg.NewListOffsetsResponseTopicPartition()
				part.Partition, part.ErrorCode = p.Partition, kerr.NotLeaderForPartition.Code
				topic.Partitions = append(topic.Partitions, part)
			}
			if t.Topic != "other" {
				return nil
			}
			answer.Topics = append(answer.Topics, topic)
		}
		return answer
	})
	on.Store(true)
	r.produce(testMessages(100))
	cfg := r.stateful(ExactlyOnce, t.TempDir(), nil)
	cfg.Topics = append(cfg.Topics, topics.Source{Name: "other", Mapping: cfg.Topics[0].Mapping})
	c := r.start(cfg)
	wait(t, func() bool { return r.committed(t.Context()) })
	if ready, why := c.Ready(); ready {
		t.Error("ready without one of the partitions: " + why)
	}
	on.Store(false)
	wait(t, func() bool { ready, _ := c.Ready(); return ready })
	c.end()
	r.compare("beside a partition whose leader is away")
}

// A fetch that a broker refuses stands the partition still until it is not refused.
func TestFetchRefused(t *testing.T) {
	r := newRig(t, 1)
	all := testMessages(60)
	r.produce(all[:40])
	c := r.start(r.stateful(ExactlyOnce, t.TempDir(), nil))
	wait(t, func() bool { return r.committed(t.Context()) })
	on, _ := r.refuse(kmsg.Fetch, func(q kmsg.Request) kmsg.Response {
		answer := q.ResponseKind().(*kmsg.FetchResponse)
		topic := kmsg.NewFetchResponseTopic()
		topic.Topic = "candles"
		part := kmsg.NewFetchResponseTopicPartition()
		part.ErrorCode = kerr.TopicAuthorizationFailed.Code
		topic.Partitions = append(topic.Partitions, part)
		answer.Topics = append(answer.Topics, topic)
		return answer
	})
	on.Store(true)
	r.produce(all[40:])
	wait(t, func() bool { ready, _ := c.Ready(); return !ready })
	on.Store(false)
	wait(t, func() bool { return r.committed(t.Context()) })
	wait(t, func() bool { ready, _ := c.Ready(); return ready })
	c.end()
	r.compare("after a fetch was refused")
}

// A broker that has lost a producer's sequence, as Kafka 4.0 does when a request of an older
// epoch comes late, costs the transaction and nothing else: no partition is restored.
func TestSequenceLost(t *testing.T) {
	r := newRig(t, 1)
	all := testMessages(100)
	r.produce(all[:200])
	var log tmpLog
	cfg := r.stateful(ExactlyOnce, t.TempDir(), &log)
	c := r.start(cfg)
	wait(t, func() bool { return r.committed(t.Context()) })
	once := r.cluster.Fault(kfake.Fault{
		Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.OutOfOrderSequenceNumber, Count: 2,
		When: func(q kmsg.Request) bool { return q.(*kmsg.ProduceRequest).TransactionID != nil },
	})
	defer once.Remove()
	r.produce(all[200:])
	wait(t, func() bool { return r.committed(t.Context()) })
	c.end()
	r.compare("after the sequence was lost")
	if strings.Contains(log.String(), "afresh") {
		t.Error(log.String())
	}
}

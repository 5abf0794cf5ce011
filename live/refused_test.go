package live

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"streamd/kafka"
	"streamd/topics"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

// deny has the broker refuse requests about a topic until the handle is removed.
func (r *rig) deny(topic string, code *kerr.Error, keys ...kmsg.Key) *kfake.FaultHandle {
	return r.cluster.Fault(kfake.Fault{Keys: keys, Topic: topic, Err: code, Count: -1})
}

// refusedRigs calls f for either delivery and for brokers with and without KIP-890.
func refusedRigs(t *testing.T, f func(r *rig, delivery Delivery)) {
	t.Helper()
	for _, delivery := range []Delivery{ExactlyOnce, AtLeastOnce} {
		for _, release := range []*kversion.Versions{kversion.V3_9_0(), kversion.Stable()} {
			t.Run(fmt.Sprintf("%s/%s", delivery, release.VersionGuess()), func(t *testing.T) {
				t.Parallel()
				f(newRig(t, 1, kfake.MaxVersions(release)), delivery)
			})
		}
	}
}

var writes = []kmsg.Key{kmsg.Produce, kmsg.AddPartitionsToTxn}

// Where dead letters are refused the signals go on.
func TestDeadLettersRefused(t *testing.T) {
	refusedRigs(t, func(r *rig, delivery Delivery) {
		all := testMessages(100)
		for i, code := range []*kerr.Error{kerr.TopicAuthorizationFailed, kerr.InvalidRecord} {
			keys := writes
			if code == kerr.InvalidRecord {
				keys = writes[:1]
			}
			denied := r.deny("dead", code, keys...)
			var log tmpLog
			cfg := r.stateful(delivery, r.t.TempDir(), &log)
			r.produce(append(all[200*i:][:200:200], "S0|not a candle", "S0|nor is this"))
			c := r.start(cfg)
			wait(r.t, func() bool { return r.committed(r.t.Context()) })
			if ready, why := c.Ready(); !ready {
				r.t.Error(why)
			}
			c.end()
			if n := cfg.Metrics.set.GetOrCreateCounter(`streamd_refused_messages_total{topic="dead"}`).Get(); n != 2 {
				r.t.Errorf("%v: %d messages refused, want 2", code, n)
			}
			if n := strings.Count(log.String(), `"level":"error"`); n != 1 || !strings.Contains(log.String(), "dead") {
				r.t.Errorf("%v: %d errors logged: %s", code, n, log.String())
			}
			if dead := r.read("dead"); len(dead) > 0 {
				r.t.Errorf("dead letters %q", dead)
			}
			denied.Remove()
		}
		r.compare("beside dead letters that are refused")
	})
}

// Where the state topic is refused the local directory goes on, and the topic gets
// everything once it takes records.
func TestStateTopicRefused(t *testing.T) {
	refusedRigs(t, func(r *rig, delivery Delivery) {
		if err := r.client.CreateTopic(r.t.Context(), kafka.TopicSpec{
			Name: "g-state", Partitions: 1, Replication: 1,
		}); err != nil {
			r.t.Fatal(err)
		}
		denied := r.deny("g-state", kerr.TopicAuthorizationFailed, writes...)
		dir, all := r.t.TempDir(), testMessages(100)
		r.produce(all[:200])
		cfg := r.stateful(delivery, dir, nil)
		c := r.start(cfg)
		wait(r.t, func() bool { return r.committed(r.t.Context()) })
		wait(r.t, func() bool { return cfg.Metrics.stateRecords.Get() > 0 })
		if ready, why := c.Ready(); !ready {
			r.t.Error(why)
		}
		c.end()
		denied.Remove()
		r.produce(all[200:])
		r.once(delivery, dir)
		r.compare("beside a state topic that is refused")
		if len(r.read("g-state")) < 4 {
			r.t.Error("the state topic lacks series")
		}
	})
}

// An input whose offsets are refused stands still alone, and goes on without a signal
// lost or doubled.
func TestInputRefused(t *testing.T) {
	refusedRigs(t, func(r *rig, delivery Delivery) {
		ctx := r.t.Context()
		if err := r.client.CreateTopic(ctx, kafka.TopicSpec{
			Name: "other", Partitions: 1, Replication: 1,
		}); err != nil {
			r.t.Fatal(err)
		}
		cfg := r.stateful(delivery, r.t.TempDir(), nil)
		cfg.Topics = append(cfg.Topics, topics.Source{Name: "other", Mapping: cfg.Topics[0].Mapping})
		denied := r.deny("candles", kerr.TopicAuthorizationFailed, kmsg.TxnOffsetCommit, kmsg.OffsetCommit)
		r.produce(testMessages(100))
		c := r.start(cfg)
		wait(r.t, func() bool {
			ready, why := c.Ready()
			return !ready && strings.Contains(why, "candles/0: its offsets cannot be committed") &&
				strings.Contains(why, "Topic Authorization Failed")
		})
		generation := c.group
		r.produceOther(testMessages(3))
		other := []kafka.TopicPartition{{Topic: "other"}}
		wait(r.t, func() bool {
			at, err := r.client.CommittedOffsets(ctx, "g", other)
			return err == nil && at[other[0]] == 12
		})
		if delivery == ExactlyOnce {
			if n := len(r.read("signals")); n > 0 {
				r.t.Errorf("%d signals without their offsets", n)
			}
		}
		denied.Remove()
		wait(r.t, func() bool { return r.committed(ctx) })
		wait(r.t, func() bool { ready, _ := c.Ready(); return ready })
		if c.group != generation {
			r.t.Error("the group was joined again")
		}
		c.end()
		r.compare("of an input that was refused")
	})
}

func (r *rig) produceOther(messages []string) {
	r.t.Helper()
	ctx := r.t.Context()
	p, err := r.client.Producer(ctx, kafka.ProducerConfig{})
	if err != nil {
		r.t.Fatal(err)
	}
	for _, m := range messages {
		_, value, _ := strings.Cut(m, "|")
		if err := p.Add(ctx, &kafka.ProducerRecord{
			Topic: "other", Value: []byte(value), TimestampMs: time.Now().UnixMilli(),
		}); err != nil {
			r.t.Fatal(err)
		}
	}
	if err := p.Flush(ctx); err != nil {
		r.t.Fatal(err)
	}
}

// While signals are refused Ready says so all the time, and names their topic.
func TestSignalsRefused(t *testing.T) {
	refusedRigs(t, func(r *rig, delivery Delivery) {
		all := testMessages(100)
		r.produce(all[:200])
		c := r.start(r.stateful(delivery, r.t.TempDir(), nil))
		wait(r.t, func() bool { return r.committed(r.t.Context()) })
		denied := r.deny("signals", kerr.TopicAuthorizationFailed, writes...)
		r.produce(all[200:])
		says := func() bool {
			ready, why := c.Ready()
			return !ready && strings.Contains(why, " signals") && strings.Contains(why, "code 29")
		}
		wait(r.t, says)
		for end := time.Now().Add(time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			if !says() {
				ready, why := c.Ready()
				r.t.Fatalf("ready %v: %s", ready, why)
			}
		}
		denied.Remove()
		wait(r.t, func() bool { return r.committed(r.t.Context()) })
		wait(r.t, func() bool { ready, _ := c.Ready(); return ready })
		c.end()
		r.compare("after signals were refused")
	})
}

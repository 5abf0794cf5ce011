package live

import (
	"bytes"
	"compress/gzip"
	"hash/crc32"
	"strings"
	"testing"
	"time"

	"streamd/kafka"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// produceBomb writes a batch of three records into a partition of candles that becomes
// larger than a limit when it is decompressed.
func (r *rig) produceBomb(partition int32, limit int) {
	r.t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(make([]byte, limit+1)); err != nil {
		r.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		r.t.Fatal(err)
	}
	now := time.Now().UnixMilli()
	batch := kmsg.RecordBatch{
		PartitionLeaderEpoch: -1, Magic: 2, Attributes: 1, LastOffsetDelta: 2, FirstTimestamp: now, MaxTimestamp: now,
		ProducerID: -1, ProducerEpoch: -1, FirstSequence: -1, NumRecords: 3, Records: packed.Bytes(),
	}
	const prefix, checked = 12, 21 // bytes before what the length counts, and before what the checksum covers
	batch.Length = int32(len(batch.AppendTo(nil)) - prefix)
	batch.CRC = int32(crc32.Checksum(batch.AppendTo(nil)[checked:], crc32.MakeTable(crc32.Castagnoli)))
	c, err := kgo.NewClient(kgo.SeedBrokers(r.addresses...))
	if err != nil {
		r.t.Fatal(err)
	}
	defer c.Close()
	q := kmsg.NewPtrProduceRequest()
	q.Acks, q.TimeoutMillis = -1, 5000
	topic, part := kmsg.NewProduceRequestTopic(), kmsg.NewProduceRequestTopicPartition()
	part.Partition, part.Records = partition, batch.AppendTo(nil)
	topic.Topic, topic.Partitions = "candles", append(topic.Partitions, part)
	meta, err := r.client.Topics(r.t.Context(), "candles")
	if err != nil {
		r.t.Fatal(err)
	}
	topic.TopicID = meta[0].ID
	q.Topics = append(q.Topics, topic)
	answer, err := q.RequestWith(r.t.Context(), c)
	if err != nil || answer.Topics[0].Partitions[0].ErrorCode != 0 {
		r.t.Fatalf("%v %+v", err, answer)
	}
}

// A batch that becomes too large is one dead letter with its offsets, or halts its
// partition alone. The group is not joined again.
func TestBadBatch(t *testing.T) {
	const limit = 1 << 20
	for _, policy := range []BadBatches{SkipBatch, HaltAtBatch} {
		t.Run(string(policy), func(t *testing.T) {
			r := newRig(t, 2)
			all := testMessages(60)
			for p := range int32(2) {
				r.produceTo(p, all[:40])
			}
			r.sent = all[:40]
			cfg := r.stateful(ExactlyOnce, t.TempDir(), nil)
			cfg.BadBatches, cfg.BatchBytesMax = policy, limit
			c := r.start(cfg)
			wait(t, func() bool { return r.committed(t.Context()) })
			r.produceBomb(0, limit)
			r.produceTo(0, all[40:])
			r.produceTo(1, all[40:])
			halts := func() bool {
				ready, why := c.Ready()
				return !ready && strings.Contains(why, "candles/0") && strings.Contains(why, "decompresses to more than")
			}
			if policy == HaltAtBatch {
				wait(t, halts)
				tps := []kafka.TopicPartition{{Topic: "candles"}, {Topic: "candles", Partition: 1}}
				wait(t, func() bool {
					at, err := r.client.CommittedOffsets(t.Context(), "g", tps)
					return err == nil && at[tps[0]] == 40 && at[tps[1]] == int64(len(all))
				})
			} else {
				wait(t, func() bool { return r.committed(t.Context()) })
				dead := r.read("dead")
				if len(dead) != 1 || !strings.HasPrefix(dead[0], "bad_batch gzip: decompresses") {
					t.Errorf("dead letters %q", dead)
				}
			}
			c.end()
			if policy == SkipBatch {
				got, want := len(r.read("signals")), 2*len(r.expectedOf(all))
				if got != want {
					t.Errorf("%d signals, want %d", got, want)
				}
			}
		})
	}
}

// expectedOf is expected for some messages.
func (r *rig) expectedOf(messages []string) []string {
	other := *r
	other.sent = messages
	return other.expected()
}

package live

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"streamd/kafka"
)

// A session that outlasts the tests: nothing here waits for it to end.
const sessionLong = 4 * time.Minute

// static is the configuration of a static member.
func (r *rig) static() Config {
	cfg := r.config(ExactlyOnce)
	cfg.InstanceID, cfg.SessionTimeout = "g-1", sessionLong
	return cfg
}

// A process that is killed in a transaction leaves signals and offsets undecided. The
// next one has its partitions back and goes on at once: it waits neither for the
// session to end nor for the transaction to expire.
func TestKilledInATransaction(t *testing.T) {
	r := newRig(t, 2)
	all := testMessages(100)
	r.produce(all[:200])
	r.leaveOpen()
	r.produce(all[200:])
	r.consume(r.static())
	got, want := r.read("signals"), r.expected()
	slices.Sort(got)
	if len(want) < 20 || !slices.Equal(got, want) {
		t.Errorf("%d signals, want %d", len(got), len(want))
	}
}

// leaveOpen joins as the static member and ends without a word, with a transaction
// open that holds a signal and offsets.
func (r *rig) leaveOpen() {
	r.t.Helper()
	must := func(err error) {
		r.t.Helper()
		if err != nil {
			r.t.Fatal(err)
		}
	}
	ctx, stop := context.WithTimeout(r.t.Context(), time.Minute)
	defer stop()
	client, err := kafka.Open(kafka.Config{Brokers: r.addresses})
	must(err)
	defer client.Close()
	g, err := client.Group(kafka.GroupConfig{
		ID: "g", InstanceID: "g-1", Topics: []string{"candles"},
		SessionTimeout: sessionLong,
	})
	must(err)
	gen, err := g.Next(ctx)
	must(err)
	p, err := client.Producer(ctx, kafka.ProducerConfig{TransactionalID: "g-1", TransactionTimeout: sessionLong})
	must(err)
	must(p.Begin())
	must(p.SendOffsets(gen.GroupMember, map[kafka.TopicPartition]int64{gen.Assignments[0].TopicPartition: 7}))
	must(p.Add(ctx, &kafka.ProducerRecord{Topic: "signals", Value: []byte("never said")}))
	must(p.Flush(ctx))
}

// A topic that grows while its only reader, a static member, is away or at work: the
// new partition is read from its beginning.
func TestTopicGrows(t *testing.T) {
	r := newRig(t, 1)
	all := testMessages(60)
	r.produceTo(0, symbol(all, 0))
	r.consume(r.static())
	r.grow(2)
	r.produceTo(1, symbol(all, 1))
	r.consume(r.static())

	// At work: the consumer waits at the end of what there is.
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	c := New(r.static())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	wait(t, func() bool { ready, _ := c.Ready(); return ready })
	r.grow(3)
	r.produceTo(2, symbol(all, 2))
	wait(t, func() bool { return r.committed(ctx) })
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}

	got, want := r.read("signals"), r.expected()
	slices.Sort(got)
	if len(want) < 15 || !slices.Equal(got, want) {
		t.Errorf("%d signals, want %d", len(got), len(want))
	}
}

// symbol picks the messages of the nth of the four symbols.
func symbol(all []string, n int) []string {
	var some []string
	for i := n; i < len(all); i += 4 {
		some = append(some, all[i])
	}
	return some
}

func (r *rig) grow(partitions int32) {
	r.t.Helper()
	req := kmsg.NewPtrCreatePartitionsRequest()
	req.Topics = []kmsg.CreatePartitionsRequestTopic{{Topic: "candles", Count: partitions}}
	resp, err := req.RequestWith(r.t.Context(), r.admin())
	if err != nil || resp.Topics[0].ErrorCode != 0 {
		r.t.Fatalf("to %d partitions: %v, %+v", partitions, err, resp)
	}
	r.partitions = partitions
}

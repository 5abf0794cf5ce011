package kafka

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"streamd/internal/redpanda"
)

// transact runs transactions of 100 values each; a true in aborts undoes one
// in between, as a caller would that then sends the same again.
func transact(t *testing.T, p *Producer, topic string, aborts ...bool) {
	t.Helper()
	ctx := within(t, 30*time.Second)
	for i, abort := range aborts {
		if abort {
			must(t, p.Begin())
			add(t, p, topic, i*100, i*100+50)
			must(t, p.Flush(ctx))
			add(t, p, topic, i*100+50, i*100+100)
			must(t, p.Abort(ctx))
		}
		must(t, p.Begin())
		add(t, p, topic, i*100, i*100+100)
		must(t, p.Commit(ctx))
	}
}

func TestTransactionCommitAndAbort(t *testing.T) {
	_, c := fake(t, kfake.SeedTopics(3, "out"))
	p := newProducer(t, c, ProducerConfig{TransactionalID: "tx"})
	before := p.id
	transact(t, p, "out", false, true, false, true, true)
	if p.id.id != before.id || p.id.epoch != before.epoch+8 {
		t.Errorf("id %v behind five commits and three aborts, %v before: each begins an epoch", p.id, before)
	}
	f := newFetcher(t, c, FetcherConfig{ReadCommitted: true})
	addAll(f, "out", 3)
	wantOnce(t, collect(t, f, 500), 0, 500)
}

// Brokers before Kafka 4, and Redpanda, keep the epoch from one transaction to the next.
func TestTransactionsOfOlderBrokers(t *testing.T) {
	for release, opts := range releases {
		if release != "4" {
			t.Run(release, func(t *testing.T) { sameEpoch(t, opts) })
		}
	}
}

func sameEpoch(t *testing.T, release []kfake.Opt) {
	_, c := fake(t, append(release, kfake.SeedTopics(3, "out"))...)
	must(t, c.CheckVersions(within(t, 10*time.Second)))
	p := newProducer(t, c, ProducerConfig{TransactionalID: "tx"})
	before := p.id
	transact(t, p, "out", false, true, false)
	f := newFetcher(t, c, FetcherConfig{ReadCommitted: true})
	addAll(f, "out", 3)
	wantOnce(t, collect(t, f, 300), 0, 300)
	if p.id != before {
		t.Errorf("id %v behind three commits and an abort, %v before", p.id, before)
	}
}

// Answers of every request of a transaction get lost, and codes come that are
// to be waited out: each transaction is in the log once.
func TestTransactionFaults(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(3), kfake.SeedTopics(3, "out"))
	must(t, err)
	defer cluster.Close()
	wire := newTap()
	c := open(t, Config{Brokers: cluster.ListenAddrs(), Dial: wire.Dial})
	ctx := within(t, 60*time.Second)
	p := newProducer(t, c, ProducerConfig{TransactionalID: "tx"})
	member := GroupMember{Group: "g", Generation: -1}
	tp := TopicPartition{"in", 0}
	cluster.CreateTopic("in", 1, nil)
	keys := []kmsg.Key{
		kmsg.Produce, kmsg.AddPartitionsToTxn, kmsg.AddOffsetsToTxn, kmsg.TxnOffsetCommit, kmsg.EndTxn,
		kmsg.FindCoordinator,
	}
	for i := range 40 {
		key := keys[i%len(keys)]
		switch i / len(keys) % 4 {
		case 0:
			wire.loseAnswers(int16(key), 2)
		case 1:
			if key != kmsg.Produce {
				cluster.Fault(kfake.Fault{Keys: []kmsg.Key{key}, Err: kerr.CoordinatorLoadInProgress, Count: 2})
			}
		case 2:
			if key == kmsg.AddPartitionsToTxn || key == kmsg.EndTxn {
				cluster.Fault(kfake.Fault{Keys: []kmsg.Key{key}, Err: kerr.ConcurrentTransactions, Count: 3})
			}
		case 3:
			cluster.RehashCoordinators()
			cluster.ShufflePartitionLeaders()
		}
		must(t, p.Begin())
		add(t, p, "out", i*100, i*100+100)
		must(t, p.SendOffsets(member, map[TopicPartition]int64{tp: int64(i)}))
		must(t, p.Commit(ctx))
		found, err := c.CommittedOffsets(ctx, "g", []TopicPartition{tp, {"in", 5}})
		must(t, err)
		if found[tp] != int64(i) || found[TopicPartition{"in", 5}] != -1 {
			t.Fatalf("committed %v, want %d", found, i)
		}
	}
	f := newFetcher(t, c, FetcherConfig{ReadCommitted: true})
	addAll(f, "out", 3)
	wantOnce(t, collect(t, f, 4000), 0, 4000)
}

// A commit whose answers are all lost stays in doubt until it is repeated.
func TestCommitInDoubt(t *testing.T) {
	_, wire, c := tapped(t, 1, "out", 100*time.Millisecond)
	ctx := within(t, 30*time.Second)
	p := newProducer(t, c, ProducerConfig{TransactionalID: "tx"})
	must(t, p.Begin())
	add(t, p, "out", 0, 10)
	wire.loseAnswers(26, -1)
	for range 2 {
		if err := p.Commit(ctx); !errors.Is(err, ErrInDoubt) || !errors.Is(err, ErrRetriesExhausted) {
			t.Errorf("commit: %v", err)
		}
	}
	if err := p.Abort(ctx); !errors.Is(err, ErrInDoubt) {
		t.Errorf("abort: %v", err)
	}
	if err := p.Add(ctx, &ProducerRecord{Topic: "out"}); err == nil {
		t.Error("record added to a transaction that is committing")
	}
	wire.loseAnswers(26, 0)
	must(t, p.Commit(ctx))
	must(t, p.Begin())
	add(t, p, "out", 10, 20)
	must(t, p.Commit(ctx))
	f := newFetcher(t, c, FetcherConfig{ReadCommitted: true})
	addAll(f, "out", 1)
	wantOnce(t, collect(t, f, 20), 0, 20)
}

// A transaction that never reached the coordinator, and one with batches of
// unknown fate, can be aborted; the same records then go out again.
func TestAbortAfterFailedSends(t *testing.T) {
	for name, key := range map[string]kmsg.Key{"4": kmsg.Produce, "3.9": kmsg.AddPartitionsToTxn} {
		t.Run(name, func(t *testing.T) { abortAfterFailedSends(t, releases[name], key) })
	}
}

// releases are the brokers that tests of transactions run against.
var releases = map[string][]kfake.Opt{
	"4":        nil,
	"3.9":      {kfake.MaxVersions(kversion.V3_9_0())},
	"redpanda": {kfake.MaxVersions(redpanda.Versions())},
}

func abortAfterFailedSends(t *testing.T, release []kfake.Opt, joining kmsg.Key) {
	cluster, wire, c := tapped(t, 2, "out", 100*time.Millisecond, release...)
	ctx := within(t, 30*time.Second)
	p := newProducer(t, c, ProducerConfig{TransactionalID: "tx"})
	transact(t, p, "out", false)
	epoch := p.id.epoch

	must(t, p.Begin())
	add(t, p, "out", 100, 200)
	down := cluster.Fault(kfake.Fault{
		Keys: []kmsg.Key{joining}, Err: kerr.CoordinatorNotAvailable,
		Count: -1,
	})
	if err := p.Commit(ctx); !errors.Is(err, ErrRetriesExhausted) {
		t.Errorf("commit: %v", err)
	}
	must(t, p.Abort(ctx))
	down.Remove()

	must(t, p.Begin())
	add(t, p, "out", 100, 200)
	wire.loseAnswers(0, -1)
	if err := p.Commit(ctx); !errors.Is(err, ErrRetriesExhausted) {
		t.Errorf("commit: %v", err)
	}
	wire.loseAnswers(0, 0)
	must(t, p.Abort(ctx))
	must(t, p.Abort(ctx)) // nothing open
	if p.id.epoch == epoch {
		t.Error("the epoch is the same although sequence numbers are not known")
	}
	must(t, p.Begin())
	add(t, p, "out", 100, 200)
	must(t, p.Commit(ctx))
	f := newFetcher(t, c, FetcherConfig{ReadCommitted: true})
	addAll(f, "out", 2)
	wantOnce(t, collect(t, f, 200), 0, 200)
}

func TestZombieIsFenced(t *testing.T) {
	_, c := fake(t, kfake.SeedTopics(1, "out"))
	ctx := within(t, 30*time.Second)
	zombies := []*Producer{}
	for range 3 { // each fences the one before, in another state
		p := newProducer(t, c, ProducerConfig{TransactionalID: "tx"})
		must(t, p.Begin())
		add(t, p, "out", 100, 110)
		if len(zombies) == 1 {
			must(t, p.Flush(ctx))
		}
		zombies = append(zombies, p)
	}
	heir := newProducer(t, c, ProducerConfig{TransactionalID: "tx"})
	transact(t, heir, "out", false)
	for i, z := range zombies {
		for range 2 {
			if err := z.Commit(ctx); !errors.Is(err, ErrFenced) {
				t.Errorf("zombie %d: commit: %v", i, err)
			}
		}
		if err := errors.Join(z.Begin(), z.Abort(ctx)); !errors.Is(err, ErrFenced) {
			t.Errorf("zombie %d: begin and abort: %v", i, err)
		}
	}
	f := newFetcher(t, c, FetcherConfig{ReadCommitted: true})
	addAll(f, "out", 1)
	wantOnce(t, collect(t, f, 100), 0, 100)
}

func TestTransactionMisuse(t *testing.T) {
	_, c := fake(t, kfake.SeedTopics(1, "out"))
	ctx := within(t, 30*time.Second)
	plain := newProducer(t, c, ProducerConfig{})
	if err := plain.Begin(); err == nil {
		t.Error("a transaction without an id")
	}
	p := newProducer(t, c, ProducerConfig{TransactionalID: "tx"})
	for name, err := range map[string]error{
		"add": p.Add(ctx, &ProducerRecord{Topic: "out"}), "flush": p.Flush(ctx), "commit": p.Commit(ctx),
		"offsets": p.SendOffsets(GroupMember{}, map[TopicPartition]int64{{"in", 0}: 1}),
	} {
		if err == nil {
			t.Errorf("%s outside a transaction", name)
		}
	}
	must(t, p.Begin())
	if err := p.Begin(); err == nil {
		t.Error("a transaction inside a transaction")
	}
	must(t, p.Commit(ctx)) // an empty one
	must(t, p.Begin())
	must(t, p.Abort(ctx))
}

// The context ends in the middle; the transaction can still be aborted.
func TestCommitInterrupted(t *testing.T) {
	cluster, c := fake(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "out"))
	p := newProducer(t, c, ProducerConfig{TransactionalID: "tx"})
	must(t, p.Begin())
	add(t, p, "out", 0, 10)
	fault := cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.NotEnoughReplicas, Count: -1})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer cancel()
		if err := fault.Wait(context.Background(), 1); err != nil {
			panic(fmt.Sprint("no request came: ", err))
		}
	}()
	if err := p.Commit(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("commit: %v", err)
	}
	fault.Remove()
	must(t, p.Abort(within(t, 10*time.Second)))
	transact(t, p, "out", false, true)
	f := newFetcher(t, c, FetcherConfig{ReadCommitted: true})
	addAll(f, "out", 1)
	wantOnce(t, collect(t, f, 200), 0, 200)
}

// Two transactions overlap in one partition and the one that began last is
// aborted first: brokers list aborted transactions in the order of their ends.
func TestAbortedTransactionsOverlap(t *testing.T) {
	_, c := fake(t, kfake.SeedTopics(1, "out"))
	overlap(t, c, "out")
	var w writer
	w.i32(0)
	w.i16(0)
	w.i32(0)
	w.array(1)
	w.str("out")
	w.array(1)
	w.i32(0)
	w.i16(0)
	w.i64(20)
	w.i64(20)
	w.i64(0)
	w.array(2)
	for _, a := range []abortedTxn{{producer: 2, first: 10}, {producer: 1, first: 0}} {
		w.i64(a.producer)
		w.i64(a.first)
	}
	w.i32(-1)
	w.i32(0)
	var a fetchAnswer
	must(t, a.parse(&reader{b: w.b}, &fetchRequest{partitions: []fetchPartition{{TopicPartition: TopicPartition{
		"out",
		0,
	}}}}))
	if got := a.partitions[0].aborted; got[0].first != 0 || got[1].first != 10 {
		t.Errorf("aborted %v, want the order of their beginnings", got)
	}
}

// overlap aborts two transactions, the later one first, and wants their records hidden.
func overlap(t *testing.T, c *Client, topic string) {
	t.Helper()
	ctx := within(t, 60*time.Second)
	var p [2]*Producer
	for i := range p {
		p[i] = newProducer(t, c, ProducerConfig{TransactionalID: fmt.Sprintf("%s-%d", topic, i)})
		must(t, p[i].Begin())
		add(t, p[i], topic, 1000+i*10, 1010+i*10)
		must(t, p[i].Flush(ctx))
	}
	must(t, p[1].Abort(ctx))
	must(t, p[0].Abort(ctx))
	send(t, newProducer(t, c, ProducerConfig{}), topic, 0, 10)
	f := newFetcher(t, c, FetcherConfig{ReadCommitted: true})
	addAll(f, topic, 1)
	wantOnce(t, collect(t, f, 10), 0, 10)
}

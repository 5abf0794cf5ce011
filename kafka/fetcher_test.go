package kafka

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Leaders move and requests fail while a producer writes and a fetcher reads:
// every record comes once, in order.
func TestFaultsLoseAndRepeatNothing(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(3), kfake.SeedTopics(6, "in"))
	must(t, err)
	defer cluster.Close()
	wire := newTap()
	c := open(t, Config{Brokers: cluster.ListenAddrs(), Dial: wire.Dial})
	var faults atomic.Int32
	p := newProducer(t, c, ProducerConfig{OnRetry: func(error) { faults.Add(1) }})
	f := newFetcher(t, c, FetcherConfig{OnRetry: func(TopicPartition, error) { faults.Add(1) }})
	addAll(f, "in", 6)
	for round := range 20 {
		switch round % 5 {
		case 0:
			cluster.ShufflePartitionLeaders()
		case 1: // written, but the broker says that it timed out
			cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.RequestTimedOut, Count: 3})
		case 2:
			wire.loseAnswers(0, 2)
		case 3:
			wire.loseAnswers(1, 2)
		case 4:
			cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Err: kerr.NotLeaderForPartition, Count: 2},
				kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.NotEnoughReplicas, Count: 2})
		}
		send(t, p, "in", round*100, round*100+100)
	}
	wantOnce(t, collect(t, f, 2000), 0, 2000)
	if faults.Load() == 0 {
		t.Error("no fault was met")
	}
}

func TestOffsetOutOfRange(t *testing.T) {
	cluster, c := fake(t, kfake.SeedTopics(1, "in"))
	p := newProducer(t, c, ProducerConfig{})
	for i := range 10 {
		send(t, p, "in", i*10, i*10+10)
	}
	must(t, cluster.DeleteRecords("in", 0, 50))
	f := newFetcher(t, c, FetcherConfig{})
	tp := TopicPartition{"in", 0}
	for _, offset := range []int64{10, 101} {
		f.Add(tp, offset)
		part, err := f.Poll(within(t, 20*time.Second))
		must(t, err)
		var e *OffsetOutOfRangeError
		if !errors.As(part.Err, &e) || *e != (OffsetOutOfRangeError{tp, offset, 50, 100}) {
			t.Errorf("offset %d: %v", offset, part.Err)
		}
		part.Release()
	}
	f.Add(tp, 50)
	wantCount(t, collect(t, f, 50), 50)
	// The end itself is in range.
	f.Add(tp, 100)
	send(t, p, "in", 100, 110)
	wantCount(t, collect(t, f, 10), 10)
}

func wantCount(t *testing.T, seen map[string]int, n int) {
	t.Helper()
	if len(seen) != n {
		t.Errorf("%d values, want %d", len(seen), n)
	}
}

func TestFetchErrorsThatStop(t *testing.T) {
	cluster, c := fake(t, kfake.SeedTopics(1, "in"))
	send(t, newProducer(t, c, ProducerConfig{}), "in", 0, 10)
	cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: "in", Err: kerr.TopicAuthorizationFailed})
	f := newFetcher(t, c, FetcherConfig{})
	f.Add(TopicPartition{"in", 0}, 0)
	part, err := f.Poll(within(t, 20*time.Second))
	must(t, err)
	if !errors.Is(part.Err, TopicAuthorization) {
		t.Errorf("%v", part.Err)
	}
	part.Release()
	f.Add(TopicPartition{"in", 0}, 0)
	wantCount(t, collect(t, f, 10), 10)
}

// A stored batch with a wrong checksum is fetched again a few times, then the
// partition stops; what is before it was delivered.
func TestCorruptBatchStopsPartition(t *testing.T) {
	bad := encoded(0, Uncompressed, ProducerRecord{Value: []byte("x")})
	bad[len(bad)-2] ^= 1
	_, c := fake(t, kfake.SeedTopics(1, "in"), kfake.SyntheticFetch(kfake.SyntheticBatch{Batch: bad}))
	var retries atomic.Int32
	f := newFetcher(t, c, FetcherConfig{OnRetry: func(TopicPartition, error) { retries.Add(1) }})
	f.Add(TopicPartition{"in", 0}, 0)
	part, err := f.Poll(within(t, 20*time.Second))
	must(t, err)
	var e *CorruptError
	if !errors.As(part.Err, &e) || e.Topic != "in" || e.Next != 1 || retries.Load() != corruptRetries {
		t.Errorf("after %d retries: %v", retries.Load(), part.Err)
	}
	part.Release()
}

// What inflates or decodes wrongly behind a right checksum shows in Err.
func TestUndecodableBatch(t *testing.T) {
	bad := encoded(0, Uncompressed, ProducerRecord{Value: []byte("x")})
	bad[22] |= byte(Gzip)
	stamp(bad, producerID{-1, -1}, -1, false)
	_, c := fake(t, kfake.SeedTopics(1, "in"), kfake.SyntheticFetch(kfake.SyntheticBatch{Batch: bad}))
	f := newFetcher(t, c, FetcherConfig{})
	f.Add(TopicPartition{"in", 0}, 0)
	part, err := f.Poll(within(t, 20*time.Second))
	must(t, err)
	var r Record
	if part.Next(&r) {
		t.Errorf("read %v", r)
	}
	if part.Err == nil || !strings.Contains(part.Err.Error(), "gzip") || !strings.Contains(part.Err.Error(), "in/0") {
		t.Errorf("%v", part.Err)
	}
	part.Release()
}

// An owner that does not release gets at most the credits of each partition,
// and a slow partition does not hold up the others.
func TestBackPressure(t *testing.T) {
	_, c := fake(t, kfake.NumBrokers(1), kfake.SeedTopics(2, "in"))
	p := newProducer(t, c, ProducerConfig{})
	put := func(partition int32) {
		t.Helper()
		must(t, p.Add(context.Background(), &ProducerRecord{Topic: "in", Partition: partition, Value: []byte("x")}))
		must(t, p.Flush(within(t, 10*time.Second)))
	}
	f := newFetcher(t, c, FetcherConfig{Buffers: 8})
	addAll(f, "in", 2)
	var held []*Fetched
	for range creditsPerPartition {
		put(0)
		part, err := f.Poll(within(t, 10*time.Second))
		must(t, err)
		held = append(held, part)
	}
	put(0)
	for range 5 {
		put(1)
		part, err := f.Poll(within(t, 10*time.Second))
		must(t, err)
		if part.Partition != 1 {
			t.Fatalf("a partition without credit was fetched from offset %d", part.Offset)
		}
		part.Release()
	}
	held[0].Release()
	part, err := f.Poll(within(t, 10*time.Second))
	must(t, err)
	if part.Partition != 0 || part.Offset != creditsPerPartition {
		t.Errorf("%v from offset %d", part.TopicPartition, part.Offset)
	}
	part.Release()
	held[1].Release()
}

func TestPauseRemoveStatus(t *testing.T) {
	_, c := fake(t, kfake.NumBrokers(1), kfake.SeedTopics(2, "in"))
	p := newProducer(t, c, ProducerConfig{})
	f := newFetcher(t, c, FetcherConfig{MaxWait: 50 * time.Millisecond})
	addAll(f, "in", 2)
	send(t, p, "in", 0, 50)
	wantCount(t, collect(t, f, 50), 50)
	f.Pause(TopicPartition{"in", 0})
	f.Remove(TopicPartition{"in", 1})
	f.Pause(TopicPartition{"none", 1})
	if got := f.Status(nil); len(got) != 1 || got[0].Position != got[0].HighWatermark || got[0].LogStart != 0 ||
		got[0].LastStable != got[0].Position {
		t.Errorf("status %+v", got)
	}
	send(t, p, "in", 50, 100)
	if part, err := f.Poll(within(t, 300*time.Millisecond)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("paused and removed, yet %v, %v", part, err)
	}
	f.Resume(TopicPartition{"in", 0})
	part, err := f.Poll(within(t, 10*time.Second))
	must(t, err)
	part.Release()
	f.Close()
	if _, err := f.Poll(within(t, time.Second)); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

// Moving a partition makes what was fetched before stale.
func TestAddMovesPartition(t *testing.T) {
	_, c := fake(t, kfake.SeedTopics(1, "in"))
	send(t, newProducer(t, c, ProducerConfig{}), "in", 0, 100)
	f := newFetcher(t, c, FetcherConfig{})
	tp := TopicPartition{"in", 0}
	for i := range 20 {
		f.Add(tp, int64(i))
		part, err := f.Poll(within(t, 10*time.Second))
		must(t, err)
		var r Record
		if !part.Next(&r) || r.Offset != int64(i) || string(r.Key) != fmt.Sprintf("k%d", i) || part.NextOffset != 100 {
			t.Fatalf("moved to %d: record %d, next %d", i, r.Offset, part.NextOffset)
		}
		if i%2 == 0 {
			f.Add(tp, 0) // stale from here on
		}
		part.Release()
	}
}

// Answers are limited to one small part each; no partition starves.
func TestSmallAnswersReachAllPartitions(t *testing.T) {
	_, c := fake(t, kfake.NumBrokers(1), kfake.SeedTopics(10, "in"))
	p := newProducer(t, c, ProducerConfig{Compression: LZ4})
	for i := range 20 {
		send(t, p, "in", i*100, i*100+100)
	}
	f := newFetcher(t, c, FetcherConfig{MaxBytes: 200, PartitionBytes: 100, MinBytes: 1, Buffers: 2})
	addAll(f, "in", 10)
	wantOnce(t, collect(t, f, 2000), 0, 2000)
}

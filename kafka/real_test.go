//go:build kafka

package kafka

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	segment "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/compress"
	"github.com/segmentio/kafka-go/protocol"
)

// These tests need a real cluster: tools/kafka.sh up, then
// STREAMD_KAFKA=$(tools/kafka.sh bootstrap) go test -tags kafka ./kafka/.
// The fault test kills and starts node 1 of that cluster with tools/kafka.sh,
// which must therefore have the same KAFKA_PORT and KAFKA_STATE.

func realClient(t testing.TB) *Client {
	t.Helper()
	brokers := os.Getenv("STREAMD_KAFKA")
	if brokers == "" {
		t.Fatal("STREAMD_KAFKA is not set to the bootstrap address of a real cluster")
	}
	return open(t, Config{Brokers: strings.Split(brokers, ","), RetryBudget: 30 * time.Second})
}

// realTopic creates a topic that no other test uses.
func realTopic(t testing.TB, c *Client, partitions int32, config map[string]string) string {
	t.Helper()
	name := unique("t")
	must(t, c.CreateTopic(within(t, 20*time.Second),
		TopicSpec{Name: name, Partitions: partitions, Replication: -1, Config: config}))
	return name
}

func TestRealProduceFetch(t *testing.T) {
	c := realClient(t)
	topic := realTopic(t, c, 4, nil)
	for i := range 10 {
		send(t, newProducer(t, c, ProducerConfig{}), topic, i*1000, i*1000+1000)
	}
	f := newFetcher(t, c, FetcherConfig{})
	addAll(f, topic, 4)
	wantOnce(t, collect(t, f, 10_000), 0, 10_000)
}

func TestRealTransactions(t *testing.T) {
	c := realClient(t)
	topic := realTopic(t, c, 3, nil)
	ctx := within(t, 60*time.Second)
	p := newProducer(t, c, ProducerConfig{TransactionalID: topic})
	for i := range 20 {
		must(t, p.Begin())
		if i%2 == 1 {
			add(t, p, topic, 100_000+i*10, 100_000+i*10+10)
			must(t, p.Flush(ctx))
			add(t, p, topic, 200_000+i*10, 200_000+i*10+10) // never sent
			must(t, p.Abort(ctx))
			continue
		}
		add(t, p, topic, i/2*10, i/2*10+10)
		must(t, p.Commit(ctx))
	}
	f := newFetcher(t, c, FetcherConfig{ReadCommitted: true})
	addAll(f, topic, 3)
	wantOnce(t, collect(t, f, 100), 0, 100)

	uncommitted := newFetcher(t, c, FetcherConfig{})
	addAll(uncommitted, topic, 3)
	if n := len(collect(t, uncommitted, 200)); n != 200 {
		t.Errorf("%d values without read_committed, want 200", n)
	}
	tps := []TopicPartition{{topic, 0}, {topic, 1}, {topic, 2}}
	latest, err := c.ListOffsets(ctx, tps, Latest, true)
	must(t, err)
	behind := func() string {
		for _, s := range f.Status(nil) {
			if s.Position != latest[s.TopicPartition] {
				return fmt.Sprintf("%v: position %d, want %d, past the last marker", s.TopicPartition, s.Position,
					latest[s.TopicPartition])
			}
		}
		return ""
	}
	for behind() != "" { // what is aborted last may not have come yet
		step, stop := context.WithTimeout(ctx, 100*time.Millisecond)
		part, err := f.Poll(step)
		stop()
		if err == nil {
			part.Release()
		}
		if ctx.Err() != nil {
			t.Fatal(behind())
		}
	}
}

func TestRealAbortedTransactionsOverlap(t *testing.T) {
	c := realClient(t)
	overlap(t, c, realTopic(t, c, 1, nil))
}

func TestRealFencing(t *testing.T) {
	c := realClient(t)
	topic := realTopic(t, c, 1, nil)
	ctx := within(t, 60*time.Second)
	zombie := newProducer(t, c, ProducerConfig{TransactionalID: topic})
	must(t, zombie.Begin())
	add(t, zombie, topic, 1000, 1010)
	must(t, zombie.Flush(ctx))
	heir := newProducer(t, c, ProducerConfig{TransactionalID: topic})
	must(t, heir.Begin())
	add(t, heir, topic, 0, 10)
	must(t, heir.Commit(ctx))
	add(t, zombie, topic, 1010, 1020)
	for range 2 {
		if err := zombie.Commit(ctx); !errors.Is(err, ErrFenced) {
			t.Errorf("zombie's commit: %v", err)
		}
	}
	if err := zombie.Abort(ctx); !errors.Is(err, ErrFenced) {
		t.Errorf("zombie's abort: %v", err)
	}
	f := newFetcher(t, c, FetcherConfig{ReadCommitted: true})
	addAll(f, topic, 1)
	wantOnce(t, collect(t, f, 10), 0, 10)
}

func TestRealOffsetsInTransaction(t *testing.T) {
	c := realClient(t)
	topic := realTopic(t, c, 2, nil)
	ctx := within(t, 60*time.Second)
	g, err := c.Group(GroupConfig{ID: unique("g"), Topics: []string{topic}})
	must(t, err)
	gen, err := g.Next(ctx)
	must(t, err)
	if len(gen.Assignments) != 2 || gen.Assignments[0].Offset != -1 {
		t.Fatalf("assignments %v", gen.Assignments)
	}
	p := newProducer(t, c, ProducerConfig{TransactionalID: topic})
	tp := TopicPartition{topic, 1}
	commit := func(offset int64, end func(context.Context) error) {
		must(t, p.Begin())
		add(t, p, topic, int(offset), int(offset)+1)
		must(t, p.SendOffsets(gen.GroupMember, map[TopicPartition]int64{tp: offset}))
		must(t, p.Flush(ctx))
		must(t, end(ctx))
	}
	want := func(offset int64) {
		t.Helper()
		found, err := c.CommittedOffsets(ctx, gen.Group, []TopicPartition{tp})
		must(t, err)
		if found[tp] != offset {
			t.Errorf("committed %d, want %d", found[tp], offset)
		}
	}
	commit(7, p.Commit)
	want(7)
	commit(9, p.Abort)
	want(7)
	// Offsets alone are a transaction, too.
	must(t, p.Begin())
	must(t, p.SendOffsets(gen.GroupMember, map[TopicPartition]int64{tp: 11}))
	must(t, p.Commit(ctx))
	want(11)
	// An old generation is refused, and the producer lives on.
	old := gen.GroupMember
	old.Generation--
	must(t, p.Begin())
	must(t, p.SendOffsets(old, map[TopicPartition]int64{tp: 13}))
	if err := p.Commit(ctx); !errors.Is(err, ErrGenerationLost) || errors.Is(err, ErrFenced) {
		t.Errorf("commit for an old generation: %v", err)
	}
	must(t, p.Abort(ctx))
	want(11)
	commit(12, p.Commit)
	want(12)
	must(t, g.Close(ctx))
}

func TestRealCompactedTopic(t *testing.T) {
	c := realClient(t)
	topic := realTopic(t, c, 1, map[string]string{
		"cleanup.policy": "compact", "segment.ms": "100", "min.cleanable.dirty.ratio": "0.001",
		"max.compaction.lag.ms": "200",
	})
	p := newProducer(t, c, ProducerConfig{})
	ctx := within(t, 90*time.Second)
	tp := TopicPartition{topic, 0}
	// Rounds over the same keys until the cleaner has left gaps.
	for round := 0; ; round++ {
		for key := range 50 {
			must(t, p.Add(ctx, &ProducerRecord{
				Topic: topic, TimestampMs: time.Now().UnixMilli(),
				Key: fmt.Appendf(nil, "k%d", key), Value: fmt.Appendf(nil, "%d", round),
			}))
		}
		must(t, p.Flush(ctx))
		end, err := c.ListOffsets(ctx, []TopicPartition{tp}, Latest, false)
		must(t, err)
		f := newFetcher(t, c, FetcherConfig{})
		f.Add(tp, 0)
		newest, count := map[string]string{}, int64(0)
		for at := int64(0); at < end[tp]; {
			part, err := f.Poll(ctx)
			must(t, err)
			must(t, part.Err)
			var r Record
			for part.Next(&r) {
				newest[string(r.Key)] = string(r.Value)
				count++
			}
			must(t, part.Err)
			at = part.NextOffset
			part.Release()
		}
		f.Close()
		for k, v := range newest {
			if v != fmt.Sprint(round) {
				t.Fatalf("%s is %s after round %d", k, v, round)
			}
		}
		if len(newest) != 50 {
			t.Fatalf("%d keys", len(newest))
		}
		if count < end[tp] {
			t.Logf("compacted after %d rounds: %d records up to offset %d", round+1, count, end[tp])
			return
		}
		sleep(ctx, 500*time.Millisecond)
	}
}

// All codecs, written by another client's encoder and by our own, read by ours.
func TestRealCodecs(t *testing.T) {
	c := realClient(t)
	for codec := Uncompressed; codec <= Zstd; codec++ {
		t.Run(codec.String(), func(t *testing.T) {
			topic := realTopic(t, c, 1, nil)
			ctx := within(t, 30*time.Second)
			// A client of its own, because it caches the list of topics.
			foreign := &segment.Client{
				Addr:      segment.TCP(strings.Split(os.Getenv("STREAMD_KAFKA"), ",")...),
				Transport: &segment.Transport{},
			}
			var records []segment.Record
			for i := range 500 {
				records = append(records, segment.Record{
					Key:   segment.NewBytes(fmt.Appendf(nil, "k%d", i)),
					Value: segment.NewBytes(fmt.Appendf(nil, "v%d", i)),
				})
			}
			_, err := foreign.Produce(ctx, &segment.ProduceRequest{
				Topic: topic, RequiredAcks: segment.RequireAll, Compression: compress.Compression(codec),
				Records: protocol.NewRecordReader(records...),
			})
			must(t, err)
			send(t, newProducer(t, c, ProducerConfig{Compression: codec}), topic, 500, 1000)
			f := newFetcher(t, c, FetcherConfig{})
			addAll(f, topic, 1)
			wantOnce(t, collect(t, f, 1000), 0, 1000)
		})
	}
}

func TestRealOffsetOutOfRange(t *testing.T) {
	c := realClient(t)
	topic := realTopic(t, c, 1, nil)
	send(t, newProducer(t, c, ProducerConfig{}), topic, 0, 10)
	f := newFetcher(t, c, FetcherConfig{ReadCommitted: true})
	tp := TopicPartition{topic, 0}
	f.Add(tp, 1000)
	part, err := f.Poll(within(t, 20*time.Second))
	must(t, err)
	var e *OffsetOutOfRangeError
	if !errors.As(part.Err, &e) || e.Offset != 1000 || e.Earliest != 0 || e.Latest != 10 {
		t.Fatalf("%v", part.Err)
	}
	part.Release()
	f.Add(tp, e.Earliest)
	wantOnce(t, collect(t, f, 10), 0, 10)
}

func TestRealTooLarge(t *testing.T) {
	c := realClient(t)
	topic := realTopic(t, c, 1, map[string]string{"max.message.bytes": "2000"})
	p := newProducer(t, c, ProducerConfig{})
	ctx := within(t, 30*time.Second)
	add(t, p, topic, 0, 100)
	must(t, p.Add(ctx, &ProducerRecord{Topic: topic, Value: make([]byte, 3000)}))
	add(t, p, topic, 100, 200)
	err := p.Flush(ctx)
	var e *TooLargeError
	if !errors.As(err, &e) || e.Index != 100 {
		t.Fatalf("%v", err)
	}
	send(t, p, topic, 200, 300)
	f := newFetcher(t, c, FetcherConfig{})
	addAll(f, topic, 1)
	wantOnce(t, collect(t, f, 300), 0, 300)
}

func TestRealGroup(t *testing.T) {
	c := realClient(t)
	topic := realTopic(t, c, 8, nil)
	testGroup(t, c, c, topic, func(name string, n int32) {
		must(t, c.CreateTopic(within(t, 20*time.Second), TopicSpec{Name: name, Partitions: n, Replication: -1}))
	})
}

// TestRealBrokerKill writes and reads while the broker is killed and started:
// idempotent and transactional producers lose and repeat nothing.
func TestRealBrokerKill(t *testing.T) {
	c := realClient(t)
	plain, txn := realTopic(t, c, 3, nil), realTopic(t, c, 3, nil)
	const n = 60_000
	ctx := within(t, 120*time.Second)
	var work sync.WaitGroup
	killed := make(chan struct{})
	pace := func(i int) { // half before the faults end, the rest after at the latest
		if i%1000 == 0 && i < n-1000 {
			select {
			case <-killed:
			case <-time.After(200 * time.Millisecond):
			}
		}
	}
	work.Go(func() {
		p := newProducer(t, c, ProducerConfig{})
		for i := 0; i < n; i += 100 {
			add(t, p, plain, i, i+100)
			for err := p.Flush(ctx); err != nil; err = p.Flush(ctx) {
				if !errors.Is(err, ErrRetriesExhausted) {
					t.Error(err)
					return
				}
			}
			pace(i)
		}
	})
	work.Go(func() {
		p := newProducer(t, c, ProducerConfig{TransactionalID: txn})
		for i := 0; i < n; {
			must(t, p.Begin())
			add(t, p, txn, i, i+100)
			err := p.Commit(ctx)
			for errors.Is(err, ErrInDoubt) {
				err = p.Commit(ctx)
			}
			if err != nil {
				t.Logf("commit: %v", err)
				if err := p.Abort(ctx); err != nil {
					t.Error(err)
					return
				}
				continue
			}
			pace(i)
			i += 100
		}
	})
	f := newFetcher(t, c, FetcherConfig{ReadCommitted: true})
	addAll(f, plain, 3)
	addAll(f, txn, 3)
	for range 3 {
		sleep(ctx, 2*time.Second)
		kafkaSh(t, "kill", "1")
		sleep(ctx, time.Second)
		kafkaSh(t, "start", "1")
	}
	close(killed)
	seen := collect(t, f, 2*n)
	work.Wait()
	if len(seen) != n {
		t.Errorf("%d values, want %d", len(seen), n)
	}
	for v, times := range seen {
		if times != 2 {
			t.Errorf("%s seen %d times, want once in each topic", v, times)
		}
	}
}

func kafkaSh(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("../tools/kafka.sh", args...).CombinedOutput(); err != nil {
		t.Fatalf("kafka.sh %v: %v\n%s", args, err, out)
	}
}

func TestRealStaticMembers(t *testing.T) {
	c := realClient(t)
	testStaticMembers(t, c.cfg.Brokers, realTopic(t, c, 8, nil))
}

func TestRealGrowsWhileAway(t *testing.T) {
	c := realClient(t)
	testGrowsWhileAway(t, c.cfg.Brokers, realTopic(t, c, 8, nil))
}

// TestRealMarkersOutliveBroker kills the broker while one transaction follows the
// other, and opens the next producer when it is up again: what was committed can be
// read, and the offsets are those of the last commit.
func TestRealMarkersOutliveBroker(t *testing.T) {
	c := realClient(t)
	topic := realTopic(t, c, 3, nil)
	ctx := within(t, 200*time.Second)
	tp, member := TopicPartition{topic, 1}, GroupMember{Group: unique("g"), Generation: -1}
	at := int64(0)
	for kill := range 6 {
		p := newProducer(t, c, ProducerConfig{
			TransactionalID: topic, Groups: []string{member.Group},
			Topics: []string{topic},
		})
		found, err := c.CommittedOffsets(ctx, member.Group, []TopicPartition{tp})
		must(t, err)
		if kill > 0 && found[tp] != at-1 {
			t.Errorf("after kill %d: committed %d, want %d", kill, found[tp], at-1)
		}
		f := newFetcher(t, c, FetcherConfig{ReadCommitted: true})
		addAll(f, topic, 3)
		wantOnce(t, collect(t, f, int(at)), 0, int(at))
		f.Close()
		if kill == 5 {
			return
		}
		killed, started := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(started)
			sleep(ctx, 500*time.Millisecond)
			kafkaSh(t, "kill", "1")
			close(killed)
			kafkaSh(t, "start", "1")
		}()
		for over := false; !over; at++ {
			must(t, p.Begin())
			add(t, p, topic, int(at), int(at)+1)
			must(t, p.SendOffsets(member, map[TopicPartition]int64{tp: at}))
			err := p.Commit(ctx)
			for errors.Is(err, ErrInDoubt) || errors.Is(err, ErrRetriesExhausted) {
				err = p.Commit(ctx)
			}
			must(t, err)
			select {
			case <-killed:
				over = true
			default:
			}
		}
		<-started
	}
}

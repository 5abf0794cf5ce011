package kafka

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestProducerKeepsEveryByte(t *testing.T) {
	for codec := Uncompressed; codec <= Zstd; codec++ {
		_, c := fake(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "in"))
		acked := 0
		p := newProducer(t, c, ProducerConfig{
			Compression: codec,
			OnAck:       func(tp TopicPartition, base int64, n int) { acked += n },
		})
		ctx := within(t, 20*time.Second)
		must(t, p.Add(ctx, &ProducerRecord{
			Topic: "in", Partition: 0, TimestampMs: 17, Key: []byte("k"), Value: nil,
			Headers: []Header{{"a", []byte("1")}, {"b", nil}, {"a", []byte("2")}},
		}))
		must(t, p.Add(ctx, &ProducerRecord{Topic: "in", Partition: AnyPartition, TimestampMs: 5, Key: nil, Value: []byte{}}))
		if p.Buffered() == 0 {
			t.Error("nothing buffered")
		}
		must(t, p.Flush(ctx))
		must(t, p.Flush(ctx)) // nothing to do
		if p.Buffered() != 0 || acked != 2 {
			t.Errorf("%d bytes buffered, %d records acknowledged", p.Buffered(), acked)
		}
		f := newFetcher(t, c, FetcherConfig{})
		f.Add(TopicPartition{"in", 0}, 0)
		part, err := f.Poll(ctx)
		must(t, err)
		var r Record
		if !part.Next(&r) || string(r.Key) != "k" || r.Value != nil || r.TimestampMs != 17 {
			t.Errorf("%v: %+v", codec, r)
		}
		if v, ok := r.Header("a"); !ok || string(v) != "2" {
			t.Errorf("last header a is %q", v)
		}
		if v, ok := r.Header("b"); !ok || v != nil {
			t.Errorf("header b is %q", v)
		}
		if _, ok := r.Header("c"); ok {
			t.Error("header c from nowhere")
		}
		if !part.Next(&r) || r.Key != nil || r.Value == nil || r.TimestampMs != 5 || part.Next(&r) {
			t.Errorf("%v: %+v", codec, r)
		}
		part.Release()
	}
}

// Batches and requests have limits; records stay in order over many of them.
func TestProducerManyBatches(t *testing.T) {
	_, c := fake(t, kfake.NumBrokers(2), kfake.SeedTopics(3, "in"))
	p := newProducer(t, c, ProducerConfig{BatchBytes: 500})
	send(t, p, "in", 0, 3000)
	send(t, p, "in", 3000, 6000)
	f := newFetcher(t, c, FetcherConfig{})
	addAll(f, "in", 3)
	wantOnce(t, collect(t, f, 6000), 0, 6000)
}

func TestProducerLimits(t *testing.T) {
	_, c := fake(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "in"),
		kfake.BrokerConfigs(map[string]string{"message.max.bytes": "3000"}))
	p := newProducer(t, c, ProducerConfig{BatchBytes: 100_000, BufferBytes: 250_000})
	ctx := within(t, 30*time.Second)
	large := func(n int) *ProducerRecord {
		return &ProducerRecord{Topic: "in", Partition: 0, Value: bytes.Repeat([]byte("x"), n)}
	}
	var e *TooLargeError
	if err := p.Add(ctx, large(100_000)); !errors.As(err, &e) || e.Index != 0 ||
		e.LimitBytes != 100_000-batchHeaderBytes {
		t.Errorf("above the own limit: %v", err)
	}
	// The broker's limit is lower: its batches are split, and two records dropped.
	add(t, p, "in", 0, 101)
	must(t, p.Add(ctx, large(5000))) // index 102
	add(t, p, "in", 101, 150)
	must(t, p.Add(ctx, large(6000))) // index 152
	err := p.Flush(ctx)
	var indexes []int
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			if errors.As(err, &e) {
				indexes = append(indexes, e.Index)
			}
		}
	}
	if fmt.Sprint(indexes) != "[102 152]" || p.Buffered() != 0 {
		t.Errorf("%v, %d bytes buffered", err, p.Buffered())
	}
	send(t, p, "in", 150, 200)
	f := newFetcher(t, c, FetcherConfig{})
	f.Add(TopicPartition{"in", 0}, 0)
	wantOnce(t, collect(t, f, 200), 0, 200)
	for err = nil; err == nil; {
		err = p.Add(ctx, large(90_000))
	}
	if !errors.Is(err, ErrBufferFull) {
		t.Errorf("full buffer: %v", err)
	}
	if _, err := c.Producer(ctx, ProducerConfig{Compression: 9}); err == nil {
		t.Error("codec 9 accepted")
	}
}

// A flush that ran out of its budget goes on where it stopped.
func TestFlushAgain(t *testing.T) {
	_, wire, c := tapped(t, 2, "in", 200*time.Millisecond)
	p := newProducer(t, c, ProducerConfig{})
	send(t, p, "in", 0, 50)
	wire.loseAnswers(0, -1)
	add(t, p, "in", 50, 100)
	if err := p.Flush(within(t, 10*time.Second)); !errors.Is(err, ErrRetriesExhausted) {
		t.Errorf("%v", err)
	}
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	if err := p.Flush(canceled); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	wire.loseAnswers(0, 0)
	send(t, p, "in", 100, 150)
	f := newFetcher(t, c, FetcherConfig{})
	addAll(f, "in", 2)
	wantOnce(t, collect(t, f, 150), 0, 150)
}

// A broker that forgot the producer: without doubt about earlier attempts a
// new id takes over, else the producer fails.
func TestProducerForgotten(t *testing.T) {
	cluster, wire, c := tapped(t, 2, "in", 0)
	p := newProducer(t, c, ProducerConfig{})
	send(t, p, "in", 0, 50)
	before := p.id
	cluster.Fault(kfake.Fault{
		Keys: []kmsg.Key{kmsg.Produce}, Topic: "in", Partitions: []int32{0},
		Err: kerr.UnknownProducerID,
	})
	send(t, p, "in", 50, 100)
	if p.id == before {
		t.Error("the producer id is still the same")
	}
	send(t, p, "in", 100, 150)
	f := newFetcher(t, c, FetcherConfig{})
	addAll(f, "in", 2)
	wantOnce(t, collect(t, f, 150), 0, 150)

	wire.loseAnswers(0, 1)
	add(t, p, "in", 150, 200)
	fault := cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.OutOfOrderSequenceNumber, Count: -1})
	err := p.Flush(within(t, 10*time.Second))
	fault.Remove()
	// Two partitions: the fault may be met before any answer is lost.
	if _, lost := wire.count(0); lost != 1 {
		t.Fatalf("%d answers lost", lost)
	}
	if !errors.Is(err, OutOfOrderSequence) {
		t.Errorf("in doubt: %v", err)
	}
	if again := p.Add(context.Background(), &ProducerRecord{Topic: "in"}); !errors.Is(again, OutOfOrderSequence) {
		t.Errorf("after the failure: %v", again)
	}
}

func TestProduceUnknownTopic(t *testing.T) {
	_, c := fake(t)
	p := newProducer(t, c, ProducerConfig{})
	if err := p.Add(within(t, 10*time.Second), &ProducerRecord{Topic: "nope", Partition: AnyPartition}); !errors.Is(err,
		UnknownTopicOrPartition) {
		t.Errorf("%v", err)
	}
}

func TestSequenceWraps(t *testing.T) {
	if s := addSequence(1<<31-1, 1); s != 0 {
		t.Errorf("%d", s)
	}
	if s := addSequence(1<<31-3, 10); s != 7 {
		t.Errorf("%d", s)
	}
}

//go:build kafka

package kafka

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// fill writes n records of 155 bytes in batches that fit the requests.
func fill(b *testing.B, p *Producer, topic string, n int) {
	b.Helper()
	ctx := context.Background()
	m := ProducerRecord{
		Topic: topic, TimestampMs: time.Now().UnixMilli(), Key: []byte("AAPL"),
		Value: bytes.Repeat([]byte("v"), 151),
	}
	for i := range n {
		m.Partition = int32(i % 4)
		if err := p.Add(ctx, &m); err != nil { // not must: Helper would cost more than Add
			b.Fatal(err)
		}
		if p.Buffered() > 2<<20 {
			must(b, p.Flush(ctx))
		}
	}
	must(b, p.Flush(ctx))
}

func BenchmarkRealProduce(b *testing.B) {
	c := realClient(b)
	topic := realTopic(b, c, 4, nil)
	p := newProducer(b, c, ProducerConfig{})
	fill(b, p, topic, 1000)
	b.ReportAllocs()
	b.SetBytes(155)
	b.ResetTimer()
	fill(b, p, topic, b.N)
}

func BenchmarkRealFetch(b *testing.B) {
	c := realClient(b)
	topic := realTopic(b, c, 4, nil)
	fill(b, newProducer(b, c, ProducerConfig{}), topic, max(b.N, 4))
	f := newFetcher(b, c, FetcherConfig{ReadCommitted: true})
	b.ReportAllocs()
	b.SetBytes(155)
	b.ResetTimer()
	addAll(f, topic, 4)
	for n := 0; n < b.N; {
		part, err := f.Poll(context.Background())
		must(b, err)
		var r Record
		for part.Next(&r) {
			n++
		}
		must(b, part.Err)
		part.Release()
	}
}

// BenchmarkRealExactlyOnce passes one record in 100 on, in a transaction with
// the offsets for each polled part.
func BenchmarkRealExactlyOnce(b *testing.B) {
	c := realClient(b)
	in, out := realTopic(b, c, 4, nil), realTopic(b, c, 4, nil)
	fill(b, newProducer(b, c, ProducerConfig{}), in, max(b.N, 4))
	p := newProducer(b, c, ProducerConfig{TransactionalID: out})
	ctx := context.Background()
	f := newFetcher(b, c, FetcherConfig{ReadCommitted: true})
	member := GroupMember{Group: out, Generation: -1}
	offsets := map[TopicPartition]int64{}
	b.ResetTimer()
	addAll(f, in, 4)
	last := time.Now()
	must(b, p.Begin())
	for n := 0; n < b.N; {
		part, err := f.Poll(ctx)
		must(b, err)
		var r Record
		for part.Next(&r) {
			if n++; n%100 == 0 {
				must(b, p.Add(ctx, &ProducerRecord{
					Topic: out, Partition: part.Partition, TimestampMs: r.TimestampMs,
					Key: r.Key, Value: r.Value,
				}))
			}
		}
		must(b, part.Err)
		offsets[part.TopicPartition] = part.NextOffset
		part.Release()
		if time.Since(last) > 50*time.Millisecond || n >= b.N {
			must(b, p.SendOffsets(member, offsets))
			must(b, p.Commit(ctx))
			must(b, p.Begin())
			last = time.Now()
		}
	}
}

// BenchmarkRealTransaction commits four records in as many partitions with the
// offsets of four others, as a daemon does whose signals come one by one.
func BenchmarkRealTransaction(b *testing.B) {
	var retries atomic.Int64
	c := open(b, Config{
		Brokers: strings.Split(os.Getenv("STREAMD_KAFKA"), ","), OnRetry: func(string, error) { retries.Add(1) },
	})
	in, out := realTopic(b, c, 4, nil), realTopic(b, c, 4, nil)
	p := newProducer(b, c, ProducerConfig{TransactionalID: out, OnRetry: func(error) { retries.Add(1) }})
	member := GroupMember{Group: out, Generation: -1}
	transact := func(i int) {
		must(b, p.Begin())
		for i := range int32(4) {
			must(b, p.Add(context.Background(), &ProducerRecord{Topic: out, Partition: i, TimestampMs: startMs, Value: []byte("v")}))
		}
		offsets := map[TopicPartition]int64{}
		for t := range int32(4) {
			offsets[TopicPartition{in, t}] = int64(i)
		}
		must(b, p.SendOffsets(member, offsets))
		must(b, p.Commit(context.Background()))
	}
	transact(0)
	retries.Store(0)
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		began := time.Now()
		transact(i)
		took = append(took, time.Since(began))
		time.Sleep(20 * time.Millisecond)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	b.ReportMetric(float64(retries.Load())/float64(b.N), "retries/op")
}

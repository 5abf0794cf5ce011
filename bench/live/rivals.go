package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	segment "github.com/segmentio/kafka-go"

	"streamd/kafka"
)

// contest is what runs in turn over the same topic; the first is what the others
// are compared with.
type contest []struct {
	name string
	run  func(run string) float64 // candles per second
}

func (c contest) run(run string, rounds int) {
	rates, ratios := make([][]float64, len(c)), make([][]float64, len(c))
	for round := range rounds {
		for i := range c {
			rates[i] = append(rates[i], c[i].run(fmt.Sprintf("%s-%d-%d", run, round, i)))
			ratios[i] = append(ratios[i], rates[i][round]/rates[0][round])
		}
	}
	for i := range c {
		log.Printf("%-36s %9.0f/s  %.2fx (rounds: %.2f)", c[i].name, median(rates[i]), median(ratios[i]), ratios[i])
	}
}

// passThrough consumes everything with kafka-go's group reader and does nothing
// with it.
func passThrough(brokers, in, group string, n int) float64 {
	r := reader(brokers, in, group)
	defer r.Close()
	var start time.Time
	for i := range n {
		_, err := r.ReadMessage(context.Background())
		check(err)
		if i == 0 {
			start = time.Now()
		}
	}
	return float64(n) / time.Since(start).Seconds()
}

func reader(brokers, in, group string) *segment.Reader {
	return segment.NewReader(segment.ReaderConfig{
		Brokers: strings.Split(brokers, ","), GroupID: group, Topic: in, StartOffset: segment.FirstOffset,
		MaxBytes: 8 << 20, QueueCapacity: 10_000, CommitInterval: time.Second,
	})
}

// readWrite is the plain kafka-go program: Reader, Writer, one message out for
// 100 in, neither exactly nor in order at least once.
func readWrite(ctx context.Context, brokers, in, group string, n int) float64 {
	out := in + ".out"
	r := reader(brokers, in, group)
	defer r.Close()
	w := &segment.Writer{
		Addr: segment.TCP(strings.Split(brokers, ",")...), Topic: out,
		RequiredAcks: segment.RequireAll, BatchTimeout: 10 * time.Millisecond, Async: true,
		Transport: &segment.Transport{},
	}
	var start time.Time
	for i := range n {
		m, err := r.ReadMessage(ctx)
		check(err)
		if i == 0 {
			start = time.Now()
		}
		if i%100 == 0 {
			check(w.WriteMessages(ctx, segment.Message{Key: m.Key, Value: m.Value}))
		}
	}
	check(w.Close())
	return float64(n) / time.Since(start).Seconds()
}

// wire passes one record in 100 through this module's own fetcher and producer,
// in transactions with the offsets or idempotently.
func wire(ctx context.Context, c *kafka.Client, in, group string, transactions bool, n int) float64 {
	const every = 50 * time.Millisecond
	out := in + ".out"
	g, err := c.Group(kafka.GroupConfig{ID: group, Topics: []string{in}})
	check(err)
	defer func() { check(g.Close(ctx)) }()
	gen, err := g.Next(ctx)
	check(err)
	var cfg kafka.ProducerConfig
	if transactions {
		cfg.TransactionalID = group
	}
	p, err := c.Producer(ctx, cfg)
	check(err)
	f := c.Fetcher(kafka.FetcherConfig{ReadCommitted: true})
	defer f.Close()
	for _, a := range gen.Assignments {
		f.Add(a.TopicPartition, 0)
	}
	offsets := map[kafka.TopicPartition]int64{}
	flush := func() {
		if transactions {
			check(p.SendOffsets(gen.GroupMember, offsets))
			check(p.Commit(ctx))
			check(p.Begin())
		} else {
			check(p.Flush(ctx))
			check(gen.Commit(ctx, offsets))
		}
		clear(offsets)
	}
	if transactions {
		check(p.Begin())
	}
	var start, last time.Time
	for seen := 0; seen < n; {
		part, err := f.Poll(ctx)
		check(errors.Join(err, part.Err))
		if seen == 0 {
			start, last = time.Now(), time.Now()
		}
		var r kafka.Record
		for part.Next(&r) {
			if seen%100 == 0 {
				check(p.Add(ctx, &kafka.ProducerRecord{
					Topic: out, Key: r.Key, Value: r.Value,
					TimestampMs: last.UnixMilli(),
				}))
			}
			seen++
		}
		offsets[part.TopicPartition] = part.NextOffset
		part.Release()
		if time.Since(last) > every {
			flush()
			last = time.Now()
		}
	}
	flush()
	return float64(n) / time.Since(start).Seconds()
}

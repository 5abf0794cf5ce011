package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"streamd/history"
	"streamd/kafka"
	"streamd/sink"
	"streamd/store"
	"streamd/stream"
)

// lone returns a worker of partition 0 whose state is up to date, outside of any
// generation, with the candles of some messages applied.
func (r *rig) lone(c *Consumer, messages []string) *worker {
	r.t.Helper()
	w, err := c.newWorker(kafka.Assignment{TopicPartition: kafka.TopicPartition{Topic: "candles"}, Offset: 0})
	if err != nil {
		r.t.Fatal(err)
	}
	w.stage.Store(int32(following))
	for _, m := range messages {
		_, value, _ := strings.Cut(m, "|")
		msgs, err := w.reader.Read(nil, &kafka.Record{Value: []byte(value)})
		if err != nil {
			r.t.Fatal(err)
		}
		for i := range msgs {
			w.engine.Stage(&msgs[i], w.position, &w.out)
		}
		w.engine.Flush(&w.out)
		w.position++
	}
	return w
}

// What a worker takes of its state when its work is just about to end goes on its way
// like everything before: its engine counts it as kept, and so does the checkpoint.
func TestSnapshotAtTheEnd(t *testing.T) {
	r := newRig(t, 1)
	cfg := r.stateful(ExactlyOnce, "", nil)
	cfg.State.Every = time.Millisecond
	c := New(cfg)
	w := r.lone(c, testMessages(10))
	w.silent = w.position // all of it is due
	ctx, end := context.WithCancel(t.Context())
	end()
	in, results := make(chan *kafka.Fetched), make(chan result, 64)
	done := make(chan error, 1)
	go func() { done <- w.run(ctx, c, in, results) }()
	time.Sleep(3 * snapshotTick / 2) // one tick
	close(in)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	close(results)
	records := map[string]store.Snapshot{}
	var last *store.Checkpoint
	for res := range results {
		for key, b := range res.snapshot.records {
			_, _, position, err := stream.VerifyRecord(b)
			if err != nil {
				t.Fatal(err)
			}
			records[key] = store.Snapshot{Bytes: b, Position: position}
		}
		if c := res.snapshot.checkpoint; c != nil {
			last = c
		}
	}
	if w.engine.Changed() != 0 || len(records) != 4 {
		t.Errorf("%d records, and %d to come, of 4 series", len(records), w.engine.Changed())
	}
	if last == nil || last.Missing(records) > 0 {
		t.Errorf("checkpoint %+v", last)
	}
}

// A fetch may bring about many times its own size in signals. They are handed on in
// parts, each with the offset up to which it has everything.
func TestLargeResults(t *testing.T) {
	r := newRig(t, 1)
	var formulas []stream.Formula
	for i := range 100 {
		formulas = append(formulas, stream.Formula{Name: fmt.Sprint("f", i), Expression: fmt.Sprint("close > 0.", i)})
	}
	var problems []*stream.Problem
	if r.rules, problems = stream.NewRules(stream.RulesConfig{Formulas: formulas}); len(problems) > 0 {
		t.Fatal(problems[0])
	}
	r.produce(testMessages(1000))
	c := New(r.config(ExactlyOnce))
	w := r.lone(c, nil)
	fetcher := r.client.Fetcher(kafka.FetcherConfig{})
	defer fetcher.Close()
	fetcher.Add(w.TopicPartition, 0)
	results := make(chan result, 1000)
	hand := func(res result, _ time.Time) { results <- w.withSnapshot(res, nil) }
	for w.position < 4000 {
		f, err := fetcher.Poll(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := w.apply(t.Context(), f, hand); err != nil {
			t.Fatal(err)
		}
		f.Release()
	}
	close(results)
	messages, largest, next := 0, 0, int64(0)
	for res := range results {
		for _, m := range res.signals {
			at, err := strconv.ParseInt(header(m, "input_offset"), 10, 64)
			if err != nil || at < next || at >= res.next {
				t.Fatalf("a signal of offset %d in a result of %d to %d (%v)", at, next, res.next, err)
			}
		}
		messages, largest, next = messages+len(res.signals), max(largest, len(res.signals)), res.next
	}
	if messages != 4000*len(formulas) || largest > resultMessages+stagedFirst*len(formulas) || next != 4000 {
		t.Errorf("%d messages up to %d, as many as %d at once", messages, next, largest)
	}
	t.Logf("as many as %d of %d at once", largest, messages)
}

func header(m kafka.ProducerRecord, key string) string {
	for _, h := range m.Headers {
		if h.Key == key {
			return string(h.Value)
		}
	}
	return ""
}

// A rebalance that breaks off the reading of the history is no reason to stand still.
func TestHistoryBrokenOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "past.jsonl")
	_, value, _ := strings.Cut(testMessages(1)[0], "|")
	if err := os.WriteFile(path, []byte(value+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p := &pastCandles{data: history.Data{Paths: []string{path}}}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := p.load(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("broken off: %v", err)
	}
	if err := p.load(t.Context()); err != nil || len(p.series) != 1 {
		t.Errorf("%d series: %v", len(p.series), err)
	}
}

// A topic that was re-created a while ago is told by what is known of it, whatever else
// is still there of the one before.
func TestForeignStateBesideOwn(t *testing.T) {
	r := newRig(t, 1)
	w := r.lone(New(r.config(ExactlyOnce)), nil)
	w.topicID, w.committed, w.first = kafka.TopicID{2}, 100, 60
	before, now := w.origin(), w.origin()
	before.TopicID = kafka.TopicID{1}
	old := &store.Content{Checkpoint: &store.Checkpoint{Origin: before, LowWater: 500}}
	own := &store.Content{Checkpoint: &store.Checkpoint{Origin: now, LowWater: 50}} // expired
	if plan := w.recovery([]*store.Content{old, own}); plan.foreign || plan.proven {
		t.Errorf("foreign %v, proven %v", plan.foreign, plan.proven)
	}
	if plan := w.recovery([]*store.Content{old, {}}); !plan.foreign {
		t.Error("nothing but the state of the topic before, and nobody notices")
	}
	// The same where the checkpoint was damaged and records alone tell.
	old = &store.Content{Records: map[string]store.Snapshot{"a": {Position: 70, TopicID: before.TopicID}}}
	if plan := w.recovery([]*store.Content{old, {}}); !plan.foreign {
		t.Error("records of the topic before, and nobody notices")
	}
	own = &store.Content{Records: map[string]store.Snapshot{"b": {Position: 70, TopicID: now.TopicID}}}
	if plan := w.recovery([]*store.Content{old, own}); plan.foreign {
		t.Error("records of this topic, and it is taken for another one's")
	}
}

// Rules that are put in force while partitions are assigned reach all of them.
func TestReloadWhileAssigning(t *testing.T) {
	r := newRig(t, 4)
	r.produce(testMessages(20))
	cfg := r.config(ExactlyOnce)
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	c := New(cfg)
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	last := r.rules // where all is assigned before the first reload
	for {
		c.mu.Lock()
		n := len(c.workers)
		c.mu.Unlock()
		if n == 4 {
			break
		}
		others := *r.rules
		last = &others
		c.Reload(last)
	}
	c.mu.Lock()
	for tp, w := range c.workers {
		if w.rules.Load() != last {
			t.Errorf("%v has other rules", tp)
		}
	}
	c.mu.Unlock()
	c.Reload(r.rules)
	wait(t, func() bool { return r.committed(ctx) })
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// A sink that nobody reads holds up neither the signals nor the end.
func TestSinkStuck(t *testing.T) {
	r := newRig(t, 1)
	r.produce(testMessages(200))
	reader, writer := io.Pipe()
	defer reader.Close()
	cfg := r.config(ExactlyOnce)
	cfg.Sinks = []sink.Sink{sink.NewLines("stuck", writer)}
	c := r.start(cfg)
	wait(t, func() bool { return r.committed(t.Context()) })
	r.produce(testMessages(400)[800:])
	wait(t, func() bool { return r.committed(t.Context()) })
	began := time.Now()
	c.end()
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("the end took %v", took)
	}
	if err := cfg.Sinks[0].Close(); err == nil {
		t.Error("a line that is stuck is closed without an error")
	}
}

// Where a topic re-created is started over, the first commit says so: a crash behind it must
// not find the state of the topic before alone, and start over once more.
func TestBegunAnewIsSaid(t *testing.T) {
	r := newRig(t, 1)
	r.produce(testMessages(1))
	c := New(r.stateful(ExactlyOnce, "", nil))
	w := r.lone(c, nil)
	w.lost = true
	c.pace.spend(time.Now(), 10*snapshotRate) // by other workers
	fetcher := r.client.Fetcher(kafka.FetcherConfig{})
	defer fetcher.Close()
	fetcher.Add(w.TopicPartition, 0)
	f, err := fetcher.Poll(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Release()
	results := make(chan result, 1)
	hand := func(res result, now time.Time) { results <- w.withSnapshot(res, w.snapshot(now, false)) }
	if err := w.apply(t.Context(), f, hand); err != nil {
		t.Fatal(err)
	}
	if res := <-results; res.snapshot == nil || res.snapshot.checkpoint == nil {
		t.Error("the first offsets go out without a checkpoint")
	}
}

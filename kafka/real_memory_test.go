//go:build kafka

package kafka

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// TestRealBatchInDoubt loses the answer to a batch that the broker has written,
// kills the broker, and sends the batch again to its successor. That one has
// forgotten the sequence of a producer whose records are older than
// producer.id.expiration.ms by their timestamps, unless a transaction is open:
// the limit that Message.TimestampMs states.
func TestRealBatchInDoubt(t *testing.T) {
	now, old := time.Now().UnixMilli(), time.Now().Add(-48*time.Hour).UnixMilli()
	for _, c := range []struct {
		name        string
		ms          int64
		transaction bool
		times       int
	}{
		{"new", now, false, 1},
		{"old in a transaction", old, true, 1},
		{"old", old, false, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			tap := newTap()
			client := open(t, Config{
				Brokers: strings.Split(os.Getenv("STREAMD_KAFKA"), ","), RetryBudget: time.Minute,
				Dial: tap.Dial,
			})
			topic := realTopic(t, client, 1, nil)
			ctx := within(t, 2*time.Minute)
			var cfg ProducerConfig
			if c.transaction {
				cfg.TransactionalID = topic
			}
			p := newProducer(t, client, cfg)
			flush := func(ctx context.Context, i int) error {
				must(t, p.Add(ctx, &ProducerRecord{Topic: topic, TimestampMs: c.ms, Value: fmt.Appendf(nil, "v%d", i)}))
				return p.Flush(ctx)
			}
			if c.transaction {
				must(t, p.Begin())
			}
			must(t, flush(ctx, 0))
			tap.loseAnswers(0, -1)
			short, stop := context.WithTimeout(ctx, time.Second)
			defer stop()
			if flush(short, 1) == nil {
				t.Fatal("acknowledged without an answer")
			}
			kafkaSh(t, "kill", "1")
			kafkaSh(t, "start", "1")
			tap.loseAnswers(0, 0)
			must(t, p.Flush(ctx))
			if c.transaction {
				must(t, p.Commit(ctx))
			}
			f := newFetcher(t, realClient(t), FetcherConfig{ReadCommitted: true})
			addAll(f, topic, 1)
			if seen := collect(t, f, 1+c.times); seen["v0"] != 1 || seen["v1"] != c.times {
				t.Errorf("seen %v, want v1 %d times", seen, c.times)
			}
		})
	}
}

package kafka

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

func TestProduceFetch(t *testing.T) {
	_, c := fake(t, kfake.NumBrokers(3), kfake.SeedTopics(4, "in"))
	send(t, newProducer(t, c, ProducerConfig{}), "in", 0, 1000)
	f := newFetcher(t, c, FetcherConfig{})
	addAll(f, "in", 4)
	wantOnce(t, collect(t, f, 1000), 0, 1000)
}

func TestTransactionCommitAndAbort(t *testing.T) {
	_, c := fake(t, kfake.SeedTopics(3, "out"))
	p := newProducer(t, c, ProducerConfig{TransactionalID: "tx"})
	ctx := within(t, 20*time.Second)
	for i := range 10 {
		must(t, p.Begin())
		add(t, p, "out", i*100, i*100+100)
		if i%2 == 1 {
			must(t, p.Flush(ctx))
			must(t, p.Abort(ctx))
			continue
		}
		must(t, p.Commit(ctx))
	}
	f := newFetcher(t, c, FetcherConfig{ReadCommitted: true})
	addAll(f, "out", 3)
	seen := collect(t, f, 500)
	for i := range 10 {
		if i%2 == 0 {
			for v := range seen {
				_ = v
			}
		}
	}
	if len(seen) != 500 {
		t.Errorf("%d values", len(seen))
	}
}

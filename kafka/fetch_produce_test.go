package kafka

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
)

func TestProduceFetch(t *testing.T) {
	_, c := fake(t, kfake.NumBrokers(3), kfake.SeedTopics(4, "in"))
	send(t, newProducer(t, c, ProducerConfig{}), "in", 0, 1000)
	f := newFetcher(t, c, FetcherConfig{})
	addAll(f, "in", 4)
	wantOnce(t, collect(t, f, 1000), 0, 1000)
}

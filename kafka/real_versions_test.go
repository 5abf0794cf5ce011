//go:build kafka

package kafka

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Late requests at a real broker, whatever its version and features.
func TestRealLateRequests(t *testing.T) {
	brokers := strings.Split(os.Getenv("STREAMD_KAFKA"), ",")
	if len(brokers) > 1 {
		t.Skip("a late request would have to find its coordinator")
	}
	for _, key := range lateKeys {
		for _, held := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s held %v", key.Name(), held), func(t *testing.T) {
				wire := newTap()
				c := open(t, Config{Brokers: brokers, Dial: wire.Dial, RetryBudget: 2 * time.Minute})
				in, out := realTopic(t, c, 1, nil), realTopic(t, c, 1, nil)
				lateRequest(t, c, wire, brokers[0], int16(key), held, in, out)
			})
		}
	}
}

// transaction.version changes while transactions go on; only Kafka 4 knows it.
func TestRealFeatureChange(t *testing.T) {
	c := realClient(t)
	ctx := within(t, 3*time.Minute)
	offer, err := c.askOffer(ctx, anyBroker)
	must(t, err)
	if offer.NewestEndTxn < endTxnNewEpoch {
		t.Skip("no transaction.version")
	}
	topic := realTopic(t, c, 3, nil)
	p := newProducer(t, c, ProducerConfig{TransactionalID: topic})
	changed := make(chan error, 1)
	go func() {
		for _, level := range []string{"0", "2", "1", "2"} {
			change := exec.Command("../tools/kafka.sh", "feature", "transaction.version", level)
			if out, err := change.CombinedOutput(); err != nil {
				changed <- fmt.Errorf("level %s: %w: %s", level, err, out)
				return
			}
			time.Sleep(2 * offerAge)
		}
		changed <- nil
	}()
	member := GroupMember{Group: topic, Generation: -1}
	n, slowest := 0, time.Duration(0)
	for done := false; !done; {
		select {
		case err := <-changed:
			must(t, err)
			done = true
		default:
		}
		began := time.Now()
		must(t, p.Begin())
		add(t, p, topic, n*10, n*10+10)
		must(t, p.SendOffsets(member, map[TopicPartition]int64{{topic, 0}: int64(n)}))
		must(t, p.Commit(ctx))
		slowest = max(slowest, time.Since(began))
		n++
		time.Sleep(10 * time.Millisecond)
	}
	f := newFetcher(t, c, FetcherConfig{ReadCommitted: true})
	addAll(f, topic, 3)
	wantOnce(t, collect(t, f, n*10), 0, n*10)
	t.Logf("%d transactions, the slowest took %v", n, slowest)
}

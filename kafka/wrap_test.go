package kafka

import (
	"encoding/binary"
	"io"
	"math"
	"net"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Epochs are 16 bits. At 32,767, which a transaction each 100 ms reaches in an hour, the
// coordinator gives another producer id: in the answer to EndTxn, or to the
// InitProducerId that fences late requests on older brokers. No record is lost or doubled.
func TestEpochWraps(t *testing.T) {
	for release, opts := range releases {
		t.Run(release, func(t *testing.T) {
			cluster, wire, c := tapped(t, 1, "out", 0, opts...)
			useEpochs(t, cluster.ListenAddrs()[0], "tx", math.MaxInt16-8)
			p := newProducer(t, c, ProducerConfig{TransactionalID: "tx"})
			offer, err := c.askOffer(within(t, 10*time.Second), anyBroker)
			must(t, err)
			endsEpoch := offer.endsEpoch()
			first, ids := p.id, map[int64]bool{}
			if first.epoch < math.MaxInt16-16 {
				t.Fatalf("the epoch %d is not near its end", first.epoch)
			}
			const transactions = 24
			for n := range transactions {
				must(t, p.Begin())
				add(t, p, "out", n*10, n*10+10)
				if !endsEpoch {
					wire.loseAnswers(int16(kmsg.EndTxn), 1) // so that the next transaction needs a new epoch
				}
				must(t, p.Commit(within(t, 30*time.Second)))
				ids[p.id.id] = true
			}
			if len(ids) != 2 {
				t.Errorf("%d producer ids from epoch %d on, want 2", len(ids), first.epoch)
			}
			f := newFetcher(t, c, FetcherConfig{ReadCommitted: true})
			addAll(f, "out", 1)
			wantOnce(t, collect(t, f, transactions*10), 0, transactions*10)
		})
	}
}

// useEpochs asks for n epochs of a transactional id, all requests at once.
func useEpochs(t *testing.T, address, id string, n int) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	must(t, err)
	defer conn.Close()
	must(t, conn.SetDeadline(time.Now().Add(time.Minute)))
	req := kmsg.NewPtrInitProducerIDRequest()
	req.Version, req.TransactionalID, req.TransactionTimeoutMillis = 2, &id, 10_000
	one := kmsg.NewRequestFormatter().AppendRequest(nil, req, 1)
	go func() {
		for range n {
			if _, err := conn.Write(one); err != nil {
				return
			}
		}
	}()
	for range n {
		size := make([]byte, 4)
		_, err := io.ReadFull(conn, size)
		must(t, err)
		_, err = io.CopyN(io.Discard, conn, int64(binary.BigEndian.Uint32(size)))
		must(t, err)
	}
}

// A broker whose quota is used up says how long it will not read (KIP-219). Until then
// nothing is sent, so that no request times out. Only the least time can be held to a test.
func TestThrottleIsHeeded(t *testing.T) {
	cluster, c := fake(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "out"))
	p := newProducer(t, c, ProducerConfig{})
	const throttle = 400 * time.Millisecond
	var arrived []time.Time
	cluster.ControlKey(int16(kmsg.Produce), func(request kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		arrived = append(arrived, time.Now())
		if len(arrived) > 1 {
			return nil, nil, false
		}
		answer := request.ResponseKind().(*kmsg.ProduceResponse)
		answer.ThrottleMillis = int32(throttle.Milliseconds())
		topic := kmsg.NewProduceResponseTopic()
		topic.Topic = "out"
		partition := kmsg.NewProduceResponseTopicPartition()
		partition.ErrorCode = kerr.NotEnoughReplicas.Code
		topic.Partitions = append(topic.Partitions, partition)
		answer.Topics = append(answer.Topics, topic)
		return answer, nil, true
	})
	add(t, p, "out", 0, 10)
	must(t, p.Flush(within(t, 30*time.Second)))
	if len(arrived) != 2 {
		t.Fatalf("%d requests, want 2", len(arrived))
	}
	if pause := arrived[1].Sub(arrived[0]); pause < throttle {
		t.Errorf("the second request came %v after the first, and the broker asked for %v", pause, throttle)
	}
	f := newFetcher(t, c, FetcherConfig{})
	addAll(f, "out", 1)
	wantOnce(t, collect(t, f, 10), 0, 10)
}

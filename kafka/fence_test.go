package kafka

import (
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

// A request whose connection broke is carried out late, behind its repetition and in
// the middle of the next transaction: it must not touch that. Either the broker has
// had it before, or a network held it back.
func TestLateRequestsAreFenced(t *testing.T) {
	for release, opts := range releases {
		for _, key := range lateKeys {
			for _, held := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s %s held %v", release, key.Name(), held), func(t *testing.T) {
					cluster, wire, c := tapped(t, 1, "out", 0, append(opts, kfake.SeedTopics(1, "in"))...)
					lateRequest(t, c, wire, cluster.ListenAddrs()[0], int16(key), held, "in", "out")
				})
			}
		}
	}
}

var lateKeys = []kmsg.Key{
	kmsg.Produce, kmsg.AddPartitionsToTxn, kmsg.AddOffsetsToTxn, kmsg.EndTxn, kmsg.TxnOffsetCommit,
}

func lateRequest(t *testing.T, c *Client, wire *tap, address string, key int16, held bool, in, out string) {
	t.Helper()
	ctx := within(t, 5*time.Minute) // with a real broker on a busy machine
	p := newProducer(t, c, ProducerConfig{TransactionalID: unique("tx")})
	member := GroupMember{Group: unique("g"), Generation: -1}
	tp := TopicPartition{in, 0}
	must(t, p.Begin())
	add(t, p, out, 0, 10)
	must(t, p.SendOffsets(member, map[TopicPartition]int64{tp: 10}))
	wire.loseAnswers(key, 1)
	if held {
		wire.loseAnswers(key, 0)
		wire.holdRequests(key, 1)
	}
	must(t, p.Commit(ctx))
	wire.mu.Lock()
	late := wire.sent[key]
	if held {
		late = wire.held[key]
	}
	wire.mu.Unlock()

	second := func() {
		must(t, p.Begin())
		add(t, p, out, 10, 20)
		must(t, p.SendOffsets(member, map[TopicPartition]int64{tp: 20}))
		must(t, p.Flush(ctx))
	}
	second()
	if late != nil { // else this broker needs no such request
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		must(t, err)
		_, err = conn.Write(late)
		must(t, err)
		_, err = conn.Read(make([]byte, 1)) // it is done
		must(t, err)
		conn.Close()
	}
	add(t, p, out, 20, 30)
	err := p.Commit(ctx)
	if errors.Is(err, ErrAbortable) { // Kafka 4.0 after a late Produce
		t.Logf("sent again: %v", err)
		must(t, p.Abort(ctx))
		second()
		add(t, p, out, 20, 30)
		err = p.Commit(ctx)
	}
	must(t, err)

	f := newFetcher(t, c, FetcherConfig{ReadCommitted: true})
	addAll(f, out, 1)
	wantOnce(t, collect(t, f, 30), 0, 30)
	found, err := c.CommittedOffsets(ctx, member.Group, []TopicPartition{tp})
	must(t, err)
	if found[tp] != 20 {
		t.Errorf("a late request %d left the offset at %d, want 20", key, found[tp])
	}
}

// A lost answer to TxnOffsetCommit costs a transactional id where the coordinator
// keeps pending offsets by producer id; another producer of this client goes on with
// it. Who may not use another id stays with a new epoch.
func TestFreshProducerID(t *testing.T) {
	for _, denied := range []bool{false, true} {
		cluster, wire, c := tapped(t, 1, "out", 0, kfake.SeedTopics(1, "in"), kfake.MaxVersions(kversion.V3_9_0()))
		ctx := within(t, 30*time.Second)
		p := newProducer(t, c, ProducerConfig{TransactionalID: "tx"})
		before := p.id
		member := GroupMember{Group: "g", Generation: -1}
		must(t, p.Begin())
		must(t, p.SendOffsets(member, map[TopicPartition]int64{{"in", 0}: 10}))
		wire.loseAnswers(int16(kmsg.TxnOffsetCommit), 1)
		must(t, p.Commit(ctx))
		want := "tx.1"
		if denied {
			want = "tx"
			defer cluster.Fault(kfake.Fault{
				Keys: []kmsg.Key{kmsg.InitProducerID}, TxnID: "tx.1", Err: kerr.TransactionalIDAuthorizationFailed, Count: -1,
			}).Remove()
		}
		must(t, p.Begin())
		add(t, p, "out", 0, 10)
		must(t, p.Commit(ctx))
		if p.cfg.TransactionalID != want || p.id == before {
			t.Errorf("denied %v: goes on as %s %v, before tx %v", denied, p.cfg.TransactionalID, p.id, before)
		}
		if !denied && newProducer(t, c, ProducerConfig{TransactionalID: "tx"}).cfg.TransactionalID != want {
			t.Errorf("another producer does not go on as %s", want)
		}
	}
}

// A cluster whose transaction.version changes while a producer works. Below 2 it
// refuses EndTxn v5 for ever, as Apache Kafka 4 does.
func TestVersionsFollowTheFeature(t *testing.T) {
	cluster, c := fake(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "out"))
	ctx := within(t, 60*time.Second)
	admin, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	must(t, err)
	defer admin.Close()
	var level, joined atomic.Int32
	cluster.Fault(kfake.Fault{
		Keys: []kmsg.Key{kmsg.EndTxn}, Err: kerr.ConcurrentTransactions, Count: -1,
		When: func(r kmsg.Request) bool { return level.Load() < 2 && r.GetVersion() >= 5 },
	})
	cluster.Fault(kfake.Fault{
		Keys: []kmsg.Key{kmsg.Produce}, Observe: true, Count: -1,
		When: func(r kmsg.Request) bool {
			if r.GetVersion() >= produceJoins {
				joined.Add(1)
			}
			return false
		},
	})
	var p *Producer
	for i, now := range []int32{2, 0, 1, 2, 1} {
		update := kmsg.NewPtrUpdateFeaturesRequest()
		feature := kmsg.NewUpdateFeaturesRequestFeatureUpdate()
		feature.Feature, feature.MaxVersionLevel, feature.UpgradeType = "transaction.version", int16(now), 3
		update.FeatureUpdates = append(update.FeatureUpdates, feature)
		answer, err := update.RequestWith(ctx, admin)
		must(t, err)
		must(t, kerr.ErrorForCode(answer.ErrorCode))
		level.Store(now)
		if p == nil {
			p = newProducer(t, c, ProducerConfig{TransactionalID: "tx"})
		}
		before := p.id
		must(t, p.Begin())
		add(t, p, "out", i*10, i*10+10)
		must(t, p.Commit(ctx))
		if now < 2 && p.id != before {
			t.Errorf("transaction.version %d: id %v became %v", now, before, p.id)
		}
		c.forgetOffer(0) // as after offerAge
		if i == 0 && joined.Load() == 0 {
			t.Error("transaction.version 2: no batch joined by itself")
		}
	}
	f := newFetcher(t, c, FetcherConfig{ReadCommitted: true})
	addAll(f, "out", 1)
	wantOnce(t, collect(t, f, 50), 0, 50)
}

// A broker that lacks a request is refused with words, at once.
func TestTooOldBroker(t *testing.T) {
	_, c := fake(t, kfake.MaxVersions(kversion.V2_8_0()))
	err := c.CheckVersions(within(t, 10*time.Second))
	var old *TooOldError
	if !errors.As(err, &old) || old.Request != "DescribeTransactions" {
		t.Errorf("2.8: %v", err)
	}
	for _, v := range []*kversion.Versions{kversion.V3_0_0(), kversion.V4_0_0(), kversion.Stable()} {
		_, c := fake(t, kfake.MaxVersions(v))
		if err := c.CheckVersions(within(t, 10*time.Second)); err != nil {
			t.Errorf("%v: %v", v, err)
		}
	}
}

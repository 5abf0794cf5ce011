package kafka

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	segment "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestOpenChecksConfig(t *testing.T) {
	for want, cfg := range map[string]Config{
		"no brokers":                     {},
		`"localhost" is not host:port`:   {Brokers: []string{"localhost"}},
		`unknown SASL mechanism "oauth"`: {Brokers: []string{"localhost:9092"}, SASL: &SASL{Mechanism: "oauth"}},
	} {
		if _, err := Open(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestSASL(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.SeedTopics(1, "in"),
		kfake.Superuser("PLAIN", "p", "pw"), kfake.Superuser("SCRAM-SHA-256", "s2", "pw"),
		kfake.Superuser("SCRAM-SHA-512", "s5", "pw"))
	must(t, err)
	defer cluster.Close()
	for _, s := range []SASL{{"plain", "p", "pw"}, {"scram-sha-256", "s2", "pw"}, {"SCRAM-SHA-512", "s5", "pw"}} {
		c := open(t, Config{Brokers: cluster.ListenAddrs(), SASL: &s})
		if _, err := c.Topics(within(t, 10*time.Second), "in"); err != nil {
			t.Errorf("%s: %v", s.Mechanism, err)
		}
	}
	// This broker only hangs up on a wrong password; a real one says so.
	c := open(t, Config{
		Brokers: cluster.ListenAddrs(), SASL: &SASL{"plain", "p", "wrong"},
		RetryBudget: 100 * time.Millisecond,
	})
	if _, err := c.Topics(within(t, 10*time.Second), "in"); err == nil {
		t.Error("a wrong password was accepted")
	}
	if retriable(fmt.Errorf("dial: %w", segment.SASLAuthenticationFailed)) {
		t.Error("a refused login would be repeated")
	}
}

func TestTLS(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	certificate, err := x509.ParseCertificate(der)
	must(t, err)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "in"),
		kfake.TLS(&tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}))
	must(t, err)
	defer cluster.Close()
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	c := open(t, Config{Brokers: cluster.ListenAddrs(), TLS: &tls.Config{RootCAs: roots}})
	_, err = c.Topics(within(t, 10*time.Second), "in")
	must(t, err)
	stranger := open(t, Config{Brokers: cluster.ListenAddrs(), TLS: &tls.Config{RootCAs: x509.NewCertPool()}})
	_, err = stranger.Topics(within(t, 10*time.Second), "in")
	var unknown x509.UnknownAuthorityError
	if !errors.As(err, &unknown) {
		t.Errorf("unknown authority: %v", err)
	}
}

func TestTopics(t *testing.T) {
	cluster, c := fake(t, kfake.ClusterID("the-cluster"),
		kfake.SeedTopics(2, "candles-a", "candles-b", "candles-dlq", "x-candles-a"), kfake.SeedTopics(1, "signals"))
	ctx := within(t, 20*time.Second)
	id, err := c.ClusterID(ctx)
	if err != nil || id != "the-cluster" {
		t.Errorf("cluster %q, %v", id, err)
	}
	topics, err := c.MatchTopics(ctx, []string{"signals", "missing"},
		[]*regexp.Regexp{regexp.MustCompile("candles-.*")}, []string{"candles-dlq"})
	must(t, err)
	var names []string
	for _, topic := range topics {
		names = append(names, topic.Name)
	}
	if got := strings.Join(names, " "); got != "candles-a candles-b signals" {
		t.Errorf("matched %s", got)
	}
	if _, err := c.Topics(ctx, "signals", "missing"); !errors.Is(err, UnknownTopicOrPartition) {
		t.Errorf("missing topic: %v", err)
	}
	must(t, c.CreateTopic(ctx, TopicSpec{
		Name: "state", Partitions: 3, Replication: 1,
		Config: map[string]string{"cleanup.policy": "compact"},
	}))
	if got := cluster.TopicInfo("state").Configs["cleanup.policy"]; got == nil || *got != "compact" {
		t.Errorf("cleanup.policy %v", got)
	}
	if err := c.CreateTopic(ctx, TopicSpec{Name: "state", Partitions: 3, Replication: 1}); !errors.Is(err,
		TopicAlreadyExists) {
		t.Errorf("second creation: %v", err)
	}
	// A topic re-created under its name is another one.
	before, err := c.Topics(ctx, "state")
	must(t, err)
	must(t, cluster.DeleteTopic("state"))
	must(t, c.CreateTopic(ctx, TopicSpec{Name: "state", Partitions: 4, Replication: 1}))
	after, err := c.Topics(ctx, "state")
	must(t, err)
	if before[0].ID == after[0].ID || len(after[0].Partitions) != 4 || len(after[0].ID.String()) != 32 {
		t.Errorf("recreated: %v, %v", before, after)
	}
}

func TestCreateTopicWithLostAnswer(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	must(t, err)
	defer cluster.Close()
	wire := newTap()
	c := open(t, Config{Brokers: cluster.ListenAddrs(), Dial: wire.Dial})
	wire.loseAnswers(19, 1)
	must(t, c.CreateTopic(within(t, 20*time.Second), TopicSpec{Name: "x", Partitions: 1, Replication: 1}))
	if _, lost := wire.count(19); lost != 1 {
		t.Errorf("%d answers lost", lost)
	}
}

func TestListOffsets(t *testing.T) {
	cluster, c := fake(t, kfake.NumBrokers(3), kfake.SeedTopics(4, "in"))
	send(t, newProducer(t, c, ProducerConfig{}), "in", 0, 100)
	ctx := within(t, 20*time.Second)
	var tps []TopicPartition
	for i := range 4 {
		tps = append(tps, TopicPartition{"in", int32(i)})
	}
	cluster.ShufflePartitionLeaders()
	cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.ListOffsets}, Err: kerr.NotLeaderForPartition, Count: 2})
	sum := func(atMs int64) (n int64) {
		t.Helper()
		found, err := c.ListOffsets(ctx, tps, atMs, true)
		must(t, err)
		for _, tp := range tps {
			n += found[tp]
		}
		return n
	}
	if n := sum(Latest); n != 100 {
		t.Errorf("latest: %d records", n)
	}
	if n := sum(Earliest); n != 0 {
		t.Errorf("earliest: %d", n)
	}
	if n := sum(startMs + 50); n != 50 {
		t.Errorf("by time: %d records before", n)
	}
	if n := sum(1_800_000_000_000); n != -4 {
		t.Errorf("after the end: %d", n)
	}
	if _, err := c.ListOffsets(within(t, 300*time.Millisecond), []TopicPartition{{"nope", 0}}, Latest,
		false); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("unknown topic: %v", err)
	}
}

func TestRetryBudget(t *testing.T) {
	retries := 0
	c := open(t, Config{
		Brokers: []string{"127.0.0.1:1"}, RetryBudget: 200 * time.Millisecond,
		OnRetry: func(string, error) { retries++ },
		Dial:    func(context.Context, string, string) (net.Conn, error) { return nil, io.ErrClosedPipe },
	})
	_, err := c.Topics(within(t, 20*time.Second), "in")
	if !errors.Is(err, ErrRetriesExhausted) || !errors.Is(err, io.ErrClosedPipe) || retries < 3 {
		t.Errorf("after %d retries: %v", retries, err)
	}
	c.Close()
	if _, err := c.Topics(within(t, 20*time.Second), "in"); !errors.Is(err, ErrClosed) {
		t.Errorf("closed client: %v", err)
	}
}

func TestErrors(t *testing.T) {
	tp := TopicPartition{"in", 3}
	for _, c := range []struct {
		err  error
		is   error
		text string
	}{
		{
			&RequestError{Op: "Produce", Topic: "in", Partition: 3, Code: InvalidProducerEpoch, Detail: "old"}, ErrFenced,
			"kafka: Produce in/3: Invalid Producer Epoch (code 47): old",
		},
		{
			&RequestError{Op: "Heartbeat", Partition: -1, Code: RebalanceInProgress}, ErrGenerationLost,
			"kafka: Heartbeat: Rebalance In Progress (code 27)",
		},
		{&OffsetOutOfRangeError{tp, 9, 0, 5}, OffsetOutOfRange, "kafka: offset 9 out of range 0 to 5 (in/3)"},
		{&TooLargeError{tp, 1, 20, 10}, MessageTooLarge, "kafka: record 1 of 20 bytes above the limit of 10 (in/3)"},
		{&CorruptError{TopicPartition: tp, Offset: 4, Reason: "length -1"}, CorruptMessage, "kafka: corrupt batch at offset 4: length -1 (in/3)"},
	} {
		if !errors.Is(c.err, c.is) || c.err.Error() != c.text {
			t.Errorf("%v", c.err)
		}
	}
	if errors.Is(NotLeader, ErrFenced) || errors.Is(NotLeader, ErrGenerationLost) ||
		!errors.Is(FencedInstanceID, ErrGenerationLost) {
		t.Error("codes of the wrong meaning")
	}
}

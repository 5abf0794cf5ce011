package kafka

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// parsers are all parsers of answers, with the api keys and forms that they read.
var parsers = []struct {
	key      int16
	flexible bool
	release  string // of the broker that answers so; see releases
	parse    func(*reader) error
}{
	{0, true, "4", func(r *reader) error { return parseProduceOfIn(r, produceJoins) }},
	{0, false, "3.9", func(r *reader) error { return parseProduceOfIn(r, produceAnnounced) }},
	{0, false, "redpanda", func(r *reader) error { return parseProduceOfIn(r, produceOldest) }},
	{1, false, "4", func(r *reader) error {
		q := fetchRequest{partitions: []fetchPartition{{TopicPartition: TopicPartition{"in", 0}}}}
		return new(fetchAnswer).parse(r, &q)
	}},
	{2, false, "4", func(r *reader) error { return parseListOffsets(r, map[TopicPartition]int64{}) }},
	{3, true, "4", func(r *reader) error { _, err := parseMetadata(r, true); return err }},
	{3, false, "redpanda", func(r *reader) error { _, err := parseMetadata(r, false); return err }},
	{8, false, "4", func(r *reader) error { return parsePartitionCodes(r, "OffsetCommit") }},
	{9, true, "4", func(r *reader) error { return parseOffsetFetch(r, map[TopicPartition]int64{}) }},
	{10, false, "4", func(r *reader) error { _, err := parseFindCoordinator(r); return err }},
	{11, false, "4", func(r *reader) error {
		a, err := parseJoinGroup(r)
		for _, m := range a.members {
			_, subscriptionErr := parseSubscription(m.subscription)
			err = errors.Join(err, subscriptionErr)
		}
		return err
	}},
	{13, false, "4", parseLeaveGroup},
	{14, false, "4", func(r *reader) error { _, err := parseSyncGroup(r); return err }},
	{19, false, "4", parseCreateTopics},
	{22, true, "4", func(r *reader) error { _, err := parseInitProducerID(r); return err }},
	{24, false, "3.9", func(r *reader) error { return parsePartitionCodes(r, "AddPartitionsToTxn") }},
	{18, false, "4", func(r *reader) error { _, err := parseOffer(r); return err }},
	{26, true, "4", func(r *reader) error { _, err := parseEndTxn(r, endTxnNewEpoch, producerID{}); return err }},
	{65, true, "4", func(r *reader) error { _, err := parseLastOutcome(r); return err }},
	{28, true, "4", func(r *reader) error { return parsePartitionCodes(r, "TxnOffsetCommit") }},
}

func parseProduceOfIn(r *reader, version int16) error {
	q := produceRequest{queues: []*partitionQueue{{TopicPartition: TopicPartition{"in", 0}}}}
	return q.parse(r, version)
}

// recordAnswers runs a short session and returns the real answer for each key,
// from behind its correlation id.
func recordAnswers(t testing.TB, opts ...kfake.Opt) map[int16][]byte {
	t.Helper()
	cluster, err := kfake.NewCluster(append(opts, kfake.NumBrokers(1), kfake.SeedTopics(1, "in"))...)
	must(t, err)
	defer cluster.Close()
	wire := newTap()
	c, err := Open(Config{Brokers: cluster.ListenAddrs(), Dial: wire.Dial})
	must(t, err)
	defer c.Close()
	ctx := within(t, 20*time.Second)
	must(t, c.CreateTopic(ctx, TopicSpec{Name: "new", Partitions: 2, Replication: 1}))
	g, err := c.Group(GroupConfig{ID: "g", Topics: []string{"in"}})
	must(t, err)
	gen, err := g.Next(ctx)
	must(t, err)
	offsets := map[TopicPartition]int64{{"in", 0}: 1}
	must(t, gen.Commit(ctx, offsets))
	p, err := c.Producer(ctx, ProducerConfig{TransactionalID: "t"})
	must(t, err)
	must(t, p.Begin())
	add(t, p, "in", 0, 3)
	must(t, p.SendOffsets(gen.GroupMember, offsets))
	must(t, p.Commit(ctx))
	_, err = c.Producer(ctx, ProducerConfig{TransactionalID: "t", Groups: []string{"g"}})
	must(t, err)
	_, err = c.ListOffsets(ctx, []TopicPartition{{"in", 0}}, Latest, true)
	must(t, err)
	f := c.Fetcher(FetcherConfig{ReadCommitted: true})
	f.Add(TopicPartition{"in", 0}, 0)
	collect(t, f, 3)
	f.Close()
	must(t, g.Close(ctx))
	wire.mu.Lock()
	defer wire.mu.Unlock()
	answers := map[int16][]byte{}
	for k, b := range wire.answers {
		if len(b) >= 8 {
			answers[k] = bytes.Clone(b[8:])
		}
	}
	return answers
}

// recordedAnswers returns a real answer for each of the parsers.
func recordedAnswers(t testing.TB) [][]byte {
	t.Helper()
	recorded := map[string]map[int16][]byte{}
	for release, opts := range releases {
		recorded[release] = recordAnswers(t, opts...)
	}
	answers := make([][]byte, len(parsers))
	for i, p := range parsers {
		answers[i] = recorded[p.release][p.key]
	}
	return answers
}

func parserInput(i int, b []byte) *reader {
	r := &reader{b: b, flexible: parsers[i].flexible}
	r.tags() // of the header
	return r
}

// Every parser takes the whole real answer, and no shortened one.
func TestParsersNeedEveryByte(t *testing.T) {
	answers := recordedAnswers(t)
	for i, p := range parsers {
		b := answers[i]
		if len(b) == 0 {
			t.Errorf("no answer with key %d recorded", p.key)
			continue
		}
		r := parserInput(i, b)
		if err := p.parse(r); err != nil || len(r.b) != 0 {
			t.Errorf("key %d: %v, %d bytes left", p.key, err, len(r.b))
		}
		for n := range b {
			if err := p.parse(parserInput(i, b[:n])); err == nil {
				t.Errorf("key %d: %d of %d bytes accepted", p.key, n, len(b))
			}
		}
	}
}

func FuzzParsers(f *testing.F) {
	for i, b := range recordedAnswers(f) {
		f.Add(uint8(i), b)
	}
	f.Add(uint8(1), bytes.Repeat([]byte{0x7f}, 64))
	f.Fuzz(func(t *testing.T, which uint8, b []byte) {
		i := int(which) % len(parsers)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_ = parsers[i].parse(parserInput(i, b))
		runtime.ReadMemStats(&after)
		// A lying length may not allocate what it claims.
		if got := after.TotalAlloc - before.TotalAlloc; got > uint64(1<<20+100*len(b)) {
			t.Errorf("key %d: %d bytes allocated for an answer of %d", parsers[i].key, got, len(b))
		}
		_, _ = parseAssignment(b)
		_, _ = parseSubscription(b)
	})
}

func TestReadGrowing(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789"), 100_000)
	got, err := readGrowing(bytes.NewReader(data), nil, len(data))
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	// A length far beyond the data costs no more than the data.
	got, err = readGrowing(bytes.NewReader(data), nil, fetchAnswerBytesMax)
	if !errors.Is(err, io.ErrUnexpectedEOF) || cap(got) > 4*len(data) {
		t.Errorf("%v with %d bytes", err, cap(got))
	}
}

type pipe struct {
	io.Reader
	io.Writer
}

func TestAnswerSizeLimit(t *testing.T) {
	for _, size := range [][]byte{{0xff, 0xff, 0xff, 0xff}, {0, 0, 0, 3}, {0x7f, 0, 0, 0}} {
		k := &call{request: make([]byte, 12)}
		if _, err := k.RawExchange(pipe{bytes.NewReader(size), io.Discard}); err == nil {
			t.Errorf("answer of %x bytes accepted", size)
		}
	}
}

func TestAssignmentRoundTrip(t *testing.T) {
	want := share{partitions: []TopicPartition{{"b", 1}, {"a", 2}, {"a", 0}}, madeFor: []byte("topics")}
	got, err := parseAssignment(want.encode())
	must(t, err)
	if len(got.partitions) != 3 || got.partitions[0] != (TopicPartition{"a", 0}) ||
		got.partitions[2] != (TopicPartition{"b", 1}) || string(got.madeFor) != "topics" {
		t.Errorf("%v", got)
	}
	if got, err := parseAssignment(nil); got.partitions != nil || got.madeFor != nil || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	topics, err := parseSubscription(subscription([]Topic{{Name: "b"}, {Name: "a"}}, 0))
	if err != nil || len(topics) != 2 || topics[0] != "a" {
		t.Errorf("%v, %v", topics, err)
	}
	grown := []Topic{{Name: "a", Partitions: make([]Partition, 2)}}
	if bytes.Equal(subscription([]Topic{{Name: "a"}}, 0), subscription(grown, 0)) {
		t.Error("the subscription does not show that a topic grew")
	}
	if bytes.Equal(subscription(grown, 1), subscription(grown, 0)) {
		t.Error("the subscription does not show that a rebalance is wanted")
	}
}

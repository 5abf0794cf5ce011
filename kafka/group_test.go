package kafka

import (
	"errors"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

func TestGroup(t *testing.T) {
	cluster, c := fake(t, kfake.SeedTopics(8, "in"))
	testGroup(t, c, open(t, Config{Brokers: cluster.ListenAddrs()}), "in", func(name string, n int32) {
		must(t, cluster.CreateTopic(name, n, nil))
	})
}

// testGroup is the life of a group with a dynamic and a static member.
func testGroup(t *testing.T, c, other *Client, topic string, create func(string, int32)) {
	ctx := within(t, 60*time.Second)
	id := unique("g")
	cfg := GroupConfig{ID: id, Patterns: []*regexp.Regexp{regexp.MustCompile(regexp.QuoteMeta(topic) + "(-more)?")},
		SessionTimeout: 6 * time.Second, Heartbeat: 100 * time.Millisecond, TopicRefresh: 200 * time.Millisecond}
	join := func(c *Client, instance string) *Group {
		t.Helper()
		cfg := cfg
		cfg.InstanceID = instance
		g, err := c.Group(cfg)
		must(t, err)
		return g
	}
	a := join(c, "")
	genA, err := a.Next(ctx)
	must(t, err)
	if len(genA.Assignments) != 8 || !genA.Leader {
		t.Fatalf("alone: %v", genA.Assignments)
	}
	tp := genA.Assignments[3].TopicPartition
	must(t, genA.Commit(ctx, map[TopicPartition]int64{tp: 42}))

	// A second member: the first is told, commits what it holds, and rejoins.
	b := join(other, "static-b")
	var genB *Generation
	joined := make(chan error, 1)
	go func() {
		var err error
		genB, err = b.Next(ctx)
		joined <- err
	}()
	<-genA.Done()
	if !errors.Is(genA.Err(), RebalanceInProgress) {
		t.Errorf("revoked by %v", genA.Err())
	}
	must(t, genA.Commit(ctx, map[TopicPartition]int64{tp: 43}))
	old := genA
	genA, err = a.Next(ctx)
	must(t, err)
	must(t, <-joined)
	disjoint(t, 8, genA, genB)
	for _, gen := range []*Generation{genA, genB} {
		for _, as := range gen.Assignments {
			if as.TopicPartition == tp && as.Offset != 43 {
				t.Errorf("%v: committed %d, want 43", tp, as.Offset)
			}
			if as.TopicID == (TopicID{}) {
				t.Errorf("%v without a topic id", tp)
			}
		}
	}
	if err := old.Commit(ctx, map[TopicPartition]int64{tp: 1}); !errors.Is(err, ErrGenerationLost) {
		t.Errorf("commit of an old generation: %v", err)
	}

	// The static member restarts: same partitions, and the other does not notice.
	before := owned(genB)
	must(t, b.Close(ctx))
	b = join(other, "static-b")
	start := time.Now()
	genB, err = b.Next(ctx)
	must(t, err)
	if !slices.Equal(owned(genB), before) {
		t.Errorf("after the restart %v, before %v", owned(genB), before)
	}
	t.Logf("static member back after %v", time.Since(start))
	if genA.Err() != nil || genB.Generation != genA.Generation {
		t.Errorf("the restart started a rebalance: %v", genA.Err())
	}

	// A topic that matches appears: both rejoin and share it.
	create(topic+"-more", 4)
	<-genA.Done()
	<-genB.Done()
	go func() {
		var err error
		genB, err = b.Next(ctx)
		joined <- err
	}()
	genA, err = a.Next(ctx)
	must(t, err)
	must(t, <-joined)
	// Members may see the topic one refresh apart and rejoin once more.
	for len(genA.Assignments)+len(genB.Assignments) != 12 || genA.Generation != genB.Generation {
		go func() {
			var err error
			<-genB.Done()
			genB, err = b.Next(ctx)
			joined <- err
		}()
		<-genA.Done()
		genA, err = a.Next(ctx)
		must(t, err)
		must(t, <-joined)
	}
	disjoint(t, 12, genA, genB)

	// The same instance id elsewhere fences this one for good.
	thief := join(c, "static-b")
	genT, err := thief.Next(ctx)
	must(t, err)
	<-genB.Done()
	if _, err := b.Next(ctx); !errors.Is(err, ErrFenced) {
		t.Errorf("fenced member's Next: %v", err)
	}
	// The dynamic member leaves and the other gets everything.
	must(t, a.Close(ctx))
	for len(genT.Assignments) != 12 {
		<-genT.Done()
		genT, err = thief.Next(ctx)
		must(t, err)
	}
	must(t, thief.Leave(ctx))
	if _, err := thief.Next(ctx); !errors.Is(err, ErrClosed) {
		t.Errorf("Next after Leave: %v", err)
	}
}

func owned(gens ...*Generation) []string {
	var all []string
	for _, gen := range gens {
		for _, a := range gen.Assignments {
			all = append(all, a.TopicPartition.String())
		}
	}
	slices.Sort(all)
	return all
}

// disjoint checks that the members own n partitions together, each by one, in equal shares.
func disjoint(t *testing.T, n int, gens ...*Generation) {
	t.Helper()
	all := owned(gens...)
	if len(slices.Compact(slices.Clone(all))) != n || len(all) != n {
		t.Errorf("owned together: %v", all)
	}
	for _, gen := range gens {
		if d := len(gen.Assignments) - n/len(gens); d < -1 || d > 1 {
			t.Errorf("%d of %d partitions", len(gen.Assignments), n)
		}
	}
}

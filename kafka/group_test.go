package kafka

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
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
	cfg := GroupConfig{
		ID: id, Patterns: []*regexp.Regexp{regexp.MustCompile(regexp.QuoteMeta(topic) + "(-more)?")},
		SessionTimeout: 6 * time.Second, Heartbeat: 100 * time.Millisecond, TopicRefresh: 200 * time.Millisecond,
	}
	member := func(c *Client, instance string) *Group {
		t.Helper()
		cfg := cfg
		cfg.InstanceID = instance
		g, err := c.Group(cfg)
		must(t, err)
		return g
	}
	a := member(c, "")
	genA, err := a.Next(ctx)
	must(t, err)
	if len(genA.Assignments) != 8 || !genA.Leader {
		t.Fatalf("alone: %v", genA.Assignments)
	}
	tp := genA.Assignments[3].TopicPartition
	must(t, genA.Commit(ctx, map[TopicPartition]int64{tp: 42}))

	// A second member: the first is told, commits what it holds, and rejoins.
	b := member(other, "static-b")
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
	b = member(other, "static-b")
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

	// The same instance id elsewhere fences this one for good, after each has
	// taken the other for a late join of its own.
	thief := member(c, "static-b")
	genT, err := thief.Next(ctx)
	must(t, err)
	<-genB.Done()
	genB, err = b.Next(ctx)
	must(t, err)
	<-genT.Done()
	genT, err = thief.Next(ctx)
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

func TestGroupConfig(t *testing.T) {
	_, c := fake(t)
	for _, cfg := range []GroupConfig{
		{Topics: []string{"in"}}, {ID: "g"}, {ID: "g", Topics: []string{"in"}, Heartbeat: 5 * time.Second},
	} {
		if _, err := c.Group(cfg); err == nil {
			t.Errorf("%+v accepted", cfg)
		}
	}
}

// bubble runs a test in fake time, on a cluster behind a virtual network.
func bubble(t *testing.T, test func(t *testing.T, cluster *kfake.Cluster, wire *tap, c *Client)) {
	synctest.Test(t, func(t *testing.T) {
		network := new(kfake.VirtualNetwork)
		cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(9092), kfake.ListenFn(network.Listen),
			kfake.SeedTopics(4, "in"))
		must(t, err)
		defer cluster.Close()
		wire := newTap()
		wire.dial = network.DialContext
		c, err := Open(Config{Brokers: cluster.ListenAddrs(), Dial: wire.Dial})
		must(t, err)
		test(t, cluster, wire, c)
		c.Close()
	})
}

func join(t *testing.T, c *Client, cfg GroupConfig) (*Group, *Generation) {
	t.Helper()
	cfg.ID, cfg.Topics = "g", []string{"in"}
	g, err := c.Group(cfg)
	must(t, err)
	gen, err := g.Next(context.Background())
	must(t, err)
	return g, gen
}

// Without the network the member notices by itself, within the session
// timeout, that it may have been given up, and joins again afterwards.
func TestSessionExpires(t *testing.T) {
	bubble(t, func(t *testing.T, cluster *kfake.Cluster, wire *tap, c *Client) {
		g, gen := join(t, c, GroupConfig{})
		time.Sleep(time.Minute) // heartbeats keep it alive
		if err := gen.Err(); err != nil {
			t.Fatalf("after a quiet minute: %v", err)
		}
		start := time.Now()
		wire.setCut(true)
		<-gen.Done()
		if d := time.Since(start); d < 9*time.Second || d > 12*time.Second {
			t.Errorf("noticed after %v, want about the session timeout of 10s", d)
		}
		if !errors.Is(gen.Err(), ErrGenerationLost) || errors.Is(gen.Err(), ErrFenced) {
			t.Errorf("%v", gen.Err())
		}
		wire.setCut(false)
		gen, err := g.Next(context.Background())
		must(t, err)
		if len(gen.Assignments) != 4 {
			t.Errorf("%v", gen.Assignments)
		}
		must(t, g.Close(context.Background()))
		must(t, g.Close(context.Background()))
		if info := cluster.GroupInfo("g"); info != nil && len(info.Members) != 0 {
			t.Errorf("members after Close: %v", info.Members)
		}
	})
}

// A short cut does not end the membership.
func TestShortCutIsSurvived(t *testing.T) {
	bubble(t, func(t *testing.T, _ *kfake.Cluster, wire *tap, c *Client) {
		g, gen := join(t, c, GroupConfig{InstanceID: "i"})
		wire.setCut(true)
		time.Sleep(4 * time.Second)
		wire.setCut(false)
		time.Sleep(20 * time.Second)
		must(t, gen.Err())
		must(t, gen.Commit(context.Background(), map[TopicPartition]int64{{"in", 0}: 3}))
		must(t, gen.Commit(context.Background(), nil))
		must(t, g.Leave(context.Background()))
	})
}

// Every step of joining meets its faults and is repeated.
func TestJoinFaults(t *testing.T) {
	for _, key := range []kmsg.Key{kmsg.FindCoordinator, kmsg.JoinGroup, kmsg.SyncGroup, kmsg.OffsetFetch} {
		for _, fault := range []*kerr.Error{
			kerr.CoordinatorLoadInProgress, kerr.NotCoordinator, kerr.RebalanceInProgress, kerr.IllegalGeneration,
			kerr.UnknownMemberID, kerr.UnstableOffsetCommit,
		} {
			if key == kmsg.FindCoordinator && fault != kerr.CoordinatorLoadInProgress ||
				fault == kerr.UnstableOffsetCommit && key != kmsg.OffsetFetch {
				continue
			}
			bubble(t, func(t *testing.T, cluster *kfake.Cluster, _ *tap, c *Client) {
				h := cluster.Fault(kfake.Fault{
					Keys: []kmsg.Key{key}, Err: fault, Count: 2,
					TopLevel: key != kmsg.FindCoordinator && fault != kerr.UnstableOffsetCommit,
				})
				retries := 0
				g, gen := join(t, c, GroupConfig{OnRetry: func(error) { retries++ }})
				if h.Hits() != 2 || len(gen.Assignments) != 4 {
					t.Errorf("%v with %v: %d hits, %d retries, assignments %v", kmsg.NameForKey(int16(key)), fault,
						h.Hits(), retries, gen.Assignments)
				}
				must(t, g.Close(context.Background()))
			})
		}
	}
}

// The broker's word ends a generation, by each of its codes.
func TestHeartbeatCodes(t *testing.T) {
	for _, fault := range []*kerr.Error{kerr.RebalanceInProgress, kerr.IllegalGeneration, kerr.UnknownMemberID} {
		bubble(t, func(t *testing.T, cluster *kfake.Cluster, _ *tap, c *Client) {
			g, gen := join(t, c, GroupConfig{})
			cluster.Fault(kfake.Fault{
				Keys: []kmsg.Key{kmsg.Heartbeat}, Err: kerr.CoordinatorNotAvailable,
				TopLevel: true,
			}, kfake.Fault{Keys: []kmsg.Key{kmsg.Heartbeat}, Err: fault, TopLevel: true})
			<-gen.Done()
			if codeOf(gen.Err()) != Code(fault.Code) {
				t.Errorf("%v, want %v", gen.Err(), fault)
			}
			_, err := g.Next(context.Background())
			must(t, err)
			must(t, g.Close(context.Background()))
		})
	}
}

func TestNextEndsWithContext(t *testing.T) {
	bubble(t, func(t *testing.T, _ *kfake.Cluster, wire *tap, c *Client) {
		wire.setCut(true)
		g, err := c.Group(GroupConfig{ID: "g", Topics: []string{"in"}})
		must(t, err)
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if _, err := g.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		must(t, g.Close(context.Background()))
	})
}

// A group that nobody has been in has no offsets, whatever the broker makes of it.
func TestOffsetsOfNoGroup(t *testing.T) {
	_, _, c := tapped(t, 2, "in", 0)
	found, err := c.CommittedOffsets(within(t, 10*time.Second), "nobody", []TopicPartition{{"in", 0}, {"in", 1}})
	if err != nil || found[TopicPartition{"in", 0}] != -1 || found[TopicPartition{"in", 1}] != -1 {
		t.Errorf("%v, %v", found, err)
	}
}

// A consumer with another assignor cannot come in, and where one is in the group
// already this member ends with words.
func TestForeignConsumersStayOut(t *testing.T) {
	cluster, c := fake(t, kfake.SeedTopics(2, "in"), kfake.GroupMinSessionTimeout(100*time.Millisecond))
	ctx := within(t, 30*time.Second)
	foreign := func() *kgo.Client {
		client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.ConsumerGroup("g"),
			kgo.ConsumeTopics("in"), kgo.Balancers(kgo.RangeBalancer()), kgo.SessionTimeout(time.Second),
			kgo.HeartbeatInterval(300*time.Millisecond))
		must(t, err)
		return client
	}
	g, gen := join(t, c, GroupConfig{ID: "g", Topics: []string{"in"}})
	stranger := foreign()
	short, stop := context.WithTimeout(ctx, time.Second)
	defer stop()
	stranger.PollFetches(short)
	stranger.Close()
	if err := gen.Err(); err != nil || len(gen.Assignments) != 2 {
		t.Errorf("beside a stranger: %d assignments, %v", len(gen.Assignments), err)
	}
	must(t, g.Close(ctx))

	stranger = foreign()
	defer stranger.CloseAllowingRebalance()
	_, err := cluster.WaitGroupStable(ctx, "g", 1)
	must(t, err)
	late, err := c.Group(GroupConfig{
		ID: "g", Topics: []string{"in"}, SessionTimeout: 300 * time.Millisecond, Heartbeat: 100 * time.Millisecond,
	})
	must(t, err)
	if _, err := late.Next(ctx); !errors.Is(err, ErrForeignMembers) {
		t.Errorf("joining a group of strangers: %v", err)
	}
}

package kafka

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A static join that the broker carries out late fences the member that has joined by
// another attempt. It joins again: once for every join of its own whose answer was
// lost, and once for what its predecessor may have left on its way. Fenced once
// more, or when no join can still be on its way, it is out for good.
func TestLateJoins(t *testing.T) {
	for lost := range 3 {
		bubble(t, func(t *testing.T, _ *kfake.Cluster, wire *tap, c *Client) {
			wire.loseAnswers(int16(kmsg.JoinGroup), lost)
			g, gen := join(t, c, GroupConfig{InstanceID: "i"})
			if _, n := wire.count(int16(kmsg.JoinGroup)); n != lost {
				t.Fatalf("%d answers lost", n)
			}
			for range lost + 1 {
				fenceLate(t, wire, c, gen)
				var err error
				gen, err = g.Next(context.Background())
				must(t, err)
				if len(gen.Assignments) != 4 {
					t.Errorf("%v", gen.Assignments)
				}
			}
			fenceLate(t, wire, c, gen)
			for range 2 {
				if _, err := g.Next(context.Background()); !errors.Is(err, FencedInstanceID) {
					t.Errorf("with %d answers lost: fenced once more: %v", lost, err)
				}
			}
		})
	}
	bubble(t, func(t *testing.T, _ *kfake.Cluster, wire *tap, c *Client) {
		wire.loseAnswers(int16(kmsg.JoinGroup), 1)
		g, gen := join(t, c, GroupConfig{InstanceID: "i"})
		time.Sleep(lateMost + time.Second)
		fenceLate(t, wire, c, gen)
		if _, err := g.Next(context.Background()); !errors.Is(err, FencedInstanceID) {
			t.Errorf("fenced long after its join: %v", err)
		}
	})
}

// fenceLate has the broker carry out the member's first join, whoever gets the answer.
func fenceLate(t *testing.T, wire *tap, c *Client, gen *Generation) {
	t.Helper()
	wire.mu.Lock()
	request := wire.sent[int16(kmsg.JoinGroup)]
	wire.mu.Unlock()
	conn, err := wire.dial(context.Background(), "tcp", c.cfg.Brokers[0])
	must(t, err)
	defer conn.Close()
	_, err = conn.Write(request)
	must(t, err)
	_, err = conn.Read(make([]byte, 1<<10))
	must(t, err)
	<-gen.Done()
	if !errors.Is(gen.Err(), FencedInstanceID) {
		t.Fatalf("%v: the test shows nothing", gen.Err())
	}
}

// A connection that never came about left no join behind.
func TestNoExcuseWithoutJoin(t *testing.T) {
	bubble(t, func(t *testing.T, _ *kfake.Cluster, wire *tap, c *Client) {
		_, err := c.MatchTopics(context.Background(), []string{"in"}, nil, nil)
		must(t, err)
		_, err = c.coordinator(context.Background(), coordinatorKey{"g", groupCoordinator})
		must(t, err)
		g, err := c.Group(GroupConfig{ID: "g", InstanceID: "i", Topics: []string{"in"}})
		must(t, err)
		wire.setCut(true)
		if _, err := g.joinGroup(context.Background()); err == nil || g.excuses != 1 {
			t.Errorf("%v, %d excuses", err, g.excuses)
		}
	})
}

func TestStaticMembers(t *testing.T) {
	cluster, _ := fake(t, kfake.SeedTopics(8, "in", "alone"))
	testStaticMembers(t, cluster.ListenAddrs(), "in")
	testGrowsWhileAway(t, cluster.ListenAddrs(), "alone")
}

// process is a member of a group that joins again and again, on a network of its
// own that can be cut, which is what the others see of kill -9.
type process struct {
	*Group
	wire *tap
	stop context.CancelFunc
	over chan struct{} // closed when it joins no more

	mu  sync.Mutex
	gen *Generation
	err error
}

// sessionLong outlasts the tests: what happens in them does not wait for it.
const sessionLong = 5 * time.Minute

func launch(t *testing.T, brokers []string, group, instance, topic string) *process {
	t.Helper()
	p := &process{wire: newTap()}
	c := open(t, Config{Brokers: brokers, Dial: p.wire.Dial, RetryBudget: 30 * time.Second})
	var err error
	p.Group, err = c.Group(GroupConfig{
		ID: group, InstanceID: instance, Topics: []string{topic},
		SessionTimeout: sessionLong, Heartbeat: 100 * time.Millisecond, TopicRefresh: 300 * time.Millisecond,
	})
	must(t, err)
	p.rejoin()
	t.Cleanup(p.kill)
	return p
}

// rejoin begins to join, or goes on after kill.
func (p *process) rejoin() {
	var ctx context.Context
	ctx, p.stop = context.WithCancel(context.Background())
	p.over = make(chan struct{})
	go p.live(ctx)
}

func (p *process) live(ctx context.Context) {
	defer close(p.over)
	for {
		gen, err := p.Next(ctx)
		p.mu.Lock()
		p.gen, p.err = gen, err
		p.mu.Unlock()
		if err != nil {
			return
		}
		select {
		case <-gen.Done():
		case <-ctx.Done():
			return
		}
	}
}

func (p *process) kill() {
	p.wire.setCut(true)
	p.stop()
	<-p.over
}

// end is a clean stop, in one of the two ways.
func (p *process) end(t *testing.T, way func(context.Context) error) {
	t.Helper()
	p.stop()
	<-p.over
	must(t, way(within(t, 20*time.Second)))
}

func (p *process) generation() *Generation {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.gen
}

// settle waits until the processes share n partitions in one generation.
func settle(t *testing.T, n int, all ...*process) []*Generation {
	t.Helper()
	for ctx := within(t, 60*time.Second); ; {
		var gens []*Generation
		for _, p := range all {
			if gen := p.generation(); gen != nil && gen.Err() == nil {
				gens = append(gens, gen)
			}
		}
		if len(gens) == len(all) && len(owned(gens...)) == n &&
			!slices.ContainsFunc(gens, func(g *Generation) bool { return g.Generation != gens[0].Generation }) {
			disjoint(t, n, gens...)
			return gens
		}
		if !sleep(ctx, 20*time.Millisecond) {
			t.Fatalf("%d of %d processes are in the group, with %v", len(gens), len(all), owned(gens...))
		}
	}
}

func grow(t *testing.T, brokers []string, topic string, n int32) {
	t.Helper()
	c, err := kgo.NewClient(kgo.SeedBrokers(brokers...))
	must(t, err)
	defer c.Close()
	req := kmsg.NewPtrCreatePartitionsRequest()
	req.Topics = []kmsg.CreatePartitionsRequestTopic{{Topic: topic, Count: n}}
	req.TimeoutMillis = 10_000
	resp, err := req.RequestWith(within(t, 20*time.Second), c)
	must(t, err)
	must(t, kerr.ErrorForCode(resp.Topics[0].ErrorCode))
}

// testStaticMembers: whoever comes back under its instance id has its partitions
// again in the same generation, and no one else notices, after a crash and after a
// stop; the one that was replaced is out for good.
func testStaticMembers(t *testing.T, brokers []string, topic string) {
	group, ctx := unique("g"), within(t, 2*time.Minute)
	a, b := launch(t, brokers, group, "a", topic), launch(t, brokers, group, "b", topic)
	gens := settle(t, 8, a, b)
	leader, other := a, b
	if gens[1].Leader {
		leader, other = b, a
	}
	comeBack := func(gone, stays *process) *process {
		t.Helper()
		before, undisturbed := gone.generation(), stays.generation()
		again := launch(t, brokers, group, gone.cfg.InstanceID, topic)
		gens := settle(t, 8, again, stays)
		if gens[0].Generation != before.Generation || !slices.Equal(owned(gens[0]), owned(before)) {
			t.Errorf("%s is back in generation %d with %v, and was in %d with %v", gone.cfg.InstanceID,
				gens[0].Generation, owned(gens[0]), before.Generation, owned(before))
		}
		if gens[1] != undisturbed {
			t.Errorf("%s had to join again for %s", stays.cfg.InstanceID, gone.cfg.InstanceID)
		}
		return again
	}
	tp := leader.generation().Assignments[0].TopicPartition
	must(t, leader.generation().Commit(ctx, map[TopicPartition]int64{tp: 5}))
	zombie := leader
	zombie.kill()
	leader = comeBack(zombie, other)
	if a := leader.generation().Assignments[0]; a.TopicPartition != tp || a.Offset != 5 {
		t.Errorf("%v, want offset 5", a)
	}
	other.kill()
	other = comeBack(other, leader)
	other.end(t, other.Close)
	other = comeBack(other, leader)

	// The first process was only cut off, and comes back: of two with one instance
	// id the one that joined first is out for good, and says why.
	gen := zombie.generation()
	zombie.wire.setCut(false)
	<-gen.Done()
	if err := gen.Commit(ctx, map[TopicPartition]int64{tp: 1}); !errors.Is(err, FencedInstanceID) {
		t.Errorf("a zombie's commit: %v", err)
	}
	zombie.rejoin()
	<-zombie.over
	if !errors.Is(zombie.err, FencedInstanceID) {
		t.Errorf("a zombie's next generation: %v", zombie.err)
	}
	if _, err := zombie.Next(ctx); !errors.Is(err, FencedInstanceID) {
		t.Errorf("and once more: %v", err)
	}
	must(t, zombie.Leave(ctx)) // which it may not do in the other's name
	settle(t, 8, leader, other)

	other.end(t, other.Leave)
	settle(t, 8, leader)
	leader.end(t, leader.Leave)
}

// testGrowsWhileAway: the broker gives a static member its old assignment back, and
// the partitions that the topic has got meanwhile are nobody's until it says so.
func testGrowsWhileAway(t *testing.T, brokers []string, topic string) {
	group, ctx := unique("g"), within(t, 2*time.Minute)
	a := launch(t, brokers, group, "a", topic)
	tp := settle(t, 8, a)[0].Assignments[0].TopicPartition
	must(t, a.generation().Commit(ctx, map[TopicPartition]int64{tp: 5}))
	for n := int32(9); n <= 11; n++ {
		if n < 11 {
			a.kill()
		}
		grow(t, brokers, topic, n) // the last time, under its eyes
		if n < 11 {
			a = launch(t, brokers, group, "a", topic)
		}
		gen := settle(t, int(n), a)[0]
		if first, last := gen.Assignments[0], gen.Assignments[n-1]; first.Offset != 5 || last.Offset != -1 {
			t.Errorf("committed: %v and, of the new partition, %v", first, last)
		}
	}
	b := launch(t, brokers, group, "b", topic)
	settle(t, 11, a, b)
	a.kill()
	grow(t, brokers, topic, 12)
	a = launch(t, brokers, group, "a", topic)
	settle(t, 12, a, b)
}

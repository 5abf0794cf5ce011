package sim

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"streamd/internal/redpanda"
	"streamd/kafka"
	"streamd/live"
	"streamd/stream"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kversion"
)

const (
	candlesTopic  = "candles"
	signalsTopic  = "signals"
	deadTopic     = "dead"
	outcomesTopic = "outcomes"
	stateTopic    = "g-state"
	group         = "g"
)

// World is one run of the simulation.
type World struct {
	ctx       context.Context // of the run
	plan      Scenario
	bug       Bug
	dir       string // of the instances' disks
	virtual   *kfake.VirtualNetwork
	cluster   *kfake.Cluster
	addresses []string
	rules     *stream.Rules
	oracle    *oracle
	checker   *checker
	instances []*instance
	began     time.Time
	producers producers
	linksMu   sync.Mutex
	links     sync.WaitGroup // of all processes
	over      bool           // no further link is served

	mu         sync.Mutex
	calm       bool // no more faults
	trace      []string
	violations []string
	faults     int
}

// RunResult is what a run came to.
type RunResult struct {
	Plan       Scenario
	Faults     int             // of requests and events together
	Signals    int             // seen, of those the oracle has
	States     int             // records of the state topic, each the oracle's
	Twice      int             // of at_least_once, which may
	Bars       int             // records of closed bars
	Decisions  int             // who was left out of one
	LowWater   map[int32]int64 // of the partitions in the state topic, before the instances stop
	Input      map[int32]int   // records of the partitions
	Took       time.Duration   // of the simulated time
	Violations []string
	Trace      []string
}

// settleMost is how long the end of a run may take, in simulated time: some
// sessions, transaction timeouts and retry budgets after the last fault.
const settleMost = 10 * time.Minute

// Run simulates a plan in a bubble of testing/synctest, in which it must be
// called. The directory holds the instances' disks. A nil bug is none.
func Run(ctx context.Context, plan Scenario, bug Bug, dir string) (RunResult, error) {
	w := &World{ctx: ctx, plan: plan, bug: bug, dir: dir, virtual: new(kfake.VirtualNetwork), began: time.Now()}
	w.producers.taken = map[int64]int16{}
	if err := w.open(); err != nil {
		return RunResult{}, err
	}
	defer w.cluster.Close()
	ctx, stop := context.WithCancel(ctx)
	var wait sync.WaitGroup
	wait.Go(func() { w.checker.run(ctx) })
	wait.Go(func() { w.produce(ctx) })
	for _, i := range w.instances {
		i.start()
	}
	w.live(ctx)
	w.settle(ctx)
	w.checker.mu.Lock()
	low := maps.Clone(w.checker.lowWater)
	w.checker.mu.Unlock()
	for _, i := range w.instances {
		i.stop()
	}
	w.checker.committed(ctx)
	w.checker.catchUp()
	stop()
	w.checker.client.Close()
	wait.Wait()
	if u := w.checker.universe; u != nil && !w.failed() {
		u.finish(context.WithoutCancel(ctx), w)
	}
	for _, i := range w.instances {
		i.await()
	}
	w.cluster.Close() // ends the requests that it had not answered
	w.endLinks()
	time.Sleep(2 * time.Second) // buntdb's own goroutines find out
	bars, decisions := 0, 0
	if u := w.checker.universe; u != nil {
		bars, decisions = len(u.closed), u.decisions
	}
	w.mu.Lock() // timers of an instance that was killed may still log
	defer w.mu.Unlock()
	return RunResult{
		Bars: bars, Decisions: decisions, States: w.checker.states, LowWater: low, Input: w.oracle.lengths(),
		Plan: plan, Faults: w.faults, Signals: w.checker.records, Twice: w.checker.twice, Took: time.Since(w.began),
		Violations: slices.Clone(w.violations), Trace: slices.Clone(w.trace),
	}, nil
}

// serve lets a link work until one of its ends closes, unless the run is over: a
// dial may still be under way when its process has ended.
func (w *World) serve(l *link) bool {
	w.linksMu.Lock()
	defer w.linksMu.Unlock()
	if !w.over {
		w.links.Go(l.serve)
	}
	return !w.over
}

func (w *World) endLinks() {
	w.linksMu.Lock()
	w.over = true
	w.linksMu.Unlock()
	w.links.Wait()
}

func (w *World) open() error {
	var err error
	if w.rules, err = w.plan.simRules(false); err != nil {
		return err
	}
	ports := []int{19092, 19093, 19094}[:w.plan.Brokers]
	release := map[Release]*kversion.Versions{
		Kafka4: kversion.Stable(), Kafka3: kversion.V3_9_0(), Redpanda: redpanda.Versions(),
	}
	w.cluster, err = kfake.NewCluster(kfake.MaxVersions(release[w.plan.Release]),
		kfake.ListenFn(w.virtual.Listen), kfake.Ports(ports...),
		kfake.GroupMinSessionTimeout(time.Second),
		kfake.SeedTopics(w.plan.Partitions, candlesTopic), kfake.SeedTopics(2, signalsTopic, outcomesTopic),
		kfake.SeedTopics(1, deadTopic, acrossTopic, barriersTopic))
	if err != nil {
		return fmt.Errorf("sim: broker: %w", err)
	}
	w.addresses = w.cluster.ListenAddrs()
	var id kafka.TopicID // Redpanda names none
	if w.plan.Release != Redpanda {
		id = w.cluster.TopicInfo(candlesTopic).TopicID
	}
	if w.oracle, err = newOracle(w.plan, id); err != nil {
		return err
	}
	if w.checker, err = newChecker(w); err != nil {
		return fmt.Errorf("sim: reader: %w", err)
	}
	for i := range w.plan.Instances {
		w.instances = append(w.instances, &instance{
			world: w, name: string(rune('a' + i)), random: draw(w.plan.Seed, fmt.Sprint("disk ", i)),
		})
	}
	return nil
}

func (w *World) exactly() bool { return w.plan.Delivery == live.ExactlyOnce }

// produce writes the candles, bar by bar, without faults of its own.
func (w *World) produce(ctx context.Context) {
	c, err := kgo.NewClient(kgo.SeedBrokers(w.addresses...), kgo.Dialer(w.virtual.DialContext),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.DefaultProduceTopic(candlesTopic), kgo.MetadataMinAge(50*time.Millisecond))
	if err != nil {
		w.violate("producer: %v", err)
		return
	}
	defer c.Close()
	step := w.plan.Gap * time.Duration(w.plan.Bars) / time.Duration(len(w.oracle.order))
	for _, at := range w.oracle.order {
		m := w.oracle.input[at[0]][at[1]]
		r, err := c.ProduceSync(ctx, &kgo.Record{
			Partition: int32(at[0]), Key: []byte(m.symbol),
			Value: m.value,
		}).First()
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			w.violate("producer: %v", err)
			return
		case r.Offset != int64(at[1]):
			w.violate("producer: offset %d, not %d", r.Offset, at[1])
			return
		}
		time.Sleep(step)
	}
}

// live lets the events happen, and checks after each and in between.
func (w *World) live(ctx context.Context) {
	var over sync.WaitGroup
	for _, e := range w.plan.Events {
		for time.Since(w.began) < e.At && !w.failed() {
			time.Sleep(min(e.At-time.Since(w.began), 500*time.Millisecond))
			w.checker.committed(ctx)
		}
		if w.failed() {
			break
		}
		w.fault("event %s of %s for %s", e.Kind, w.instances[e.Who].name, e.For)
		over.Go(func() { w.happen(e) })
	}
	over.Wait()
	end := w.plan.Gap*time.Duration(w.plan.Bars) + time.Second
	for time.Since(w.began) < end && !w.failed() {
		time.Sleep(500 * time.Millisecond)
		w.checker.committed(ctx)
	}
}

func (w *World) happen(e Event) {
	i := w.instances[e.Who]
	switch e.Kind {
	case Move:
		w.cluster.ShufflePartitionLeaders()
		w.cluster.RehashCoordinators()
		return
	case Expire:
		w.expire()
		return
	case Reload:
		i.reload(w.plan.LossyReload, 3*w.plan.Gap)
		return
	case Full:
		i.full.Store(true)
		time.Sleep(e.For)
		i.full.Store(false)
		return
	case Freeze:
		i.freeze(e.For)
		return
	case Cut:
		i.cutOff(e.For)
		return
	case Stop:
		i.stop()
	default:
		i.crash(e.Kind)
	}
	time.Sleep(e.For)
	i.start()
}

// settle ends the faults and waits until everything is out and committed.
func (w *World) settle(ctx context.Context) {
	w.mu.Lock()
	w.calm = true
	w.mu.Unlock()
	for _, i := range w.instances {
		i.full.Store(false)
	}
	w.logf("calm")
	for end := time.Now().Add(settleMost); !w.failed(); time.Sleep(200 * time.Millisecond) {
		w.checker.committed(ctx)
		missing := w.checker.complete()
		at, err := w.checker.offsets(ctx)
		for p := range w.oracle.input {
			if err == nil && missing == "" && max(at[int32(p)], 0) < int64(len(w.oracle.input[p])) {
				missing = fmt.Sprintf("partition %d is committed up to %d of %d", p, at[int32(p)],
					len(w.oracle.input[p]))
			}
		}
		if missing == "" && err == nil {
			return
		}
		if time.Now().After(end) {
			w.violate("stuck %s after the last fault: %s (%v)", settleMost, missing, err)
		}
	}
}

func (w *World) faulty() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.calm
}

func (w *World) failed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.violations) > 0
}

func (w *World) fault(format string, args ...any) {
	w.mu.Lock()
	w.faults++
	w.mu.Unlock()
	w.logf(format, args...)
}

func (w *World) violate(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	w.logf("VIOLATION: %s", text)
	w.mu.Lock()
	w.violations = append(w.violations, text)
	w.mu.Unlock()
}

const traceMax = 20_000

func (w *World) logf(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.trace) < traceMax {
		w.trace = append(w.trace, fmt.Sprintf("%12s  ",
			time.Since(w.began))+strings.TrimSpace(fmt.Sprintf(format, args...)))
	}
}

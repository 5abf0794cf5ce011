package sim

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// checker reads both output topics as a foreign consumer that reads committed
// transactions, and holds every record against the oracle when it comes.
type checker struct {
	world  *World
	client *kgo.Client

	mu       sync.Mutex
	next     map[string]int  // by symbol: the first signal not seen yet
	dead     map[string]bool // dead letters seen
	position map[string]int64
	promises []promise
	lowWater map[int32]int64 // of the newest checkpoint in the state topic
	held     map[int32]int64 // newest position of a record there
	states   int
	records  int
	twice    int              // allowed repetitions of at_least_once
	universe *universeChecker // nil where formulas look at their own series alone
}

func newChecker(w *World) (*checker, error) {
	c := &checker{
		world: w, next: map[string]int{}, dead: map[string]bool{}, position: map[string]int64{},
		lowWater: map[int32]int64{}, held: map[int32]int64{},
	}
	if w.plan.Others {
		c.universe = newUniverseChecker()
	}
	var err error
	c.client, err = kgo.NewClient(kgo.SeedBrokers(w.addresses...), kgo.Dialer(w.virtual.DialContext),
		kgo.ConsumeTopics(signalsTopic, deadTopic, stateTopic, outcomesTopic, acrossTopic, barriersTopic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(),
		kgo.FetchMaxWait(100*time.Millisecond), kgo.MetadataMinAge(50*time.Millisecond),
		kgo.MetadataMaxAge(time.Second))
	return c, err
}

// run reads until the context ends.
func (c *checker) run(ctx context.Context) {
	for ctx.Err() == nil {
		c.client.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
			c.mu.Lock()
			defer c.mu.Unlock()
			tp := place(r.Topic, r.Partition)
			if r.Offset < c.position[tp] {
				return // franz-go goes back after a change of leaders on this broker: the log is the same
			}
			c.position[tp] = r.Offset + 1
			switch {
			case r.Attrs.IsControl():
			case r.Topic == signalsTopic:
				c.signal(string(r.Key), string(r.Value))
			case r.Topic == outcomesTopic:
				c.signal(outcomesOf(string(r.Key)), string(r.Value))
			case r.Topic == acrossTopic:
				c.universe.bar(c.world, r)
			case r.Topic == barriersTopic:
				c.universe.decision(r)
			case r.Topic == stateTopic:
				c.stateRecord(string(r.Key), r.Value)
			default:
				c.deadLetter(r)
			}
		})
	}
}

// signal checks that a record is the next signal of its symbol: no earlier one
// again, none left out, the same bytes.
func (c *checker) signal(symbol, value string) {
	c.records++
	if u := c.universe; u != nil {
		if u.line(c.world, symbol, value); strings.Contains(value, `"formula":"`+othersPrefix) {
			return // see universeChecker.finish
		}
	}
	i, known := c.world.oracle.index[value]
	next := c.next[symbol]
	exactly := c.world.exactly()
	switch {
	case !known:
		c.world.violate("signal of %s is none of an uninterrupted run: %s", symbol, value)
	case i == next:
		c.next[symbol]++
	case i > next:
		c.world.violate("signal %d of %s came where %d was due, %s is lost", i, symbol, next,
			c.world.oracle.signals[symbol][next].value)
		c.next[symbol] = i + 1
	case exactly:
		c.world.violate("signal %d of %s came twice: %s", i, symbol, value)
	default:
		c.twice++
	}
}

func (c *checker) deadLetter(r *kgo.Record) {
	h := map[string]string{}
	for _, kv := range r.Headers {
		h[kv.Key] = string(kv.Value)
	}
	at := h["input_partition"] + "/" + h["input_offset"]
	want, known := c.world.oracle.dead[at]
	switch {
	case !known || want.value != h["reason"]+" "+string(r.Value):
		c.world.violate("dead letter of %s is none of an uninterrupted run: %s %s", at, h["reason"], r.Value)
	case c.dead[at] && c.world.exactly():
		c.world.violate("dead letter of %s came twice", at)
	}
	c.dead[at] = true
}

// promise is what committed offsets promise: once the reader is past the ends
// that the logs had when they were asked for, everything below them is out. It
// may have to wait for other instances' open transactions.
type promise struct {
	committed map[int32]int64
	end       map[string]int64
}

// committed asks for the committed offsets and holds the reader to what they
// promise, now or as soon as it can know.
func (c *checker) committed(ctx context.Context) {
	c.mu.Lock()
	held := maps.Clone(c.held)
	c.mu.Unlock()
	at, err := c.offsets(ctx)
	if err != nil {
		c.world.logf("checker: committed offsets: %v", err)
		return
	}
	for partition, position := range held {
		if position > at[partition] {
			c.world.violate("partition %d is committed up to %d, but the state topic has a record of %d", partition,
				at[partition], position)
		}
	}
	p := promise{at, c.ends(signalsTopic, deadTopic, outcomesTopic)}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.promises = append(c.promises, p)
	for len(c.promises) > 0 && c.past(c.promises[0].end) {
		c.hold(c.promises[0])
		c.promises = c.promises[1:]
	}
}

func (c *checker) ends(topics ...string) map[string]int64 {
	end := map[string]int64{}
	for _, topic := range topics {
		for _, info := range c.world.cluster.PartitionInfos(topic) {
			end[place(topic, info.Partition)] = info.HighWatermark
		}
	}
	return end
}

// catchUp waits until all that instances wrote was read, which they no longer do. What an instance began and did not
// end is aborted by the brokers meanwhile.
func (c *checker) catchUp() {
	if c.universe == nil {
		return
	}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		c.mu.Lock()
		past := c.past(c.ends(signalsTopic, outcomesTopic, stateTopic, acrossTopic, barriersTopic))
		c.mu.Unlock()
		if past {
			return
		}
	}
	c.world.violate("the reader at %v is not past the end", c.position)
}

func (c *checker) past(end map[string]int64) bool {
	for tp, o := range end {
		if c.position[tp] < o {
			return false
		}
	}
	return true
}

func (c *checker) hold(p promise) {
	for symbol, all := range c.world.oracle.signals {
		if i := c.next[symbol]; i < len(all) && all[i].offset < p.committed[all[i].partition] {
			c.world.violate("partition %d is committed up to %d, but signal %d of %s from offset %d is not out: %s",
				all[i].partition, p.committed[all[i].partition], i, symbol, all[i].offset, all[i].value)
		}
	}
	for key, e := range c.world.oracle.dead {
		if !c.dead[key] && e.offset < p.committed[e.partition] {
			c.world.violate("partition %d is committed up to %d, but the dead letter of offset %d is not out",
				e.partition, p.committed[e.partition], e.offset)
		}
	}
}

// offsets returns what the group has committed, leaving aside what is inside
// open transactions.
func (c *checker) offsets(ctx context.Context) (map[int32]int64, error) {
	req := kmsg.NewPtrOffsetFetchRequest()
	g := kmsg.NewOffsetFetchRequestGroup()
	g.Group = group
	t := kmsg.NewOffsetFetchRequestGroupTopic()
	t.Topic = candlesTopic
	for p := range c.world.plan.Partitions {
		t.Partitions = append(t.Partitions, p)
	}
	g.Topics = append(g.Topics, t)
	req.Groups = append(req.Groups, g)
	resp, err := req.RequestWith(ctx, c.client)
	if err != nil {
		return nil, err
	}
	at := map[int32]int64{}
	for _, g := range resp.Groups {
		for _, t := range g.Topics {
			for _, p := range t.Partitions {
				at[p.Partition] = p.Offset
			}
		}
	}
	return at, nil
}

// complete reports whether every output of the oracle was seen, and what not.
func (c *checker) complete() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for symbol, all := range c.world.oracle.signals {
		if c.next[symbol] < len(all) {
			return fmt.Sprintf("%d of %d signals of %s", c.next[symbol], len(all), symbol)
		}
	}
	if len(c.promises) > 1 {
		return fmt.Sprintf("the reader at %v is not past %v", c.position, c.promises[0].end)
	}
	if len(c.dead) < len(c.world.oracle.dead) {
		return fmt.Sprintf("%d of %d dead letters", len(c.dead), len(c.world.oracle.dead))
	}
	return ""
}

func place(topic string, partition int32) string { return fmt.Sprintf("%s/%d", topic, partition) }

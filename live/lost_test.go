package live

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"streamd/kafka"
)

// running is a consumer at work.
type running struct {
	*Consumer
	t    *testing.T
	stop context.CancelFunc
	done chan error
}

func (r *rig) start(cfg Config) *running {
	ctx, stop := context.WithTimeout(r.t.Context(), time.Minute)
	c := &running{New(cfg), r.t, stop, make(chan error, 1)}
	go func() { c.done <- c.Run(ctx) }()
	return c
}

// end stops the consumer and wants it to end well.
func (c *running) end() {
	c.t.Helper()
	c.stop()
	if err := <-c.done; err != nil {
		c.t.Fatal(err)
	}
	if s := c.cfg.State.Store; s != nil {
		if err := s.Close(); err != nil {
			c.t.Fatal(err)
		}
	}
}

// impatient has the rig's client give up soon.
func (r *rig) impatient(budget time.Duration) {
	r.t.Helper()
	client, err := kafka.Open(kafka.Config{Brokers: r.addresses, RetryBudget: budget})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(client.Close)
	r.client = client
}

// A topic that is re-created while it is read is not read on at the old place, however
// fast it has become longer than that.
func TestTopicMadeAnewMeanwhile(t *testing.T) {
	r := newRig(t, 1)
	all := testMessages(400)
	r.produce(all[:200])
	c := r.start(r.stateful(ExactlyOnce, t.TempDir(), nil))
	wait(t, func() bool { return r.committed(t.Context()) })
	before := len(r.read("signals"))
	r.recreate("candles", 1)
	r.produce(all[200:])
	wait(t, func() bool { _, why := c.Ready(); return strings.Contains(why, "re-created") })
	c.end()
	if after := len(r.read("signals")); after != before {
		t.Errorf("%d signals of a topic that nobody decided about", after-before)
	}
}

// Candles that expire while the partition is being read, and before they were, are lost
// offsets as at the start.
func TestExpiredMeanwhile(t *testing.T) {
	for _, policy := range []OffsetsLost{Halt, FromEarliest} {
		t.Run(string(policy), func(t *testing.T) {
			r := newRig(t, 1)
			all := testMessages(300)
			r.produce(all[:200])
			cfg := r.stateful(ExactlyOnce, "", nil)
			cfg.OffsetsLost = policy
			c := r.start(cfg)
			wait(t, func() bool { return r.committed(t.Context()) })
			var away atomic.Bool
			away.Store(true)
			r.cluster.ControlKey(int16(kmsg.Fetch), func(kmsg.Request) (kmsg.Response, error, bool) {
				r.cluster.KeepControl()
				if !away.Load() {
					return nil, nil, false
				}
				return nil, errors.New("away"), true
			})
			r.produce(all[200:600])
			r.deleteTo(600)
			r.produce(all[600:])
			away.Store(false)
			if policy == Halt {
				wait(t, func() bool { _, why := c.Ready(); return strings.Contains(why, "out of range") })
			} else {
				wait(t, func() bool { return r.committed(t.Context()) })
			}
			c.end()
		})
	}
}

// deleteTo removes the records of partition 0 below an offset.
func (r *rig) deleteTo(offset int64) {
	r.t.Helper()
	request := kmsg.NewPtrDeleteRecordsRequest()
	topic := kmsg.NewDeleteRecordsRequestTopic()
	topic.Topic = "candles"
	part := kmsg.NewDeleteRecordsRequestTopicPartition()
	part.Offset = offset
	topic.Partitions = append(topic.Partitions, part)
	request.Topics = append(request.Topics, topic)
	if _, err := request.RequestWith(r.t.Context(), r.admin()); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) deleteTopic(name string) {
	r.t.Helper()
	request := kmsg.NewPtrDeleteTopicsRequest()
	topic := kmsg.NewDeleteTopicsRequestTopic()
	topic.Topic = &name
	request.Topics, request.TopicNames = append(request.Topics, topic), []string{name}
	if _, err := request.RequestWith(r.t.Context(), r.admin()); err != nil {
		r.t.Fatal(err)
	}
}

// While there is no topic for the signals they wait, and the process does not spin.
func TestSignalsTopicGone(t *testing.T) {
	r := newRig(t, 1)
	all := testMessages(200)
	r.produce(all[:400])
	var log tmpLog
	c := r.start(r.stateful(ExactlyOnce, t.TempDir(), &log))
	wait(t, func() bool { return r.committed(t.Context()) })
	before := r.read("signals")
	r.deleteTopic("signals")
	if _, err := r.client.Topics(t.Context()); err != nil { // as the watch over the topics asks, and then knows of none
		t.Fatal(err)
	}
	r.produce(all[400:])
	time.Sleep(3 * time.Second)
	if n := strings.Count(log.String(), "starting over"); n > 10 {
		t.Errorf("started afresh %d times in 3 s", n)
	}
	if ready, why := c.Ready(); ready {
		t.Error("ready without a topic for the signals: " + why)
	}
	if err := r.client.CreateTopic(t.Context(),
		kafka.TopicSpec{Name: "signals", Partitions: 1, Replication: 1}); err != nil {
		t.Fatal(err)
	}
	wait(t, func() bool { return r.committed(t.Context()) })
	c.end()
	got, want := append(before, r.read("signals")...), r.expected()
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%d signals, want %d", len(got), len(want))
	}
}

// goesOn has the state topic alone bring the state: neither directory nor input is left.
func (r *rig) goesOn(rest []string, what string) {
	r.t.Helper()
	r.expire()
	r.produce(rest)
	if log := r.once(ExactlyOnce, r.t.TempDir()); strings.Contains(log, "rebuilding") {
		r.t.Error(log)
	}
	r.compare(what)
}

// A state topic that is deleted is re-created, with all that it had.
func TestStateTopicGone(t *testing.T) {
	r := newRig(t, 1)
	r.impatient(2 * time.Second)
	all := testMessages(300)
	r.produce(all[:400])
	dir := t.TempDir()
	c := r.start(r.stateful(ExactlyOnce, dir, nil))
	wait(t, func() bool { return r.committed(t.Context()) })
	r.deleteTopic("g-state")
	r.produce(all[400:800])
	wait(t, func() bool { return r.committed(t.Context()) && r.lowWater("g-state") == 800 })
	c.end()
	r.goesOn(all[800:], "after the state topic was deleted")
}

// The state topic is lost, and later the directory: what the directory had is in the
// topic again by then, also of series that have not changed since.
func TestStateTopicLostAndThenTheDirectory(t *testing.T) {
	r := newRig(t, 1)
	all := testMessages(200)
	r.produce(all[:400])
	dir := t.TempDir()
	r.once(ExactlyOnce, dir)
	r.emptyStateTopic()
	var first []string
	for _, m := range all[400:440] {
		if strings.HasPrefix(m, "S0|") {
			first = append(first, m)
		}
	}
	r.produce(first)
	cfg := r.stateful(ExactlyOnce, dir, nil)
	c := r.start(cfg)
	wait(t, func() bool { return r.committed(t.Context()) })
	time.Sleep(time.Second) // some snapshots
	c.end()
	r.goesOn(all[440:], "after both were lost, one after the other")
}

// Offsets that were deleted, or expired while nobody was in the group, are no new group:
// it is told that signals come again. A group that is new to a state directory is one.
func TestOffsetsGone(t *testing.T) {
	r := newRig(t, 1)
	r.produce(testMessages(100))
	dir := t.TempDir()
	const told = "committed offset is gone"
	if log := r.once(ExactlyOnce, dir); strings.Contains(log, told) {
		t.Errorf("at first: %s", log)
	}
	once := len(r.read("signals"))
	for i, place := range []string{dir, t.TempDir()} { // by the local checkpoint, and by the topic's
		request := kmsg.NewPtrDeleteGroupsRequest()
		request.Groups = []string{"g"}
		if answer, err := request.RequestWith(t.Context(), r.admin()); err != nil || answer.Groups[0].ErrorCode != 0 {
			t.Fatal(answer, err)
		}
		if log := r.once(ExactlyOnce, place); !strings.Contains(log, told) {
			t.Errorf("nothing of it is told: %s", log)
		}
		if after := len(r.read("signals")); after != (i+2)*once {
			t.Errorf("%d signals, then %d", once, after)
		}
	}
	var log tmpLog
	cfg := r.stateful(ExactlyOnce, dir, &log)
	cfg.Group, cfg.State.Topic = "other", "other-state"
	c := r.start(cfg)
	wait(t, func() bool { return len(r.read("signals")) == 4*once })
	c.end()
	if strings.Contains(log.String(), told) {
		t.Errorf("a new group: %s", &log)
	}
}

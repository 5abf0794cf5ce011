package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"streamd/history"
	"streamd/kafka"
	"streamd/store"
	"streamd/topics"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// tmpLog is a log that tests read.
type tmpLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *tmpLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *tmpLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// stateful is the rig's configuration with a store in a directory, if there is one,
// and a state topic.
func (r *rig) stateful(delivery Delivery, dir string, log *tmpLog) Config {
	r.t.Helper()
	cfg := r.config(delivery)
	cfg.State = StateConfig{Topic: "g-state", Every: 200 * time.Millisecond}
	if dir != "" {
		s, err := store.Open(dir, store.Options{})
		if err != nil {
			r.t.Fatal(err)
		}
		cfg.State.Store = s
	}
	if log != nil {
		cfg.Log = zerolog.New(log)
	}
	return cfg
}

// once consumes everything as one process would.
func (r *rig) once(delivery Delivery, dir string) string {
	r.t.Helper()
	var log tmpLog
	cfg := r.stateful(delivery, dir, &log)
	r.consume(cfg)
	if cfg.State.Store != nil {
		if err := cfg.State.Store.Close(); err != nil {
			r.t.Fatal(err)
		}
	}
	return log.String()
}

func (r *rig) admin() *kgo.Client {
	r.t.Helper()
	c, err := kgo.NewClient(kgo.SeedBrokers(r.addresses...))
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(c.Close)
	return c
}

// expire removes the retained input up to the committed offsets.
func (r *rig) expire() {
	r.t.Helper()
	request := kmsg.NewPtrDeleteRecordsRequest()
	topic := kmsg.NewDeleteRecordsRequestTopic()
	topic.Topic = "candles"
	for p := range r.partitions {
		at, err := r.client.CommittedOffsets(r.t.Context(), "g",
			[]kafka.TopicPartition{{Topic: "candles", Partition: p}})
		if err != nil {
			r.t.Fatal(err)
		}
		part := kmsg.NewDeleteRecordsRequestTopicPartition()
		part.Partition, part.Offset = p, at[kafka.TopicPartition{Topic: "candles", Partition: p}]
		topic.Partitions = append(topic.Partitions, part)
	}
	request.Topics = append(request.Topics, topic)
	answer, err := request.RequestWith(r.t.Context(), r.admin())
	if err != nil {
		r.t.Fatal(err)
	}
	for _, p := range answer.Topics[0].Partitions {
		if p.ErrorCode != 0 {
			r.t.Fatalf("expire: error %d", p.ErrorCode)
		}
	}
}

func (r *rig) compare(what string) {
	r.t.Helper()
	got, want := r.read("signals"), r.expected()
	slices.Sort(got)
	if len(want) < 20 || !slices.Equal(got, want) {
		r.t.Errorf("%s: %d signals, want %d", what, len(got), len(want))
	}
}

// The input of before is gone: only a right snapshot gives the right signals.
func TestStateOutlivesTheInput(t *testing.T) {
	for _, delivery := range []Delivery{ExactlyOnce, AtLeastOnce} {
		for _, place := range []string{"local", "topic", "both"} {
			t.Run(fmt.Sprintf("%s/%s", delivery, place), func(t *testing.T) {
				r := newRig(t, 4)
				all := testMessages(150)
				dir := t.TempDir()
				r.produce(all[:250])
				r.once(delivery, dir)
				for i, part := range [][]string{all[250:400], all[400:]} {
					r.expire()
					switch place {
					case "local":
						r.emptyStateTopic()
					case "topic":
						dir = t.TempDir()
					}
					r.produce(part)
					if log := r.once(delivery, dir); strings.Contains(log, "rebuilding") {
						t.Errorf("restart %d: %s", i, log)
					}
				}
				r.compare(place)
			})
		}
	}
}

// emptyStateTopic deletes what the state topic holds.
func (r *rig) emptyStateTopic() {
	r.t.Helper()
	request := kmsg.NewPtrDeleteTopicsRequest()
	topic := kmsg.NewDeleteTopicsRequestTopic()
	name := "g-state"
	topic.Topic = &name
	request.Topics, request.TopicNames = append(request.Topics, topic), []string{name}
	if _, err := request.RequestWith(r.t.Context(), r.admin()); err != nil {
		r.t.Fatal(err)
	}
}

// State and input are lost: what is said afterwards is right, and nothing is said
// before it is.
func TestStateLost(t *testing.T) {
	r := newRig(t, 1)
	all := testMessages(900)
	r.produce(all[:400])
	r.once(ExactlyOnce, t.TempDir())
	before := len(r.read("signals"))
	r.expire()
	r.emptyStateTopic()
	r.produce(all[400:])
	var log tmpLog
	cfg := r.stateful(ExactlyOnce, t.TempDir(), &log)
	c := r.consume(cfg)
	if !strings.Contains(log.String(), "rebuilding") || !strings.Contains(c.why, "rebuilt") {
		t.Errorf("log %s\nready: %s", log.String(), c.why)
	}
	want := map[string]bool{}
	for _, v := range r.expected() {
		want[v] = true
	}
	got := r.read("signals")
	for _, v := range got[before:] {
		if !want[v] {
			t.Fatalf("an uninterrupted run does not say %s", v)
		}
	}
	if len(got) == before || len(got) >= len(want) {
		t.Errorf("%d signals before, %d after, of %d: the test shows nothing", before, len(got), len(want))
	}
	// What is kept now says that it is not the whole.
	r.expire()
	r.produce(all[:4])
	if log := r.once(ExactlyOnce, ""); strings.Contains(log, "rebuilding") {
		t.Errorf("the state made since is not found: %s", log)
	}
}

func TestOffsetsLost(t *testing.T) {
	for _, policy := range []OffsetsLost{"", FromEarliest, FromLatest} {
		t.Run(string("policy "+policy), func(t *testing.T) {
			r := newRig(t, 1)
			all := testMessages(200)
			r.produce(all[:400])
			r.once(ExactlyOnce, t.TempDir())
			before := len(r.read("signals"))
			r.recreate("candles", 1)
			r.produce(all[400:600]) // fewer than were committed of the old topic
			cfg := r.stateful(ExactlyOnce, t.TempDir(), nil)
			cfg.OffsetsLost = policy
			ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
			defer stop()
			c := New(cfg)
			done := make(chan error, 1)
			go func() { done <- c.Run(ctx) }()
			switch policy {
			case FromEarliest:
				wait(t, func() bool { return r.committed(ctx) })
			case FromLatest:
				wait(t, func() bool { ready, _ := c.Ready(); return ready })
				r.produce(all[600:])
				wait(t, func() bool { return r.committed(ctx) })
			default:
				wait(t, func() bool {
					ready, why := c.Ready()
					return !ready && strings.Contains(why, "re-created") && strings.Contains(why, "offsets_lost")
				})
			}
			stop()
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			after := len(r.read("signals"))
			if (policy == FromEarliest) != (after > before) {
				t.Errorf("%d signals, then %d", before, after)
			}
		})
	}
}

// The topic is re-created and is longer already than the old one was: the committed
// offset fits, and only the topic's id tells.
func TestTopicMadeAnew(t *testing.T) {
	r := newRig(t, 1)
	all := testMessages(200)
	dir := t.TempDir()
	r.produce(all[:200])
	r.once(ExactlyOnce, dir)
	before := len(r.read("signals"))
	r.recreate("candles", 1)
	r.produce(all[200:])
	for range 2 { // it stands still until somebody decides, also in the next process
		cfg := r.stateful(ExactlyOnce, dir, nil)
		ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
		defer stop()
		c := New(cfg)
		done := make(chan error, 1)
		go func() { done <- c.Run(ctx) }()
		wait(t, func() bool { _, why := c.Ready(); return strings.Contains(why, "re-created") })
		time.Sleep(3 * snapshotTick) // it would tell of its state
		stop()
		if err := errors.Join(<-done, cfg.State.Store.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if after := len(r.read("signals")); after != before {
		t.Errorf("%d signals of a partition that stands still", after-before)
	}
}

// A disk that is full delays nothing but snapshots, is told of, and is written to
// again when it can be, all of it. The state topic goes on.
func TestDiskFull(t *testing.T) {
	for _, topic := range []string{"", "g-state"} {
		t.Run("topic "+topic, func(t *testing.T) { testDiskFull(t, topic) })
	}
}

func testDiskFull(t *testing.T, topic string) {
	r := newRig(t, 1)
	all := testMessages(200)
	var full atomic.Bool
	dir := t.TempDir()
	s, err := store.Open(dir, store.Options{Failing: func() error {
		if full.Load() {
			return errors.New("no space left on device")
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	cfg := r.stateful(ExactlyOnce, "", nil)
	cfg.State.Store, cfg.State.Topic = s, topic
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	c := New(cfg)
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	full.Store(true)
	r.produce(all[:200])
	wait(t, func() bool { return r.committed(ctx) })
	wait(t, func() bool { _, why := c.Ready(); return strings.Contains(why, "no space left") })
	if topic != "" {
		low := r.lowWater(topic)
		r.produce(all[200:400])
		wait(t, func() bool { return r.lowWater(topic) > low })
	} else {
		r.produce(all[200:400])
	}
	full.Store(false)
	r.produce(slices.DeleteFunc(slices.Clone(all[400:600]), func(m string) bool { return strings.HasPrefix(m, "S3|") }))
	wait(t, func() bool { ready, why := c.Ready(); return ready && !strings.Contains(why, "no space") })
	wait(t, func() bool { return r.committed(ctx) })
	// Every series is on the disk again, also the one that has not changed since.
	time.Sleep(time.Second)
	stop()
	if err := errors.Join(<-done, s.Close()); err != nil {
		t.Fatal(err)
	}
	r.expire()
	r.produce(all[600:])
	local, err := store.Open(dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var log tmpLog
	cfg = r.stateful(ExactlyOnce, "", &log)
	cfg.State.Store, cfg.State.Topic = local, ""
	r.consume(cfg)
	if strings.Contains(log.String(), "rebuilding") {
		t.Error(log.String())
	}
	r.compare("after the disk was full")
}

// lowWater of partition 0 in the state topic.
func (r *rig) lowWater(topic string) int64 {
	low := int64(-1)
	_ = topics.Read(r.t.Context(), r.client, topic, func(_ kafka.TopicPartition, m *kafka.Record) error {
		if c, err := store.ParseCheckpoint(m.Value); err == nil {
			low = c.LowWater
		}
		return nil
	}) // a topic that is not there yet has none
	return low
}

// Series begin with history: they are warm on their first candle.
func TestWarmFromHistory(t *testing.T) {
	r := newRig(t, 1)
	all := testMessages(1500)
	var lines strings.Builder
	for _, m := range all[:4000] {
		_, value, _ := strings.Cut(m, "|")
		lines.WriteString(value + "\n")
	}
	path := filepath.Join(t.TempDir(), "past.jsonl")
	if err := os.WriteFile(path, []byte(lines.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	r.produce(all[4000:])
	cfg := r.stateful(ExactlyOnce, "", nil)
	cfg.State.History = &history.Data{Paths: []string{path}}
	r.consume(cfg)
	r.sent = all // what an uninterrupted run would have seen
	var want []string
	for _, v := range r.expected() {
		if slices.ContainsFunc(all[4000:], func(m string) bool { return sameCandle(m, v) }) {
			want = append(want, v)
		}
	}
	got := r.read("signals")
	slices.Sort(got)
	if len(want) < 20 || !slices.Equal(got, want) {
		t.Errorf("%d signals, want %d", len(got), len(want))
	}
}

// sameCandle reports whether a signal is of the candle in a message.
func sameCandle(message, signal string) bool {
	field := func(s, name string) string {
		_, rest, _ := strings.Cut(s, `"`+name+`":"`)
		v, _, _ := strings.Cut(rest, `"`)
		return v
	}
	return field(message, "symbol") == field(signal, "symbol") &&
		field(message, "timestamp") == field(signal, "timestamp")
}

func TestSeriesMax(t *testing.T) {
	r := newRig(t, 1)
	r.produce(testMessages(20))
	cfg := r.stateful(ExactlyOnce, "", nil)
	cfg.Engine.SeriesMax = 3
	r.consume(cfg)
	dead := r.read("dead")
	if len(dead) != 20 || !strings.HasPrefix(dead[0], "too_many_series ") {
		t.Errorf("%d dead letters of the fourth series: %.60q", len(dead), dead)
	}
}

// recreate makes a topic again under its name.
func (r *rig) recreate(topic string, partitions int32) {
	r.t.Helper()
	request := kmsg.NewPtrDeleteTopicsRequest()
	t := kmsg.NewDeleteTopicsRequestTopic()
	t.Topic = &topic
	request.Topics, request.TopicNames = append(request.Topics, t), []string{topic}
	if _, err := request.RequestWith(r.t.Context(), r.admin()); err != nil {
		r.t.Fatal(err)
	}
	if err := r.client.CreateTopic(r.t.Context(),
		kafka.TopicSpec{Name: topic, Partitions: partitions, Replication: 1}); err != nil {
		r.t.Fatal(err)
	}
	r.sent = nil
}

// wait waits until something is so.
func wait(t *testing.T, so func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not come to be")
		}
	}
}

// A pattern that the topics fit which the consumer itself writes does not mean them:
// a dead letter would come back as a candle, and be one again.
func TestPatternsMissOwnTopics(t *testing.T) {
	r := newRig(t, 1)
	all := testMessages(120)
	r.produce(append(all[:400:400], "S0|not a candle"))
	cfg := r.stateful(ExactlyOnce, "", nil)
	cfg.Topics[0].Name, cfg.Topics[0].Pattern = "", regexp.MustCompile(`.*`)
	r.consume(cfg)
	r.produce(all[400:])
	r.consume(cfg) // the others exist now
	if dead := r.read("dead"); len(dead) != 1 {
		t.Errorf("%d dead letters: %.200q", len(dead), dead)
	}
	r.compare("by a pattern")
}

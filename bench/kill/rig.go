package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"streamd/kafka"
)

type options struct {
	Brokers, Binary, Tool     string
	Faults                    int
	Symbols, Partitions, Rate int
	Delivery, Session, Keep   string
	Seed                      uint64
	sessionTimeout            time.Duration
}

// rig is one variant's input, output and daemons.
type rig struct {
	options
	name    string
	rng     *rand.Rand
	client  *kafka.Client // to ask for offsets; the records go through franz-go
	dir     string
	run     string // makes the topics and the group unique
	daemons []*daemon
	made    int   // faults
	candles int64 // written, bad messages included
	exits   int   // of daemons nobody asked to
	mounts  []string

	receivers   *receivers   // of the variant notify
	disturbance *disturbance // of the variant universe
}

func newRig(ctx context.Context, name string, o options) (*rig, error) {
	var err error
	if o.sessionTimeout, err = time.ParseDuration(o.Session); err != nil {
		return nil, fmt.Errorf("kill: session: %w", err)
	}
	if o.Binary, err = filepath.Abs(o.Binary); err != nil {
		return nil, err
	}
	r := &rig{
		options: o, name: name, rng: rand.New(rand.NewPCG(o.Seed, 1)),
		run: "kill-" + name + "-" + strconv.FormatInt(time.Now().UnixMilli(), 36),
	}
	if r.client, err = kafka.Open(kafka.Config{Brokers: strings.Split(o.Brokers, ",")}); err != nil {
		return nil, err
	}
	base := o.Keep
	if base == "" {
		base = os.TempDir()
	}
	r.dir = filepath.Join(base, r.run)
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return nil, err
	}
	for topic, partitions := range map[string]int{
		r.input(): o.Partitions, r.signals(): 4, r.dead(): 2, r.outcomes(): 4, r.outcomes() + ".reference": 4,
		r.signals() + ".reference": 4, r.dead() + ".reference": 2,
	} {
		if err := r.client.CreateTopic(ctx, kafka.TopicSpec{
			Name: topic, Partitions: int32(partitions),
			Replication: -1,
		}); err != nil {
			return nil, fmt.Errorf("kill: topic %s: %w", topic, err)
		}
	}
	if name == "notify" {
		if r.receivers, err = newReceivers(o.Seed); err != nil {
			return nil, err
		}
	}
	if name == "universe" {
		r.disturbance = newDisturbance(o.Seed, o.Symbols)
	}
	return r, nil
}

func (r *rig) input() string   { return r.run + ".candles" }
func (r *rig) signals() string { return r.run + ".signals" }
func (r *rig) dead() string    { return r.run + ".dead" }

func (r *rig) outcomes() string { return r.run + ".outcomes" }

func (r *rig) close() {
	for _, d := range r.daemons {
		d.kill()
	}
	for _, dir := range r.mounts {
		if err := syscall.Unmount(dir, 0); err != nil {
			r.logf("unmounting %s: %v", dir, err)
		}
	}
	if r.receivers != nil {
		r.receivers.close()
	}
	r.client.Close()
	if r.Keep == "" {
		os.RemoveAll(r.dir)
	}
}

func (r *rig) logf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s %s: %s\n", time.Now().Format(time.TimeOnly), r.name, fmt.Sprintf(format, args...))
}

// between returns a random duration of the schedule.
func (r *rig) between(low, high time.Duration) time.Duration {
	return low + time.Duration(r.rng.Int64N(int64(high-low)))
}

func (r *rig) broker(args ...string) error {
	out, err := exec.Command(r.Tool, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("kill: %s %v: %w\n%s", r.Tool, args, err, out)
	}
	return nil
}

// warmBars of every symbol come at once, so that the formulas have all their values.
const warmBars = 250

// feed writes candles at the rate until the context ends: every symbol's next
// minute in turn, and now and then a duplicate, a late one or a bad message.
func (r *rig) feed(ctx context.Context) error {
	p, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(r.Brokers, ",")...),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(5*time.Millisecond),
		kgo.DefaultProduceTopic(r.input()))
	if err != nil {
		return err
	}
	defer p.Close()
	m := newMarket(r.Seed, r.Symbols)
	var failed error
	warm := warmBars
	if r.disturbance != nil {
		warm = universeWarm
	}
	for start, tick := time.Now(), 0; ctx.Err() == nil; tick++ {
		for s := range r.Symbols {
			values := m.next(s, tick)
			if r.disturbance != nil {
				values = r.disturbance.pass(s, s%r.Partitions, tick, values)
			}
			for _, value := range values {
				// Without a context of the run: what is begun is written.
				p.Produce(context.WithoutCancel(ctx), &kgo.Record{
					Partition: int32(s % r.Partitions),
					Key:       []byte(symbol(s)), Value: value,
				}, func(_ *kgo.Record, err error) {
					if err != nil {
						failed = err
					}
				})
				r.candles++
			}
		}
		pause(ctx, time.Until(start.Add(time.Duration((tick-warm)*r.Symbols)*time.Second/time.Duration(r.Rate))))
	}
	flush, stop := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Minute)
	defer stop()
	if err := p.Flush(flush); err != nil {
		return fmt.Errorf("kill: writing the candles: %w", err)
	}
	return failed
}

// market walks the prices at random.
type market struct {
	rng   *rand.Rand
	price []float64
	last  []string
}

func newMarket(seed uint64, symbols int) *market {
	m := &market{rng: rand.New(rand.NewPCG(seed, 2)), price: make([]float64, symbols), last: make([]string, symbols)}
	for i := range m.price {
		m.price[i] = 10 + float64(i)*7
	}
	return m
}

func symbol(i int) string { return fmt.Sprintf("SYM%02d", i) }

// next returns the messages of a symbol's next minute.
func (m *market) next(s, minute int) [][]byte {
	open := m.price[s]
	m.price[s] *= 1 + m.rng.NormFloat64()*0.004
	closing := m.price[s]
	at := time.Date(2024, 1, 1, 0, minute, 0, 0, time.UTC).Format(time.RFC3339)
	c := fmt.Sprintf(`{"symbol":%q,"timeframe":"1m","timestamp":%q,"open":%.4f,"high":%.4f,"low":%.4f,`+
		`"close":%.4f,"volume":%d}`,
		symbol(s), at, open, max(open, closing)*1.001, min(open, closing)*0.999, closing, 100+m.rng.IntN(900))
	all := [][]byte{[]byte(c)}
	switch m.rng.IntN(400) {
	case 0:
		all = append(all, []byte(c)) // a duplicate
	case 1:
		if m.last[s] != "" {
			all = append(all, []byte(m.last[s])) // late
		}
	case 2:
		all = append(all, []byte(c[:len(c)/2])) // not parseable
	}
	m.last[s] = c
	return all
}

// pause waits, or until the context ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"streamd/kafka"
)

// report is what a variant came to.
type report struct {
	Variant                                   string
	Faults, Exits                             int
	Candles, Signals, Dead                    int
	Missing, Duplicate, Different, OutOfOrder int
	DeadWrong, Outcomes, OutcomesWrong        int
	LeftOut                                   int // records of who was left out of a bar
	Repeated                                  int // deliveries of the same signal to a receiver
	Restores                                  restores
	SlowestStop                               time.Duration
	Examples                                  []string
}

func (r report) ok(delivery string) bool {
	twice := r.Duplicate + r.OutOfOrder
	if delivery == "at_least_once" {
		twice = 0
	}
	wrong := r.DeadWrong + r.OutcomesWrong
	return r.Missing+twice+r.Different+r.Exits == 0 && (wrong == 0 || delivery == "at_least_once")
}

func (r report) String() string {
	s := fmt.Sprintf("%s: %d faults, %d input messages, %d signals, %d dead letters: missing %d, duplicate %d, "+
		"different %d, out of order %d, "+
		"wrong dead letters %d, wrong outcomes %d of %d, repeated deliveries %d, unasked exits %d; "+
		"slowest stop %s\n  %s",
		r.Variant, r.Faults, r.Candles, r.Signals, r.Dead, r.Missing, r.Duplicate, r.Different, r.OutOfOrder,
		r.DeadWrong, r.OutcomesWrong, r.Outcomes, r.Repeated, r.Exits,
		r.SlowestStop.Round(time.Millisecond), r.Restores)
	if r.LeftOut > 0 {
		s += fmt.Sprintf("\n  %d records of who was left out of a bar", r.LeftOut)
	}
	for _, e := range r.Examples {
		s += "\n  " + e
	}
	return s
}

// verify lets the group finish, makes an uninterrupted run over the same input,
// and compares what both wrote.
func (r *rig) verify(ctx context.Context) (report, error) {
	rep := report{Variant: r.name, Faults: r.made, Exits: r.exits, Candles: int(r.candles)}
	if err := r.awaitCommitted(ctx, r.run, 3*time.Minute); err != nil {
		return rep, err
	}
	if r.receivers != nil {
		if err := r.verifyNotify(ctx, &rep); err != nil {
			return rep, err
		}
	}
	for _, d := range r.daemons {
		// Before its first instructions a process has no handler of SIGTERM.
		d.awaitReady(ctx, time.Minute)
		if err := d.stop(); err != nil {
			return rep, err
		}
		rep.SlowestStop = max(rep.SlowestStop, d.slow)
	}
	if err := r.readLogs(&rep.Restores); err != nil {
		return rep, err
	}
	if r.disturbance != nil {
		return rep, r.verifyUniverse(ctx, &rep)
	}
	ref, err := r.configure("reference", r.run+".reference", ".reference", "exactly_once")
	if err != nil {
		return rep, err
	}
	if err := ref.start(); err != nil {
		return rep, err
	}
	defer ref.kill()
	if err := r.awaitCommitted(ctx, r.run+".reference", 3*time.Minute); err != nil {
		return rep, err
	}
	if err := ref.stop(); err != nil {
		return rep, err
	}
	for _, topic := range []string{r.signals(), r.dead(), r.outcomes()} {
		got, err := r.read(ctx, topic)
		if err != nil {
			return rep, err
		}
		want, err := r.read(ctx, topic+".reference")
		if err != nil {
			return rep, err
		}
		if len(want) == 0 {
			return rep, fmt.Errorf("kill: the uninterrupted run wrote nothing to %s", topic)
		}
		if topic == r.outcomes() {
			part := report{}
			part.compare(got, want)
			rep.Outcomes, rep.OutcomesWrong = len(want), part.Missing+part.Duplicate+part.Different+part.OutOfOrder
			rep.Examples = append(rep.Examples, part.Examples...)
			continue
		}
		if topic == r.dead() {
			part := report{}
			part.compare(got, want)
			rep.Dead, rep.DeadWrong = len(want), part.Missing+part.Duplicate+part.Different
			rep.Examples = append(rep.Examples, part.Examples...)
			continue
		}
		rep.Signals = len(want)
		rep.compare(got, want)
	}
	return rep, nil
}

// readLogs reads the logs of all daemons there were.
func (r *rig) readLogs(s *restores) error {
	logs, err := filepath.Glob(filepath.Join(r.dir, "*.log"))
	if err != nil {
		return err
	}
	for _, path := range logs {
		if err := s.read(path); err != nil {
			return err
		}
	}
	return nil
}

// awaitCommitted waits until the group has committed the end of the input.
func (r *rig) awaitCommitted(ctx context.Context, group string, most time.Duration) error {
	ctx, stop := context.WithTimeout(ctx, most)
	defer stop()
	var tps []kafka.TopicPartition
	for p := range r.Partitions {
		tps = append(tps, kafka.TopicPartition{Topic: r.input(), Partition: int32(p)})
	}
	for {
		end, err := r.client.ListOffsets(ctx, tps, kafka.Latest, true)
		if err != nil {
			return fmt.Errorf("kill: the end of the input: %w", err)
		}
		at, err := r.client.CommittedOffsets(ctx, group, tps)
		if err == nil && !slices.ContainsFunc(tps, func(tp kafka.TopicPartition) bool { return at[tp] < end[tp] }) {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("kill: group %s did not reach the end of the input within %s: committed %v of %v (%w)",
				group, most, at, end, ctx.Err())
		}
		pause(ctx, 100*time.Millisecond)
	}
}

// written is a message as a foreign read_committed reader sees it.
type written struct {
	id     string // ce_id of a signal, origin of a dead letter
	series string // within which order matters
	value  string
}

// read reads a topic to its last stable offset, in the order of each partition.
func (r *rig) read(ctx context.Context, topic string) ([]written, error) {
	ctx, stop := context.WithTimeout(ctx, 2*time.Minute)
	defer stop()
	var tps []kafka.TopicPartition
	topics, err := r.client.Topics(ctx, topic)
	if err != nil {
		return nil, err
	}
	for _, p := range topics[0].Partitions {
		tps = append(tps, kafka.TopicPartition{Topic: topic, Partition: p.ID})
	}
	// Not committed only: a transaction that is still open would be a violation to wait for.
	end, err := r.client.ListOffsets(ctx, tps, kafka.Latest, false)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(end, func(_ kafka.TopicPartition, o int64) bool { return o == 0 })
	c, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(r.Brokers, ",")...), kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords())
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var all []written
	for len(end) > 0 {
		fetches := c.PollFetches(ctx)
		if ctx.Err() != nil {
			return nil, fmt.Errorf("kill: reading %s to its end: still open %v", topic, end)
		}
		fetches.EachRecord(func(rec *kgo.Record) {
			tp := kafka.TopicPartition{Topic: topic, Partition: rec.Partition}
			if rec.Offset+1 >= end[tp] {
				delete(end, tp)
			}
			if !rec.Attrs.IsControl() {
				all = append(all, describe(rec))
			}
		})
	}
	return all, nil
}

func describe(rec *kgo.Record) written {
	h := map[string]string{}
	for _, kv := range rec.Headers {
		h[kv.Key] = string(kv.Value)
	}
	w := written{id: h["ce_id"], series: string(rec.Key), value: string(rec.Value)}
	if w.id == "" {
		w.id = h["input_partition"] + "/" + h["input_offset"]
		w.value = h["reason"] + " " + w.value
	}
	return w
}

const examplesMax = 10

func (r *report) example(format string, args ...any) {
	if len(r.Examples) < examplesMax {
		r.Examples = append(r.Examples, fmt.Sprintf(format, args...))
	}
}

// compare counts what is missing, doubled, different or out of its order.
func (r *report) compare(got, want []written) {
	expected := map[string]string{}
	order := map[string][]string{}
	for _, w := range want {
		expected[w.id] = w.value
		order[w.series] = append(order[w.series], w.id)
	}
	seen := map[string]int{}
	gotOrder := map[string][]string{}
	for _, g := range got {
		value, known := expected[g.id]
		if seen[g.id]++; seen[g.id] > 1 {
			r.Duplicate++
			r.example("duplicate %s", g.value)
			continue
		}
		if !known || value != g.value {
			r.Different++
			r.example("different %s\n       not %s", g.value, value)
		}
		gotOrder[g.series] = append(gotOrder[g.series], g.id)
	}
	for _, w := range want {
		if seen[w.id] == 0 {
			r.Missing++
			r.example("missing %s", w.value)
		}
	}
	for series, ids := range order {
		if r.Missing+r.Different == 0 && !slices.Equal(ids, gotOrder[series]) {
			r.OutOfOrder++
			r.example("the signals of %s are out of order", series)
		}
	}
}

// note keeps the end of the logs where a failure is looked into.
func (r *rig) note(d *daemon) string {
	raw, err := os.ReadFile(d.config + ".log")
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], "\n")
}

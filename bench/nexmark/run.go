package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"streamd/kafka"
)

// start is the time of the first candle.
var start = time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC)

// job is what a program does: the topics, of which out names the group as well, how many formulas, and whether one more
// fires on every candle.
type job struct {
	in, out  string
	formulas int
	tick     bool
}

// program starts one of the two.
type program func(dir string, j job) (name string, cmd *exec.Cmd)

func (b *bench) streamd(dir string, j job) (string, *exec.Cmd) {
	return "streamd", exec.Command(b.daemon, "run", "-c", b.configure(dir, j))
}

func (b *bench) kafkaStreams(dir string, j job) (string, *exec.Cmd) {
	tick := "no"
	if j.tick {
		tick = "tick"
	}
	path := filepath.Join(b.streams, "classes") + ":" + filepath.Join(b.streams, "lib", "*")
	return "Kafka Streams", exec.Command("java", "-Xmx"+b.heap, "-cp", path, "nexmark.Main", b.brokers, j.out, j.in,
		j.out, strconv.Itoa(j.formulas), "2", filepath.Join(dir, "state"), tick)
}

// outcome is what a run showed.
type outcome struct {
	name          string
	rate, perCore float64 // candles per second, and per second of CPU
	memory        int64   // most bytes in memory
	signals       int
}

// running starts a program with a topic for its signals, and returns how to end it.
func (b *bench) running(p program, j job) (name string, cmd *exec.Cmd, end func()) {
	check(b.client.CreateTopic(b.ctx, kafka.TopicSpec{Name: j.out, Partitions: 1, Replication: 1}))
	dir, err := os.MkdirTemp("", "nexmark")
	check(err)
	name, cmd = p(dir, j)
	cmd.Stderr = os.Stderr
	check(cmd.Start())
	return name, cmd, func() {
		check(cmd.Process.Signal(os.Interrupt))
		_ = cmd.Wait() // Java ends with the number of the signal
		check(os.RemoveAll(dir))
	}
}

// warmPart is which part of the candles is not counted: the compiler of Java works meanwhile.
const warmPart = 4

// throughput measures from a quarter of the candles to the end, by the offsets that are committed.
func (b *bench) throughput(p program, j job, n int) outcome {
	name, cmd, end := b.running(p, j)
	o := outcome{name: name}
	first, began, cpu := 0, time.Time{}, 0.0
	for {
		done := b.committed(j)
		if first == 0 && done >= n/warmPart {
			first, began, cpu = done, time.Now(), seconds(cmd)
		}
		if done >= n {
			o.rate = float64(n-first) / time.Since(began).Seconds()
			o.perCore = float64(n-first) / (seconds(cmd) - cpu)
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	o.memory = peak(cmd)
	end()
	o.signals = b.count(j.out)
	return o
}

// committed returns how many candles of the input are done for good.
func (b *bench) committed(j job) int {
	var all []kafka.TopicPartition
	for p := range int32(partitions) {
		all = append(all, kafka.TopicPartition{Topic: j.in, Partition: p})
	}
	offsets, err := b.client.CommittedOffsets(b.ctx, j.out, all)
	if err != nil {
		return 0 // the group is not there yet
	}
	sum := 0
	for _, at := range offsets {
		sum += int(max(at, 0))
	}
	return sum
}

// seconds returns the CPU time that a process has used.
func seconds(cmd *exec.Cmd) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
	check(err)
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	ticks := 0
	for _, field := range fields[11:13] { // utime and stime
		v, err := strconv.Atoi(field)
		check(err)
		ticks += v
	}
	const hertz = 100
	return float64(ticks) / hertz
}

// peak returns the most memory that a process had.
func peak(cmd *exec.Cmd) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	check(err)
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	kilobytes, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	check(err)
	return kilobytes << 10
}

// count reads a topic of signals to its end.
func (b *bench) count(topic string) int {
	tp := kafka.TopicPartition{Topic: topic}
	ends, err := b.client.ListOffsets(b.ctx, []kafka.TopicPartition{tp}, kafka.Latest, true)
	check(err)
	f := b.client.Fetcher(kafka.FetcherConfig{ReadCommitted: true, MaxWait: 100 * time.Millisecond})
	defer f.Close()
	f.Add(tp, 0)
	signals := 0
	for at := int64(0); at < ends[tp]; {
		part, err := f.Poll(b.ctx)
		check(err)
		var r kafka.Record
		for part.Next(&r) {
			signals++
		}
		at = part.NextOffset
		part.Release()
	}
	return signals
}

// fill produces candles of all symbols in turn.
func (b *bench) fill(n int) {
	p, err := b.client.Producer(b.ctx, kafka.ProducerConfig{})
	check(err)
	var value []byte
	for i := range n {
		s := i % symbols
		value = b.candle(value[:0], s, i/symbols)
		check(p.Add(b.ctx, &kafka.ProducerRecord{
			Topic: b.run, Partition: int32(s % partitions), Key: fmt.Appendf(nil, "S%04d", s), Value: value,
			TimestampMs: time.Now().UnixMilli(),
		}))
		if p.Buffered() > 4<<20 {
			check(p.Flush(b.ctx))
		}
	}
	check(p.Flush(b.ctx))
}

// latency produces at a steady rate, and measures from there until the signal of each candle can be read by consumers
// of committed records. The first half is not counted.
func (b *bench) latency(p program, rate int) (name string, late []time.Duration) {
	const seconds = 30
	n := rate * seconds
	in := fmt.Sprintf("%s.steady.%d", b.run, time.Now().UnixNano())
	check(b.client.CreateTopic(b.ctx, kafka.TopicSpec{Name: in, Partitions: partitions, Replication: 1}))
	j := job{in: in, out: in + ".out", formulas: len(shapes), tick: true}
	name, _, end := b.running(p, j)
	defer end()
	f := b.client.Fetcher(kafka.FetcherConfig{ReadCommitted: true, MaxWait: 100 * time.Millisecond})
	defer f.Close()
	f.Add(kafka.TopicPartition{Topic: j.out}, 0)
	sent := make([]time.Time, n)
	time.Sleep(5 * time.Second) // until the group has its partitions
	go b.produceSteadily(in, rate, sent)
	for seen := 0; seen < n; {
		part, err := f.Poll(b.ctx)
		check(err)
		now := time.Now()
		var r kafka.Record
		for part.Next(&r) {
			var m struct {
				Formula   string
				Symbol    string
				Timestamp time.Time
			}
			check(json.Unmarshal(r.Value, &m))
			if m.Formula != "tick" {
				continue
			}
			seen++
			symbol, err := strconv.Atoi(m.Symbol[1:])
			check(err)
			if i := int(m.Timestamp.Sub(start).Minutes())*symbols + symbol; i >= n/2 {
				late = append(late, now.Sub(sent[i]))
			}
		}
		part.Release()
	}
	return name, late
}

// produceSteadily sends candle i in its turn.
func (b *bench) produceSteadily(in string, rate int, sent []time.Time) {
	p, err := b.client.Producer(b.ctx, kafka.ProducerConfig{})
	check(err)
	began := time.Now()
	var value []byte
	for i := range sent {
		time.Sleep(time.Until(began.Add(time.Duration(i) * time.Second / time.Duration(rate))))
		s := i % symbols
		value = b.candle(value[:0], s, i/symbols)
		sent[i] = time.Now()
		check(p.Add(b.ctx, &kafka.ProducerRecord{
			Topic: in, Partition: int32(s % partitions), Key: fmt.Appendf(nil, "S%04d", s), Value: value,
			TimestampMs: sent[i].UnixMilli(),
		}))
		check(p.Flush(b.ctx))
	}
}

func quantile(x []time.Duration, q float64) time.Duration {
	s := slices.Sorted(slices.Values(x))
	return s[min(len(s)-1, int(q*float64(len(s))))].Round(100 * time.Microsecond)
}

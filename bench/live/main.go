// Command live measures the daemon on a real broker against plain kafka-go, in
// turn in one run:
//
//   - where the CPU goes by stage, of the same consumer within this process;
//
//   - candles per second over a full topic, with 20 formulas over 15 distinct
//     indicators, against a kafka-go group reader that does nothing with them;
//
//   - the same with one signal in 100 candles, in both deliveries, against
//     kafka-go's Reader and Writer, and what the wire of this module does alone;
//
//   - at a steady rate, the time from produce to the signal read, against the
//     time until the candle itself is read.
//
//     go run ./bench/live -brokers 127.0.0.1:19092 -streamd ./bin/streamd
//
// With -outcomes it measures one thing only: candles per second of the daemon's CPU time, with one signal in 100
// candles, without and with what becomes of them (`resolve: true`, `outcomes: {after: [1, 5, 20]}`).
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"streamd/kafka"
)

const topic = "bench.candles"

func main() {
	brokers := flag.String("brokers", "127.0.0.1:19092", "bootstrap brokers")
	binary := flag.String("streamd", "bin/streamd", "the daemon")
	n := flag.Int("candles", 2_000_000, "candles in the topic")
	rounds := flag.Int("rounds", 3, "runs of each, in turn")
	only := flag.Bool("stages", false, "print where the CPU goes by stage, and nothing else")
	rate := flag.Int("rate", 1000, "candles per second of the latency run")
	outcomes := flag.Bool("outcomes", false, "measure what resolves and outcomes cost, and nothing else")
	flag.Parse()
	log.SetFlags(0)
	ctx := context.Background()
	c, err := kafka.Open(kafka.Config{Brokers: strings.Split(*brokers, ",")})
	check(err)
	defer c.Close()
	run := strconv.FormatInt(time.Now().Unix(), 36)
	in := topic + "." + run
	check(c.CreateTopic(ctx, kafka.TopicSpec{Name: in, Partitions: 4, Replication: 1}))
	check(c.CreateTopic(ctx, kafka.TopicSpec{Name: in + ".out", Partitions: 1, Replication: 1}))
	fill(ctx, c, in, *n)
	if *outcomes {
		follow(*binary, *brokers, in, run, *n, *rounds)
		return
	}
	breakdown(ctx, c, in, run+"s", *n)
	if *only {
		return
	}
	contest{
		{"kafka-go reader", func(run string) float64 { return passThrough(*brokers, in, run, *n) }},
		{"streamd, 20 formulas", func(run string) float64 {
			return daemon(*binary, *brokers, in, run, "exactly_once", formulas(), *n)
		}},
	}.run(run+"a", *rounds)
	contest{
		{
			"kafka-go reader and writer, 1 in 100",
			func(run string) float64 { return readWrite(ctx, *brokers, in, run, *n) },
		},
		{"streamd exactly_once, 1 in 100", func(run string) float64 {
			return daemon(*binary, *brokers, in, run, "exactly_once", sparse(), *n)
		}},
		{"streamd at_least_once, 1 in 100", func(run string) float64 {
			return daemon(*binary, *brokers, in, run, "at_least_once", sparse(), *n)
		}},
		{"wire alone, transactions, 1 in 100", func(run string) float64 { return wire(ctx, c, in, run, true, *n) }},
		{"wire alone, idempotent, 1 in 100", func(run string) float64 { return wire(ctx, c, in, run, false, *n) }},
	}.run(run+"b", *rounds)
	for _, delivery := range []string{"at_least_once", "exactly_once"} {
		echo, signal := latency(ctx, c, *binary, *brokers, run+delivery, delivery, *rate)
		log.Printf("%s at %d/s: bare echo p50 %v p99 %v, signal p50 %v p99 %v, p99 over the echo's %v", delivery, *rate,
			quantile(echo, .5), quantile(echo, .99), quantile(signal, .5), quantile(signal, .99),
			quantile(signal, .99)-quantile(echo, .99))
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// candleJSON is a message of about 150 bytes.
func candleJSON(b []byte, symbol int, minute int, price float64) []byte {
	at := time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC).Add(time.Duration(minute) * time.Minute)
	return fmt.Appendf(b, `{"symbol":"S%04d","timeframe":"1m","timestamp":"%s","open":%.2f,"high":%.2f,"low":%.2f,`+
		`"close":%.2f,"volume":%d,"closed":true}`,
		symbol, at.Format(time.RFC3339), price, price+0.5, price-0.5, price+0.1, 1000+minute%700)
}

func fill(ctx context.Context, c *kafka.Client, in string, n int) {
	p, err := c.Producer(ctx, kafka.ProducerConfig{})
	check(err)
	price := make([]float64, 100)
	for i := range price {
		price[i] = 100
	}
	var b []byte
	for i := range n {
		s := i % 100
		price[s] *= 1 + rand.NormFloat64()*0.001
		b = candleJSON(b[:0], s, i/100, price[s])
		m := kafka.ProducerRecord{
			Topic: in, Partition: int32(s % 4), Key: []byte(fmt.Sprintf("S%04d", s)), Value: b,
			TimestampMs: time.Now().UnixMilli(),
		}
		check(p.Add(ctx, &m))
		if p.Buffered() > 4<<20 {
			check(p.Flush(ctx))
		}
	}
	check(p.Flush(ctx))
}

// expressions are 20 over 15 distinct indicators.
func expressions() []string {
	ind := []string{
		"sma(close, 20)", "sma(close, 50)", "sma(close, 200)", "ema(close, 12)", "ema(close, 26)", "rsi(close, 14)",
		"atr(14)", "sma(volume, 20)",
		"bbands(close, 20, 2).upper", "bbands(close, 20, 2).lower", "macd(close).hist", "highest(high, 20)",
		"lowest(low, 20)", "stddev(close, 20)", "roc(close, 10)",
	}
	var all []string
	for i := range 20 {
		all = append(all, fmt.Sprintf("%s > 0 and %s < 0 and rsi(close, 14) > %d", ind[i%15], ind[(i*7+3)%15], 50+i))
	}
	return all
}

func formulas() string {
	var b strings.Builder
	for i, e := range expressions() {
		fmt.Fprintf(&b, "  - {name: f%d, expression: '%s', mode: edge}\n", i, e)
	}
	return b.String()
}

// sparseExpressions are the same with one signal in 100 candles: each fires every 2,000 bars.
func sparseExpressions() []string {
	all := expressions()
	for i, e := range all {
		all[i] = fmt.Sprintf("(not (%s) or close > 0) and bar_index %% 2000 == %d", e, i*100)
	}
	return all
}

func sparse() string {
	var b strings.Builder
	for i, e := range sparseExpressions() {
		fmt.Fprintf(&b, "  - {name: f%d, expression: '%s'}\n", i, e)
	}
	return b.String()
}

func configure(dir, brokers, in, group, delivery, listen, formulas string) string {
	path := filepath.Join(dir, "config.yaml")
	check(os.WriteFile(path, fmt.Appendf(nil, `
kafka:
  brokers: [%s]
  group: %s
  topics: [{name: %s, timeframe: 1m}]
  signals: %s.signals
  delivery: %s
formulas:
%shttp: {listen: %q}
log: {level: error}
`, brokers, group, in, group, delivery, formulas, listen), 0o600))
	return path
}

func daemon(binary, brokers, in, group, delivery, formulas string, n int) float64 {
	dir, err := os.MkdirTemp("", "bench")
	check(err)
	defer os.RemoveAll(dir)
	cmd := exec.Command(binary, "run", "-c", configure(dir, brokers, in, group, delivery, "127.0.0.1:18999", formulas))
	cmd.Stderr = os.Stderr
	check(cmd.Start())
	defer func() { check(cmd.Process.Signal(os.Interrupt)); check(cmd.Wait()) }()
	var start time.Time
	first := 0
	for {
		done := counter("http://127.0.0.1:18999/metrics")
		if done > 0 && first == 0 {
			start, first = time.Now(), done
		}
		if done >= n {
			return float64(n-first) / time.Since(start).Seconds()
		}
		time.Sleep(5 * time.Millisecond)
	}
}

var candlesLine = regexp.MustCompile(`(?m)^streamd_candles_total\{[^}]*\} (\d+)`)

func counter(url string) int {
	r, err := http.Get(url)
	if err != nil {
		return 0
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	check(err)
	sum := 0
	for _, m := range candlesLine.FindAllSubmatch(body, -1) {
		v, err := strconv.Atoi(string(m[1]))
		check(err)
		sum += v
	}
	return sum
}

// latency produces at a steady rate and measures until the candle, and the
// signal that each one makes, are read again.
func latency(ctx context.Context, c *kafka.Client, binary, brokers, run, delivery string, rate int) (echo,
	signal []time.Duration,
) {
	in := topic + ".latency." + run
	check(c.CreateTopic(ctx, kafka.TopicSpec{Name: in, Partitions: 4, Replication: 1}))
	check(c.CreateTopic(ctx, kafka.TopicSpec{Name: in + ".signals", Partitions: 1, Replication: 1}))
	dir, err := os.MkdirTemp("", "bench")
	check(err)
	defer os.RemoveAll(dir)
	cmd := exec.Command(binary, "run", "-c", configure(dir, brokers, in, in, delivery, "127.0.0.1:18998",
		formulas()+"  - {name: always, expression: close > 0}\n"))
	cmd.Stderr = os.Stderr
	check(cmd.Start())
	defer func() { check(cmd.Process.Signal(os.Interrupt)); check(cmd.Wait()) }()
	const seconds = 15
	n := rate * seconds
	sent := make([]time.Time, n)
	f := c.Fetcher(kafka.FetcherConfig{ReadCommitted: true, MaxWait: 100 * time.Millisecond})
	defer f.Close()
	f.Add(kafka.TopicPartition{Topic: in + ".signals"}, 0)
	for p := range int32(4) {
		f.Add(kafka.TopicPartition{Topic: in, Partition: p}, 0)
	}
	time.Sleep(4 * time.Second)
	go produceSteadily(ctx, c, in, rate, sent)
	warm := n / 5
	for len(echo) < n-warm || len(signal) < n-warm {
		part, err := f.Poll(ctx)
		check(err)
		now := time.Now()
		var r kafka.Record
		for part.Next(&r) {
			var m struct {
				Timestamp time.Time
				Formula   string
			}
			check(json.Unmarshal(r.Value, &m))
			i := int(m.Timestamp.Sub(time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC)).Minutes())
			switch {
			case i < warm || m.Formula != "" && m.Formula != "always":
			case m.Formula == "":
				echo = append(echo, now.Sub(sent[i]))
			default:
				signal = append(signal, now.Sub(sent[i]))
			}
		}
		part.Release()
	}
	return echo, signal
}

// produceSteadily sends candle i of the one symbol per partition in its turn;
// the minute of its timestamp is its number.
func produceSteadily(ctx context.Context, c *kafka.Client, in string, rate int, sent []time.Time) {
	p, err := c.Producer(ctx, kafka.ProducerConfig{})
	check(err)
	start := time.Now()
	var b []byte
	for i := range sent {
		time.Sleep(time.Until(start.Add(time.Duration(i) * time.Second / time.Duration(rate))))
		sent[i] = time.Now()
		b = candleJSON(b[:0], i%4, i, 100)
		m := kafka.ProducerRecord{Topic: in, Partition: int32(i % 4), Value: b, TimestampMs: sent[i].UnixMilli()}
		check(p.Add(ctx, &m))
		check(p.Flush(ctx))
	}
}

func median(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	return s[len(s)/2]
}

func quantile(x []time.Duration, q float64) time.Duration {
	s := slices.Sorted(slices.Values(x))
	return s[min(len(s)-1, int(q*float64(len(s))))].Round(10 * time.Microsecond)
}

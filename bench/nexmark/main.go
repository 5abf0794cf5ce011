// Command nexmark runs the same formulas over candles of one topic, exactly once to another topic, with streamd and
// with Kafka Streams (exactly_once_v2; src/ beside this file), in turn on one real broker. It prints candles per second
// and per second of CPU, the 99th percentile from produce to the committed signal, and the most memory. README.md says
// how to read it.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"streamd/kafka"
)

const (
	partitions = 4
	symbols    = 100
)

// bench is one run of it.
type bench struct {
	ctx                      context.Context
	client                   *kafka.Client
	brokers, daemon, streams string
	heap                     string
	run                      string
	rng                      *rand.Rand
	price                    []float64
}

func main() {
	b := &bench{ctx: context.Background(), rng: rand.New(rand.NewPCG(1, 1)), price: make([]float64, symbols)}
	flag.StringVar(&b.brokers, "brokers", "127.0.0.1:19092", "bootstrap brokers")
	flag.StringVar(&b.daemon, "streamd", "bin/streamd", "the daemon")
	flag.StringVar(&b.streams, "streams", "bench/nexmark/target", "where Maven has put the program for Kafka Streams")
	flag.StringVar(&b.heap, "heap", "1g", "memory that Java may use for objects")
	n := flag.Int("candles", 1_000_000, "candles in the topic")
	counts := flag.String("formulas", "20,1000", "how many formulas, one run for each")
	rounds := flag.Int("rounds", 3, "runs of each, in turn")
	rate := flag.Int("rate", 500, "candles per second of the run for latency")
	flag.Parse()
	log.SetFlags(0)
	var err error
	b.client, err = kafka.Open(kafka.Config{Brokers: strings.Split(b.brokers, ",")})
	check(err)
	defer b.client.Close()
	b.run = "nexmark." + strconv.FormatInt(time.Now().Unix(), 36)
	check(b.client.CreateTopic(b.ctx, kafka.TopicSpec{Name: b.run, Partitions: partitions, Replication: 1}))
	for i := range b.price {
		b.price[i] = 100
	}
	b.fill(*n)
	for _, text := range strings.Split(*counts, ",") {
		count, err := strconv.Atoi(text)
		check(err)
		b.contest(count, *n, *rounds)
	}
	for _, p := range []program{b.streamd, b.kafkaStreams} {
		name, late := b.latency(p, *rate)
		log.Printf("%-14s 20 formulas, %d candles/s: produce to committed signal p50 %v, p99 %v", name, *rate,
			quantile(late, 0.5), quantile(late, 0.99))
	}
}

// contest runs both programs in turn.
func (b *bench) contest(formulas, n, rounds int) {
	programs := []program{b.streamd, b.kafkaStreams}
	all := make([][]outcome, len(programs))
	for round := range rounds {
		for i, p := range programs {
			job := job{
				in: b.run, out: fmt.Sprintf("%s.%d.%d.%d", b.run, formulas, round, i), formulas: formulas,
			}
			all[i] = append(all[i], b.throughput(p, job, n))
		}
	}
	for i := range programs {
		o := all[i]
		best := slices.MaxFunc(o, func(x, y outcome) int { return int(x.perCore - y.perCore) })
		log.Printf("%-14s %4d formulas: %8.0f candles/s, %8.0f candles/s of CPU (rounds:%s), %4d MB, %d signals",
			best.name, formulas, best.rate, best.perCore, perCore(o), best.memory>>20, best.signals)
	}
	ours, theirs := all[0][0].signals, all[1][0].signals
	if math.Abs(float64(ours-theirs)) > 0.01*float64(theirs) {
		log.Fatalf("%d signals here and %d there: they do not do the same", ours, theirs)
	}
}

func perCore(all []outcome) string {
	text := ""
	for _, o := range all {
		text += fmt.Sprintf(" %.0f", o.perCore)
	}
	return text
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// shapes are the formulas of Formula.java, in its order; %g are 0, 1, 2 and so on, or a part of it.
var shapes = [...]func(d float64) string{
	func(d float64) string { return fmt.Sprintf("close > sma(close, 20) and rsi(close, 14) > %g", 55+d) },
	func(d float64) string { return fmt.Sprintf("close > sma(close, 50) and rsi(close, 14) > %g", 60+d) },
	func(d float64) string { return fmt.Sprintf("close > sma(close, 200) and rsi(close, 14) > %g", 65+d) },
	func(d float64) string { return fmt.Sprintf("sma(close, 20) > close and %g > rsi(close, 14)", 45-d) },
	func(d float64) string { return fmt.Sprintf("sma(close, 50) > close and %g > rsi(close, 14)", 40-d) },
	func(d float64) string { return fmt.Sprintf("sma(close, 200) > close and %g > rsi(close, 14)", 35-d) },
	func(d float64) string {
		return fmt.Sprintf("ema(close, 12) > ema(close, 26) and macd(close).hist > %g", d/10)
	},
	func(d float64) string {
		return fmt.Sprintf("ema(close, 26) > ema(close, 12) and %g > macd(close).hist", -d/10)
	},
	func(d float64) string {
		return fmt.Sprintf("close > bbands(close, 20, 2).upper and rsi(close, 14) > %g", 60+d)
	},
	func(d float64) string {
		return fmt.Sprintf("bbands(close, 20, 2).lower > close and %g > rsi(close, 14)", 40-d)
	},
	func(d float64) string {
		return fmt.Sprintf("close > highest(high, 20) - 0.1 * atr(14) and rsi(close, 14) > %g", 60+d)
	},
	func(d float64) string {
		return fmt.Sprintf("lowest(low, 20) + 0.1 * atr(14) > close and %g > rsi(close, 14)", 40-d)
	},
	func(d float64) string { return fmt.Sprintf("roc(close, 10) > %g and rsi(close, 14) > 60", 1+d/10) },
	func(d float64) string { return fmt.Sprintf("%g > roc(close, 10) and 40 > rsi(close, 14)", -1-d/10) },
	func(d float64) string { return fmt.Sprintf("volume > %g * sma(volume, 20) and close > open", 1.5+d/20) },
	func(d float64) string { return fmt.Sprintf("volume > %g * sma(volume, 20) and open > close", 1.5+d/20) },
	func(d float64) string {
		return fmt.Sprintf("stddev(close, 20) > %g * atr(14) and rsi(close, 14) > 50", 2+d/10)
	},
	func(d float64) string {
		return fmt.Sprintf("stddev(close, 20) > %g * atr(14) and 50 > rsi(close, 14)", 2+d/10)
	},
	func(d float64) string {
		return fmt.Sprintf("macd(close).hist > 0 and close > %g * sma(close, 200)", 1+d/100)
	},
	func(d float64) string {
		return fmt.Sprintf("high - low > %g * atr(14) and volume > sma(volume, 20)", 1.2+d/10)
	},
}

// configure writes the configuration of streamd.
func (b *bench) configure(dir string, j job) string {
	var f strings.Builder
	for i := range j.formulas {
		expression := shapes[i%len(shapes)](float64(i / len(shapes)))
		fmt.Fprintf(&f, "  - {name: f%d, expression: '%s', mode: edge}\n", i, expression)
	}
	if j.tick {
		f.WriteString("  - {name: tick, expression: close > 0}\n")
	}
	path := filepath.Join(dir, "config.yaml")
	check(os.WriteFile(path, fmt.Appendf(nil, `
kafka:
  brokers: [%s]
  group: %s
  topics: [{name: %s, timeframe: 1m}]
  signals: %s
  delivery: exactly_once
state: {dir: %s}
formulas:
%shttp: {listen: ""}
log: {level: error}
`, b.brokers, j.out, j.in, j.out, filepath.Join(dir, "state"), f.String()), 0o600))
	return path
}

// candle makes the next candle of a symbol: a random walk in cents, with volumes that come in bursts.
func (b *bench) candle(to []byte, symbol, minute int) []byte {
	open := b.price[symbol]
	last := max(1, math.Round(open*(1+b.rng.NormFloat64()*0.002)*100)/100)
	reach := [2]float64{b.rng.Float64() * 0.1, b.rng.Float64() * 0.1}
	high := math.Round((max(open, last)+reach[0])*100) / 100
	low := math.Round((min(open, last)-reach[1])*100) / 100
	volume := math.Round(math.Exp(7 + 0.8*b.rng.NormFloat64()))
	b.price[symbol] = last
	return fmt.Appendf(to, `{"symbol":"S%04d","timeframe":"1m","timestamp":"%s","open":%.2f,"high":%.2f,"low":%.2f,`+
		`"close":%.2f,"volume":%.0f,"closed":true}`,
		symbol, start.Add(time.Duration(minute)*time.Minute).Format(time.RFC3339), open, high, low, last, volume)
}

// Command recover measures on a real broker how long a streamd takes to be ready
// again, and what its snapshots cost while it works:
//
//   - the snapshots' bytes a second and the longest pause that taking one makes,
//     with every series getting a candle a minute;
//
//   - start to ready after kill -9, with the state on the disk, and without it;
//
//   - a second instance with an empty directory that is given half of the
//     partitions: from there to ready.
//
//     go run ./bench/recover -brokers 127.0.0.1:19092 -streamd bin/streamd
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"streamd/kafka"
)

// bench is one run of it.
type bench struct {
	brokers, binary, topic, dir string
	series, candles, partitions int
	client                      *kafka.Client
	price                       []float64
	rng                         *rand.Rand
	bar                         int
}

func main() {
	b := &bench{rng: rand.New(rand.NewPCG(1, 1))}
	flag.StringVar(&b.brokers, "brokers", "127.0.0.1:19092", "bootstrap brokers")
	flag.StringVar(&b.binary, "streamd", "bin/streamd", "the daemon")
	flag.IntVar(&b.series, "series", 10_000, "how many")
	flag.IntVar(&b.candles, "candles", 500, "of each")
	flag.IntVar(&b.partitions, "partitions", 10, "of the input")
	steady := flag.Duration("steady", 90*time.Second, "of a candle a minute for every series")
	rounds := flag.Int("rounds", 5, "starts of each kind")
	flag.Parse()
	log.SetFlags(0)
	ctx := context.Background()
	var err error
	b.client, err = kafka.Open(kafka.Config{Brokers: strings.Split(b.brokers, ",")})
	check(err)
	defer b.client.Close()
	b.dir, err = os.MkdirTemp("", "recover")
	check(err)
	defer os.RemoveAll(b.dir)
	b.topic = "recover." + strconv.FormatInt(time.Now().Unix(), 36)
	check(b.client.CreateTopic(ctx, kafka.TopicSpec{Name: b.topic, Partitions: int32(b.partitions), Replication: 1}))
	b.price = make([]float64, b.series)
	for i := range b.price {
		b.price[i] = 100
	}
	for range b.candles {
		b.produce(ctx, 0, b.series)
	}
	a := b.daemon("a")
	start := a.start()
	a.ready(start)
	log.Printf("%d series of %d candles", b.series, b.candles)
	b.steady(ctx, a, *steady)
	for range *rounds {
		b.produce(ctx, 0, b.series/10)
		time.Sleep(2 * time.Second)
		a.kill()
		start = a.start()
		log.Printf("start to ready with local state: %.2f s (%s)", a.ready(start).Seconds(), a.restored())
	}
	for range *rounds {
		c := b.daemon("b")
		start = c.start()
		c.ready(start)
		log.Printf("an instance with an empty directory: %s", c.moved())
		c.stop()
		a.ready(time.Now())
		check(os.RemoveAll(c.state))
	}
	a.kill()
	check(os.RemoveAll(a.state))
	start = a.start()
	log.Printf("start to ready from the state topic alone: %.2f s (%s)", a.ready(start).Seconds(), a.restored())
	a.kill()
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// produce writes the next candle of series.
func (b *bench) produce(ctx context.Context, from, to int) {
	p, err := b.client.Producer(ctx, kafka.ProducerConfig{})
	check(err)
	for i := from; i < to; i++ {
		b.price[i] *= 1 + b.rng.NormFloat64()*0.001
		check(p.Add(ctx, b.candle(i)))
		if p.Buffered() > 4<<20 {
			check(p.Flush(ctx))
		}
	}
	check(p.Flush(ctx))
	if from == 0 {
		b.bar++
	}
}

func (b *bench) candle(i int) *kafka.ProducerRecord {
	at, price := time.Date(2024, 1, 2, 0, b.bar, 0, 0, time.UTC), b.price[i]
	key := fmt.Sprintf("S%05d", i)
	return &kafka.ProducerRecord{
		Topic: b.topic, Partition: int32(i % b.partitions), Key: []byte(key), TimestampMs: time.Now().UnixMilli(),
		Value: fmt.Appendf(nil, `{"symbol":%q,"timeframe":"1m","timestamp":%q,"open":%.2f,"high":%.2f,"low":%.2f,`+
			`"close":%.2f,"volume":%d}`,
			key, at.Format(time.RFC3339), price, price+0.5, price-0.5, price+0.1, 1000+b.rng.IntN(700)),
	}
}

// steady gives every series a candle a minute, evenly, and tells what snapshots
// cost meanwhile.
func (b *bench) steady(ctx context.Context, d *daemon, long time.Duration) {
	time.Sleep(35 * time.Second) // the snapshots of the beginning
	began, before := time.Now(), d.metrics()
	p, err := b.client.Producer(ctx, kafka.ProducerConfig{})
	check(err)
	perTick := max(1, b.series/600)
	for at := 0; time.Since(began) < long; time.Sleep(100 * time.Millisecond) {
		for range perTick {
			b.price[at] *= 1 + b.rng.NormFloat64()*0.001
			check(p.Add(ctx, b.candle(at)))
			if at = (at + 1) % b.series; at == 0 {
				b.bar++
			}
		}
		check(p.Flush(ctx))
	}
	b.bar++
	after := d.metrics()
	for name, v := range before {
		after[name] -= v
	}
	log.Printf("resident memory: %.0f MB", d.metrics()["process_resident_memory_bytes"]/1e6)
	log.Printf("snapshots: %.2f MB/s of records, %s",
		after["streamd_state_bytes_written_total"]/1e6/time.Since(began).Seconds(), pauses(after))
}

// daemon is one streamd.
type daemon struct {
	config, state, url, binary string
	cmd                        *exec.Cmd
	log                        string
}

func (b *bench) daemon(name string) *daemon {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	listen := l.Addr().String()
	check(l.Close())
	d := &daemon{
		config: filepath.Join(b.dir, name+".yaml"), state: filepath.Join(b.dir, name), url: "http://" + listen,
		binary: b.binary,
	}
	d.log = d.config + ".log"
	check(os.WriteFile(d.config, []byte(fmt.Sprintf(`
kafka:
  brokers: [%s]
  group: %s
  topics: [{name: %s, timeframe: 1m}]
  signals: %s.signals
  session_timeout: 6s
state: {dir: %q}
formulas:
  - {name: above, expression: "crossover(close, ema(close, 200)) and rsi(close, 14) > 50", mode: edge}
  - {name: trend, expression: "close > ema(close, 200) and macd(close).hist > 0 and atr(14) > 1", mode: edge, for: 3}
http: {listen: %q}
log: {format: json}
`, strings.ReplaceAll(b.brokers, ",", ", "), b.topic, b.topic, b.topic, d.state, listen)), 0o600))
	return d
}

func (d *daemon) start() time.Time {
	f, err := os.Create(d.log)
	check(err)
	defer f.Close()
	d.cmd = exec.Command(d.binary, "run", "-c", d.config)
	d.cmd.Stdout, d.cmd.Stderr = f, f
	at := time.Now()
	check(d.cmd.Start())
	return at
}

func (d *daemon) kill() {
	check(d.cmd.Process.Kill())
	_ = d.cmd.Wait() // it says that it was killed
}

func (d *daemon) stop() {
	check(d.cmd.Process.Signal(os.Interrupt))
	check(d.cmd.Wait())
}

// ready waits for it and returns how long that took.
func (d *daemon) ready(since time.Time) time.Duration {
	for ; ; time.Sleep(5 * time.Millisecond) {
		resp, err := http.Get(d.url + "/readyz")
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body) // the status says it all
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return time.Since(since)
			}
		}
		if time.Since(since) > 5*time.Minute {
			log.Fatal("it is not ready after five minutes")
		}
	}
}

var value = regexp.MustCompile(`(?m)^(\S+) (\S+)$`)

func (d *daemon) metrics() map[string]float64 {
	resp, err := http.Get(d.url + "/metrics")
	check(err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	check(err)
	all := map[string]float64{}
	for _, m := range value.FindAllStringSubmatch(string(text), -1) {
		all[m[1]], _ = strconv.ParseFloat(m[2], 64) // what is no number is not asked for
	}
	return all
}

// pauses tells below which bound of the histogram all pauses are.
func pauses(all map[string]float64) string {
	const name = "streamd_snapshot_pause_seconds"
	bound := "+Inf"
	for le := range all {
		if text, ok := strings.CutPrefix(le, name+`_bucket{le="`); ok && all[le] == all[name+"_count"] {
			text = strings.TrimSuffix(text, `"}`)
			if v, err := strconv.ParseFloat(text, 64); err == nil {
				if old, err := strconv.ParseFloat(bound, 64); err == nil && v < old {
					bound = text
				}
			}
		}
	}
	return fmt.Sprintf("%.0f pauses of a partition, each below %s s, on average %.2f ms", all[name+"_count"], bound,
		1000*all[name+"_sum"]/all[name+"_count"])
}

// entries reads the log.
func (d *daemon) entries() []map[string]any {
	text, err := os.ReadFile(d.log)
	check(err)
	var all []map[string]any
	for line := range strings.Lines(string(text)) {
		var e map[string]any
		if json.Unmarshal([]byte(line), &e) == nil {
			all = append(all, e)
		}
	}
	return all
}

// restored tells what the log says of the partitions' state.
func (d *daemon) restored() string {
	partitions, series, topic, slowest := 0, 0.0, 0.0, 0.0
	for _, e := range d.entries() {
		if n, ok := e["series"].(float64); ok {
			partitions++
			series += n
			topic += e["from_topic"].(float64)
			slowest = max(slowest, e["took"].(float64))
		}
	}
	return fmt.Sprintf("%d partitions, %.0f series, %.0f of the state topic, the slowest restored in %.0f ms",
		partitions, series, topic, slowest)
}

// moved tells how long it took from the assignment to the last partition's being
// up to its committed offset.
func (d *daemon) moved() string {
	var assigned, last time.Time
	for _, e := range d.entries() {
		text, _ := e["time"].(string)
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			continue
		}
		switch e["message"] {
		case "partitions assigned":
			if n, _ := e["partitions"].(float64); n > 0 && assigned.IsZero() {
				assigned = at
			}
		case "up to the committed offset":
			last = at
		}
	}
	return fmt.Sprintf("%s from its assignment to the committed offset of all of them: %s", last.Sub(assigned),
		d.restored())
}

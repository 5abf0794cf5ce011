package web

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/rs/zerolog"

	"streamd/candle"
	"streamd/config"
	"streamd/internal/browser"
	"streamd/kafka"
	"streamd/live"
	"streamd/rulebook"
	"streamd/stream"
)

func TestMain(m *testing.M) { os.Exit(browser.Run(m)) }

// rig is a daemon without brokers: an engine, its formulas and the server, so that a page can be tested in a second.
type rig struct {
	t       *testing.T
	server  *httptest.Server
	signals *Signals
	book    *rulebook.Book
	broken  atomic.Pointer[brokenPart] // answers in place of the server where it says so

	mu       sync.Mutex
	outcomes *Outcomes
	engine   *stream.Engine
	minute   map[string]int // candles of each symbol
}

// brokenPart answers a request itself and says so, or leaves it to the server.
type brokenPart func(w http.ResponseWriter, r *http.Request) bool

// rigFormulas are kept in the configuration of a rig.
const rigFormulas = `
formulas:
  - {name: up, expression: "crossover(close, sma(close, 20))", signal_type: ENTRY, metadata: {desk: eq}}
  - {name: down, expression: "crossunder(close, sma(close, 20))", signal_type: EXIT}
  - {name: cheap, expression: "rsi_14 < 30 and close < sma(close, 20)", mode: edge}
`

func newRig(t *testing.T, token, formulas string) *rig {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "config.yaml")
	text := fmt.Sprintf(`
kafka: {brokers: ["127.0.0.1:9092"], group: g, topics: [{name: candles.1m, timeframe: 1m}], signals: signals}
formulas_dir: %q
%s`, filepath.Join(dir, "formulas"), formulas)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, signals: NewSignals(metrics.NewSet()), outcomes: &Outcomes{}, minute: map[string]int{}}
	r.book, err = rulebook.Open(file, rulebook.Options{Path: path, Log: zerolog.Nop(), Change: func(rules *stream.Rules) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.engine.Reload(rules)
	}})
	if err != nil {
		t.Fatal(err)
	}
	r.engine = stream.New(r.book.Rules(), stream.Options{Outcomes: []int{1, 5, 20}})
	s := New(Config{
		Token: token, Listen: "127.0.0.1:0", Loopback: true, Signals: r.signals, Rules: r.book.Rules, Formulas: r.book.Show,
		Visit: r.visit, Ready: func() (bool, string) { return true, "ready" }, Metrics: func(io.Writer) {},
		Reload: r.book.Reload, Check: func(x string) any { return r.book.Check(x) }, Put: r.book.Put, Delete: r.book.Delete,
		Draft: r.book.Draft, Version: "test", Outcomes: r.outcomes,
		Rejections: func() []live.Rejection {
			return []live.Rejection{{
				Topic: "candles.1m", Reason: "json", Count: 7,
				Samples: []live.RejectedRecord{{Offset: 12, Value: markup, At: time.Unix(1e9, 0)}},
			}}
		},
		Advice: func() []string { return []string{"topic signals has one replica"} },
	})
	s.follower.every = 50 * time.Millisecond
	r.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if broken := r.broken.Load(); broken == nil || !(*broken)(w, req) {
			s.handler.ServeHTTP(w, req)
		}
	}))
	t.Cleanup(func() {
		r.server.CloseClientConnections()
		r.server.Close()
	})
	return r
}

func (r *rig) visit(_ context.Context, f func(live.View)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(
		live.View{
			TopicPartition: kafka.TopicPartition{Topic: "candles.1m", Partition: 0}, Engine: r.engine, Position: 99,
			Lag: 3,
		},
	)
	return nil
}

// rigStart is the open time of the first candle of every series.
var rigStart = time.Date(2024, 3, 1, 9, 0, 0, 0, time.UTC)

// push gives a series further candles with these closes, and publishes what fires.
func (r *rig) push(symbol string, closes ...float64) {
	r.t.Helper()
	minute, _ := candle.ParseTimeframe("1m")
	var out stream.Effects
	r.mu.Lock()
	s := r.engine.Series(candle.Series{Symbol: symbol, Timeframe: minute})
	for _, c := range closes {
		at := rigStart.Add(time.Duration(r.minute[symbol]) * time.Minute).UnixNano()
		r.minute[symbol]++
		r.engine.PushSeries(
			s, candle.Candle{Time: at, Open: c, High: c + 1, Low: c - 1, Close: c, Volume: 100}, true, &out,
		)
	}
	var payloads [][]byte
	for i := range out.Matches {
		payloads = append(payloads, out.Matches[i].AppendJSON(nil))
	}
	for i := range out.Outcomes {
		r.outcomes.Take(out.Outcomes[i].AppendJSON(nil))
	}
	r.mu.Unlock()
	r.signals.Publish(payloads)
}

// wave is closes that go up and down, so that something crosses.
func wave(n int, around, height float64) []float64 {
	closes := make([]float64, n)
	for i := range closes {
		closes[i] = around + height*math.Sin(float64(i)/9)
	}
	return closes
}

// page opens a view of the rig.
func (r *rig) page(address string) *browser.Page {
	r.t.Helper()
	p := browser.Open(r.t, 1440, 900)
	p.Go(r.server.URL + "/" + address)
	return p
}

// markup is a text that would change a page that took it for more than text.
const markup = `<img src=x onerror="window.hit=1"><b>bold</b>` + "\u202egnp.\u2066"

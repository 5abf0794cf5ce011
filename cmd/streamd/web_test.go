package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"streamd/internal/browser"
	"streamd/kafka"
	"streamd/web"
)

const webYAML = `
kafka:
  brokers: [%q]
  group: web
  topics: [{name: candles.1m, timeframe: 1m}]
  signals: signals
  dead_letters: candles.dlq
formulas:
  - {name: spike, expression: "volume > 4 * sma(volume, 20)", mode: edge}
formulas_dir: formulas
http: {listen: %q}
log: {level: error}
`

// startWeb runs a daemon on the sample and returns its address once the candles
// are through.
func startWeb(t *testing.T) string {
	t.Helper()
	base, _ := startWebWith(t, "", func(*kafka.Client) {})
	return base
}

// startWebWith is startWeb with more in the configuration and some of it replaced,
// after something was done in the directory and the broker.
func startWebWith(t *testing.T, more string, prepare func(*kafka.Client), replaced ...string) (string, *kafka.Client) {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "candles.1m"),
		kfake.SeedTopics(1, "signals", "candles.dlq", "rules"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	t.Chdir(t.TempDir())
	client, err := kafka.Open(kafka.Config{Brokers: cluster.ListenAddrs()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	produceSample(t, client)
	prepare(client)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	if err := os.WriteFile("config.yaml", fmt.Appendf(nil, strings.NewReplacer(replaced...).Replace(webYAML+more),
		cluster.ListenAddrs()[0], address), 0o600); err != nil {
		t.Fatal(err)
	}
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	startDaemon(t, "config.yaml", false, hangup, io.Discard)
	base := "http://" + address
	waitFor(t, func() bool {
		var s struct{ Series []struct{ Bars int } }
		if fetch(base+"/api/v1/series", &s) != 200 {
			return false
		}
		bars := 0
		for _, one := range s.Series {
			bars += one.Bars
		}
		return bars == 13886
	})
	return base, client
}

func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not come about")
		}
	}
}

func fetch(url string, into any) int {
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return 0
	}
	r.Header.Set("Authorization", "Bearer secret") // where one is wanted
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	if into != nil && json.NewDecoder(resp.Body).Decode(into) != nil {
		return -1
	}
	return resp.StatusCode
}

func send(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// TestDaemonExplains asks a running daemon why a signal came.
func TestDaemonExplains(t *testing.T) {
	base := startWeb(t)
	var signals struct {
		Signals []struct{ Formula, Symbol, Timeframe, Timestamp string }
	}
	waitFor(t, func() bool {
		return fetch(base+"/api/v1/signals?limit=1", &signals) == 200 && len(signals.Signals) == 1
	})
	s := signals.Signals[0]
	var e struct {
		Fired bool
		Tree  *struct{ Expression string }
	}
	if status := fetch(fmt.Sprintf("%s/api/v1/explain?formula=%s&symbol=%s&timeframe=%s&at=%s", base, s.Formula,
		s.Symbol, s.Timeframe, s.Timestamp), &e); status == 200 && (!e.Fired || e.Tree == nil) || status != 200 &&
		status != 404 {
		t.Errorf("explanation of %+v: %d, %+v", s, status, e) // 404: the candle is no longer in the ring
	}
	if status := fetch(fmt.Sprintf("%s/api/v1/explain?formula=spike&symbol=%s&timeframe=1m", base, s.Symbol),
		&e); status != 200 || e.Tree == nil || !strings.Contains(e.Tree.Expression, "volume > 4 * sma(volume, 20)") {
		t.Errorf("explanation of the newest candle: %d, %+v", status, e)
	}
	if status, body := send(t, "POST", base+"/api/v1/formulas/check", "close > nope"); status != 200 ||
		!strings.Contains(body, "nope") {
		t.Errorf("check: %d %s", status, body)
	}
}

func produceCandle(t *testing.T, client *kafka.Client, values ...string) {
	t.Helper()
	p, err := client.Producer(t.Context(), kafka.ProducerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range values {
		m := kafka.ProducerRecord{
			Topic: "candles.1m", Partition: kafka.AnyPartition, Key: []byte("BTCUSD"),
			Value: []byte(value), TimestampMs: time.Now().UnixMilli(),
		}
		if err := p.Add(t.Context(), &m); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// cable is a connection to a server that can be pulled out.
type cable struct {
	net.Listener
	server string
	mu     sync.Mutex
	out    bool
	open   []net.Conn
}

func newCable(t *testing.T, server string) *cable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{Listener: l, server: server}
	t.Cleanup(func() {
		l.Close()
		c.pull(true)
	})
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			c.join(near)
		}
	}()
	return c
}

func (c *cable) join(near net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	far, err := net.Dial("tcp", c.server)
	if err != nil || c.out {
		near.Close()
		if far != nil {
			far.Close()
		}
		return
	}
	c.open = append(c.open, near, far)
	for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
		go func() {
			defer way[0].Close()
			defer way[1].Close()
			_, _ = io.Copy(way[0], way[1]) // until one end has gone
		}()
	}
}

// pull cuts all connections and lets no other through, until it is put in again.
func (c *cable) pull(out bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out = out
	if out {
		for _, one := range c.open {
			one.Close()
		}
		c.open = nil
	}
}

// TestPage uses the page of a real daemon: the token, a signal that is clicked, what the stream brings before and after
// the connection was lost. The views are tested one by one in package web.
func TestPage(t *testing.T) {
	p := browser.Open(t, 1100, 900)
	base, client := startWebWith(t, "", func(*kafka.Client) {}, "http: {", "http: {token: secret, ",
		"mode: edge}", "mode: edge}\n  - {name: dear, expression: close > 1e6}")
	line := newCable(t, strings.TrimPrefix(base, "http://"))
	p.Go("http://" + line.Addr().String() + "/")
	p.WaitText("a token is needed") // and not "ready" beside it
	p.Type("textbox", "Token", "wrong")
	p.Click("button", "Use the token")
	p.WaitText("This token is refused.")
	if p.Has("status", "ready") {
		t.Error("ready, beside a token that is refused")
	}
	p.Type("textbox", "Token", "secret")
	p.Click("button", "Use the token")
	p.Find("link", "BTCUSD 1m")
	p.WaitText("sma(volume, 20) = ")

	// One that comes now is shown by the stream.
	candle := func(minute int, price string) string {
		at := time.Date(2018, 4, 9, 0, minute, 0, 0, time.UTC).Format(time.RFC3339)
		return fmt.Sprintf(`{"symbol":"BTCUSD","timeframe":"1m","timestamp":%q,"open":%[2]s,"high":%[2]s,"low":%[2]s,"close":%[2]s,"volume":1}`, at, price)
	}
	produceCandle(t, client, candle(0, "2e6"))
	p.WaitText("2018-04-09 00:00")

	// A signal that is clicked opens the chart at its bar, with the explanation.
	p.Choose("Formula", "dear")
	p.Click("link", "BTCUSD 1m")
	p.Find("article", "Explanation")
	p.WaitText("dear on BTCUSD 1m, 2018-04-09 00:00")
	p.Click("link", "Signals")

	// One that comes while there is no connection is shown once when there is one again; of more than are kept, the page
	// says that some may be missing.
	away := func(from, to int) {
		t.Helper()
		line.pull(true)
		p.WaitText("Not up to date: no connection to the daemon")
		var candles []string
		for i := from; i <= to; i++ {
			candles = append(candles, candle(i, "2e6"))
		}
		produceCandle(t, client, candles...)
		last := time.Date(2018, 4, 9, 0, to, 0, 0, time.UTC)
		waitFor(t, func() bool {
			var s struct {
				Signals []struct{ Timestamp time.Time }
			}
			return fetch(base+"/api/v1/signals?limit=1&since="+last.Format(time.RFC3339), &s) == 200 &&
				len(s.Signals) == 1
		})
		line.pull(false)
		p.WaitText(last.Format("2006-01-02 15:04"))
		p.Wait(`!document.body.innerText.includes("Not up to date")`)
	}
	away(1, 1)
	if n := p.Eval(`[...document.querySelectorAll("tbody.rows tr")].filter((r) => /04-09 00:0[01]/.test(r.textContent)).length`); n != "2" {
		t.Errorf("after a short time away: %s rows, want the two signals once", n)
	}
	away(2, web.SignalsMax+web.SignalsMax/10+6)
	p.WaitText("signals may be missing: the daemon was restarted, or keeps fewer than came without a connection")
}

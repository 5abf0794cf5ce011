package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/twmb/franz-go/pkg/kfake"

	"streamd/kafka"
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
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "candles.1m"), kfake.SeedTopics(1, "signals", "candles.dlq", "rules"))
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
	if err := os.WriteFile("config.yaml", fmt.Appendf(nil, strings.NewReplacer(replaced...).Replace(webYAML+more), cluster.ListenAddrs()[0], address), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := loadBase("config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDaemon(cfg, "config.yaml", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
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
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(50 * time.Millisecond) {
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

// TestDaemonExplainsAndReloads asks a running daemon why a signal came, adds,
// breaks and removes formulas over HTTP and in the folder.
func TestDaemonExplainsAndReloads(t *testing.T) {
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
	if status := fetch(fmt.Sprintf("%s/api/v1/explain?formula=%s&symbol=%s&timeframe=%s&at=%s", base, s.Formula, s.Symbol, s.Timeframe, s.Timestamp), &e); status == 200 && (!e.Fired || e.Tree == nil) || status != 200 && status != 404 {
		t.Errorf("explanation of %+v: %d, %+v", s, status, e) // 404: the candle is no longer in the ring
	}
	if status := fetch(fmt.Sprintf("%s/api/v1/explain?formula=spike&symbol=%s&timeframe=1m", base, s.Symbol), &e); status != 200 || e.Tree == nil || !strings.Contains(e.Tree.Expression, "volume > 4 * sma(volume, 20)") {
		t.Errorf("explanation of the newest candle: %d, %+v", status, e)
	}

	if status, body := send(t, "PUT", base+"/api/v1/formulas/above", "expression: close > sma(close, 200)\ncooldown: 5\n"); status != 200 {
		t.Fatalf("PUT: %d %s", status, body)
	}
	if status, body := send(t, "PUT", base+"/api/v1/formulas/above", "expression: close > sma(clse, 200)\n"); status != 422 || !strings.Contains(body, "clse") {
		t.Errorf("PUT of nonsense: %d %s", status, body)
	}
	var f struct {
		Expression string
		Cooldown   int
	}
	if status := fetch(base+"/api/v1/formulas/above", &f); status != 200 || f.Expression != "close > sma(close, 200)" || f.Cooldown != 5 {
		t.Errorf("after the nonsense: %d %+v", status, f)
	}
	if status, body := send(t, "PUT", base+"/api/v1/formulas/spike", "expression: close > 1"); status != 409 || !strings.Contains(body, "config.yaml") {
		t.Errorf("PUT over the configuration's: %d %s", status, body)
	}
	for _, c := range []struct{ name, body string }{{"a%2Fb", "expression: close > 1"}, {"x", "name: y\nexpression: close > 1"}, {"x", "colour: red"}} {
		if status, body := send(t, "PUT", base+"/api/v1/formulas/"+c.name, c.body); status != 422 {
			t.Errorf("PUT %s %q: %d %s", c.name, c.body, status, body)
		}
	}
	if files, _ := filepath.Glob("formulas/*"); len(files) != 1 {
		t.Errorf("files %v", files)
	}
	if status, _ := send(t, "DELETE", base+"/api/v1/formulas/above", ""); status != 200 || fetch(base+"/api/v1/formulas/above", nil) != 404 {
		t.Errorf("DELETE: %d", status)
	}
	if status, body := send(t, "POST", base+"/api/v1/formulas/check", "close > nope"); status != 200 || !strings.Contains(body, "nope") {
		t.Errorf("check: %d %s", status, body)
	}

	text := "formulas:\n  - {name: dropped, expression: \"close < sma(close, 20)\"}\n"
	if err := os.WriteFile("formulas/mine.yaml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return fetch(base+"/api/v1/formulas/dropped", nil) == 200 })
	if err := os.WriteFile("formulas/mine.yaml", []byte("formulas: [nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, body := send(t, "POST", base+"/-/reload", ""); status != 422 || !strings.Contains(body, "mine.yaml:") {
		t.Errorf("reload of a broken file: %d %s", status, body)
	}
	if fetch(base+"/api/v1/formulas/dropped", nil) != 200 {
		t.Error("a broken file displaced a good formula")
	}
	// It stands in nobody else's way.
	if status, body := send(t, "PUT", base+"/api/v1/formulas/other", "expression: close > open"); status != 200 {
		t.Errorf("PUT beside a broken file: %d %s", status, body)
	}
	text = `formulas:
  - {name: dropped, expression: "close < sma(clse, 20)"}
  - {name: fine, expression: "close < sma(close, 30)"}
  - {name: other, expression: "close < 1"}
`
	if err := os.WriteFile("formulas/mine.yaml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return fetch(base+"/api/v1/formulas/fine", nil) == 200 })
	var all struct {
		Formulas []struct{ Name, Expression, Origin, Problem string }
		Faults   []struct {
			Origin, Name, Error string
			Kept                bool
		}
	}
	if status := fetch(base+"/api/v1/formulas", &all); status != 200 {
		t.Fatal(status)
	}
	var shown []string
	for _, f := range all.Formulas {
		shown = append(shown, f.Name+" "+f.Expression)
		if (f.Problem != "") != (f.Name == "dropped") {
			t.Errorf("%+v", f)
		}
	}
	want := "spike volume > 4 * sma(volume, 20); dropped close < sma(close, 20); fine close < sma(close, 30); other close < 1"
	if got := strings.Join(shown, "; "); got != want {
		t.Errorf("in force: %s\nwant: %s", got, want)
	}
	if len(all.Faults) != 2 || all.Faults[0].Name != "other" || !strings.Contains(all.Faults[0].Error, "mine.yaml") || all.Faults[1].Name != "dropped" || !all.Faults[1].Kept {
		t.Errorf("faults %+v", all.Faults)
	}
	for _, name := range []string{"dropped", "spike", "mine"} {
		if status, body := send(t, "DELETE", base+"/api/v1/formulas/"+name, ""); status != 409 {
			t.Errorf("DELETE %s: %d %s", name, status, body)
		}
	}
	if err := os.Remove("formulas/mine.yaml"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool {
		return fetch(base+"/api/v1/formulas", &all) == 200 && len(all.Faults) == 0 && fetch(base+"/api/v1/formulas/fine", nil) == 404
	})
	// A configuration with an error changes nothing.
	raw, err := os.ReadFile("config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("config.yaml", []byte(strings.Replace(string(raw), "4 * sma", "4 * smaa", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, body := send(t, "POST", base+"/-/reload", ""); status != 400 || !strings.Contains(body, "smaa") {
		t.Errorf("reload of a broken configuration: %d %s", status, body)
	}
	if fetch(base+"/api/v1/formulas/spike", nil) != 200 {
		t.Error("a broken configuration displaced a good formula")
	}
}

// TestFormulasTopic keeps formulas in a compacted topic: there at the start, changed,
// broken and taken away.
func TestFormulasTopic(t *testing.T) {
	base, client := startWebWith(t, "formulas_topic: rules\n", func(client *kafka.Client) {
		produceFormula(t, client, "first", `{"expression": "close > sma(close, 20)"}`)
		produceFormula(t, client, "gone", `{"expression": "close > 2"}`)
		produceFormula(t, client, "gone", "")
		produceFormula(t, client, "bad", "expression: close >")
	})
	var all struct {
		Formulas []struct{ Name, Expression string }
		Faults   []struct{ Name, Origin, Error string }
	}
	shown := func() string {
		if fetch(base+"/api/v1/formulas", &all) != 200 {
			return ""
		}
		var names []string
		for _, f := range all.Formulas {
			names = append(names, f.Name+" "+f.Expression)
		}
		return strings.Join(names[1:], "; ")
	}
	if got := shown(); got != "first close > sma(close, 20)" || len(all.Faults) != 1 || !strings.Contains(all.Faults[0].Origin, "key bad") {
		t.Errorf("at the start: %s, faults %+v", got, all.Faults)
	}
	produceFormula(t, client, "first", "expression: close > sma(close, 50)")
	produceFormula(t, client, "bad", "expression: close > 3")
	waitFor(t, func() bool { return shown() == "bad close > 3; first close > sma(close, 50)" && len(all.Faults) == 0 })
	produceFormula(t, client, "first", "expression: close > smaa(close, 50)")
	waitFor(t, func() bool {
		return shown() == "bad close > 3; first close > sma(close, 50)" && len(all.Faults) == 1 && all.Faults[0].Name == "first"
	})
	produceFormula(t, client, "first", "")
	waitFor(t, func() bool { return shown() == "bad close > 3" && len(all.Faults) == 0 })
	if status, body := send(t, "PUT", base+"/api/v1/formulas/bad", "expression: close > 4"); status != 409 {
		t.Errorf("PUT over the topic's: %d %s", status, body)
	}
}

func produceCandle(t *testing.T, client *kafka.Client, value string) {
	t.Helper()
	p, err := client.Producer(t.Context(), kafka.ProducerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	m := kafka.Message{Topic: "candles.1m", Partition: kafka.AnyPartition, Key: []byte("BTCUSD"), Value: []byte(value), TimestampMs: time.Now().UnixMilli()}
	if err := p.Add(t.Context(), &m); err != nil {
		t.Fatal(err)
	}
	if err := p.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func produceFormula(t *testing.T, client *kafka.Client, name, settings string) {
	t.Helper()
	p, err := client.Producer(t.Context(), kafka.ProducerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	m := kafka.Message{Topic: "rules", Key: []byte(name), Value: []byte(settings), TimestampMs: time.Now().UnixMilli()}
	if settings == "" {
		m.Value = nil
	}
	if err := p.Add(t.Context(), &m); err != nil {
		t.Fatal(err)
	}
	if err := p.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A daemon starts with a broken file in the folder, and with what is good.
func TestStartWithBrokenFile(t *testing.T) {
	base, _ := startWebWith(t, "", func(*kafka.Client) {
		for name, text := range map[string]string{"a": "formulas: [nonsense", "b": "formulas:\n  - {name: b, expression: \"close > 1\"}\n"} {
			if err := os.MkdirAll("formulas", 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile("formulas/"+name+".yaml", []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	})
	if fetch(base+"/api/v1/formulas/b", nil) != 200 || fetch(base+"/api/v1/formulas/spike", nil) != 200 {
		t.Error("the good ones are not in force")
	}
}

// TestPage shows the page in a browser: signals, formulas, series, and why a
// formula did not fire.
func TestPage(t *testing.T) {
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("no browser: make tools installs one")
		}
		t.Skip("no browser")
	}
	base, client := startWebWith(t, "", func(*kafka.Client) {}, "http: {", "http: {token: secret, ")
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.UserDataDir(t.TempDir()))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	defer stop()
	ctx, stop = chromedp.NewContext(ctx)
	defer stop()
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1100, 900), chromedp.Navigate(base+"/")); err != nil {
		t.Fatal(err)
	}
	ctx, stop = context.WithTimeout(ctx, time.Minute)
	defer stop()
	// The page asks for the token, and says so where it is a wrong one.
	err := chromedp.Do(ctx, chromedp.WaitVisible("#token input"), chromedp.SendKeys("#token input", "wrong"), chromedp.Click("#token button"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](`document.getElementById("refused").textContent.includes("refused")`)); err != nil {
		t.Fatal(err)
	}
	err = chromedp.Do(ctx, chromedp.SetValue("#token input", "secret"), chromedp.Click("#token button"), chromedp.WaitNotVisible("#token"))
	if err != nil {
		t.Fatal(err)
	}
	err = chromedp.Do(ctx, chromedp.WaitVisible("#signals tr"), chromedp.WaitVisible("#series tr"), chromedp.WaitVisible("#formulas tr"), chromedp.Click("#explain button"))
	if err != nil {
		t.Fatal(err)
	}
	text := func(expression string) string {
		v, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	why := ""
	waitFor(t, func() bool {
		why = text(`document.getElementById("why").textContent`)
		return strings.Contains(why, "volume > 4 * sma(volume, 20)")
	})
	state, first := text(`document.getElementById("state").textContent`), text(`document.querySelector("#signals tr").textContent`)
	rows := text(`String(document.querySelectorAll("#series tr").length)`)
	// One that comes now is shown by the stream.
	produceCandle(t, client, `{"symbol":"BTCUSD","timeframe":"1m","timestamp":"2018-04-09T00:00:00Z","open":6600,"high":6600,"low":6600,"close":6600,"volume":1e9}`)
	waitFor(t, func() bool {
		return strings.Contains(text(`document.querySelector("#signals tr").textContent`), "2018-04-09T00:00:00Z")
	})
	shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if path := os.Getenv("SCREENSHOT"); path != "" {
		if err := os.WriteFile(path, shot, 0o600); err != nil {
			t.Error(err)
		}
	}
	if !strings.Contains(first, "spike") || rows != "4" || !strings.Contains(why, "fire") || strings.Contains(why, "undefined") || state == "…" {
		t.Errorf("state %q, first signal %q, %s series, why:\n%s", state, first, rows, why)
	}
}

package web

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"streamd/candle"
	"streamd/formula"
	"streamd/kafka"
	"streamd/live"
	"streamd/rulebook"
	"streamd/stream"

	"github.com/VictoriaMetrics/metrics"
)

// api is a server on an engine with thirty candles of one series.
type api struct {
	*Server
	signals *Signals
	kept    map[string]string // formulas put
	busy    bool
	reload  error

	mu     sync.Mutex // of the engine
	engine *stream.Engine
}

func newAPI(t *testing.T, token string) *api {
	t.Helper()
	rules, problems := stream.NewRules(stream.RulesConfig{Formulas: []stream.Formula{
		{Name: "up", Expression: "close > sma(close, 3)", Cooldown: 2},
		{Name: "slow", Expression: "close > sma(close, 50)", Symbols: []string{"A*"}},
	}})
	if problems != nil {
		t.Fatal(problems[0])
	}
	e := stream.New(rules, stream.Options{})
	minute, _ := candle.ParseTimeframe("1m")
	var out stream.Effects
	for i := range 30 {
		c := candle.Candle{
			Time: int64(i) * int64(time.Minute), Open: 10, High: 60, Low: 10, Close: 10 + float64(i),
			Volume: 1,
		}
		e.Push(&candle.Message{Symbol: []byte("AAA"), Timeframe: minute, Candle: c, Closed: true}, &out)
	}
	a := &api{
		signals: NewSignals(metrics.NewSet()), kept: map[string]string{},
		reload: errors.New("config.yaml:3:1: broken"), engine: e,
	}
	a.Server = New(Config{
		Token: token, Listen: "127.0.0.1:8080", Loopback: true, Signals: a.signals,
		Rules: func() *stream.Rules { return rules },
		Formulas: func(q rulebook.Query) rulebook.Listing {
			var all []rulebook.InForce
			for f, canonical := range rules.From(0) {
				if q.Name == "" || q.Name == f.Name {
					all = append(all, rulebook.InForce{Formula: f, Canonical: canonical, Origin: "file", Place: "f.yaml"})
				}
			}
			if q.Name == "" {
				all[0].Problem = "f.yaml:9:1: worse"
			}
			return rulebook.Listing{Formulas: all, InForce: rules.Len(), Faults: []rulebook.Fault{
				{Name: "up", Origin: "file", Place: "f.yaml", Error: "f.yaml:9:1: worse", Kept: true},
				{Name: "bad", Error: "bad.yaml:1:1: bad"},
			}}
		},
		Visit: func(_ context.Context, f func(live.View)) error {
			if a.busy {
				return errors.New("source: busy")
			}
			a.mu.Lock()
			defer a.mu.Unlock()
			f(live.View{TopicPartition: kafka.TopicPartition{Topic: "candles", Partition: 3}, Engine: a.engine})
			return nil
		},
		Draft:   draftOf(rules),
		Ready:   func() (bool, string) { return true, "ready" },
		Metrics: func(w io.Writer) { fmt.Fprintln(w, "metrics") },
		Reload:  func() error { return a.reload },
		Check:   func(x string) any { return map[string]string{"checked": x} },
		Put: func(name string, settings []byte) error {
			switch name {
			case "bad":
				return &rulebook.InvalidError{Problems: []rulebook.Diagnosis{{
					In:         "expression",
					Diagnostic: formula.Diagnostic{Line: 1, Col: 2, To: 3, Message: "wrong"}, Text: "1:2: wrong",
				}}}
			case "elsewhere":
				return fmt.Errorf("%w: in a.yaml", rulebook.ErrElsewhere)
			case "readonly":
				return rulebook.ErrReadOnly
			case "full":
				return errors.New("no space left")
			}
			a.kept[name] = string(settings)
			return nil
		},
		Delete: func(name string) error {
			if _, ok := a.kept[name]; !ok {
				return rulebook.ErrUnknown
			}
			delete(a.kept, name)
			return nil
		},
	})
	return a
}

// draftOf reads the settings of a preview by the rules of a configuration.
func draftOf(rules *stream.Rules) func(string, []byte) (stream.Formula, error) {
	return func(name string, settings []byte) (stream.Formula, error) {
		var given struct {
			Name, Expression       string
			For, Cooldown, MinBars int
		}
		if err := json.Unmarshal(settings, &given); err != nil {
			return stream.Formula{}, err
		}
		f := stream.Formula{Name: name, Expression: given.Expression, For: given.For, Cooldown: given.Cooldown}
		_, problems := rules.With(f)
		if len(problems) == 0 {
			return f, nil
		}
		invalid := &rulebook.InvalidError{}
		for _, d := range problems[0].Diagnostics {
			invalid.Problems = append(
				invalid.Problems, rulebook.Diagnosis{In: "expression", Diagnostic: d, Text: d.Render(f.Expression)},
			)
		}
		if problems[0].Err != nil {
			invalid.Problems = append(
				invalid.Problems, rulebook.Diagnosis{In: "settings", Text: problems[0].Err.Error()},
			)
		}
		return f, invalid
	}
}

func (a *api) ask(method, path, body string, headers ...string) (int, string) {
	r := httptest.NewRequest(method, "http://127.0.0.1:8080"+path, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func signal(i int) []byte {
	return fmt.Appendf(
		nil, `{"id":"%032d","formula":"f%d","symbol":"S%d","timeframe":"1m","timestamp":"2024-01-02T00:%02d:00Z"}`, i,
		i%2, i%3, i%60,
	)
}

// TestAPI goes through the addresses as a reader of the documentation would.
func TestAPI(t *testing.T) {
	a := newAPI(t, "")
	a.signals.Publish([][]byte{signal(0), signal(1), signal(2)})
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/healthz", "", 200, "ok"},
		{"GET", "/readyz", "", 200, "ready"},
		{"GET", "/metrics", "", 200, "metrics"},
		{"POST", "/-/reload", "", 400, "config.yaml:3:1"},
		{"GET", "/", "", 200, "<title>streamd</title>"},
		{"GET", "/nothing", "", 404, ""},
		{
			"GET", "/api/v1/series", "", 200,
			`"symbol":"AAA","timeframe":"1m","topic":"candles","partition":3,"bars":30,"newest":"1970-01-01T00:29:00Z","close":39,"state":"warming","formulas":[{"name":"up","waiting":0},{"name":"slow","waiting":20}]`,
		},
		{"GET", "/api/v1/series?symbol=B*", "", 200, `"series":[]`},
		{
			"GET", "/api/v1/candles?symbol=AAA&timeframe=1m&limit=2", "", 200,
			`"candles":[{"timestamp":"1970-01-01T00:28:00Z","open":10,"high":60,"low":10,"close":38,"volume":1},{"timestamp":"1970-01-01T00:29:00Z"`,
		},
		{
			"GET", "/api/v1/series?limit=1", "", 200,
			`"state":"warming","formulas":[{"name":"up","waiting":0},{"name":"slow","waiting":20}]}],"left_out":0}`,
		},
		{"GET", "/api/v1/series?limit=0", "", 400, "limit"},
		{"GET", "/api/v1/candles", "", 400, `symbol is missing\ntimeframe is missing`},
		{"GET", "/api/v1/candles?symbol=AAA", "", 400, "timeframe is missing"},
		{"GET", "/api/v1/candles?symbol=AAA&timeframe=soon", "", 400, "timeframe: candle"},
		{"GET", "/api/v1/candles?symbol=ZZZ&timeframe=1m", "", 404, "no series ZZZ 1m"},
		{"GET", "/api/v1/candles?symbol=AAA&timeframe=1m&limit=0", "", 400, "limit"},
		{"GET", "/api/v1/explain?formula=up&symbol=AAA&timeframe=1m", "", 200, `"fired":`},
		{
			"GET", "/api/v1/explain?formula=up&symbol=AAA&timeframe=1m&at=1970-01-01T00:01:00Z", "", 200,
			`"code":"warming"`,
		},
		{
			"GET", "/api/v1/explain?formula=up&symbol=AAA&timeframe=1m&at=1970-01-01", "", 200,
			`"timestamp":"1970-01-01T00:00:00Z"`,
		},
		{"GET", "/api/v1/explain?formula=up&symbol=AAA&timeframe=1m&at=00:01", "", 200, `"code":"warming"`},
		{"GET", "/api/v1/explain?formula=slow&symbol=AAA&timeframe=1m", "", 200, "warming 30/50"},
		{"GET", "/api/v1/explain?formula=none&symbol=AAA&timeframe=1m", "", 404, "no formula none"},
		{"GET", "/api/v1/explain?formula=up&symbol=AAA&timeframe=1m&at=1980-01-01", "", 404, "not kept"},
		{"GET", "/api/v1/explain?formula=up&symbol=AAA&timeframe=1m&at=soon", "", 400, "at: history: \\\"soon\\\""},
		{"GET", "/api/v1/explain?symbol=AAA&timeframe=1m", "", 400, "formula is missing"},
		{"GET", "/api/v1/explain?formula=up&symbol=B&timeframe=1m", "", 404, "no series B 1m"},
		{
			"GET", "/api/v1/formulas", "", 200,
			`"name":"up","expression":"close > sma(close, 3)","canonical":"close > sma(close, 3)","signal_type":"SCAN_HIT","mode":"every","cooldown":2,"origin":"file","place":"f.yaml","state":"kept","problem":"f.yaml:9:1: worse"`,
		},
		{
			"GET", "/api/v1/formulas", "", 200,
			`"faults":[{"name":"up","origin":"file","place":"f.yaml","error":"f.yaml:9:1: worse","kept":true}`,
		},
		{"GET", "/api/v1/formulas/slow", "", 200, `"state":"in_force"`},
		{"GET", "/api/v1/formulas/bad", "", 404, "not in force: bad.yaml:1:1"},
		{"GET", "/api/v1/formulas/slow", "", 200, `"symbols":["A*"]`},
		{"GET", "/api/v1/formulas/none", "", 404, "no formula none"},
		{"PUT", "/api/v1/formulas/x", "expression: close > 1", 200, `"ok":true`},
		{
			"PUT", "/api/v1/formulas/bad", "expression: 1", 422,
			`"problems":[{"in":"expression","line":1,"col":2,"end_line":0,"end_col":0,"from":0,"to":3,"code":"","message":"wrong","text":"1:2: wrong"}]`,
		},
		{"PUT", "/api/v1/formulas/elsewhere", "expression: 1", 409, "in a.yaml"},
		{"PUT", "/api/v1/formulas/readonly", "expression: 1", 409, "formulas_dir"},
		{"PUT", "/api/v1/formulas/full", "expression: 1", 500, "no space left"},
		{"PUT", "/api/v1/formulas/x", strings.Repeat("x", bodyMax+1), 413, "too large"},
		{"DELETE", "/api/v1/formulas/x", "", 200, `"ok":true`},
		{"DELETE", "/api/v1/formulas/x", "", 404, "no such formula"},
		{"PUT", "/api/v1/formulas", "name: y\nexpression: close > 1", 200, `"ok":true`},
		{"DELETE", "/api/v1/formulas?name=none", "", 404, "no such formula"},
		{"DELETE", "/api/v1/formulas", "", 400, "name is missing"},
		{"POST", "/api/v1/formulas/check", "close >", 200, `"checked":"close >"`},
		{"POST", "/api/v1/formulas/check", ` {"expression": "close > 1"}`, 200, `"checked":"close > 1"`},
		{"POST", "/api/v1/formulas/check", `{"expresion": "close > 1"}`, 400, "expresion"},
		{"POST", "/api/v1/formulas/check", `{}`, 400, "expression is missing"},
		{"POST", "/api/v1/formulas/check", `{"expression": 1}`, 400, "want an expression"},
		{"HEAD", "/api/v1/signals/stream", "", 200, ""},
		{"GET", "/api/v1/signals", "", 200, `{"signals":[` + string(signal(0)) + "," + string(signal(1)) + "," +
			string(signal(2)) + `],"last_id":"` + a.signals.id(place{3}) + `","left_out":0,"lost":0}`},
		{"GET", "/api/v1/signals?limit=1", "", 200, `"last_id":"` + a.signals.id(place{3}) + `","left_out":2,"lost":0}`},
		{"GET", "/api/v1/signals?limit=1", "", 200, `"signals":[` + string(signal(2)) + "]"},
		{"GET", "/api/v1/signals?formula=f1&symbol=S1", "", 200, `"signals":[` + string(signal(1)) + "]"},
		{"GET", "/api/v1/signals?since=2024-01-02T00:02:00Z", "", 200, `"signals":[` + string(signal(2)) + "]"},
		{"GET", "/api/v1/signals?since=" + a.signals.id(place{2}), "", 200, `"signals":[` + string(signal(2)) + "]"},
		{"GET", "/api/v1/signals?since=another-2", "", 400, "another-2"},
		{"GET", "/api/v1/signals?symbol=S*&timeframe=1m", "", 200, `"signals":[` + string(signal(0)) + ","},
		{"GET", "/api/v1/signals?timeframe=5m", "", 200, `"signals":[]`},
		{"GET", "/api/v1/signals?timeframe=soon", "", 400, "timeframe"},
		{"GET", "/api/v1/signals/stream?timeframe=soon", "", 400, "timeframe"},
		{"GET", "/api/v1/signals/stream?limit=1", "", 400, "limit"},
		{"GET", "/api/v1/series?symbol=%ff*", "", 400, "symbol"},
		{"GET", "/api/v1/series?symbol=" + strings.Repeat("x", valueMax+1), "", 400, "symbol"},
		{"GET", "/api/v1/signals?limit=%zz", "", 400, "%zz"},
		{"GET", "/api/v1/nothing", "", 404, "nothing is at /api/v1/nothing"},
		{"DELETE", "/api/v1/series", "", 405, "takes GET, not DELETE"},
		{"GET", "/api/v1/signals?since=yesterday", "", 400, "yesterday"},
		{"GET", "/api/v1/signals?from=2024-01-02", "", 400, "unknown parameter \\\"from\\\""},
		{"GET", "/api/v1/signals?limit=1&limit=2", "", 400, "twice"},
		{"GET", "/api/v1/formulas?x=1", "", 400, "limit"},
		{"GET", "/api/v1/signals?limit=x", "", 400, "limit"},
	} {
		status, body := a.ask(c.method, c.path, c.body)
		if status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s %s: %d %.400s\nwant %d with %s", c.method, c.path, status, body, c.status, c.want)
		}
		var problem struct{ Error string }
		if strings.HasPrefix(c.path, "/api") && c.method != "HEAD" &&
			(json.Unmarshal([]byte(body), &problem) != nil || (problem.Error != "") != (status >= 400)) {
			t.Errorf("%s %s: %d without an error in JSON: %s", c.method, c.path, status, body)
		}
	}
	a.busy = true
	for _, path := range []string{
		"/api/v1/series", "/api/v1/candles?symbol=AAA&timeframe=1m",
		"/api/v1/explain?formula=up&symbol=AAA&timeframe=1m",
	} {
		if status, body := a.ask("GET", path, ""); status != 503 {
			t.Errorf("%s of a busy engine: %d %s", path, status, body)
		}
	}
}

// TestReload tells what is not in force from what has changed nothing.
func TestReload(t *testing.T) {
	a := newAPI(t, "")
	for _, c := range []struct {
		err    error
		status int
		want   string
	}{
		{nil, 200, `{"reloaded":true}`},
		{
			&rulebook.NotInForceError{Problems: []string{"a.yaml:1:1: bad", "b.yaml:1:1: <bad>"}}, 422,
			`{"error":"a.yaml:1:1: bad\nb.yaml:1:1: <bad>","problems":["a.yaml:1:1: bad","b.yaml:1:1: <bad>"]}`,
		},
		{errors.New("config.yaml:3:1: broken"), 400, `{"error":"config.yaml:3:1: broken"}`},
		{rulebook.ErrNoConfig, 409, `{"error":"there is no configuration file to read again"}`},
	} {
		a.reload = c.err
		if status, body := a.ask("POST", "/-/reload", ""); status != c.status || strings.TrimSpace(body) != c.want {
			t.Errorf("%v: %d %s", c.err, status, body)
		}
	}
}

// TestGuard turns away pages of other sites and whoever has not the token.
func TestGuard(t *testing.T) {
	a := newAPI(t, "")
	for _, c := range []struct {
		method, path string
		headers      []string
		status       int
	}{
		{"GET", "/api/v1/series", []string{"Host", "evil.example"}, 403},
		{"GET", "/api/v1/series", []string{"Host", "localhost:8080"}, 200},
		{"GET", "/api/v1/series", []string{"Host", "[::1]:8080"}, 200},
		{"GET", "/api/v1/series", []string{"Host", "127.0.0.9"}, 200},
		{"GET", "/api/v1/series", []string{"Host", "192.0.2.1:8080"}, 403},
		{"GET", "/api/v1/series", []string{"Host", "LOCALHOST"}, 200},
		{"GET", "/api/v1/series", []string{"Host", "localhost.evil.example"}, 403},
		{"GET", "/", []string{"Host", "evil.example"}, 403},
		{"DELETE", "/api/v1/formulas/x", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"PUT", "/api/v1/formulas/x", []string{"Origin", "https://evil.example"}, 403},
		{"POST", "/-/reload", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"GET", "/api/v1/series", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"GET", "/api/v1/series", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"GET", "/api/v1/series", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"GET", "/metrics", []string{"Origin", "https://evil.example"}, 403},
		{"GET", "/metrics", []string{"Origin", "null"}, 403},
		{"GET", "/metrics", []string{"Origin", "http://127.0.0.1:8080"}, 200},
		{"GET", "/js/app.js", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"GET", "/", []string{
			"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document",
		}, 200},
		{"GET", "/", []string{
			"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe",
		}, 403},
	} {
		if status, body := a.ask(c.method, c.path, "", c.headers...); status != c.status || status == 403 &&
			!strings.HasPrefix(body, `{"error":`) {
			t.Errorf("%s %s %v: %d %s, want %d", c.method, c.path, c.headers, status, body, c.status)
		}
	}
	// A name of this machine that is configured is its own; behind an address that
	// others reach, names are not known.
	for _, c := range []struct {
		listen   string
		loopback bool
		status   int
	}{{"streamd.example:8080", true, 200}, {"other.example:8080", true, 403}, {"0.0.0.0:8080", false, 200}} {
		a.cfg.Listen, a.cfg.Loopback = c.listen, c.loopback
		if status, body := a.ask("GET", "/api/v1/series", "", "Host", "streamd.example:99"); status != c.status {
			t.Errorf("listening on %s: %d %s, want %d", c.listen, status, body, c.status)
		}
	}
	a = newAPI(t, "secret")
	a.cfg.Loopback = false
	for _, c := range []struct {
		path, authorization string
		status              int
	}{
		{"/healthz", "", 200},
		{"/readyz", "", 200},
		{"/metrics", "", 401},
		{"/", "", 200},
		{"/js/app.js", "", 200},
		{"/css/page.css", "", 200},
		{"/page.html", "", 401},
		{"/api/v1/series", "Bearer wrong", 401},
		{"/api/v1/series", "secret", 401},
		{"/api/v1/series", "Bearer secret", 200},
		{"/api/v1/series", "bearer secret", 200},
		{"/api/v1/series", "secret", 401},
		{"/api/v1/series", "Basic secret", 401},
	} {
		if status, _ := a.ask("GET", c.path, "", "Authorization", c.authorization, "Host",
			"streamd.example"); status != c.status {
			t.Errorf("%s with %q: %d, want %d", c.path, c.authorization, status, c.status)
		}
	}
}

// TestHeaders lets nobody keep answers, or embed or extend the page.
func TestHeaders(t *testing.T) {
	a := newAPI(t, "")
	for path, want := range map[string]struct{ kind, cache string }{
		"/":               {"text/html; charset=utf-8", "no-cache"},
		"/js/app.js":      {"text/javascript; charset=utf-8", "no-cache"},
		"/css/page.css":   {"text/css; charset=utf-8", "no-cache"},
		"/api/v1/series":  {"application/json", "no-store"},
		"/api/v1/nothing": {"application/json", "no-store"},
	} {
		w := httptest.NewRecorder()
		a.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://127.0.0.1"+path, nil))
		h := w.Header()
		if h.Get("Content-Type") != want.kind || h.Get("Cache-Control") != want.cache ||
			h.Get("X-Content-Type-Options") != "nosniff" ||
			h.Get("Referrer-Policy") != "no-referrer" || !strings.HasPrefix(h.Get("Content-Security-Policy"),
			"default-src 'none'; ") || strings.Contains(h.Get("Content-Security-Policy"), "unsafe") {
			t.Errorf("%s: %v", path, h)
		}
	}
}

// TestStream follows signals over a connection, comes back after the last one
// seen, and cuts off who reads too slowly.
func TestStream(t *testing.T) {
	a := newAPI(t, "")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Serve(ctx, l) }()
	follow := func(lastID string) *bufio.Reader {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet,
			"http://"+l.Addr().String()+"/api/v1/signals/stream", nil)
		if lastID != "" {
			r.Header.Set("Last-Event-ID", lastID)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { resp.Body.Close() })
		in := bufio.NewReader(resp.Body)
		return in
	}
	event := func(in *bufio.Reader) string {
		var text string
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if line == "\n" {
				return text
			}
			text += line
		}
	}
	want := func(in *bufio.Reader, text string) {
		t.Helper()
		if got := event(in); got != text {
			t.Fatalf("%q, want %q", got, text)
		}
	}
	id := func(i int64) string { return a.signals.id(place{i}) }
	shown := func(i int) string { return fmt.Sprintf("id: %s\nevent: signal\ndata: %s\n", id(int64(i)), signal(i)) }
	in := follow("")
	want(in, ": signals follow\nid: "+id(0)+"\n")
	a.signals.Publish([][]byte{signal(1), signal(2)})
	want(in, shown(1))
	want(in, shown(2))
	in = follow(id(1))
	want(in, ": signals follow\nid: "+id(1)+"\n")
	want(in, shown(2))
	in = follow("another-1")
	want(in, "id: "+id(0)+"\nevent: gap\ndata: {\"lost\":null}\n")
	want(in, shown(1))
	const gone = SignalsMax / 10
	for i := range SignalsMax + gone {
		a.signals.Publish([][]byte{signal(i + 3)})
	}
	in = follow(id(1))
	want(in, fmt.Sprintf("id: %s\nevent: gap\ndata: {\"lost\":%d}\n", id(gone), gone-1))
	want(in, shown(gone+1))
	if _, body := a.ask("GET", "/api/v1/signals?limit=1&since="+id(1), ""); !strings.Contains(body,
		`"left_out":10001,"lost":999}`) {
		t.Errorf("behind one not kept: %s", body)
	}
	_, slow := a.signals.listen("slow", place{0})
	for i := range listenerMax + 2 {
		a.signals.Publish([][]byte{signal(i)})
	}
	for range slow { //nolint:revive // it must end
	}
	if a.signals.cut.Get() == 0 {
		t.Error("a listener that reads nothing was not cut off")
	}
	if _, kept := a.signals.listen("slow", place{0}); kept == nil {
		t.Error("no place for another listener")
	}
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the server does not end while a stream is open")
	}
}

// TestSignalsAreBounded keeps the newest and turns away listeners over the limit.
func TestSignalsAreBounded(t *testing.T) {
	s := NewSignals(metrics.NewSet())
	for i := range SignalsMax + SignalsMax/10 {
		s.Publish([][]byte{signal(i)})
	}
	gone := int64(SignalsMax / 10)
	if b := s.since(place{3}); len(b.kept) != SignalsMax || b.kept[0].offset != gone+1 || *b.lost != uint64(gone-3) ||
		b.from.of(0) != gone {
		t.Errorf("%d kept, the oldest is %d, %d lost, from %d", len(b.kept), b.kept[0].offset, *b.lost, b.from)
	}
}

// TestPlacesOfTopics goes on behind an id of another process of the same topic: nothing twice,
// nothing left out, whatever order the partitions came in there.
func TestPlacesOfTopics(t *testing.T) {
	one, other := NewSignals(metrics.NewSet()), NewSignals(metrics.NewSet())
	for _, s := range []*Signals{one, other} {
		s.Follow("topic", []int64{5, 0})
	}
	one.Take(0, 7, signal(1), false)
	one.Take(1, 0, signal(2), false)
	one.Take(0, 9, signal(3), false)
	for _, n := range []numbered{{0, 7, signal(1)}, {0, 9, signal(3)}, {1, 0, signal(2)}, {1, 4, signal(4)}} {
		other.Take(n.partition, n.offset, n.payload, true)
	}
	at, ok := other.placeOf(one.id(place{7, 0}))
	if b := other.since(at); !ok || b.gap || len(b.kept) != 2 || b.kept[0].offset != 9 || b.kept[1].offset != 4 {
		t.Errorf("%v: %+v", at, b)
	}
	if b := other.since(place{3, 0}); !b.gap || b.lost != nil || len(b.kept) != 3 {
		t.Errorf("behind what is not kept: %+v", b)
	}
	other.Follow("anew", []int64{0, 0})
	if _, ok := other.placeOf(one.id(place{7, 0})); ok {
		t.Error("an id of a topic is one of another")
	}
}

// TestListenersGiveWay lets a new reader in beside silent ones: the oldest of its own client ends, or of the client that
// has the most.
func TestListenersGiveWay(t *testing.T) {
	s := NewSignals(metrics.NewSet())
	ended := func(l chan numbered) bool {
		select {
		case _, open := <-l:
			return !open
		default:
			return false
		}
	}
	var greedy []chan numbered
	for range perClientMax + 1 {
		_, l := s.listen("greedy", nil)
		greedy = append(greedy, l)
	}
	if !ended(greedy[0]) || ended(greedy[1]) || ended(greedy[perClientMax]) {
		t.Error("not only the oldest of the greedy client gave way to its newest")
	}
	var others []chan numbered
	for i := range ListenersMax - perClientMax + 1 {
		_, l := s.listen(fmt.Sprintf("other %d", i), nil)
		others = append(others, l)
	}
	if !ended(greedy[1]) || ended(greedy[2]) || slices.ContainsFunc(others, ended) {
		t.Error("the client with the most did not give way")
	}
	if len(s.listeners) != ListenersMax || s.cut.Get() != 2 {
		t.Errorf("%d listeners, %d ended", len(s.listeners), s.cut.Get())
	}
}

// TestSlowReader cuts off who asks and does not read the answer.
func TestSlowReader(t *testing.T) {
	a := newAPI(t, "")
	ended := make(chan error, 1)
	a.Server = New(Config{Loopback: true, Signals: a.signals, Metrics: func(w io.Writer) {
		chunk := make([]byte, 1<<20)
		for range 256 {
			if _, err := w.Write(chunk); err != nil {
				ended <- err
				return
			}
		}
		ended <- nil
	}})
	a.patience = 200 * time.Millisecond
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- a.Serve(ctx, l) }()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err == nil {
			t.Error("all was written to somebody who does not read")
		}
	case <-time.After(10 * time.Second):
		t.Error("who does not read is waited for")
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// TestSeriesLimit gives the first series by name, of whichever partition.
func TestSeriesLimit(t *testing.T) {
	a := newAPI(t, "")
	rules, _ := stream.NewRules(stream.RulesConfig{})
	minute, _ := candle.ParseTimeframe("1m")
	engines := []*stream.Engine{stream.New(rules, stream.Options{}), stream.New(rules, stream.Options{})}
	var out stream.Effects
	for i, symbol := range []string{"D", "C", "B", "A"} {
		engines[i%2].Push(&candle.Message{
			Symbol: []byte(symbol), Timeframe: minute,
			Candle: candle.Candle{Open: 1, High: 1, Low: 1, Close: 1}, Closed: true,
		}, &out)
	}
	a.cfg.Visit = func(_ context.Context, f func(live.View)) error {
		for i, e := range engines {
			f(live.View{TopicPartition: kafka.TopicPartition{Topic: "candles", Partition: int32(i)}, Engine: e})
		}
		return nil
	}
	var got struct {
		Series  []struct{ Symbol string }
		LeftOut int `json:"left_out"`
	}
	_, body := a.ask("GET", "/api/v1/series?limit=3", "")
	if err := json.Unmarshal([]byte(body), &got); err != nil || fmt.Sprint(got) != "{[{A} {B} {C}] 1}" {
		t.Errorf("%v %s", err, body)
	}
}

package web

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"streamd/candle"
	"streamd/stream"
)

// bars makes candles of a minute, from 1970 on, with these closes.
func bars(e *stream.Engine, symbol string, closes ...float64) {
	minute, _ := candle.ParseTimeframe("1m")
	var out stream.Effects
	s := e.Series(candle.Series{Symbol: symbol, Timeframe: minute})
	last, seen := s.Last()
	at := int64(0)
	if seen {
		at = last.Time + int64(time.Minute)
	}
	for _, c := range closes {
		e.PushSeries(s, candle.Candle{Time: at, Open: c, High: c + 1, Low: c - 1, Close: c, Volume: 10}, true, &out)
		at += int64(time.Minute)
	}
}

func TestEval(t *testing.T) {
	a := newAPI(t, "")
	for _, c := range []struct {
		query  string
		status int
		want   string
	}{
		{"expr=close&symbol=AAA&timeframe=1m&limit=2", 200, `"values":[38,39]`},
		{
			"expr=sma(close,3)&expr=close>20&symbol=AAA&timeframe=1m&limit=1", 200,
			`{"expression":"close>20","canonical":"close > 20","type":"condition","values":[1]}`,
		},
		{"expr=sma(close,29)&symbol=AAA&timeframe=1m&limit=3", 200, `"values":[null,24,25]`},
		{
			"expr=volume&symbol=AAA&timeframe=1m&as=5m&limit=1", 200,
			`"timeframe":"5m","timestamps":["1970-01-01T00:25:00Z"],"columns":[{"expression":"volume","canonical":"volume","type":"number","values":[5]}]`,
		},
		{
			"expr=nope&symbol=AAA&timeframe=1m", 422,
			`"problems":[{"expression":"nope","line":1,"col":1,"end_line":1,"end_col":5,"from":0,"to":4,"code":"name"`,
		},
		{"symbol=AAA&timeframe=1m", 400, "expr is missing"},
		{"expr=close&symbol=ZZZ&timeframe=1m", 404, "no series ZZZ"},
		{"expr=close&symbol=AAA&timeframe=5m&as=1m", 400, "1m is no multiple of 5m"},
		{strings.Repeat("expr=close&", 17) + "symbol=AAA&timeframe=1m", 400, "17 times"},
	} {
		if status, body := a.ask(
			"GET", "/api/v1/eval?"+strings.NewReplacer(",", "%2C", ">", "%3E").Replace(c.query), "",
		); status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d %s\nwant %d with %s", c.query, status, body, c.status, c.want)
		}
	}
}

// A screen ranks the newest bar of every series, and follows it.
func TestScreen(t *testing.T) {
	a := newAPI(t, "")
	bars(a.engine, "BBB", 1, 2, 9)
	bars(a.engine, "CCC", 9, 5, 4)
	bars(a.engine, "DDD", 7)
	ranked := func(query string) string {
		t.Helper()
		status, body := a.ask("GET", "/api/v1/screen?"+query, "")
		var got screenAnswer
		if err := json.Unmarshal([]byte(body), &got); err != nil || status != 200 {
			t.Fatalf("%s: %d %s", query, status, body)
		}
		text := fmt.Sprint(got.Total)
		for _, r := range got.Rows {
			text += fmt.Sprint(" ", r.Symbol, r.Values)
		}
		return text
	}
	for query, want := range map[string]string{
		"expr=change(close)&sort=-1":                         "4 BBB[7] AAA[1] CCC[-1] DDD[0]",
		"expr=change(close)&sort=1&symbol=%3F%3F%3F&limit=1": "4 CCC[-1]",
		"expr=close&sort=-1&offset=1&limit=2":                "4 BBB[9] DDD[7]",
		"where=close%20%3C%208&sort=close":                   "2 CCC[] DDD[]",
		"expr=close%20%3E%208&where=close%20%3E%201":         "4 AAA[1] BBB[1] CCC[0] DDD[0]",
	} {
		if got := ranked(query); strings.ReplaceAll(got, "NaN", "0") != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	bars(a.engine, "CCC", 50)
	a.screens.all[len(a.screens.all)-1].looked = time.Time{} // a second later
	for _, c := range a.screens.all {
		c.looked = time.Time{}
	}
	if got := ranked("expr=change(close)&sort=-1&limit=1"); got != "4 CCC[46]" {
		t.Errorf("after another candle: %s", got)
	}
	for query, want := range map[string]string{
		"sort=2&expr=close": "sort", "where=close": "no condition", "expr=close%20%3E": "problems", "offset=-1": "offset",
	} {
		if status, body := a.ask("GET", "/api/v1/screen?"+query, ""); status < 400 || status > 422 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", query, status, body)
		}
	}
	for i := range 2 * screensMax {
		ranked(fmt.Sprintf("expr=close%%20-%%20%d", i))
	}
	if len(a.screens.all) != screensMax {
		t.Errorf("%d screens are kept", len(a.screens.all))
	}
}

// A preview says where a draft would have fired, and what it would change.
func TestPreview(t *testing.T) {
	a := newAPI(t, "")
	bars(a.engine, "BBB", 5, 4, 3, 9)
	for _, c := range []struct {
		query, body string
		status      int
		want        string
	}{
		{
			"symbol=BBB", "close > 8", 200,
			`"series":1,"series_left":0,"bars":4,"matches":1,"compared":false,"added":0,"removed":0,"by_series":[{"symbol":"BBB","timeframe":"1m","matches":1}],"hits":[{"symbol":"BBB","timeframe":"1m","timestamp":"1970-01-01T00:03:00Z","close":9,"change":""}],"left_out":0,"shows":[]`,
		},
		{"symbol=AAA&limit=1", `{"expression":"close > sma(close, 5)","cooldown":10}`, 200, `"matches":3`},
		{
			"symbol=BBB", `{"name":"up","expression":"close < 5"}`, 200,
			`"matches":2,"compared":true,"added":2,"removed":1`,
		},
		{"", "close >", 422, `"code":"syntax"`},
		{"", "close", 422, "condition"},
		{"", `{"expression":"close > 1","for":-1}`, 422, "for"},
		{"", `{"expression":`, 400, "unexpected"},
	} {
		if status, body := a.ask(
			"POST", "/api/v1/preview?"+c.query, c.body,
		); status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d %s\nwant %d with %s", c.body, status, body, c.status, c.want)
		}
	}
}

// A draft is explained as a formula is, and times are read as people type them.
func TestExplainDraft(t *testing.T) {
	a := newAPI(t, "")
	for query, want := range map[string]string{
		"expr=close%20%3E%2020&symbol=AAA&timeframe=1m&at=00:12":      `"timestamp":"1970-01-01T00:12:00Z"`,
		"expr=close%20%3E%2020&symbol=AAA&timeframe=1m":               `"fired":true`,
		"formula=up&symbol=AAA&timeframe=1m&at=00:12":                 `"timestamp":"1970-01-01T00:12:00Z"`,
		"formula=up&expr=close%20%3E%201&symbol=AAA&timeframe=1m":     "want one of them",
		"expr=nope%20%3E%201&symbol=AAA&timeframe=1m":                 "unknown name",
		"expr=close%20%3E%2020&symbol=AAA&timeframe=1m&at=1971-01-01": "not kept",
	} {
		if _, body := a.ask("GET", "/api/v1/explain?"+query, ""); !strings.Contains(body, want) {
			t.Errorf("%s: %s", query, body)
		}
	}
}

// The stream of candles begins behind a time, and brings what is new.
func TestFollow(t *testing.T) {
	a := newAPI(t, "")
	a.follower.every = 5 * time.Millisecond
	server := httptest.NewServer(a.handler)
	defer server.Close()
	r, err := server.Client().Get(
		server.URL + "/api/v1/candles/stream?symbol=AAA&timeframe=1m&since=1970-01-01T00:27:00Z",
	)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	read := func(want string) {
		t.Helper()
		got := ""
		buffer := make([]byte, 4096)
		for !strings.Contains(got, want) {
			n, err := r.Body.Read(buffer)
			if got += string(buffer[:n]); err != nil {
				t.Fatalf("%v behind %s", err, got)
			}
		}
	}
	read(`{"candles":[{"timestamp":"1970-01-01T00:28:00Z"`)
	a.mu.Lock()
	bars(a.engine, "AAA", 77)
	a.mu.Unlock()
	read(`"close":77`)
	r.Body.Close()
	if status, body := a.ask("GET", "/api/v1/candles/stream?symbol=ZZZ&timeframe=1m", ""); status != 404 {
		t.Errorf("%d %s", status, body)
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) { // nobody is left to look for
		a.follower.mu.Lock()
		idle := a.follower.stop == nil
		a.follower.mu.Unlock()
		if idle {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the follower goes on without listeners")
		}
	}
	_, _ = io.Copy(io.Discard, r.Body) // it has ended
}

// Formulas say which of a signal's values decide, also by the names of indicators, and how often they have fired.
func TestShownFormulas(t *testing.T) {
	a := newAPI(t, "")
	a.signals.Publish([][]byte{
		[]byte(`{"id":"1","formula":"up","timestamp":"2024-01-01T00:00:00Z"}`),
		[]byte(`{"id":"2","formula":"up","timestamp":"2024-01-02T00:00:00Z"}`),
		[]byte(`{"id":"3","formula":"\u003cb\u003e","timestamp":"2024-01-02T00:01:00Z"}`),
	})
	_, body := a.ask("GET", "/api/v1/formulas", "")
	for _, want := range []string{
		`"shows":["sma(close, 3)"],"fired":{"total":2,"today":1,"last":"2024-01-02T00:00:00Z"}`,
		`"shows":["sma(close, 50)"],"fired":{"total":0,"today":0,"last":""}`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in %s", want, body)
		}
	}
	if got := a.signals.firedOf("<b>").Total; got != 1 {
		t.Errorf("%d signals of a formula with markup in its name", got)
	}
	if got := a.shows(
		&stream.Formula{Expression: "rsi_14 < 30 and close > sma(close, 20)"},
	); fmt.Sprint(got) != "[sma(close, 20) rsi_14]" {
		t.Errorf("%q", got)
	}
}

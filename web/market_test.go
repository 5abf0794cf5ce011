package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"streamd/candle"
	"streamd/formula/plan"
	"streamd/stream"
)

// newMarket is a server on four series, of which one stops early, whose rules let formulas look at other series.
func newMarket(t *testing.T) *api {
	t.Helper()
	a := newAPI(t, "")
	rules, problems := stream.NewRules(stream.RulesConfig{Others: true, Formulas: []stream.Formula{
		{Name: "best", Expression: "top(close, 1)"},
		{Name: "over", Expression: `close > sym("BBB", close)`},
	}})
	if problems != nil {
		t.Fatal(problems[0])
	}
	a.cfg.Rules = func() *stream.Rules { return rules }
	a.cfg.Draft = draftOf(rules)
	a.engine.Reload(rules)
	for i, symbol := range []string{"BBB", "CCC", "DDD"} {
		closes := make([]float64, 30-10*(i/2))
		for k := range closes {
			closes[k] = float64(20*(i+1) + k%3)
		}
		bars(a.engine, symbol, closes...)
	}
	return a
}

// Expressions that look at other series are computed over the candles kept.
func TestEvalAmongOthers(t *testing.T) {
	a := newMarket(t)
	for _, c := range []struct {
		query  string
		status int
		want   string
	}{
		{"expr=rank(close)&symbol=AAA&timeframe=1m&limit=3", 200, `"values":[2,2,2]`},
		{"expr=rank(close)&symbol=AAA&timeframe=1m&limit=3", 200, `"others":{"series":4,"bars":30,"partitions":1}`},
		{"expr=members()&symbol=AAA&timeframe=1m&limit=30", 200, `"values":[null,null,4,4`},
		{`expr=sym("BBB",close)&symbol=AAA&timeframe=1m&limit=2`, 200, `"values":[21,22]`},
		{`expr=sym("BBB",close)&symbol=AAA&timeframe=1m&limit=2`, 200, `"others":{"series":1,`},
		{`expr=sym("BBB",volume)&symbol=AAA&timeframe=1m&as=10m&limit=2`, 200, `"values":[100,100]`},
		{`expr=sym("ZZZ",close)&symbol=AAA&timeframe=1m&limit=2`, 200, `"values":[null,null]`},
		{"expr=rank(close)&symbol=ZZZ&timeframe=1m", 404, "no series ZZZ"},
		{`expr=sym("BBB")&symbol=AAA&timeframe=1m`, 422, `"problems"`},
	} {
		query := strings.NewReplacer(`"`, "%22").Replace(c.query)
		if status, body := a.ask("GET", "/api/v1/eval?"+query, ""); status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d %s\nwant %d with %s", c.query, status, body, c.status, c.want)
		}
	}
}

// A screen ranks all series, and ranks them again when one of them has another candle.
func TestScreenAmongOthers(t *testing.T) {
	a := newMarket(t)
	ranked := func(query string) string {
		t.Helper()
		status, body := a.ask("GET", "/api/v1/screen?"+query, "")
		var got screenAnswer
		if err := json.Unmarshal([]byte(body), &got); err != nil || status != 200 {
			t.Fatalf("%s: %d %s", query, status, body)
		}
		if got.Others == nil || got.Others.Series != 4 || got.Pending != 0 {
			t.Errorf("%s rests on %+v, %d are pending", query, got.Others, got.Pending)
		}
		text := ""
		for _, r := range got.Rows {
			text += fmt.Sprint(" ", r.Symbol, r.Values)
		}
		return text
	}
	for query, want := range map[string]string{
		// DDD has stopped: it is on the newest bar of its own.
		"expr=pctrank(close)&sort=-1":                  " CCC[100] DDD[100] AAA[50] BBB[0]",
		"expr=close&where=top(close,1)&sort=symbol":    " CCC[42] DDD[61]",
		"expr=rank(close)&symbol=A*":                   " AAA[2]",
		"expr=breadth(close%20%3E%2030)&symbol=A*":     " AAA[66.66666666666667]",
		"expr=pctrank(roc(close,%2020))&symbol=A*":     " AAA[100]",
		"expr=rank(rank(close)%2Brank(low))&symbol=A*": " AAA[1]",
	} {
		if got := ranked(query); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	bars(a.engine, "AAA", 99)
	bars(a.engine, "BBB", 77)
	bars(a.engine, "CCC", 88)
	for _, c := range a.screens.all {
		c.looked = time.Time{} // a second later
	}
	if got := ranked("expr=rank(close)&symbol=*A"); got != " AAA[1]" {
		t.Errorf("after another bar: %s", got)
	}
}

// A draft that looks at other series says where it would have fired.
func TestPreviewAmongOthers(t *testing.T) {
	a := newMarket(t)
	for _, c := range []struct {
		query, body string
		want        string
	}{
		{"", "top(close, 1)", `"series":4,"series_left":0,"bars":110,"matches":28,`},
		{"", "top(close, 1)", `"others":{"series":4,"bars":30,"partitions":1}`},
		{"symbol=DDD", "top(close, 1)", `"series":1,"series_left":0,"bars":20,"matches":18`},
		{"symbol=AAA", `sym("BBB", close) < close`, `"matches":18,`},
		{"symbol=AAA", `{"name":"over","expression":"sym(\"BBB\", close) < close + 2"}`, `"added":3,"removed":0`},
	} {
		status, body := a.ask("POST", "/api/v1/preview?"+c.query, c.body)
		if status != 200 || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d %s\nwant %s", c.body, status, body, c.want)
		}
	}
}

// An explanation names the neighbours, the coverage and the other bar: of a draft from the candles kept, of a formula
// in force as the closed bars say it, and from the candles where these are not at hand.
func TestExplainOthers(t *testing.T) {
	a := newMarket(t)
	ask := func(query string) (got explanation) {
		t.Helper()
		status, body := a.ask("GET", "/api/v1/explain?"+query+"&timeframe=1m", "")
		if err := json.Unmarshal([]byte(body), &got); err != nil || status != http.StatusOK {
			t.Fatalf("%s: %d %s", query, status, body)
		}
		return got
	}
	for _, formula := range []string{"formula=best", "expr=" + url.QueryEscape("top(close, 1)")} {
		e := ask(formula + "&symbol=AAA&at=00:15")
		if e.Coverage == nil || e.Coverage.Series != 4 || len(e.Others) != 1 || e.Fired {
			t.Fatalf("%s: %+v", formula, e)
		}
		o := e.Others[0]
		if o.Rank != 3 || o.Values != 4 || o.Members != 4 || o.Value != 25 || o.Above == nil || o.Below == nil ||
			*o.Above != (stream.Neighbour{Symbol: "CCC", Value: 40, By: 15}) ||
			*o.Below != (stream.Neighbour{Symbol: "BBB", Value: 20, By: -5}) {
			t.Errorf("%s: %+v above %+v below %+v", formula, o, o.Above, o.Below)
		}
	}
	if e := ask("formula=over&symbol=DDD&at=00:19"); !e.Fired || len(e.Others) != 1 || e.Others[0].Symbol != "BBB" ||
		e.Others[0].Value != 21 || e.Others[0].Timestamp.Minute() != 19 {
		t.Errorf("%+v", e)
	}
	if e := ask("formula=best&symbol=DDD"); !e.Fired || e.Timestamp.Minute() != 19 || e.Others[0].Rank != 1 {
		t.Errorf("the newest bar: %+v", e)
	}
}

// What closed bars say of other series goes before what the candles kept say.
func TestExplainByClosedBars(t *testing.T) {
	a := newMarket(t)
	a.engine = stream.New(a.cfg.Rules(), stream.Options{
		Others: func(_ candle.Series, needs []*plan.Need, _ int64, out []float64) {
			for k := range needs {
				out[k] = 0
			}
		},
		OthersShown: func(key candle.Series, needs []*plan.Need, at int64) []stream.Other {
			return []stream.Other{{Expression: fmt.Sprint(key, " ", len(needs), " ", at/int64(time.Minute)), Rank: 1}}
		},
	})
	bars(a.engine, "AAA", 1, 2, 3, 4)
	_, body := a.ask("GET", "/api/v1/explain?formula=best&symbol=AAA&timeframe=1m&at=00:02", "")
	if !strings.Contains(body, `"others":[{"expression":"AAA 1m 1 2","rank":1,`) || strings.Contains(body, "coverage") {
		t.Error(body)
	}
}

package web

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"testing"

	"streamd/candle"
	"streamd/stream"
)

func TestOutcomesAreCounted(t *testing.T) {
	o := &Outcomes{}
	for i := range 10 {
		o.Take(fmt.Appendf(nil, `{"id":"1","formula":"f","symbol":"A","after":5,"return":%d}`, i%4-1)) // 1 of 2 is above 0
	}
	o.Take([]byte(`{"formula":"f","after":5,"return":9,"split":true}`))
	o.Take([]byte(`{"formula":"f","after":5,"return":null}`))
	c := o.counts()[outcomeKey{"f", 5}]
	if c.n != 10 || c.hits != 4 || c.splits != 1 {
		t.Fatalf("%+v", c)
	}
	f := &stream.Formula{Metadata: map[string]string{"hit_rate_5": "0.5-0.7"}}
	one := showOutcome(outcomeKey{"f", 5}, c, &outcomeCount{n: 100, hits: 50}, f)
	if *one.HitRate != 0.4 || *one.BaseHitRate != 0.5 || one.Warning == "" || one.Interval[0] > 0.17 || one.Interval[1] < 0.68 {
		t.Errorf("%+v, interval %v", one, one.Interval)
	}
}

func TestBaseRate(t *testing.T) {
	var cs []candle.Candle
	for i, p := range []float64{10, 11, 12, 11, 5, 5.5, 5, 5.2} { // a split before the fifth
		cs = append(cs, candle.Candle{Time: int64(i), Open: p, High: p, Low: p, Close: p})
	}
	for _, after := range []int{1, 2, 3} {
		want := outcomeCount{}
		for i := 0; i+after < len(cs); i++ {
			crosses := false
			for k := i + 2; k <= i+after; k++ {
				crosses = crosses || k == 4
			}
			if !crosses {
				want.add(cs[i+after].Close/cs[i+1].Open - 1)
			}
		}
		if got := baseOf(cs, after); got.n != want.n || got.hits != want.hits {
			t.Errorf("after %d: %+v, want %+v", after, got, want)
		}
	}
}

// A signal is open from its own bar on until its last outcome is there, and no longer.
func TestOpenSignals(t *testing.T) {
	r := newRig(t, "", "\nformulas:\n  - {name: jump, expression: \"close > 2 * close[1]\"}\n")
	ask := func(query string) (a outcomesAnswer) {
		t.Helper()
		response, err := http.Get(r.server.URL + "/api/v1/outcomes" + query)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if err := json.NewDecoder(response.Body).Decode(&a); err != nil {
			t.Fatal(err)
		}
		return a
	}
	r.push("AAPL", 10, 30)
	if a := ask(""); len(a.Open) != 1 || a.Open[0].Bars != 0 || a.Open[0].Left != 20 || a.Open[0].Symbol != "AAPL" {
		t.Fatalf("on the bar of the signal: %+v", a)
	}
	r.push("AAPL", 30, 33, 36)
	a := ask("?symbol=AAPL&timeframe=1m&formula=jump")
	if len(a.Open) != 1 || a.Open[0].Bars != 3 || a.Open[0].Entry != 30 || a.Open[0].Close != 36 ||
		math.Abs(float64(a.Open[0].Return)-0.2) > 1e-12 || !slices.Equal(a.After, []int{1, 5, 20}) {
		t.Errorf("three bars later: %+v", a)
	}
	for _, other := range []string{"?symbol=MSFT", "?formula=none", "?timeframe=5m"} {
		if a := ask(other); len(a.Open) != 0 {
			t.Errorf("%s: %+v", other, a.Open)
		}
	}
	r.push("AAPL", wave(17, 36, 1)...)
	if a := ask(""); len(a.Open) != 0 || len(a.Outcomes) != 3 {
		t.Errorf("behind the last outcome: %+v", a)
	}
}

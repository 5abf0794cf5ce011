package stream

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"streamd/candle"
	"streamd/formula/plan"
)

// randomCondition writes a condition of what formulas are made of.
func randomCondition(r *rand.Rand, depth int) string {
	number := func() string {
		return []string{
			"close", "open", "high - low", "sma(close, 3)", "ema(close, 5)", "rsi(close, 4)", "close[2]",
			"highest(high, 4)", "volume",
			"close / (close - open)", `tf("5m", close)`, `tf("5m", sma(close, 3))`, "valuewhen(close > open, close, 1)",
			"macd(close, 3, 6, 2).signal", "nz(close[3])",
		}[r.IntN(15)]
	}
	if depth > 0 && r.IntN(3) > 0 {
		a, b := randomCondition(r, depth-1), randomCondition(r, depth-1)
		return []string{
			"(" + a + " and " + b + ")", "(" + a + " or " + b + ")", "not (" + a + ")",
			"(" + a + " ? " + b + " : " + a + ")", "((" + a + ") == (" + b + "))", "(" + a + ")[1]",
		}[r.IntN(6)]
	}
	sign := []string{">", "<", ">=", "<=", "==", "!="}[r.IntN(6)]
	return []string{
		number() + " " + sign + " " + number(), "crossover(" + number() + ", " + number() + ")",
		"cross(" + number() + ", 10)",
		"rising(" + number() + ", 2)", "falling(" + number() + ", 1)", "close > " + number(), `session("00:02-00:40")`,
		"9 < close < 11", "crossunder(close, sma(close, 3))",
	}[r.IntN(9)]
}

func randomFormula(r *rand.Rand, i int) Formula {
	f := Formula{Name: fmt.Sprint("f", i), Expression: randomCondition(r, 3), Intrabar: r.IntN(2) == 0}
	if r.IntN(2) == 0 {
		f.Mode = Edge
	}
	f.For, f.Cooldown, f.MinBars = r.IntN(3), r.IntN(4)*r.IntN(2), r.IntN(20)*r.IntN(2)
	return f
}

// randomBars are closed candles on a coarse grid of prices, so that many are equal, with gaps.
func randomBars(r *rand.Rand, n int) []candle.Candle {
	bars := make([]candle.Candle, n)
	at, price := int64(0), 10.0
	for i := range bars {
		open := price
		price = max(8, min(12, price+float64(r.IntN(5)-2)/4))
		bars[i] = candle.Candle{
			Time: at, Open: open, High: max(open, price) + 0.25*float64(r.IntN(2)),
			Low: min(open, price), Close: price, Volume: float64(r.IntN(4)),
		}
		at += int64(time.Minute)
		if r.IntN(15) == 0 {
			at += int64(time.Minute) * int64(r.IntN(12))
		}
	}
	return bars
}

// comparisonsHold fails where a condition is not what its comparisons say together.
func comparisonsHold(t *testing.T, x *plan.Explained) {
	t.Helper()
	holds, known := true, len(x.Comparisons) > 0
	for _, c := range x.Comparisons {
		known = known && c.Holds != nil
		holds = holds && known && *c.Holds
	}
	if value, ok := x.Value.(bool); ok && known && value != holds {
		t.Fatalf("%s is %v, its comparisons are %+v", x.Expression, value, x.Comparisons)
	}
	for _, in := range x.Inputs {
		comparisonsHold(t, in)
	}
}

// What an explanation says of a bar is what the engine does on it, for any
// formulas, settings and candles; its value is that of the tree.
func TestExplanationsAreWhatTheEngineDoes(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	key := candle.Series{Symbol: "A", Timeframe: minute(t)}
	codes, fired := map[string]int{}, 0
	for round := range 150 {
		var formulas []Formula
		for i := range 4 {
			formulas = append(formulas, randomFormula(r, i))
		}
		rules, problems := NewRules(RulesConfig{Formulas: formulas})
		if len(problems) > 0 {
			t.Fatal(problems[0])
		}
		o := Options{Gaps: []GapPolicy{GapSkip, GapFill, GapReset}[r.IntN(3)]}
		bars := randomBars(r, 120)
		o.BlockMax = 1 + r.IntN(9)
		engine := New(rules, o)
		var block Block
		for _, c := range bars {
			block.Append(c)
		}
		var out Effects
		engine.PushBlock(engine.Series(key), &block, &out)
		want := map[string]bool{}
		for i := range out.Matches {
			m := &out.Matches[i]
			want[fmt.Sprint(m.Formula().Name, m.Candle.Time)] = true
		}
		for _, f := range formulas {
			x, err := NewExplainer(rules, f.Name, key, o)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range bars {
				x.Push(c, true)
				e := x.Explanation()
				at := fmt.Sprint(f.Name, c.Time)
				if e.Fired != want[at] || e.Fired != (len(e.Reasons) == 0) {
					t.Fatalf("round %d: %s %+v: engine fired %v, explained %v because %v", round, at, f, want[at],
						e.Fired, e.Reasons)
				}
				comparisonsHold(t, e.Tree)
				if e.Fired && e.Tree.Value != true {
					t.Fatalf("%s fired with the value %v", f.Expression, e.Tree.Value)
				}
				for _, reason := range e.Reasons {
					codes[reason.Code]++
				}
				if e.Fired {
					fired++
				}
			}
			if _, err := json.Marshal(x.Explanation()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if fired < 1000 {
		t.Fatalf("only %d bars fired", fired)
	}
	for _, code := range []string{
		ReasonFalse, ReasonNa, ReasonWarming, ReasonMinBars, ReasonFor, ReasonEdge,
		ReasonCooldown,
	} {
		if codes[code] < 50 {
			t.Errorf("reason %s came %d times: %v", code, codes[code], codes)
		}
	}
}

// On a forming candle, too.
func TestFormingExplanationsAreWhatTheEngineDoes(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	key := candle.Series{Symbol: "A", Timeframe: minute(t)}
	fired := 0
	for i := range 300 {
		f := randomFormula(r, i)
		rules, problems := NewRules(RulesConfig{Formulas: []Formula{f}})
		if len(problems) > 0 {
			t.Fatal(problems[0])
		}
		bars := randomBars(r, 40)
		engine := New(rules, Options{})
		x, err := NewExplainer(rules, f.Name, key, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var out Effects
		for j, c := range bars {
			out.Reset()
			closed := j < len(bars)-1
			engine.PushSeries(engine.Series(key), c, closed, &out)
			x.Push(c, closed)
		}
		e := x.Explanation()
		if want := len(out.Matches) == 1; e.Fired != want || e.Fired != (len(e.Reasons) == 0) || !e.Forming {
			t.Fatalf("%+v: engine fired %v, explained %v because %v", f, want, e.Fired, e.Reasons)
		}
		if e.Fired {
			fired++
		}
	}
	if fired < 20 {
		t.Fatalf("only %d fired", fired)
	}
}

// An engine explains the candles that it keeps: exactly with a record from
// before, and else with what may differ marked.
func TestEngineExplainsKeptCandles(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	key := candle.Series{Symbol: "A", Timeframe: minute(t)}
	f := Formula{Name: "f", Expression: `ema(close, 9) > 10 and tf("5m", ema(close, 20)) < 11 and crossover(close, open)`, Mode: Edge, Cooldown: 20}
	rules, problems := NewRules(RulesConfig{Formulas: []Formula{f}, Buffer: 60})
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	o := Options{Buffer: 60}
	bars := randomBars(r, 600)
	engine := New(rules, o)
	whole, err := NewExplainer(rules, "f", key, o)
	if err != nil {
		t.Fatal(err)
	}
	s := engine.Series(key)
	var out Effects
	var record []byte
	fired := 0
	for i, c := range bars {
		engine.PushSeries(s, c, true, &out)
		whole.Push(c, true)
		if i < 300 {
			continue
		}
		want := whole.Explanation()
		if record != nil {
			got, err := engine.Explain(key, "f", Newest, record)
			if err != nil {
				t.Fatal(err)
			}
			if a, b := marshal(t, want), marshal(t, got); a != b && i%20 > 12 { // the trace needs some bars to know all
				t.Fatalf("bar %d: explained\n%s\nas\n%s", i, a, b)
			}
			if got.Fired != want.Fired || got.Partial {
				t.Fatalf("bar %d: fired %v, explained as %v, partial %v", i, want.Fired, got.Fired, got.Partial)
			}
			if got.Fired {
				fired++
			}
		}
		if i%20 == 0 {
			record = s.AppendRecord(nil, nil)
		}
	}
	if fired < 5 {
		t.Fatalf("only %d fired", fired)
	}
	e, err := engine.Explain(key, "f", Newest, nil)
	if err != nil || !e.Partial || !strings.Contains(marshal(t, e), `"unsettled":true`) {
		t.Fatalf("from the ring alone: %v, %s", err, marshal(t, e))
	}
	if e, err := engine.Explain(key, "f", bars[580].Time, nil); err != nil || e.Timestamp.UnixNano() != bars[580].Time {
		t.Fatalf("an earlier bar: %v", err)
	}
	if _, err := engine.Explain(key, "f", bars[5].Time, nil); !errors.Is(err, ErrNoCandle) {
		t.Fatalf("a bar that is not kept: %v", err)
	}
	if _, err := engine.Explain(candle.Series{Symbol: "B", Timeframe: key.Timeframe}, "f", Newest, nil); !errors.Is(err,
		ErrNoSeries) {
		t.Fatalf("another series: %v", err)
	}
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Candles that do not count are explained as what they are.
func TestDefectsAreExplained(t *testing.T) {
	key := candle.Series{Symbol: "A", Timeframe: minute(t)}
	rules, problems := NewRules(RulesConfig{Formulas: []Formula{{
		Name: "f", Expression: "close > 1",
		Symbols: []string{"B*"},
	}}})
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	x, err := NewExplainer(rules, "f", key, Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := candle.Candle{Time: int64(time.Hour), Open: 2, High: 2, Low: 2, Close: 2}
	other, late := c, c
	other.Volume, late.Time = 5, 0
	for _, push := range []struct {
		c    candle.Candle
		want string
	}{{c, "selection"}, {c, "selection duplicate"}, {other, "selection correction"}, {late, "selection late"}} {
		x.Push(push.c, true)
		var got []string
		e := x.Explanation()
		for _, r := range e.Reasons {
			got = append(got, r.Code)
		}
		if strings.Join(got, " ") != push.want || e.Fired {
			t.Errorf("%+v: %v, want %s", push.c, e.Reasons, push.want)
		}
	}
}

// Of the newest candle an engine tells its own verdict, also where the candles kept
// are fewer than min_bars, a cooldown, a run or a value reaches back.
func TestEngineExplainsItsOwnVerdict(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	key := candle.Series{Symbol: "A", Timeframe: minute(t)}
	reasons, fired := map[string]int{}, 0
	for round := range 25 {
		var formulas []Formula
		for i := range 4 {
			f := randomFormula(r, i)
			switch r.IntN(4) {
			case 0:
				f.MinBars = 40 + r.IntN(60)
			case 1:
				f.Cooldown = 20 + r.IntN(60)
			case 2:
				f.For, f.Expression = r.IntN(60), "close > 1"
			default:
				f.Expression = []string{
					"bar_index > 70", "cum(volume) > 80", "barssince(close > 11.5) > 4",
					`tf("30m", sma(close, 2)) > 9`,
				}[r.IntN(4)]
			}
			formulas = append(formulas, f)
		}
		rules, problems := NewRules(RulesConfig{Formulas: formulas, Buffer: 30})
		if len(problems) > 0 {
			t.Fatal(problems[0])
		}
		engine := New(rules, Options{Buffer: 30})
		s := engine.Series(key)
		var out Effects
		for i, c := range randomBars(r, 120) {
			out.Reset()
			engine.PushSeries(s, c, true, &out)
			if i == 90 { // a restart
				record := s.AppendRecord(nil, nil)
				engine = New(rules, Options{Buffer: 30})
				var err error
				if s, err = engine.Restore(record); err != nil {
					t.Fatal(err)
				}
				continue // a record does not tell whether the newest candle was a cooldown's last
			}
			want := map[string]bool{}
			for k := range out.Matches {
				want[out.Matches[k].Formula().Name] = true
			}
			for _, f := range formulas {
				e, err := engine.Explain(key, f.Name, Newest, nil)
				if err != nil {
					t.Fatal(err)
				}
				if e.Fired != want[f.Name] || e.Fired != (len(e.Reasons) == 0) || e.Bars != i+1 {
					t.Fatalf("round %d, bar %d: %+v: fired %v, explained %v on bar %d because %v", round, i, f,
						want[f.Name], e.Fired, e.Bars, e.Reasons)
				}
				for _, reason := range e.Reasons {
					reasons[reason.Code]++
				}
				if e.Fired && i >= 30 {
					fired++
				}
			}
		}
	}
	if fired < 500 || reasons[ReasonMinBars] < 500 || reasons[ReasonCooldown] < 500 || reasons[ReasonFor] < 500 {
		t.Errorf("%d fired, others did not because %v", fired, reasons)
	}
}

// Of older candles it knows the number, the run that still goes on, and a cooldown
// that does.
func TestEngineExplainsOlderCandlesByWhatItKnows(t *testing.T) {
	key := candle.Series{Symbol: "A", Timeframe: minute(t)}
	rules, problems := NewRules(RulesConfig{Buffer: 30, Formulas: []Formula{
		{Name: "long", Expression: "close > 1", For: 50, MinBars: 80},
		{Name: "rare", Expression: "close > 1", Cooldown: 89},
	}})
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	engine := New(rules, Options{Buffer: 30})
	var out Effects
	for i := range 100 {
		c := candle.Candle{Time: int64(i) * int64(time.Minute), Open: 2, High: 2, Low: 2, Close: 2, Volume: 1}
		engine.PushSeries(engine.Series(key), c, true, &out)
	}
	for _, want := range []struct {
		name string
		bar  int
		text string
	}{
		{"long", 78, "[min_bars: 79 of 80]"},
		{"long", 79, "[]"},
		{"long", 95, "[]"},
		{"rare", 90, "[]"},
		{"rare", 91, "[cooldown: bar 1 of 89]"},
		{"rare", 99, "[cooldown: bar 9 of 89]"},
	} {
		e, err := engine.Explain(key, want.name, int64(want.bar)*int64(time.Minute), nil)
		if err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, r := range e.Reasons {
			texts = append(texts, r.Text)
		}
		if got := fmt.Sprint(texts); got != want.text || e.Fired != (got == "[]") || e.Bars != want.bar+1 {
			t.Errorf("%s on bar %d: %s, fired %v on bar %d of the series", want.name, want.bar, got, e.Fired, e.Bars)
		}
	}
	if _, err := engine.Explain(key, "long", 0, nil); !errors.Is(err, ErrNoCandle) {
		t.Errorf("the candle of the time 0: %v", err)
	}
}

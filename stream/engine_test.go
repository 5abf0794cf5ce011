package stream

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"streamd/candle"
	"streamd/internal/seed"
)

func minute(t testing.TB) candle.Timeframe {
	t.Helper()
	tf, err := candle.ParseTimeframe("1m")
	if err != nil {
		t.Fatal(err)
	}
	return tf
}

// testRules use every mode, a window, recursive indicators, a crossing and a
// higher timeframe.
func testRules(t testing.TB) *Rules {
	return benchRules(t, []Formula{
		{Name: "plain", Expression: "close > sma(close, 20) and rsi(close, 14) < 60"},
		{Name: "edge", Expression: "close > ema(close, 50)", Mode: Edge, Cooldown: 3, Signal: Entry, Resolve: true},
		{Name: "run", Expression: "close > close[1]", For: 3, Metadata: map[string]string{"desk": "a<b"}},
		{Name: "cross", Expression: "crossover(sma(close, 5), sma(close, 30))", MinBars: 100, Signal: Exit},
		{Name: "higher", Expression: `close > tf("5m", sma(high, 3)) and volume > 200`},
		{Name: "ends", Expression: "close > sma(close, 8)", Mode: Edge, Expires: 4, Rearm: "close < sma(close, 30)"},
		{Name: "intrabar", Expression: "close > highest(high, 10)[1]", Intrabar: true},
	})
}

// testCandles walk at random, with gaps.
func testCandles(rng *rand.Rand, n int) []candle.Candle {
	cs := make([]candle.Candle, n)
	p, at := 100.0, time.Date(2024, 1, 2, 14, 30, 0, 0, time.UTC).UnixNano()
	for i := range cs {
		o := p
		p *= 1 + rng.NormFloat64()*0.002
		cs[i] = candle.Candle{
			Time: at, Open: o, High: max(o, p) * 1.001, Low: min(o, p) * 0.999, Close: p,
			Volume: float64(rng.IntN(1000)),
		}
		at += int64(time.Minute)
		if rng.IntN(20) == 0 {
			at += int64(time.Minute) * int64(rng.IntN(10))
		}
	}
	return cs
}

// payloads applies the candles one by one, with a snapshot and restore at some
// of them, and returns all payloads and the last record.
func payloads(t *testing.T, e *Engine, cs []candle.Candle, restart func(i int) *Engine) ([]string, []byte) {
	t.Helper()
	var lines []string
	var out Effects
	key := candle.Series{Symbol: "A&B", Timeframe: minute(t)}
	for i, c := range cs {
		if v := e.PushSeries(e.Series(key), c, true, &out); v != Applied {
			t.Fatalf("bar %d is %v", i, v)
		}
		for k := range out.Matches {
			lines = append(lines, string(out.Matches[k].AppendJSON(nil)))
		}
		out.Reset()
		if next := restart(i); next != nil {
			record := e.Series(key).AppendRecord(nil, []byte("in/3"))
			_, origin, _, _ := VerifyRecord(record)
			s, err := next.Restore(record)
			if err != nil || string(origin) != "in/3" || s.Key != key {
				t.Fatalf("restore: %v %v %v", s, origin, err)
			}
			e = next
		}
	}
	return lines, e.Series(key).AppendRecord(nil, []byte("in/3"))
}

func TestBlocksAndRestartsDoNotMatter(t *testing.T) {
	rng := seed.Rand(t)
	cs := testCandles(rng, 1500)
	rules := testRules(t)
	never := func(int) *Engine { return nil }
	for _, gaps := range []GapPolicy{GapSkip, GapFill, GapReset} {
		want, wantRecord := payloads(t, New(rules, Options{Gaps: gaps}), cs, never)
		if gaps == GapSkip && len(want) < 50 {
			t.Fatalf("only %d matches: the test shows nothing", len(want))
		}
		got, record := payloads(t, New(rules, Options{Gaps: gaps}), cs, func(int) *Engine {
			if rng.IntN(100) > 0 {
				return nil
			}
			return New(rules, Options{Gaps: gaps, Slack: 1 + rng.IntN(50)})
		})
		if !slices.Equal(got, want) || !bytes.Equal(record, wantRecord) {
			t.Errorf("gaps %s: restarts change the result", gaps)
		}
		e := New(rules, Options{Gaps: gaps, BlockMax: 64, Slack: 100})
		s := e.Series(candle.Series{Symbol: "A&B", Timeframe: minute(t)})
		var out Effects
		var block Block
		for i := 0; i < len(cs); {
			n := min(len(cs)-i, 1+rng.IntN(300))
			block.Reset()
			for _, c := range cs[i : i+n] {
				block.Append(c)
			}
			e.PushBlock(s, &block, &out)
			i += n
		}
		var lines []string
		for k := range out.Matches {
			lines = append(lines, string(out.Matches[k].AppendJSON(nil)))
		}
		slices.Sort(lines)
		slices.Sort(want)
		if !slices.Equal(lines, want) {
			t.Errorf("gaps %s: blocks change the signals", gaps)
		}
		if got := s.AppendRecord(nil, []byte("in/3")); !bytes.Equal(got, wantRecord) {
			t.Errorf("gaps %s: blocks change the state", gaps)
		}
	}
}

func TestPayloadIsJSON(t *testing.T) {
	lines, _ := payloads(t, New(testRules(t), Options{}), testCandles(rand.New(rand.NewPCG(1, 2)), 600),
		func(int) *Engine { return nil })
	for _, line := range lines {
		var m struct {
			ID, Formula, Symbol, Timeframe string
			SignalType                     SignalType `json:"signal_type"`
			Timestamp                      time.Time
			Candle                         map[string]float64
			Values                         map[string]float64 `json:"indicator_values"`
			Metadata                       map[string]string
		}
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if len(m.ID) != 32 || m.Symbol != "A&B" || len(m.Candle) != 5 || m.Timeframe != "1m" {
			t.Fatalf("payload %s", line)
		}
		if m.Formula == "run" && m.Metadata["desk"] != "a<b" {
			t.Fatalf("metadata of %s", line)
		}
		if _, ok := m.Values["rsi(close, 14)"]; m.Formula == "plain" && !ok {
			t.Fatalf("no value of the formula's own call in %s", line)
		}
	}
}

func TestDefectsLeaveTheStateAlone(t *testing.T) {
	cs := testCandles(rand.New(rand.NewPCG(3, 4)), 200)
	e := New(testRules(t), Options{})
	key := candle.Series{Symbol: "A", Timeframe: minute(t)}
	var out Effects
	for _, c := range cs {
		e.PushSeries(e.Series(key), c, true, &out)
	}
	before := e.Series(key).AppendRecord(nil, nil)
	last := cs[len(cs)-1]
	changed := last
	changed.Close = last.Low
	for _, d := range []struct {
		c    candle.Candle
		want Verdict
	}{{last, Duplicate}, {changed, Correction}, {cs[10], Late}} {
		if v := e.PushSeries(e.Series(key), d.c, true, &out); v != d.want {
			t.Errorf("verdict %v, want %v", v, d.want)
		}
	}
	forming := last
	forming.Time += int64(time.Minute)
	forming.High, forming.Close = last.High*2, last.High*2
	out.Reset()
	if v := e.PushSeries(e.Series(key), forming, false, &out); v != Forming {
		t.Errorf("forming candle is %v", v)
	}
	if len(out.Matches) != 1 || !out.Matches[0].Intrabar || out.Matches[0].Formula().Name != "intrabar" {
		t.Errorf("forming candle made %d matches", len(out.Matches))
	}
	if after := e.Series(key).AppendRecord(nil, nil); !bytes.Equal(after, before) {
		t.Error("candles that are not applied changed the state")
	}
}

func TestReloadKeepsState(t *testing.T) {
	cs := testCandles(rand.New(rand.NewPCG(5, 6)), 1200)
	rules := testRules(t)
	want, _ := payloads(t, New(rules, Options{}), cs, func(int) *Engine { return nil })
	e := New(rules, Options{BlockMax: 32})
	var got []string
	var out Effects
	key := candle.Series{Symbol: "A&B", Timeframe: minute(t)}
	more := append(slices.Clone(rules.Formulas()),
		Formula{Name: "new", Expression: "close < sma(close, 7) and close > 1e9"})
	for i, c := range cs {
		switch i % 200 { // the formulas change in between only
		case 50:
			e.Reload(benchRules(t, more))
		case 150:
			e.Reload(benchRules(t, rules.Formulas()))
		}
		e.PushSeries(e.Series(key), c, true, &out)
		for k := range out.Matches {
			got = append(got, string(out.Matches[k].AppendJSON(nil)))
		}
		out.Reset()
	}
	if !slices.Equal(got, want) {
		t.Errorf("reloads change the signals: %d, want %d", len(got), len(want))
	}
}

func TestPushAllocatesNothing(t *testing.T) {
	e := New(benchRules(t, benchFormulas(20)), Options{})
	s := e.Series(candle.Series{Symbol: "A", Timeframe: minute(t)})
	cs := benchCandles(3000)
	var out Effects
	i := 0
	if n := testing.AllocsPerRun(2000, func() {
		e.PushSeries(s, cs[i], true, &out)
		out.Drop()
		i++
	}); n > 0 {
		t.Errorf("%v allocations per candle", n)
	}
}

func FuzzRestore(f *testing.F) {
	rules := testRules(f)
	e := New(rules, Options{})
	var out Effects
	s := e.Series(candle.Series{Symbol: "A", Timeframe: minute(f)})
	for _, c := range testCandles(rand.New(rand.NewPCG(7, 8)), 50) {
		e.PushSeries(s, c, true, &out)
	}
	f.Add(s.AppendRecord(nil, []byte("in")), 10, byte(1))
	f.Fuzz(func(t *testing.T, record []byte, at int, flip byte) {
		damaged := slices.Clone(record)
		if len(damaged) > 0 {
			damaged[uint(at)%uint(len(damaged))] ^= flip
		}
		_, _, _, verr := VerifyRecord(damaged)
		_, rerr := New(rules, Options{}).Restore(damaged)
		if (verr == nil) && rerr != nil {
			return // a right checksum over content that is not a record
		}
		if verr != nil && rerr == nil {
			t.Fatal("a record that does not verify was restored")
		}
	})
}

func TestSymbolPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, symbol string
		want            bool
	}{
		{"AAPL", "AAPL", true},
		{"BTC*", "BTC/USD", true},
		{"BTC*", "XBTC", false},
		{"?BC", "ABC", true},
		{"A.C", "ABC", false},
		{"", "", true},
		{"", "A", false},
		{"*", "", true},
		{"?", "", false},
		{"?", "é", true},
		{"\xff*", "A", false},
		{"A*\xff", "AB", false},
		{"[AB]*", "A", false},
		{"*" + strings.Repeat("a*", 100) + "b", strings.Repeat("a", 64), false},
	} {
		if got := SymbolMatches(c.pattern, c.symbol); got != c.want {
			t.Errorf("%s on %s: %v", c.pattern, c.symbol, got)
		}
	}
	// Any pattern means what it means as a regular expression.
	r := rand.New(rand.NewPCG(13, 14))
	text := func(signs string, most int) string {
		var b strings.Builder
		for range r.IntN(most) {
			b.WriteRune([]rune(signs)[r.IntN(len([]rune(signs)))])
		}
		return b.String()
	}
	for range 20_000 {
		pattern, symbol := text("ab.é*?*", 8), text("ab.é*", 10)
		re := regexp.MustCompile("^(?s:" + strings.NewReplacer(`\*`, ".*", `\?`,
			".").Replace(regexp.QuoteMeta(pattern)) + ")$")
		if got, want := SymbolMatches(pattern, symbol), re.MatchString(symbol); got != want {
			t.Fatalf("%s on %s: %v", pattern, symbol, got)
		}
	}
}

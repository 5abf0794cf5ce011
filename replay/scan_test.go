package replay

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"streamd/candle"
	"streamd/history"
	"streamd/stream"
)

func timeframe(t testing.TB, s string) candle.Timeframe {
	t.Helper()
	tf, err := candle.ParseTimeframe(s)
	if err != nil {
		t.Fatal(err)
	}
	return tf
}

// walk returns daily candles of a random walk.
func walk(t testing.TB, symbol string, bars int, seed uint64) history.Tape {
	r := rand.New(rand.NewPCG(seed, 1))
	tape := history.Tape{Key: candle.Series{Symbol: symbol, Timeframe: timeframe(t, "1d")}}
	price := 100.0
	for i := range bars {
		open := price
		price = max(1, price*(1+0.02*r.NormFloat64()))
		tape.Block.Append(candle.Candle{
			Time: int64(i) * int64(24*time.Hour), Open: open, High: max(open, price) * 1.01,
			Low: min(open, price) * 0.99, Close: price, Volume: float64(r.IntN(1_000_000)),
		})
	}
	return tape
}

func walks(t testing.TB, symbols, bars int) history.Data {
	var d history.Data
	for i := range symbols {
		d.Memory = append(d.Memory, walk(t, fmt.Sprintf("S%05d", i), bars, uint64(i)))
	}
	return d
}

var oversold = []stream.Formula{
	{Name: "oversold", Expression: "close > sma(close, 20) and rsi(close, 14) < 60 and volume > 1.5 * sma(volume, 20)"},
	{Name: "cross", Expression: "crossover(close, ema(close, 12))", Mode: stream.Edge, Cooldown: 5},
}

func lines(t *Totals) string {
	var b []byte
	for i := range t.Matches {
		b = append(t.Matches[i].AppendJSON(b), '\n')
	}
	return string(b)
}

// TestScanIsLive holds a scan to what an engine finds that is given one candle
// after the other, the symbols interleaved: the same bytes in the same order.
func TestScanIsLive(t *testing.T) {
	d := walks(t, 20, 700)
	rules, problems := stream.NewRules(stream.RulesConfig{Formulas: oversold})
	if problems != nil {
		t.Fatal(problems[0])
	}
	e := stream.New(rules, stream.Options{})
	var live []stream.Match
	var out stream.Effects
	for bar := range 700 {
		for i := range d.Memory {
			m := candle.Message{
				Symbol: []byte(d.Memory[i].Key.Symbol), Timeframe: d.Memory[i].Key.Timeframe,
				Candle: d.Memory[i].Block.At(bar), Closed: true,
			}
			e.Push(&m, &out)
		}
		for i := range out.Matches {
			live = append(live, out.Matches[i].Clone())
		}
		out.Reset()
	}
	sortMatches(live, SortTimestamp)
	want := lines(&Totals{Matches: live})
	for _, workers := range []int{1, 3, 8} {
		results, _, err := Scan(t.Context(), &Job{Data: d, Formulas: oversold, Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		totals := Aggregate(results, "")
		if got := lines(totals); got != want {
			t.Fatalf("%d workers: %d matches, live has %d, or other bytes", workers, len(totals.Matches), len(live))
		}
	}
	if len(live) < 50 {
		t.Fatalf("only %d matches: the test shows nothing", len(live))
	}
}

// TestScanErrorsStayWithTheirSeries scans 10,000 symbols of which 100 are
// broken: 100 errors, and all else as without them.
func TestScanErrorsStayWithTheirSeries(t *testing.T) {
	d := walks(t, 10_000, 40)
	rising := []stream.Formula{{Name: "up", Expression: "close > close[1]"}}
	results, _, err := Scan(t.Context(), &Job{Data: d, Formulas: rising, Workers: 4})
	if err != nil {
		t.Fatal(err)
	}
	whole := Aggregate(results, "")
	damaged := errors.New("the page is torn")
	lost := 0
	for i := range 100 {
		tape := &d.Memory[i*97]
		lost += whole.BySymbol[tape.Key.Symbol]
		tape.Block = stream.Block{}
		if i%2 == 0 {
			tape.Err = damaged
		}
	}
	results, _, err = Scan(t.Context(), &Job{Data: d, Formulas: rising, Workers: 4})
	if err != nil {
		t.Fatal(err)
	}
	got := Aggregate(results, "")
	if len(got.Errors) != 100 || got.Symbols != 9_900 || got.Total != whole.Total-lost {
		t.Fatalf("%d errors, %d symbols, %d matches; want 100, 9900, %d", len(got.Errors), got.Symbols, got.Total,
			whole.Total-lost)
	}
	for symbol, err := range got.Errors {
		if !errors.Is(err, damaged) && !errors.Is(err, ErrNoData) {
			t.Fatalf("%s: %v", symbol, err)
		}
	}
}

// TestScanSaysWhatIsMissing lists symbols that were asked for and are not there.
func TestScanSaysWhatIsMissing(t *testing.T) {
	d := walks(t, 3, 40)
	d.Symbols = []string{"S00001", "NOPE", "Z*"}
	results, _, err := Scan(t.Context(), &Job{Data: d, Formulas: oversold})
	if err != nil {
		t.Fatal(err)
	}
	totals := Aggregate(results, "")
	if totals.Symbols != 1 || len(totals.Errors) != 1 || !errors.Is(totals.Errors["NOPE"], ErrNoData) {
		t.Fatalf("symbols %d, errors %v", totals.Symbols, totals.Errors)
	}
}

// TestScanEndsWhenTold ends a long scan early: what was done is there, and the
// rest is left.
func TestScanEndsWhenTold(t *testing.T) {
	d := walks(t, 200, 5_000)
	ctx, cancel := context.WithCancel(t.Context())
	j := &Job{Data: d, Formulas: oversold, Workers: 2, Progress: func(done, total int) {
		if total != 200 {
			t.Errorf("total %d", total)
		}
		if done == 10 {
			cancel()
		}
	}}
	results, _, err := Scan(ctx, j)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(results); n < 10 || n > 13 {
		t.Fatalf("%d series were worked on after the end at 10", n)
	}
}

// TestScanTimeout gives up a series that takes too long, and says so.
func TestScanTimeout(t *testing.T) {
	d := walks(t, 1, 400_000)
	d.Memory = append(d.Memory, walk(t, "SHORT", 10, 7))
	results, _, err := Scan(t.Context(), &Job{Data: d, Formulas: oversold, Timeout: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	totals := Aggregate(results, "")
	if err := totals.Errors["S00000"]; err == nil || !strings.Contains(err.Error(), "not done within 1ms") {
		t.Fatalf("error %v", err)
	}
}

// TestAggregateOrders sorts by symbol and by an indicator, ties by time.
func TestAggregateOrders(t *testing.T) {
	results, _, err := Scan(t.Context(), &Job{Data: walks(t, 5, 300), Formulas: oversold})
	if err != nil {
		t.Fatal(err)
	}
	bySymbol := Aggregate(results, SortSymbol).Matches
	for i := 1; i < len(bySymbol); i++ {
		a, b := &bySymbol[i-1], &bySymbol[i]
		if a.Series.Symbol > b.Series.Symbol || a.Series.Symbol == b.Series.Symbol && a.Compare(b) >= 0 {
			t.Fatal("not in order of symbol and time")
		}
	}
	totals := Aggregate(results, "rsi_14")
	for i := 1; i < len(totals.Matches); i++ {
		a, okA := totals.Matches[i-1].Value("rsi_14")
		b, okB := totals.Matches[i].Value("rsi_14")
		if okA && okB && a < b || !okA && okB {
			t.Fatalf("rsi_14 %v before %v", a, b)
		}
	}
	days := 0
	for _, n := range totals.ByDate {
		days += n
	}
	if days != totals.Total || len(totals.Dates()) != len(totals.ByDate) || totals.Total != len(totals.Matches) {
		t.Fatalf("%d matches by date, %d in all", days, totals.Total)
	}
}

// TestScanCountOnly counts the same without keeping matches, and gives values
// where they are asked for.
func TestScanCountOnly(t *testing.T) {
	d := walks(t, 4, 300)
	kept, _, err := Scan(t.Context(), &Job{Data: d, Formulas: oversold})
	if err != nil {
		t.Fatal(err)
	}
	counted, _, err := Scan(t.Context(), &Job{
		Data: d, Formulas: oversold, CountOnly: true,
		Values: []string{"close", "sma(close, 20)"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range kept {
		if kept[i].Count != counted[i].Count || len(counted[i].Matches) != 0 || kept[i].Count != len(kept[i].Matches) {
			t.Fatalf("%s: %d kept, %d counted", kept[i].Key, kept[i].Count, counted[i].Count)
		}
		v := counted[i].Values
		if len(v) != 2 || len(v[1]) != 300 || v[0][7] != d.Memory[i].Block.Close[7] || v[1][18] == v[1][18] ||
			v[1][19] != v[1][19] {
			t.Fatalf("%s: values %v", kept[i].Key, v[1][:21])
		}
	}
}

func BenchmarkScan(b *testing.B) {
	d := walks(b, 100, 2_520)
	f := []stream.Formula{{Name: "scan", Expression: "close > sma(close, 20) and rsi(close, 14) < 30 and volume > 2 " +
		"* sma(volume, 20)"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Scan(b.Context(), &Job{Data: d, Formulas: f, Workers: 1, CountOnly: true}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*100*2_520), "ns/bar")
}

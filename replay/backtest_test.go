package replay

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"streamd/candle"
	"streamd/history"
	"streamd/internal/seed"
	"streamd/stream"

	"github.com/cockroachdb/datadriven"
)

// TestBacktestScripts runs testdata/backtest; the README there says how to read
// and add to it.
func TestBacktestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/backtest/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, file := range files {
		var b stream.Block
		datadriven.RunTest(t, file, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "bars":
				b = scriptBars(t, d.Input)
				return fmt.Sprintf("%d bars", b.Len())
			case "trade":
				return scriptTrade(t, d, &b)
			}
			t.Fatalf("%s: unknown command %q", d.Pos, d.Cmd)
			return ""
		})
	}
	if os.Getenv("REWRITE") != "" {
		t.Log("run with -rewrite to write the scripts anew")
	}
}

func scriptBars(t *testing.T, text string) stream.Block {
	var b stream.Block
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		line, _, _ = strings.Cut(line, "#")
		var c candle.Candle
		if n, err := fmt.Sscan(line, &c.Open, &c.High, &c.Low, &c.Close); n != 4 {
			t.Fatalf("bar %q: %v", line, err)
		}
		c.Time, c.Volume = int64(i)*int64(24*time.Hour), 1
		b.Append(c)
	}
	return b
}

func scriptTrade(t *testing.T, d *datadriven.TestData, b *stream.Block) string {
	r := Rules{Side: Long, Cash: 1000, Size: 1}
	entries, exits := make([]bool, b.Len()), make([]bool, b.Len())
	number := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatalf("%s: %v", d.Pos, err)
		}
		return v
	}
	for _, a := range d.CmdArgs {
		switch a.Key {
		case "entry", "exit":
			into := entries
			if a.Key == "exit" {
				into = exits
			}
			for _, v := range a.Vals {
				into[int(number(v))] = true
			}
		case "side":
			r.Side = Side(a.Vals[0])
		default:
			fields := map[string]*float64{
				"fee": &r.Fee, "slippage": &r.Slippage, "stop": &r.Stop, "target": &r.Target,
				"trail": &r.Trail, "size": &r.Size, "amount": &r.Amount,
			}
			if a.Key == "bars" {
				r.BarsMax = int(number(a.Vals[0]))
			} else if f := fields[a.Key]; f != nil {
				*f = number(a.Vals[0])
			} else {
				t.Fatalf("%s: unknown setting %q", d.Pos, a.Key)
			}
		}
	}
	if err := r.Check(); err != nil {
		return err.Error()
	}
	run := Simulate(&r, "A", b, entries, exits)
	var out strings.Builder
	for _, x := range run.Trades {
		fmt.Fprintf(&out, "bar %d at %.6g to bar %d at %.6g, %s: pnl %.6g\n",
			x.EntryTime.Unix()/86400, x.EntryPrice, x.ExitTime.Unix()/86400, x.ExitPrice, x.ExitReason, x.PnL)
	}
	fmt.Fprintf(&out, "equity")
	for _, e := range run.Equity {
		fmt.Fprintf(&out, " %.6g", e)
	}
	fmt.Fprintf(&out, "\nexposed %d of %d bars", run.Exposed, b.Len())
	return out.String()
}

// TestBacktestAddsUp holds random runs to what must be true of any: the last
// equity is the cash and all pnl, trades do not overlap, and no price lies
// outside its bar but by the slippage.
func TestBacktestAddsUp(t *testing.T) {
	r := seed.Rand(t)
	for range 300 {
		b := walk(t, "A", 2+r.IntN(200), r.Uint64()).Block
		entries, exits := make([]bool, b.Len()), make([]bool, b.Len())
		for i := range entries {
			entries[i], exits[i] = r.IntN(5) == 0, r.IntN(8) == 0
		}
		pick := func(v float64) float64 { return v * float64(r.IntN(2)) }
		rules := Rules{
			Side: []Side{Long, Short}[r.IntN(2)], Cash: 10_000, Size: 0.1 + 0.4*r.Float64(),
			Fee: pick(0.002), Slippage: pick(0.001), Stop: pick(0.03), Target: pick(0.05), Trail: pick(0.04),
			BarsMax: r.IntN(10),
		}
		run := Simulate(&rules, "A", &b, entries, exits)
		total := rules.Cash
		last := time.Time{}
		for _, x := range run.Trades {
			total += x.PnL
			if x.EntryTime.Before(last) || x.ExitTime.Before(x.EntryTime) {
				t.Fatalf("trade %+v begins before %v", x, last)
			}
			last = x.ExitTime
			e, o := int(x.EntryTime.UnixNano()/int64(24*time.Hour)), int(x.ExitTime.UnixNano()/int64(24*time.Hour))
			if !entries[e-1] || x.Bars != o-e {
				t.Fatalf("no signal before the entry of %+v", x)
			}
			if s := 1 + rules.Slippage + 1e-12; x.ExitPrice > b.High[o]*s || x.ExitPrice < b.Low[o]/s*(1-1e-5) {
				t.Fatalf("%+v leaves outside its bar %v to %v", x, b.Low[o], b.High[o])
			}
			if x.MAE < 0 || x.MFE < 0 {
				t.Fatalf("excursions of %+v", x)
			}
		}
		if got := run.Equity[b.Len()-1]; math.Abs(got-total) > 1e-8*rules.Cash {
			t.Fatalf("equity %v, cash and pnl %v (%+v)", got, total, rules)
		}
	}
}

// TestBacktestTradesLiveSignals opens where the engine fires and nowhere else:
// not while an indicator warms up, although the condition is true.
func TestBacktestTradesLiveSignals(t *testing.T) {
	d := walks(t, 3, 400)
	j := &Job{Data: d, Workers: 2, Formulas: []stream.Formula{
		{Name: "entry", Expression: "close > 0 or close > sma(close, 50)", Signal: stream.Entry},
		{Name: "exit", Expression: "close < lowest(low, 5)[1]", Signal: stream.Exit},
	}}
	b, _, err := RunBacktest(t.Context(), j, &Rules{Side: Long, Cash: 1000, Size: 1, Fee: 0.001})
	if err != nil {
		t.Fatal(err)
	}
	total := 0.0
	for symbol, o := range b.Symbols {
		if first := o.Trades[0].EntryTime.Unix() / 86400; first != 50 {
			t.Errorf("%s: first entry on bar %d, the average of 50 is there from bar 49 on", symbol, first)
		}
		total += o.Equity[len(o.Equity)-1].Equity
	}
	if got := b.Equity[len(b.Equity)-1].Equity; math.Abs(got-total) > 1e-9 || len(b.Equity) != 400 {
		t.Errorf("portfolio ends at %v, its symbols at %v", got, total)
	}
	d.Memory = append(d.Memory, history.Tape{
		Key:   candle.Series{Symbol: "S00000", Timeframe: timeframe(t, "1h")},
		Block: d.Memory[0].Block,
	}, history.Tape{Key: candle.Series{Symbol: "EMPTY", Timeframe: timeframe(t, "1d")}})
	j.Data = d
	if b, _, err = RunBacktest(t.Context(), j, &Rules{Side: Long, Cash: 1000, Size: 1}); err != nil {
		t.Fatal(err)
	}
	if len(b.Symbols) != 2 || !strings.Contains(b.Errors["S00000"], "--timeframe") ||
		b.Errors["EMPTY"] != ErrNoData.Error() {
		t.Errorf("%d symbols, errors %v", len(b.Symbols), b.Errors)
	}
}

// TestStats checks the figures on an equity that can be followed by hand.
func TestStats(t *testing.T) {
	day := int64(24 * time.Hour)
	a := account{
		cash: 100, times: []int64{0, day, 2 * day, 3 * day}, equity: []float64{100, 110, 99, 121},
		held:   []float64{100, 100, 50, 100},
		trades: []Trade{{PnL: 30, MAE: 0.1, MFE: 0.3}, {PnL: -9, MAE: 0.2, MFE: 0.1}}, bars: 4, exposed: 3, traded: 430,
	}
	s := a.stats()
	years := 3 / 365.25
	mean := 22.0 / 99 / 3 // of a gain, the same loss and this
	sd := math.Sqrt((sq(0.1-mean) + sq(-0.1-mean) + sq(22.0/99-mean)) / 2)
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"win rate", float64(s.WinRate), 0.5},
		{"profit factor", float64(s.ProfitFactor), 30.0 / 9},
		{"expectancy", float64(s.Expectancy), 10.5},
		{"drawdown", float64(s.MaxDrawdown), 0.1},
		{"exposure", float64(s.Exposure), 0.75},
		{"return", float64(s.Return), 0.21},
		{"cagr", float64(s.CAGR), math.Pow(1.21, 1/years) - 1},
		{"sharpe", float64(s.Sharpe), mean / sd * math.Sqrt(365.25)},
		{"sortino", float64(s.Sortino), mean / math.Sqrt(sq(0.1)/3) * math.Sqrt(365.25)},
		{"turnover", float64(s.Turnover), 430 / 107.5 / years},
		{"mae", float64(s.AverageMAE), 0.15},
		{"held drawdown", float64(s.BuyAndHold.MaxDrawdown), 0.5},
		{"held", float64(s.BuyAndHold.Return), 0},
	} {
		if math.Abs(c.got-c.want) > 1e-9*max(1, math.Abs(c.want)) {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
	none := (&account{cash: 1, times: []int64{0}, equity: []float64{1}}).stats()
	if text, err := none.WinRate.MarshalJSON(); err != nil || string(text) != "null" {
		t.Errorf("a win rate without trades is %s", text)
	}
}

func sq(x float64) float64 { return x * x }

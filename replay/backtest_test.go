package replay

import (
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
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
		tables := map[string]stream.Block{}
		datadriven.RunTest(t, file, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "bars":
				symbol := "A"
				if len(d.CmdArgs) > 0 {
					symbol = d.CmdArgs[0].Key
				}
				b := scriptBars(t, d.Input)
				tables[symbol] = b
				return fmt.Sprintf("%d bars", b.Len())
			case "trade":
				b := tables["A"]
				return scriptTrade(t, d, &b)
			case "portfolio":
				return scriptPortfolio(t, d, tables)
			}
			t.Fatalf("%s: unknown command %q", d.Pos, d.Cmd)
			return ""
		})
	}
}

// scriptBars reads a table of bars, one a day.
func scriptBars(t *testing.T, text string) stream.Block {
	var b stream.Block
	day := int64(0)
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		var c candle.Candle
		var days int64
		if n, _ := fmt.Sscanf(line, "skip %d", &days); n == 1 {
			day += days
			continue
		}
		if n, err := fmt.Sscan(line, &c.Open, &c.High, &c.Low, &c.Close); n != 4 {
			t.Fatalf("bar %q: %v", line, err)
		}
		c.Time, c.Volume = day*int64(24*time.Hour), 1
		b.Append(c)
		day++
	}
	return b
}

// scriptRules reads the rules of a command, and the bars that are given by other names.
func scriptRules(t *testing.T, d *datadriven.TestData) (r TradingRules, bars map[string][]int) {
	r, bars = TradingRules{Side: Long, Cash: 1000, Size: 1}, map[string][]int{}
	number := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatalf("%s: %v", d.Pos, err)
		}
		return v
	}
	for _, a := range d.CmdArgs {
		fields := map[string]*float64{
			"fee": &r.Fee, "slippage": &r.Slippage, "stop": &r.Stop, "target": &r.Target,
			"trail": &r.Trail, "size": &r.Size, "amount": &r.Amount, "cash": &r.Cash,
		}
		switch f := fields[a.Key]; {
		case f != nil:
			*f = number(a.Vals[0])
		case a.Key == "side":
			r.Side = Side(a.Vals[0])
		case a.Key == "splits":
			r.Splits = SplitPolicy(a.Vals[0])
		case a.Key == "bars":
			r.BarsMax = int(number(a.Vals[0]))
		case a.Key == "positions":
			r.PositionsMax = int(number(a.Vals[0]))
		case a.Key == "equal":
			r.Equal = true
		case a.Key == "risk":
			r.Risk, r.RiskDistance = number(a.Vals[0]), a.Vals[1]
		case a.Key == "rank":
			r.Rank = a.Vals[0]
		default:
			for _, v := range a.Vals {
				bars[a.Key] = append(bars[a.Key], int(number(v)))
			}
		}
	}
	return r, bars
}

func scriptTrade(t *testing.T, d *datadriven.TestData, b *stream.Block) string {
	r, bars := scriptRules(t, d)
	if err := r.Check(); err != nil {
		return err.Error()
	}
	run := Simulate(&r, "A", b, bools(b.Len(), bars["entry"]), bools(b.Len(), bars["exit"]))
	var out strings.Builder
	for i := range run.Trades {
		writeTrade(&out, "", &run.Trades[i])
	}
	writeEquity(&out, run.Equity)
	fmt.Fprintf(&out, "exposed %d of %d bars", run.Exposed, b.Len())
	return out.String()
}

// scriptPortfolio trades the tables from one purse: A=(0,3) are the bars of A on which its
// entry fires, A.exit=(4) those of its exit. Expressions of rank and risk are prices.
func scriptPortfolio(t *testing.T, d *datadriven.TestData, tables map[string]stream.Block) string {
	r, bars := scriptRules(t, d)
	r.Portfolio = true
	if err := r.Check(); err != nil {
		return err.Error()
	}
	column := func(b *stream.Block, name string) []float64 {
		return map[string][]float64{"close": b.Close, "open": b.Open, "volume": b.Volume}[name]
	}
	var all []*trader
	for _, symbol := range slices.Sorted(maps.Keys(tables)) {
		b := tables[symbol]
		all = append(all, &trader{
			market: market{symbol: symbol, Block: &b, breaks: findBreaks(&b, timeframe(t, "1d"))},
			signals: signals{
				entries: bools(b.Len(), bars[symbol]), exits: bools(b.Len(), bars[symbol+".exit"]),
				rank: column(&b, r.Rank), distance: column(&b, r.RiskDistance),
			},
		})
	}
	a := tradeTogether(&r, all)
	var out strings.Builder
	for i := range a.trades {
		writeTrade(&out, a.trades[i].Symbol+" ", &a.trades[i])
	}
	writeEquity(&out, a.equity)
	fmt.Fprintf(&out, "exposed %d of %d times", a.exposed, len(a.times))
	return out.String()
}

func bools(n int, at []int) []bool {
	all := make([]bool, n)
	for _, i := range at {
		all[i] = true
	}
	return all
}

func writeTrade(out *strings.Builder, symbol string, x *Trade) {
	fmt.Fprintf(out, "%sday %d at %.6g to day %d at %.6g, %s: pnl %.6g", symbol,
		x.EntryTime.Unix()/86400, x.EntryPrice, x.ExitTime.Unix()/86400, x.ExitPrice, x.ExitReason, x.PnL)
	if x.Splits > 0 {
		fmt.Fprintf(out, ", splits %d", x.Splits)
	}
	if x.Holes > 0 {
		fmt.Fprintf(out, ", holes %d", x.Holes)
	}
	out.WriteByte('\n')
}

func writeEquity(out *strings.Builder, equity []float64) {
	fmt.Fprintf(out, "equity")
	for _, e := range equity {
		fmt.Fprintf(out, " %.6g", e)
	}
	out.WriteByte('\n')
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
		rules := TradingRules{
			Splits: SplitsStop, Side: []Side{Long, Short}[r.IntN(2)], Cash: 10_000, Size: 0.1 + 0.4*r.Float64(),
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
	b, _, err := RunBacktest(t.Context(), j, &TradingRules{Side: Long, Cash: 1000, Size: 1, Fee: 0.001})
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
	if b, _, err = RunBacktest(t.Context(), j, &TradingRules{Side: Long, Cash: 1000, Size: 1}); err != nil {
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
		cash: 100, times: []int64{0, 10 * day, 20 * day, 30 * day}, equity: []float64{100, 110, 99, 121},
		held: []float64{100, 100, 50, 100},
		trades: []Trade{
			{PnL: 30, Return: 0.3, Bars: 2, MAE: 0.1, MFE: 0.3, Fees: 1, Slippage: 0.5},
			{PnL: -9, Return: -0.08, Bars: 1, MAE: 0.2, MFE: 0.1, Fees: 2, Slippage: 0.25, Splits: 1, Holes: 2},
		},
		bars: 4, exposed: 3, traded: 430,
	}
	s := a.stats()
	years := 30 / 365.25
	annual := math.Sqrt(3 / years)
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
		{"sharpe", float64(s.Sharpe), mean / sd * annual},
		{"sortino", float64(s.Sortino), mean / math.Sqrt(sq(0.1)/3) * annual},
		{"turnover", float64(s.Turnover), 430 / 107.5 / years},
		{"mae", float64(s.AverageMAE), 0.15},
		{"held drawdown", float64(s.BuyAndHold.MaxDrawdown), 0.5},
		{"held", float64(s.BuyAndHold.Return), 0},
		{"best", float64(s.BestTrade), 0.3},
		{"worst", float64(s.WorstTrade), -0.08},
		{"bars", float64(s.AverageBars), 1.5},
		{"sqn", float64(s.SQN), math.Sqrt2 * 10.5 / (39 / math.Sqrt2)},
		{"kelly", float64(s.Kelly), 0.5 - 0.5/(30.0/9)},
		{"calmar", float64(s.Calmar), (math.Pow(1.21, 1/years) - 1) / 0.1},
		{"longest drawdown", float64(s.LongestDrawdown), 20},
		{"fees", float64(s.Fees), 3},
		{"slippage", float64(s.Slippage), 0.75},
		{"splits", float64(s.TradesWithSplits), 1},
		{"holes", float64(s.TradesWithHoles), 1},
	} {
		if math.Abs(c.got-c.want) > 1e-9*max(1, math.Abs(c.want)) {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
	if m := a.monthly(); len(m) != 1 || math.Abs(float64(m[0].Return)-0.21) > 1e-12 {
		t.Errorf("months %v", m)
	}
	a.times[3] = 29*day - 1 // less than 30 days, though a bar of ten were to follow
	a.times[2] = 28 * day
	if s := a.stats(); finite(float64(s.CAGR)) || finite(float64(s.Sharpe)) || finite(float64(s.Calmar)) ||
		finite(float64(s.Turnover)) || finite(float64(s.BuyAndHold.CAGR)) || len(notes(&a)) != 3 {
		t.Errorf("annual figures of %d days: %+v, notes %q", a.times[3]/day, s, notes(&a))
	}
	none := (&account{cash: 1, times: []int64{0}, equity: []float64{1}}).stats()
	if text, err := none.WinRate.MarshalJSON(); err != nil || string(text) != "null" {
		t.Errorf("a win rate without trades is %s", text)
	}
}

func sq(x float64) float64 { return x * x }

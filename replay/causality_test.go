package replay

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"streamd/candle"
	"streamd/incremental"
	"streamd/incremental/catalog"
	"streamd/stream"
)

// gappyWalk is a random history of one-minute candles with gaps.
func gappyWalk(n int) (candle.Series, *stream.Block) {
	tf, err := candle.ParseTimeframe("1m")
	if err != nil {
		panic(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	b, at, price := &stream.Block{}, int64(0), 100.0
	for range n {
		open := price
		price = max(1, price*(1+0.01*r.NormFloat64()))
		b.Append(candle.Candle{
			Time: at, Open: open, High: max(open, price) * 1.001, Low: min(open, price) * 0.999,
			Close: price, Volume: float64(100 + r.IntN(900)),
		})
		at += int64(time.Minute) * int64(1+r.IntN(40)/39*5)
	}
	return candle.Series{Symbol: "A", Timeframe: tf}, b
}

func TestExpressionsProveCausal(t *testing.T) {
	key, b := gappyWalk(3000)
	for _, text := range []string{
		"close > sma(close, 20) and rsi(close, 14) < 30", `tf("15m", ema(close, 9)) > close`,
		"crossover(macd(close).macd, macd(close).signal)",
		"supertrend(10, 3) > close", "valuewhen(close > open, close, 1) - obv(close)",
	} {
		var p Proof
		if err := Lookahead(context.Background(), &p, Expression{Text: text}, key, b); err != nil ||
			len(p.Failures) > 0 || p.Compared < 3000 || p.Bars != 3000 {
			t.Errorf("%s: %v, %+v", text, err, p)
		}
	}
	for _, text := range []string{
		"close > sma(close, 20) and rsi(close, 14) < 30", `tf("15m", sma(close, 9)) > close`,
		"ema(close, 10) - stddev(close, 5)",
	} {
		var p Proof
		if err := Warmup(context.Background(), &p, Expression{Text: text}, key, b, 1e-9); err != nil ||
			len(p.Failures) > 0 || p.Compared < 1000 {
			t.Errorf("%s: %v, %+v", text, err, p)
		}
	}
}

// A function that looks ahead, or forgets later than it says, is found and named.
func TestFalseFunctionsAreFound(t *testing.T) {
	key, b := gappyWalk(1000)
	table := catalog.New()
	table.Row("cum").Warmup = nil // it says that it forgets
	mom := table.Row("mom")
	mom.Bind = func(incremental.Args) incremental.Build { return incremental.Build{Kernel: ahead{}} }
	e := Expression{Text: "mom(close, 1) > 0 and cum(volume) > 100", table: table}
	var p Proof
	if err := Lookahead(context.Background(), &p, e, key, b); err != nil || len(p.Failures) != 1 ||
		p.Failures[0].Node != "mom(close, 1)" || p.Failures[0].Count < 400 {
		t.Errorf("%v, %+v", err, p)
	}
	p = Proof{}
	if err := Warmup(context.Background(), &p, e, key, b, 1e-9); err != nil || len(p.Failures) != 1 ||
		p.Failures[0].Node != "cum(volume)" || p.Failures[0].Reason != "it depends on where the history began" {
		t.Errorf("%v, %+v", err, p)
	}
	p = Proof{}
	if err := Warmup(context.Background(), &p, Expression{Text: "bar_index % 5 == 0"}, key, b, 1e-9); err != nil ||
		len(p.Failures) != 1 || p.Failures[0].Node != "bar_index" || p.Warmup != -1 ||
		!strings.Contains(p.Failures[0].Reason, "never forgets") {
		t.Errorf("%v, %+v", err, p)
	}
}

// ahead is a kernel that returns the last value of its block.
type ahead struct{}

func (ahead) Step(_ []float64, in, out [][]float64) {
	for j := range out[0] {
		out[0][j] = in[0][len(in[0])-1]
	}
}

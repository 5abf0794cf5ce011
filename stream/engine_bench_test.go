package stream

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"streamd/candle"
)

// benchFormulas are n formulas over 15 distinct indicators.
func benchFormulas(n int) []Formula {
	ind := []string{
		"sma(close, 20)", "sma(close, 50)", "sma(close, 200)", "ema(close, 12)", "ema(close, 26)", "rsi(close, 14)",
		"atr(14)", "sma(volume, 20)",
		"bbands(close, 20, 2).upper", "bbands(close, 20, 2).lower", "macd(close).hist", "highest(high, 20)",
		"lowest(low, 20)", "stddev(close, 20)", "roc(close, 10)",
	}
	fs := make([]Formula, n)
	for i := range fs {
		fs[i] = Formula{
			Name: fmt.Sprint("f", i), Mode: Edge,
			Expression: fmt.Sprintf("%s > 0 and %s < 0 and rsi(close, 14) > %d", ind[i%15], ind[(i*7+3)%15], 50+i),
		}
	}
	return fs
}

func benchRules(b testing.TB, formulas []Formula) *Rules {
	rules, problems := NewRules(RulesConfig{Formulas: formulas})
	if len(problems) > 0 {
		b.Fatal(problems[0])
	}
	return rules
}

func benchCandles(n int) []candle.Candle {
	rng := rand.New(rand.NewPCG(1, 2))
	cs := make([]candle.Candle, n)
	p := 100.0
	for i := range cs {
		p *= 1 + rng.NormFloat64()*0.001
		cs[i] = candle.Candle{
			Time: int64(i+1) * 60e9, Open: p, High: p * 1.001, Low: p * 0.999, Close: p,
			Volume: float64(1000 + i%700),
		}
	}
	return cs
}

// BenchmarkLive pushes bars one by one over 100 series, as the daemon does.
func BenchmarkLive(b *testing.B) {
	for _, n := range []int{0, 20, 1000} {
		b.Run(fmt.Sprintf("formulas=%d", n), func(b *testing.B) {
			formulas := benchFormulas(n)
			if n > 100 {
				formulas = variedFormulas(n)
			}
			e := New(benchRules(b, formulas), Options{})
			tf, err := candle.ParseTimeframe("1m")
			if err != nil {
				b.Fatal(err)
			}
			cs := benchCandles(5000)
			var out Effects
			symbols := make([][]byte, 100)
			for i := range symbols {
				symbols[i] = fmt.Appendf(nil, "S%04d", i)
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				c := cs[i/100%5000]
				c.Time += int64(i/500000) * 5000 * 60e9
				m := candle.Message{Symbol: symbols[i%100], Timeframe: tf, Candle: c, Closed: true}
				e.Push(&m, &out)
				out.Reset()
				i++
			}
		})
	}
}

// BenchmarkReplay pushes blocks of 2,500 bars.
func BenchmarkReplay(b *testing.B) {
	e := New(benchRules(b, nil), Options{BlockMax: 256, Slack: 256, Bare: true})
	tf, err := candle.ParseTimeframe("1m")
	if err != nil {
		b.Fatal(err)
	}
	var block Block
	for _, c := range benchCandles(2500) {
		block.Append(c)
	}
	var out Effects
	bars := 0
	for b.Loop() {
		s := e.Series(candle.Series{Symbol: "A", Timeframe: tf})
		e.PushBlock(s, &block, &out)
		out.Reset()
		e.Forget(s.Key)
		bars += block.Len()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(bars), "ns/bar")
}

// BenchmarkOutcomes pushes bars one by one: without outcomes, with them after one signal in 100 bars, and where every
// bar has a signal and a thousand are awaited.
func BenchmarkOutcomes(b *testing.B) {
	for _, c := range []struct {
		name, expression string
		after            []int
	}{
		{"none", "bar_index % 100 == 37", nil},
		{"after=1,5,20", "bar_index % 100 == 37", []int{1, 5, 20}},
		{"every,none", "close > 0", nil},
		{"every,after=1000", "close > 0", []int{1, 1000}},
	} {
		b.Run(c.name, func(b *testing.B) {
			f := []Formula{{Name: "f", Expression: c.expression}}
			e := New(benchRules(b, f), Options{Outcomes: c.after})
			s := e.Series(candle.Series{Symbol: "A", Timeframe: minute(b)})
			cs := benchCandles(5000)
			var out Effects
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				bar := cs[i%len(cs)]
				bar.Time = int64(i+1) * 60e9
				e.PushSeries(s, bar, true, &out)
				out.Drop()
				i++
			}
		})
	}
}

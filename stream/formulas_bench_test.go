package stream

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"streamd/candle"
)

// sharedFormulas are n formulas over the same 50 distinct indicators, each of
// another condition: the first 50 use every indicator once.
func sharedFormulas(n int) []Formula {
	var ind []string
	for p := 5; p < 15; p++ {
		for _, f := range []string{
			"sma(close, %d)", "ema(close, %d)", "highest(high, %d)", "lowest(low, %d)",
			"wma(close, %d)",
		} {
			ind = append(ind, fmt.Sprintf(f, p))
		}
	}
	fs := make([]Formula, n)
	for i := range fs {
		fs[i] = Formula{
			Name: fmt.Sprint("f", i), Mode: Edge,
			Expression: fmt.Sprintf("close > %s * %g", ind[i%50], 1+float64(i/50)/1000),
		}
	}
	return fs
}

// variedFormulas are n formulas as traders write them, of two to four
// conditions, over 50 distinct indicators, all of which the first 50 use.
func variedFormulas(n int) []Formula {
	rng := rand.New(rand.NewPCG(50, 1))
	periods := []int{5, 9, 14, 20, 50}
	kinds := []string{
		"sma(close, %d)", "ema(close, %d)", "rsi(close, %d)", "atr(%d)", "sma(volume, %d)",
		"highest(high, %d)", "lowest(low, %d)", "bbands(close, %d).lower", "adx(%d)", "roc(close, %d)",
	}
	of := func(kind, i int) string { return fmt.Sprintf(kinds[kind], periods[i%5]) }
	fs := make([]Formula, n)
	for i := range fs {
		number := func(low, high float64) string { return fmt.Sprintf("%.1f", low+rng.Float64()*(high-low)) }
		k, m := i/10, rng.IntN(5)
		conditions := []string{
			fmt.Sprintf("close > %s", of(rng.IntN(2), m)),
			[]string{
				fmt.Sprintf("close > %s", of(0, k)),
				fmt.Sprintf("crossover(%s, %s)", of(1, k), of(0, k+1)),
				fmt.Sprintf("%s < %s", of(2, k), number(15, 45)),
				fmt.Sprintf("high - low > %s * %s", number(0.5, 3), of(3, k)),
				fmt.Sprintf("volume > %s * %s", number(0.5, 3), of(4, k)),
				fmt.Sprintf("close >= %s * 0.9%d", of(5, k), rng.IntN(100)),
				fmt.Sprintf("close <= %s * 1.0%d", of(6, k), rng.IntN(100)),
				fmt.Sprintf("close < %s", of(7, k)),
				fmt.Sprintf("%s > %s", of(8, k), number(15, 45)),
				fmt.Sprintf("%s between", of(9, k)),
			}[i%10],
			fmt.Sprintf("%s < %s", of(2, rng.IntN(5)), number(20, 80)),
			fmt.Sprintf("(%s > %s or volume > %s * %s)", of(8, m), number(15, 40), number(1, 3), of(4, m)),
		}
		conditions[1] = strings.Replace(conditions[1], "between", "> "+number(-3, 3), 1)
		f := Formula{
			Name: fmt.Sprint("v", i), Mode: Edge,
			Expression: strings.Join(conditions[:2+rng.IntN(3)], " and "),
		}
		if i%10 == 9 {
			f.For = 3
		}
		if i%4 == 3 {
			f.Cooldown = 10
		}
		fs[i] = f
	}
	return fs
}

// tradedCandles are bars of a random walk as trades make them, with volumes that
// come in waves.
func tradedCandles(n int) []candle.Candle {
	rng := rand.New(rand.NewPCG(8, 192))
	cs := make([]candle.Candle, n)
	p, wave := 100.0, 0.0
	for i := range cs {
		c := candle.Candle{Time: int64(i+1) * 60e9, Open: p, High: p, Low: p}
		for range 20 {
			p *= 1 + rng.NormFloat64()*0.0003
			c.High, c.Low = max(c.High, p), min(c.Low, p)
		}
		wave = wave*0.9 + rng.NormFloat64()*0.2
		c.Close, c.Volume = p, math.Round(1000*math.Exp(wave+rng.NormFloat64()*0.5))
		cs[i] = c
	}
	return cs
}

// BenchmarkFormulas tells what formulas cost per bar over indicators that are
// there anyway: 50 of them and 1,000 take turns, in blocks of one and of
// hundreds. ratio is what the 1,000 cost, as a multiple.
func BenchmarkFormulas(b *testing.B) {
	tf, err := candle.ParseTimeframe("1m")
	if err != nil {
		b.Fatal(err)
	}
	cs := tradedCandles(8192)
	const few, many, chunk = 50, 1000, 512
	for _, shape := range []string{"shared", "varied"} {
		for _, block := range []int{1, 16, 512} {
			b.Run(fmt.Sprintf("%s/block=%d", shape, block), func(b *testing.B) {
				var engines [2]*Engine
				var series [2]*SeriesState
				for i, n := range []int{few, many} {
					fs := sharedFormulas(n)
					if shape == "varied" {
						fs = variedFormulas(n)
					}
					engines[i] = New(benchRules(b, fs), Options{BlockMax: block, Slack: chunk, Bare: true})
					series[i] = engines[i].Series(candle.Series{Symbol: "A", Timeframe: tf})
					engines[i].prepare(series[i]) // compiling is no cost of a bar
				}
				var out Effects
				var took [2]time.Duration
				bars, matches := 0, 0
				blocks := make([]Block, chunk/block)
				for b.Loop() {
					for k := range blocks {
						blocks[k].Reset()
						for range block {
							c := cs[bars%len(cs)]
							c.Time = int64(bars+1) * 60e9
							blocks[k].Append(c)
							bars++
						}
					}
					for i, e := range engines {
						start := time.Now()
						for k := range blocks {
							e.PushBlock(series[i], &blocks[k], &out)
							matches += len(out.Matches) * i
							out.Reset()
						}
						took[i] += time.Since(start)
					}
				}
				perBar := func(i int) float64 { return float64(took[i].Nanoseconds()) / float64(bars) }
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(perBar(0), "ns/bar/50")
				b.ReportMetric(perBar(1), "ns/bar/1000")
				b.ReportMetric((perBar(1)-perBar(0))/(many-few), "ns/formula/bar")
				b.ReportMetric(perBar(1)/perBar(0), "ratio")
				b.ReportMetric(float64(matches)/float64(bars), "matches/bar")
			})
		}
	}
}

// The first 50 formulas and all 1,000 stand on the same 50 indicators.
func TestBenchmarkFormulasShareIndicators(t *testing.T) {
	minute, err := candle.ParseTimeframe("1m")
	if err != nil {
		t.Fatal(err)
	}
	for name, make := range map[string]func(int) []Formula{"shared": sharedFormulas, "varied": variedFormulas} {
		var calls [2][]string
		for i, n := range []int{50, 1000} {
			e := New(benchRules(t, make(n)), Options{Lean: true})
			for _, r := range e.program(candle.Series{Symbol: "A", Timeframe: minute}).rules {
				for _, w := range r.watch {
					calls[i] = append(calls[i], w.name)
				}
			}
			slices.Sort(calls[i])
			calls[i] = slices.Compact(calls[i])
		}
		if len(calls[0]) != 50 || !slices.Equal(calls[0], calls[1]) {
			t.Errorf("%s: %d indicators in 50 formulas, %d in 1,000", name, len(calls[0]), len(calls[1]))
		}
	}
}

package stream

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"streamd/candle"
)

// BenchmarkAlerts measures alerts by the thousand, each for one of up to 10,000 symbols: what it takes to compile and
// to hold them, what a candle costs that crosses 0, 1 and 100 of them, and how long until a changed one is in force.
func BenchmarkAlerts(b *testing.B) {
	for _, n := range []int{1000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				benchAlerts(b, n)
			}
		})
	}
}

func benchAlerts(b *testing.B, n int) {
	series := min(10_000, n/100)
	formulas := make([]Formula, n)
	for i := range formulas {
		formulas[i] = Formula{
			Name: fmt.Sprint("alert", i), Expression: fmt.Sprintf("close > %g", 100+float64(i/series)),
			Symbols: []string{fmt.Sprint("S", i%series)}, Mode: Edge,
		}
	}
	begun := time.Now()
	rules := benchRules(b, formulas)
	e := New(rules, Options{})
	var all []*SeriesState
	for i := range series {
		all = append(all, e.Series(keysOf(b, []string{fmt.Sprint("S", i)})[0]))
		e.prepare(all[i])
	}
	b.ReportMetric(time.Since(begun).Seconds(), "load-s")
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.HeapAlloc>>20), "MB")
	for _, crossed := range []int{0, 1, 100} {
		b.ReportMetric(perCandle(e, all, crossed), fmt.Sprint("ns/candle-", crossed))
	}
	var took []time.Duration
	for i := range 100 {
		begun := time.Now()
		changed, problems := rules.Change([]Formula{{
			Name: "changed", Expression: fmt.Sprint("close > ", i), Symbols: []string{"S1"}, Mode: Edge,
		}})
		if len(problems) > 0 {
			b.Fatal(problems[0])
		}
		rules = changed
		e.Reload(rules)
		e.prepare(all[1])
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[98].Microseconds())/1000, "change-p99-ms")
}

// perCandle pushes candles that each cross so many of the alerts of their series, up and down, and returns the time of
// one in nanoseconds.
func perCandle(e *Engine, all []*SeriesState, crossed int) float64 {
	const bars = 20
	var out Effects
	step := func(k int) {
		for _, s := range all {
			price := 99.5
			if k%2 == 1 {
				price += float64(crossed)
			}
			last, _ := s.Last()
			at := last.Time + int64(time.Minute)
			c := candle.Candle{Time: at, Open: price, High: price, Low: price, Close: price}
			e.PushSeries(s, c, true, &out)
			out.Reset()
		}
	}
	step(0)
	begun := time.Now()
	for k := range bars {
		step(k + 1)
	}
	return float64(time.Since(begun).Nanoseconds()) / float64(bars*len(all))
}

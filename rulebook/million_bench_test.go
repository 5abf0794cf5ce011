package rulebook

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"streamd/candle"
	"streamd/config"
	"streamd/kafka"
	"streamd/stream"

	"github.com/rs/zerolog"
)

// BenchmarkChanges measures alerts by the thousand in a file of JSON lines: what it takes to load and to hold them, and
// how long until one that is put, or that the topic has, is in force for its series.
func BenchmarkChanges(b *testing.B) {
	for _, n := range []int{1000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				benchChanges(b, n)
			}
		})
	}
}

func benchChanges(b *testing.B, n int) {
	series := min(10_000, n/100)
	writeAlerts(b, n, series)
	file, err := config.Load("config.yaml")
	if err != nil {
		b.Fatal(err)
	}
	topic := NewFormulasTopic("rules", n+1000, nil, zerolog.Nop())
	var engine *stream.Engine
	var estimate stream.Estimate
	keys := benchKeys(b, 64)
	o := Options{Topic: topic, most: n + 1000}
	o.Change = func(r *stream.Rules) { engine.Reload(r) }
	o.Fits = func(r *stream.Rules) error {
		estimate.Need(r, keys, series, stream.Options{})
		return nil
	}
	begun := time.Now()
	book, err := Open(file, o)
	if err != nil {
		b.Fatal(err)
	}
	if _, faults := book.List(); len(faults) > 0 {
		b.Fatal(faults[0].Error)
	}
	b.ReportMetric(time.Since(begun).Seconds(), "load-s")
	engine = stream.New(book.Rules(), stream.Options{})
	for _, key := range benchKeys(b, series) {
		engine.Needs(engine.Series(key))
	}
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.HeapAlloc>>20), "MB")
	s := engine.Series(keys[1])
	for _, way := range []struct {
		name string
		do   func(settings string)
	}{
		{"put", func(settings string) {
			if err := book.Put("one", []byte(settings)); err != nil {
				b.Fatal(err)
			}
		}},
		{"topic", func(settings string) {
			topic.take(&kafka.Record{Key: []byte("two"), Value: []byte(settings)})
			book.refresh(false)
		}},
		{"folder", func(settings string) {
			text := "formulas:\n  - " + strings.Replace(settings, "{", `{"name":"three",`, 1)
			if err := os.WriteFile("rules/z.yaml", []byte(text), 0o600); err != nil {
				b.Fatal(err)
			}
			book.refresh(true)
		}},
	} {
		var took []time.Duration
		for i := range 100 {
			begun := time.Now()
			way.do(fmt.Sprintf(`{"expression":"close > %d.5","symbols":["S1"],"mode":"edge"}`, i))
			engine.Needs(s)
			took = append(took, time.Since(begun))
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[50].Microseconds())/1000, way.name+"-p50-ms")
		b.ReportMetric(float64(took[98].Microseconds())/1000, way.name+"-p99-ms")
	}
}

// writeAlerts writes a configuration and its alerts, each for one symbol.
func writeAlerts(b *testing.B, n, series int) {
	b.Chdir(b.TempDir())
	if err := os.MkdirAll("rules", 0o700); err != nil {
		b.Fatal(err)
	}
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, `{"name":"alert%d","expression":"close > %d","symbols":["S%d"],"mode":"edge"}`+"\n", i,
			100+i/series, i%series)
	}
	for name, text := range map[string]string{
		"rules/all.jsonl": text.String(),
		"config.yaml": "kafka: {brokers: [\"b:1\"], group: g, topics: [{name: c, timeframe: 1m}], signals: s}\n" +
			"formulas_dir: rules\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
}

func benchKeys(b *testing.B, n int) (keys []candle.Series) {
	minute, err := candle.ParseTimeframe("1m")
	if err != nil {
		b.Fatal(err)
	}
	for i := range n {
		keys = append(keys, candle.Series{Symbol: fmt.Sprint("S", i), Timeframe: minute})
	}
	return keys
}

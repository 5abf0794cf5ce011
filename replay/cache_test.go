package replay

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"streamd/stream"
)

func openCache(t testing.TB, c CacheConfig) *Cache {
	t.Helper()
	cache, err := OpenCache(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cache.Close() })
	return cache
}

func scanLines(t testing.TB, j *Job) string {
	t.Helper()
	results, _, err := Scan(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	return lines(Aggregate(results, ""))
}

// TestCacheReusesColumns scans with one threshold after the other: the bytes are
// those without a cache, and from the second on no column is computed.
func TestCacheReusesColumns(t *testing.T) {
	d := walks(t, 30, 700)
	cache := openCache(t, CacheConfig{})
	for i, level := range []string{"40", "45", "60", "30"} {
		f := []stream.Formula{
			{
				Name: "low", Expression: "rsi(close, 14) < " + level + " and close > ema(close, 50)", Mode: stream.Edge,
				Cooldown: 3,
			},
			{Name: "level", Expression: "close > " + level + " and volume > sma(volume, 20) or rsi(close, 14) > 80"},
		}
		want := scanLines(t, &Job{Data: d, Formulas: f, Workers: 2})
		before := cache.Stats()
		if got := scanLines(t, &Job{Data: d, Formulas: f, Workers: 2, Cache: cache}); got != want || len(want) == 0 {
			t.Fatalf("level %s: other matches with a cache", level)
		}
		after := cache.Stats()
		hits, misses := after.Hits-before.Hits, after.Misses-before.Misses
		if i > 0 && (misses != 0 || hits == 0) {
			t.Errorf("level %s: %d columns computed, %d taken", level, misses, hits)
		}
	}
	if rate := cache.Stats().HitRate; rate < 0.74 {
		t.Errorf("hit rate %v", rate)
	}
	set := metrics.NewSet()
	cache.Register(set)
	var text strings.Builder
	set.WritePrometheus(&text)
	if !strings.Contains(text.String(), `streamd_cache_hits_total{cache="columns"}`) {
		t.Error(text.String())
	}
}

// TestCacheKnowsItsCandles computes again where a single close is another one,
// and where a formula cannot be computed from columns (a higher timeframe).
func TestCacheKnowsItsCandles(t *testing.T) {
	d := walks(t, 3, 300)
	cache := openCache(t, CacheConfig{})
	f := []stream.Formula{{Name: "up", Expression: `crossover(close, sma(close, 10)) or close > tf("1w", sma(close, 3))`}}
	for range 2 {
		for _, f := range [][]stream.Formula{oversold, f} {
			j := &Job{Data: d, Formulas: f}
			want := scanLines(t, j)
			j.Cache = cache
			if got := scanLines(t, j); got != want || want == "" {
				t.Fatalf("%s: other matches", f[0].Name)
			}
		}
		d.Memory[1].Block = d.Memory[1].Block.Clone()
		d.Memory[1].Block.Close[150] *= 1.0001
	}
}

// TestCacheKeepsResults finds a result again, in memory and on disk, for as long
// as it lives.
func TestCacheKeepsResults(t *testing.T) {
	now := time.Unix(1e9, 0)
	clock := func() time.Time { return now }
	c := CacheConfig{Dir: t.TempDir(), Now: clock}
	j := &Job{Data: walks(t, 10, 400), Formulas: oversold}
	want := scanLines(t, j)
	first := openCache(t, c)
	j.Cache = first
	scanLines(t, j)
	if got := scanLines(t, j); got != want || first.Stats().ResultHits != 10 {
		t.Fatalf("second scan: %+v, or other matches", first.Stats())
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := openCache(t, c)
	j.Cache = second
	if got := scanLines(t, j); got != want || second.Stats().ResultHits != 10 {
		t.Fatalf("another process: %+v, or other matches", second.Stats())
	}
	now = now.Add(ResultTTLDefault)
	if scanLines(t, j); second.Stats().ResultHits != 10 {
		t.Fatalf("results outlived their time: %+v", second.Stats())
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	third := openCache(t, c)
	if err := third.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(c.Dir, "results.db")); err != nil || info.Size() > 0 {
		t.Errorf("expired results are still on disk: %v, %v", info.Size(), err)
	}
}

// TestCacheIsBegunAnew when its file is damaged.
func TestCacheIsBegunAnew(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "results.db"), []byte("*3\r\n$3\r\nset\r\nnonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	j := &Job{Data: walks(t, 2, 100), Formulas: oversold, Cache: openCache(t, CacheConfig{Dir: dir})}
	scanLines(t, j)
	if scanLines(t, j); j.Cache.Stats().ResultHits != 2 {
		t.Fatalf("%+v", j.Cache.Stats())
	}
}

// TestCacheStaysWithinItsBound under many writers.
func TestCacheStaysWithinItsBound(t *testing.T) {
	const most = 1 << 20
	cache := openCache(t, CacheConfig{BytesMax: most})
	var group sync.WaitGroup
	for w := range 8 {
		group.Go(func() {
			for i := range 500 {
				key := columnKey{version: uint64(w*1000 + i%300)}
				cache.columns.get(key)
				cache.columns.add(key, make([]float64, 1+(i*37)%4000))
				if n := cache.columns.size(); n > most {
					t.Errorf("%d bytes", n)
					return
				}
			}
		})
	}
	group.Wait()
	cache.columns.add(columnKey{}, make([]float64, most))
	if _, ok := cache.columns.get(columnKey{}); ok {
		t.Error("an entry over the bound was kept")
	}
}

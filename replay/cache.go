package replay

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/cespare/xxhash/v2"
	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/tidwall/buntdb"

	"streamd/candle"
	"streamd/stream"
)

// Cache keeps indicator columns and results of scans, so that a scan with
// another threshold computes no indicator again, and the same scan nothing. What
// is kept is found by the candles themselves: other candles, another range or a
// corrected file are another key. It is safe for concurrent use.
type Cache struct {
	columns *bounded[columnKey, []float64]
	results *bounded[string, []byte]
	db      *buntdb.DB // results on disk; nil for memory only
	ttl     time.Duration
	now     func() time.Time
}

// CacheConfig says how much is kept, and where.
type CacheConfig struct {
	BytesMax int64            // of columns; 500 MB
	TTL      time.Duration    // of results; 300 s
	Dir      string           // for results that outlive the process; empty for memory only
	Now      func() time.Time // time.Now
}

// Defaults and limits of a cache.
const (
	CacheBytesDefault = 500 << 20
	ResultTTLDefault  = 300 * time.Second
	resultBytesMax    = 64 << 20  // in memory
	resultFileMax     = 256 << 20 // on disk; a larger file is started over
)

// columnKey names a column: of which series, what, over which candles.
type columnKey struct {
	series  candle.Series
	name    string // canonical text
	version uint64 // of the candles
}

// OpenCache returns a cache. The error says why the folder cannot be used.
func OpenCache(c CacheConfig) (*Cache, error) {
	if c.BytesMax == 0 {
		c.BytesMax = CacheBytesDefault
	}
	if c.TTL == 0 {
		c.TTL = ResultTTLDefault
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	cache := &Cache{
		columns: newBounded[columnKey](c.BytesMax, func(x []float64) int64 { return int64(8*len(x) + 128) }),
		results: newBounded[string](resultBytesMax, func(x []byte) int64 { return int64(len(x) + 128) }),
		ttl:     c.TTL, now: c.Now,
	}
	if c.Dir == "" {
		return cache, nil
	}
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("replay: cache: %w", err)
	}
	path := filepath.Join(c.Dir, "results.db")
	db, err := openResults(path)
	if err != nil {
		return nil, err
	}
	cache.db = db
	return cache, cache.sweep()
}

// openResults opens the file; what is damaged or too large is started over, since
// nothing in it is needed.
func openResults(path string) (*buntdb.DB, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > resultFileMax {
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("replay: cache: %w", err)
		}
	}
	db, err := buntdb.Open(path)
	if err != nil {
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("replay: cache: %w", err)
		}
		if db, err = buntdb.Open(path); err != nil {
			return nil, fmt.Errorf("replay: cache: %w", err)
		}
	}
	if err := db.SetConfig(buntdb.Config{SyncPolicy: buntdb.Never, AutoShrinkDisabled: true}); err != nil {
		return nil, fmt.Errorf("replay: cache: %w", err)
	}
	return db, nil
}

// sweep clears what has expired.
func (c *Cache) sweep() error {
	var old []string
	err := c.db.Update(func(tx *buntdb.Tx) error {
		err := tx.Ascend("", func(key, value string) bool {
			if _, ok := c.fresh([]byte(value)); !ok {
				old = append(old, key)
			}
			return true
		})
		for _, key := range old {
			if _, e := tx.Delete(key); err == nil {
				err = e
			}
		}
		return err
	})
	if err == nil && len(old) > 0 {
		err = c.db.Shrink()
	}
	if err != nil {
		return fmt.Errorf("replay: cache: %w", err)
	}
	return nil
}

// Close writes out what is on its way to the disk.
func (c *Cache) Close() error {
	if c.db == nil {
		return nil
	}
	if err := c.db.Close(); err != nil {
		return fmt.Errorf("replay: cache: %w", err)
	}
	return nil
}

// Stats returns the counts since the cache was opened.
func (c *Cache) Stats() CacheStats {
	s := CacheStats{
		Hits: c.columns.hits.Load(), Misses: c.columns.misses.Load(), Bytes: c.columns.size(),
		ResultHits: c.results.hits.Load(), ResultMisses: c.results.misses.Load(),
	}
	if all := s.Hits + s.Misses; all > 0 {
		s.HitRate = float64(s.Hits) / float64(all)
	}
	return s
}

// Register shows the counts as metrics.
func (c *Cache) Register(set *metrics.Set) {
	for name, f := range map[string]func(CacheStats) float64{
		`streamd_cache_hits_total{cache="columns"}`:   func(s CacheStats) float64 { return float64(s.Hits) },
		`streamd_cache_misses_total{cache="columns"}`: func(s CacheStats) float64 { return float64(s.Misses) },
		`streamd_cache_hits_total{cache="results"}`:   func(s CacheStats) float64 { return float64(s.ResultHits) },
		`streamd_cache_misses_total{cache="results"}`: func(s CacheStats) float64 { return float64(s.ResultMisses) },
		`streamd_cache_bytes{cache="columns"}`:        func(s CacheStats) float64 { return float64(s.Bytes) },
	} {
		set.NewGauge(name, func() float64 { return f(c.Stats()) })
	}
}

// result returns a result that was kept under the key and has not expired.
func (c *Cache) result(key string) ([]byte, bool) {
	raw, _ := c.results.look(key)
	body, ok := c.fresh(raw)
	if !ok && c.db != nil {
		body, ok = c.fresh(c.stored(key))
	}
	c.results.count(ok)
	return body, ok
}

// stored returns what the disk has under the key, nil for nothing.
func (c *Cache) stored(key string) []byte {
	var raw string
	err := c.db.View(func(tx *buntdb.Tx) (err error) {
		raw, err = tx.Get(key)
		return err
	})
	if err != nil {
		return nil // a cache that cannot be read has nothing
	}
	return []byte(raw)
}

// keep keeps a result until its time is over. A disk that takes nothing more
// costs the next scan its time, not this one its answer.
func (c *Cache) keep(key string, body []byte) {
	raw := binary.BigEndian.AppendUint64(nil, uint64(c.now().Add(c.ttl).UnixNano()))
	raw = append(raw, body...)
	c.results.add(key, raw)
	if c.db != nil {
		_ = c.db.Update(func(tx *buntdb.Tx) error {
			_, _, err := tx.Set(key, string(raw), nil)
			return err
		})
	}
}

// fresh splits a kept result from the time at which it expires.
func (c *Cache) fresh(raw []byte) ([]byte, bool) {
	if len(raw) < 8 || c.now().UnixNano() >= int64(binary.BigEndian.Uint64(raw)) {
		return nil, false
	}
	return raw[8:], true
}

// versionOf is a hash of candles.
func versionOf(b *stream.Block) uint64 {
	h := xxhash.New()
	var buf [8 * 512]byte
	write := func(n int, at func(i int) uint64) {
		for i := 0; i < n; {
			k := 0
			for ; k < len(buf) && i < n; k, i = k+8, i+1 {
				binary.LittleEndian.PutUint64(buf[k:], at(i))
			}
			_, _ = h.Write(buf[:k]) // never fails
		}
	}
	write(b.Len(), func(i int) uint64 { return uint64(b.Time[i]) })
	for _, column := range [...][]float64{b.Open, b.High, b.Low, b.Close, b.Volume} {
		write(len(column), func(i int) uint64 { return math.Float64bits(column[i]) })
	}
	return h.Sum64()
}

// bounded is a cache that forgets what was used least recently, so as to stay
// within a number of bytes.
type bounded[K comparable, V any] struct {
	hits, misses atomic.Int64

	mu      sync.Mutex
	entries *simplelru.LRU[K, V]
	weigh   func(V) int64
	bytes   int64
	max     int64
}

func newBounded[K comparable, V any](bytesMax int64, weigh func(V) int64) *bounded[K, V] {
	b := &bounded[K, V]{weigh: weigh, max: bytesMax}
	entries, err := simplelru.NewLRU[K, V](math.MaxInt32, func(_ K, v V) { b.bytes -= weigh(v) })
	if err != nil {
		panic("replay: " + err.Error()) // of a size below 1 only
	}
	b.entries = entries
	return b
}

// get is look, and counts.
func (b *bounded[K, V]) get(key K) (V, bool) {
	v, ok := b.look(key)
	b.count(ok)
	return v, ok
}

func (b *bounded[K, V]) look(key K) (V, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.entries.Get(key)
}

func (b *bounded[K, V]) count(hit bool) {
	if hit {
		b.hits.Add(1)
	} else {
		b.misses.Add(1)
	}
}

func (b *bounded[K, V]) add(key K, v V) {
	w := b.weigh(v)
	if w > b.max {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries.Remove(key)
	for b.bytes+w > b.max {
		b.entries.RemoveOldest()
	}
	b.bytes += w
	b.entries.Add(key, v)
}

func (b *bounded[K, V]) size() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bytes
}

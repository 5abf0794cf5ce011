package live

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"streamd/candle"
	"streamd/closing"
	"streamd/formula/plan"
	"streamd/kafka"
	"streamd/stream"
	"streamd/topics"
)

// AcrossConfig says where closed bars are written that formulas on other series need, and for whom bars wait.
type AcrossConfig struct {
	Topic    string // of closed bars; empty where no formula may look at other series
	Barriers string // compacted topic of decisions and of the closer's state
	closing.Config
}

// closings are the bars that are closed, as every instance reads them. Workers share them.
type closings struct {
	cfg *Config

	mu      sync.Mutex
	book    *closing.Ledger
	changed chan struct{} // closed when there is a further bar
}

func newClosings(cfg *Config) *closings {
	return &closings{cfg: cfg, book: closing.NewLedger(cfg.Across.BookBytes), changed: make(chan struct{})}
}

// tail is from how many records before the end an instance begins to read: bars that are older are paged in.
const tail = 2048

// follow reads the topic until the context ends.
func (c *closings) follow(ctx context.Context) {
	for ctx.Err() == nil {
		if err := c.read(ctx); err != nil && ctx.Err() == nil {
			c.cfg.Log.Error().Err(err).Str("topic", c.cfg.Across.Topic).Msg("closed bars cannot be read, trying again")
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	}
}

func (c *closings) partition() kafka.TopicPartition {
	return kafka.TopicPartition{Topic: c.cfg.Across.Topic}
}

func (c *closings) read(ctx context.Context) error {
	tp := c.partition()
	first, end, err := topics.Bounds(ctx, c.cfg.Client, []kafka.TopicPartition{tp}, true)
	if err != nil {
		return fmt.Errorf("live: %w", err)
	}
	c.mu.Lock()
	c.book = closing.NewLedger(c.cfg.Across.BookBytes)
	from := first[tp]
	if from < end[tp]-tail {
		from = end[tp] - tail
		c.book.Midway()
	}
	c.mu.Unlock()
	fetcher := c.cfg.Client.Fetcher(kafka.FetcherConfig{
		ReadCommitted: true, MaxWait: 500 * time.Millisecond,
		OnRetry: func(_ kafka.TopicPartition, err error) { c.cfg.Retries.Note("Fetch", err) },
	})
	defer fetcher.Close()
	fetcher.Add(tp, from)
	var record kafka.Record
	for {
		part, err := fetcher.Poll(ctx)
		if err != nil {
			return fmt.Errorf("live: %w", err)
		}
		c.mu.Lock()
		for part.Next(&record) {
			if err := c.book.Take(record.Value); err != nil {
				c.cfg.Log.Error().Err(err).Int64("offset", record.Offset).Msg("a closed bar is skipped")
			}
		}
		close(c.changed)
		c.changed = make(chan struct{})
		c.mu.Unlock()
		err = part.Err
		part.Release()
		if err != nil {
			return fmt.Errorf("live: %s: %w", tp, err)
		}
	}
}

// barPair is a closed bar and the one before it, see closing.Ledger.At.
type barPair struct{ exact, before *closing.Bar }

// look returns the closed bar of a time if it is known what was closed then; else whether that is to be paged in, and
// what to wait for.
func (c *closings) look(tf candle.Timeframe, at int64) (pair barPair, ok, page bool, changed <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	last, any := c.book.Last(tf)
	switch {
	case !any || last < at:
		return pair, false, false, c.changed
	case !c.book.Reaches(tf, at):
		return pair, false, true, c.changed
	}
	pair.exact, pair.before = c.book.At(tf, at)
	return pair, true, false, nil
}

// foreign gives a worker's engine what other series say.
type foreign struct {
	closings *closings  // nil where no formula may look at other series
	mu       sync.Mutex // of bars: copies of the engine that explain use them on other goroutines
	bars     map[barAt]barPair
	page     *closing.Ledger // of bars that the closings have let go
	pageNext int64           // offset behind it
	serve    func(*ask)      // answers questions while a bar is waited for
	asks     chan *ask
	awaited  atomic.Pointer[barAt] // that is waited for; nil for none
}

type barAt struct {
	timeframe candle.Timeframe
	at        int64
}

func (b barAt) String() string {
	return fmt.Sprintf("the %s bar of %s", b.timeframe, time.Unix(0, b.at).UTC().Format(time.RFC3339))
}

// give is stream.Options.Others.
func (f *foreign) give(key candle.Series, needs []*plan.Need, at int64, out []float64) {
	pair, ok := f.noted(barAt{key.Timeframe, at})
	if !ok && f.closings != nil { // candles that warm formulas
		pair, _, _, _ = f.closings.look(key.Timeframe, at)
	}
	for k, n := range needs {
		out[k] = closing.Value(n, key.Symbol, at, pair.exact, pair.before)
	}
}

// show is stream.Options.OthersShown.
func (f *foreign) show(key candle.Series, needs []*plan.Need, at int64) []stream.Other {
	if f.closings == nil {
		return nil
	}
	pair, ok, _, _ := f.closings.look(key.Timeframe, at)
	if !ok {
		return nil
	}
	return closing.Explain(needs, key.Symbol, at, pair.exact, pair.before)
}

// noted returns what is noted of a bar.
func (f *foreign) noted(b barAt) (barPair, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	pair, ok := f.bars[b]
	return pair, ok
}

// note keeps what other series say on a bar until forget.
func (f *foreign) note(b barAt, pair barPair) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bars[b] = pair
}

// forget drops what is noted.
func (f *foreign) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.bars)
}

// known notes what other series say on the bar that a candle closes, if that is known already.
func (f *foreign) known(engine *stream.Engine, m *candle.Message) (need barAt, ok, page bool, changed <-chan struct{}) {
	needs, at := engine.NeedsOf(m)
	if len(needs) == 0 {
		return need, true, false, nil
	}
	need = barAt{m.Timeframe, at}
	if _, ok := f.noted(need); ok {
		return need, true, false, nil
	}
	if f.page != nil && f.page.Reaches(m.Timeframe, at) {
		if last, any := f.page.Last(m.Timeframe); any && at <= last {
			exact, before := f.page.At(m.Timeframe, at)
			f.note(need, barPair{exact, before})
			return need, true, false, nil
		}
	}
	pair, ok, page, changed := f.closings.look(m.Timeframe, at)
	if ok {
		f.note(need, pair)
		f.page = nil
	}
	return need, ok, page, changed
}

// awaitAll waits until it is known what other series say on the bars that the candles of a record close. What is staged
// is handed on before. It returns false when the context ends.
func (a *applier) awaitAll(ctx context.Context, msgs []candle.Message, res *result, hand func(result, time.Time),
) (bool, error) {
	handed := false
	for i := 0; i < len(msgs); i++ {
		if !a.engine.Rules().NeedOthers() {
			return true, nil
		}
		if topics.Ahead(&msgs[i], &a.record, a.cfg.AheadMax) {
			continue
		}
		before := handed
		if going, err := a.await(ctx, &msgs[i], res, hand, &handed); !going {
			return false, err
		}
		if handed && !before {
			i = -1 // what was known of the candles before went with what was staged
		}
	}
	return true, nil
}

// await is awaitAll for one candle. Handed is set when what is staged was handed on.
func (a *applier) await(ctx context.Context, m *candle.Message, res *result, hand func(result, time.Time), handed *bool,
) (bool, error) {
	defer a.foreign.awaited.Store(nil)
	for {
		need, ok, page, changed := a.foreign.known(a.engine, m)
		switch {
		case ok:
			return true, nil
		case a.foreign.closings == nil:
			return true, nil
		case !*handed:
			*handed = true
			now := time.Now()
			a.emit(res, now)
			hand(*res, now)
			res.signals, res.deadLetters, res.outcomes = nil, nil, nil
			continue
		case page:
			if err := a.foreign.turn(ctx, need); err != nil {
				return false, err
			}
			continue
		}
		a.foreign.awaited.Store(&need)
		select {
		case <-ctx.Done():
			return false, nil
		case <-changed:
		case q := <-a.foreign.asks:
			a.foreign.serve(q)
		case <-time.After(snapshotTick):
			a.reload() // other formulas may need nothing
		}
	}
}

// pageBytes bounds what is paged in at once.
const pageBytes = 16 << 20

// turn reads closed bars again that have been let go, from the given one on.
func (f *foreign) turn(ctx context.Context, need barAt) error {
	c, tp := f.closings, f.closings.partition()
	first, end, err := topics.Bounds(ctx, c.cfg.Client, []kafka.TopicPartition{tp}, true)
	if err != nil {
		return fmt.Errorf("live: %w", err)
	}
	from := first[tp]
	f.page = closing.NewLedger(2 * pageBytes)
	if f.pageNext > from {
		from = f.pageNext
		f.page.Midway()
	}
	f.pageNext = 0 // where the bar is not behind it, the next attempt begins at the beginning
	read, next := 0, from
	err = topics.ReadPartition(ctx, c.cfg.Client, tp, from, end[tp], func(r *kafka.Record) error {
		if err := f.page.Take(r.Value); err != nil {
			return nil // whoever follows the topic says so
		}
		next = r.Offset + 1
		if last, any := f.page.Last(need.timeframe); any && last >= need.at {
			if read += len(r.Value); read >= pageBytes {
				return errSeen
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, errSeen) {
		return fmt.Errorf("live: %s: %w", tp, err)
	}
	if f.page.Reaches(need.timeframe, need.at) || from == first[tp] {
		f.pageNext = next
		if !f.page.Reaches(need.timeframe, need.at) {
			f.note(need, barPair{}) // it was let go of the topic itself
		}
	}
	return nil
}

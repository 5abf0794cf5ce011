package rulebook

import (
	"cmp"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"streamd/candle"
	"streamd/config"
	"streamd/formula"
	"streamd/stream"

	"github.com/VictoriaMetrics/metrics"
	"github.com/rs/zerolog"
)

// Options is what a book needs of the daemon beside the configuration.
type Options struct {
	Path   string              // of the configuration, for Reload; empty where it is not a file
	Topic  *FormulasTopic      // further formulas, or nil
	Change func(*stream.Rules) // called when other rules are in force, not for the first ones; nil for nobody
	// Fits says why the memory does not suffice for rules; nil for no limit. Open asks it as well, when no series
	// is known yet.
	Fits func(*stream.Rules) error
	// Reread is called with the configuration that Reload has read, when its formulas are in force; nil for nobody.
	Reread func(*config.Configuration) error
	Log    zerolog.Logger

	most int // formulas in force; those of the configuration, or less in tests
}

// Book is the formulas of a daemon. It is safe for concurrent use.
type Book struct {
	options Options
	started *config.Configuration // the daemon runs with it, but for its formulas

	file  atomic.Pointer[config.Configuration] // whose formulas are in force
	rules atomic.Pointer[stream.Rules]

	changing sync.Mutex // held while formulas are changed
	folder   folder

	mu     sync.RWMutex // held by the one who changes the ledger, and by those who read without changing
	ledger *ledger
}

// Open puts the formulas of all places in force. A bad indicator is an error; a bad formula is a fault.
func Open(file *config.Configuration, o Options) (*Book, error) {
	if o.Change == nil {
		o.Change = func(*stream.Rules) {}
	}
	o.most = cmp.Or(o.most, file.FormulasMax())
	b := &Book{options: o, started: file, ledger: newLedger()}
	b.file.Store(file)
	if err := b.look(file, true); err != nil {
		return nil, err
	}
	return b, nil
}

// Count adds the book's gauges to a set.
func (b *Book) Count(set *metrics.Set) {
	set.NewGauge("streamd_formulas", func() float64 { return float64(b.rules.Load().Len()) })
	set.NewGauge("streamd_formulas_invalid", func() float64 {
		b.mu.RLock()
		defer b.mu.RUnlock()
		return float64(b.ledger.faults.count)
	})
}

// Rules returns the rules in force.
func (b *Book) Rules() *stream.Rules { return b.rules.Load() }

// Check checks an expression under the indicators and the buffer of the configuration, without a trace in the book.
func (b *Book) Check(expression string) formula.Checked {
	return formula.NewBuilder(b.Rules().Environment(candle.Timeframe{})).Check(expression)
}

// A look at the folder, which is a stat of each file, costs less than the system's notifications, which come in
// pieces. It takes a hundredth of the time at the most, up to a look in two seconds.
const (
	looksApart    = 50 * time.Millisecond
	looksApartMax = 2 * time.Second
)

// Watch follows the folder and the topic until the context ends.
func (b *Book) Watch(ctx context.Context) {
	look := time.NewTimer(looksApart)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			begun := time.Now()
			b.refresh(true)
			pause := min(max(100*time.Since(begun), looksApart), looksApartMax)
			if b.file.Load().FormulasDir == "" {
				pause = looksApartMax
			}
			look.Reset(pause)
		case <-b.options.Topic.changes():
			b.refresh(false)
		}
	}
}

// refresh puts in force what has changed in the topic, and in the folder where that is looked at.
func (b *Book) refresh(folder bool) {
	b.changing.Lock()
	defer b.changing.Unlock()
	file := b.file.Load()
	var err error
	if folder {
		err = b.look(file, false)
	} else {
		err = b.settle(file, b.options.Topic.look(b.ledger))
	}
	if err != nil {
		b.options.Log.Error().Err(err).Msg("the formulas stay as they are")
	}
}

// look puts in force what has changed in all places, under a configuration; with all, everything is read again.
func (b *Book) look(file *config.Configuration, all bool) error {
	var news []finding
	if all {
		own := ownOf(file)
		news = append(news, finding{at: own.place, now: &own})
	}
	if b.folder.dir != file.FormulasDir {
		for path := range b.folder.seen {
			news = append(news, finding{at: place{inFile, path}})
		}
		if b.folder.err != "" {
			news = append(news, finding{at: b.folder.place()})
		}
		b.folder = folder{dir: file.FormulasDir}
	}
	news = append(news, b.folder.look(b.ledger, all)...)
	return b.settle(file, append(news, b.options.Topic.look(b.ledger)...))
}

// Reload reads everything again. A configuration with an error leaves all as it was. Of the folder and the topic, each
// formula stands for itself: those that are not in force are a *NotInForceError.
func (b *Book) Reload() error {
	b.changing.Lock()
	defer b.changing.Unlock()
	if b.options.Path == "" {
		return ErrNoConfig
	}
	file, later, err := config.Reload(b.options.Path, b.started)
	if err == nil {
		_, err = Compile(file, false)
	}
	if err != nil {
		return config.WithoutLines(err)
	}
	if len(later) > 0 {
		b.options.Log.Warn().Strs("keys", later).Msg("changes of the configuration that wait for the next start")
	}
	if err := b.look(file, true); err != nil {
		return err
	}
	if b.options.Reread != nil {
		if err := b.options.Reread(file); err != nil {
			return err
		}
	}
	if texts := b.Problems(); len(texts) > 0 {
		return &NotInForceError{Problems: texts}
	}
	return nil
}

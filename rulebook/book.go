package rulebook

import (
	"cmp"
	"context"
	"slices"
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
	now     atomic.Pointer[edition]

	changing sync.Mutex // held while the edition is replaced
}

// Open puts the formulas of all places in force. A bad indicator is an error; a bad formula is a fault.
func Open(file *config.Configuration, o Options) (*Book, error) {
	if o.Change == nil {
		o.Change = func(*stream.Rules) {}
	}
	b := &Book{options: o, started: file}
	o.most = cmp.Or(o.most, file.FormulasMax())
	nothing := &edition{file: file, most: o.most, fits: o.Fits}
	first, err := nothing.next(file, sourcesOf(file, folderOf(file.FormulasDir), o.Topic))
	if err != nil {
		return nil, err
	}
	b.now.Store(first)
	b.logFaults(&edition{}, first)
	return b, nil
}

// Count adds the book's gauges to a set.
func (b *Book) Count(set *metrics.Set) {
	set.NewGauge("streamd_formulas", func() float64 { return float64(len(b.now.Load().inForce)) })
	set.NewGauge("streamd_formulas_invalid", func() float64 { return float64(len(b.now.Load().faults)) })
}

// Rules returns the rules in force.
func (b *Book) Rules() *stream.Rules { return b.now.Load().rules }

// List returns the formulas in force, and what is not.
func (b *Book) List() ([]InForce, []Fault) { return b.now.Load().list() }

// Problems says in full, one text each, what is not in force as it is written.
func (b *Book) Problems() []string { return b.now.Load().problems() }

// Check checks an expression under the indicators and the buffer of the configuration, without a trace in the book.
func (b *Book) Check(expression string) formula.Checked {
	return formula.NewBuilder(b.Rules().Environment(candle.Timeframe{})).Check(expression)
}

// watchEvery is how often the folder is looked at. Its files are few, and a look costs less than the system's
// notifications, which come in pieces.
const watchEvery = 2 * time.Second

// Watch follows the folder and the topic until the context ends.
func (b *Book) Watch(ctx context.Context) {
	look := time.NewTicker(watchEvery)
	defer look.Stop()
	seen := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			state := folderState(b.now.Load().file.FormulasDir)
			if state == seen {
				continue
			}
			seen = state
		case <-b.options.Topic.changes():
		}
		b.refresh()
	}
}

// refresh puts in force what the folder and the topic hold now.
func (b *Book) refresh() {
	b.changing.Lock()
	defer b.changing.Unlock()
	if err := b.apply(b.now.Load().file); err != nil {
		b.options.Log.Error().Err(err).Msg("the formulas stay as they are")
	}
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
	if err := b.apply(file); err != nil {
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

// apply puts the formulas of a configuration, its folder and the topic in force.
func (b *Book) apply(file *config.Configuration) error {
	e, err := b.now.Load().next(file, sourcesOf(file, folderOf(file.FormulasDir), b.options.Topic))
	if err != nil {
		return err
	}
	b.force(e)
	return nil
}

// force lets the engines change over to an edition.
func (b *Book) force(e *edition) {
	before := b.now.Swap(e)
	if e.rules != before.rules {
		b.options.Change(e.rules)
		b.options.Log.Info().Int("formulas", len(e.inForce)).Int("faults", len(e.faults)).Msg("reloaded")
	}
	b.logFaults(before, e)
}

// logFaults logs the faults that are new, and those that are gone.
func (b *Book) logFaults(before, now *edition) {
	for _, f := range now.faults {
		if !slices.Contains(before.faults, f) {
			b.options.Log.Error().Str("origin", f.Place).Str("formula", f.Name).Bool("kept", f.Kept).Msg(f.Error)
		}
	}
	for _, f := range before.faults {
		if !slices.ContainsFunc(now.faults, func(g Fault) bool { return f.Place == g.Place && f.Name == g.Name }) {
			b.options.Log.Info().Str("origin", f.Place).Str("formula", f.Name).Msg("the fault is gone")
		}
	}
}

package replay

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"streamd/history"
	"streamd/stream"
)

// Change is a signal that one of two formula sets gives and the other does not.
type Change struct {
	Change     string            `json:"change"` // added or removed
	Formula    string            `json:"formula"`
	SignalType stream.SignalType `json:"signal_type"`
	Symbol     string            `json:"symbol"`
	Timeframe  string            `json:"timeframe"`
	Timestamp  time.Time         `json:"timestamp"`
	Close      float64           `json:"close"`
}

// FormulaDiff counts the signals of a formula in two sets.
type FormulaDiff struct {
	Added   int `json:"added"`
	Removed int `json:"removed"`
	Kept    int `json:"kept"`
}

// Diff is what a change of formulas does to the signals of history.
type Diff struct {
	Changes   []Change                `json:"changes"` // by timestamp, symbol, formula
	ByFormula map[string]*FormulaDiff `json:"by_formula"`
	Dropped   int                     `json:"dropped,omitempty"` // changes beyond ChangesMax, counted only
	Errors    map[string]string       `json:"errors"`            // by series
	Series    int                     `json:"series"`            // that were compared
}

// ChangesMax is how many changes a Diff lists.
const ChangesMax = 1_000_000

// Same reports whether nothing was added or removed.
func (d *Diff) Same() bool { return len(d.Changes) == 0 }

// Compare runs the formulas of two jobs over the history of the first, in one
// pass, and returns the signals that the second adds and removes. Signals are the
// same when formula, signal type, series and candle are.
func Compare(ctx context.Context, before, after *Job) (*Diff, history.Report, error) {
	d := &Diff{Changes: []Change{}, ByFormula: map[string]*FormulaDiff{}, Errors: map[string]string{}}
	if err := before.check(); err != nil {
		return d, history.Report{}, err
	}
	var scanners [2][]scanner
	for k, j := range [2]*Job{before, after} {
		own := *j
		own.Workers, own.Data, own.read = before.Workers, before.Data, before.read
		var err error
		if scanners[k], err = newScanners(ctx, &own); err != nil {
			return d, history.Report{}, err
		}
		before.Data, before.read = own.Data, own.read // which is in memory where it can be read once only
	}
	var mu sync.Mutex
	var found []SeriesResult
	report, err := Each(ctx, before, func(ctx context.Context, worker int, t *history.Tape) {
		r := [2]SeriesResult{}
		for k := range r {
			r[k] = resultOf(t)
			if r[k].Err == nil {
				s := &scanners[k][worker]
				r[k].Err = s.push(ctx, s.lean, t, &r[k], false)
			}
			if r[k].Err != nil {
				mu.Lock()
				d.Errors[t.Key.String()] = r[k].Err.Error()
				mu.Unlock()
				return
			}
		}
		mu.Lock()
		defer mu.Unlock()
		d.Series++
		found = append(found, SeriesResult{Key: t.Key})
		d.add(r[0].Matches, r[1].Matches)
	})
	for _, r := range missing(&before.Data, found) {
		d.Errors[r.Key.Symbol] = r.Err.Error()
	}
	slices.SortFunc(d.Changes, func(a, b Change) int {
		return cmp.Or(a.Timestamp.Compare(b.Timestamp), strings.Compare(a.Symbol, b.Symbol),
			strings.Compare(a.Formula, b.Formula),
			strings.Compare(a.Timeframe, b.Timeframe), -strings.Compare(a.Change, b.Change),
			strings.Compare(string(a.SignalType), string(b.SignalType)))
	})
	return d, report, err
}

// signalKey is what makes two signals of a series the same.
type signalKey struct {
	formula string
	signal  stream.SignalType
	at      int64
}

func keyOf(m *stream.Match) signalKey {
	return signalKey{formula: m.Formula().Name, signal: m.SignalType(), at: m.Candle.Time}
}

// add compares the signals of one series.
func (d *Diff) add(before, after []stream.Match) {
	old := map[signalKey]bool{}
	for i := range before {
		old[keyOf(&before[i])] = true
	}
	kept := map[signalKey]bool{}
	for i := range after {
		k := keyOf(&after[i])
		if old[k] {
			kept[k] = true
			d.count(k.formula).Kept++
			continue
		}
		d.count(k.formula).Added++
		d.change("added", k, &after[i])
	}
	for i := range before {
		if k := keyOf(&before[i]); !kept[k] {
			d.count(k.formula).Removed++
			d.change("removed", k, &before[i])
		}
	}
}

func (d *Diff) count(formula string) *FormulaDiff {
	if d.ByFormula[formula] == nil {
		d.ByFormula[formula] = &FormulaDiff{}
	}
	return d.ByFormula[formula]
}

func (d *Diff) change(what string, k signalKey, m *stream.Match) {
	if len(d.Changes) >= ChangesMax {
		d.Dropped++
		return
	}
	d.Changes = append(d.Changes, Change{
		Change: what, Formula: k.formula, SignalType: k.signal, Symbol: m.Series.Symbol,
		Timeframe: m.Series.Timeframe.String(),
		Timestamp: time.Unix(0, k.at).UTC(), Close: m.Candle.Close,
	})
}

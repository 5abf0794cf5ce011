package replay

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"streamd/candle"
	"streamd/history"
	"streamd/stream"
)

// The records of a part mirror what jobs keep of a series, with fields that encoding/gob can see.

type resultRecord struct {
	Key         seriesText
	Bars, Count int
	Counts      map[string]int
	Days        []Day
	Matches     []stream.MatchRecord
	Values      [][]float64
	Times       []int64
	Time        time.Duration
	Failed      bool
	Error       string
	Tallies     map[int]tallyRecord
}

type tallyRecord struct {
	All         []momentsRecord
	Hits, Apart map[string][]momentsRecord
}

type momentsRecord struct {
	N, Hits, Omitted, Holes int
	Sum, Squares            float64
}

type accountRecord struct {
	Key          seriesText
	Cash         float64
	Times        []int64
	Equity, Held []float64
	Trades       []Trade
	Traded       float64
	Exposed      int
	Bars         int
	Candles      *blockRecord  // for a report
	Trader       *traderRecord // of one purse
}

type traderRecord struct {
	Block          blockRecord
	Breaks         []uint8
	Entries, Exits []bool
	Distance, Rank []float64
}

type blockRecord struct {
	Time                           []int64
	Open, High, Low, Close, Volume []float64
}

type outcomesRecord struct {
	Key         seriesText
	All         []momentsRecord
	Hits, Apart [][]momentsRecord
	Series      []int
}

// similarRecord is a window; NaN stands for a return that there is none of.
type similarRecord struct {
	Key      seriesText
	From, To time.Time
	Distance float64
	Returns  [len(Horizons)]float64
}

// entries calls f with every record of the part, until it returns false.
func (p *Part) entries(f func(*partEntry) bool) {
	for i := range p.Results {
		if !f(&partEntry{Result: recordOfResult(&p.Results[i])}) {
			return
		}
	}
	failed := p.Errors
	if a := p.Accounts; a != nil {
		failed = a.errs
		for _, key := range sortedSeries(a.own) {
			if !f(&partEntry{Account: recordOfAccount(key, a.own[key])}) {
				return
			}
		}
	}
	if o := p.Occurrences; o != nil {
		failed = o.Errors
		for _, key := range sortedSeries(o.found) {
			if !f(&partEntry{Outcome: recordOfOutcomes(key, o.found[key])}) {
				return
			}
		}
	}
	for _, s := range p.Similar {
		r := similarRecord{seriesText{s.Symbol, s.Timeframe}, s.From, s.To, s.Distance, [len(Horizons)]float64{}}
		for h, v := range s.Returns {
			if r.Returns[h] = math.NaN(); v != nil {
				r.Returns[h] = *v
			}
		}
		if !f(&partEntry{Similar: &r}) {
			return
		}
	}
	for symbol, err := range failed {
		if !f(&partEntry{Failed: &failedRecord{symbol, err.Error()}}) {
			return
		}
	}
}

func sortedSeries[V any](m map[candle.Series]V) []candle.Series {
	keys := make([]candle.Series, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, compareSeries)
	return keys
}

func recordOfResult(r *SeriesResult) *resultRecord {
	k := &resultRecord{
		Key: textOf(r.Key), Bars: r.Bars, Count: r.Count, Counts: r.Counts, Days: r.Days, Values: r.Values,
		Times: r.Times, Time: r.Time,
	}
	if r.Err != nil {
		k.Failed, k.Error = true, r.Err.Error()
	}
	for i := range r.Matches {
		k.Matches = append(k.Matches, r.Matches[i].Record())
	}
	if r.tallies != nil {
		k.Tallies = map[int]tallyRecord{}
	}
	for year, t := range r.tallies {
		k.Tallies[year] = tallyRecord{recordsOf(t.all), recordsByName(t.hits), recordsByName(t.apart)}
	}
	return k
}

func recordOfAccount(key candle.Series, a *account) *accountRecord {
	k := &accountRecord{
		Key: textOf(key), Cash: a.cash, Times: a.times, Equity: a.equity, Held: a.held, Trades: a.trades,
		Traded: a.traded, Exposed: a.exposed, Bars: a.bars,
	}
	if a.candles != nil {
		k.Candles = recordOfBlock(a.candles)
	}
	if t := a.trader; t != nil {
		k.Trader = &traderRecord{
			Block: *recordOfBlock(t.Block), Entries: t.entries, Exits: t.exits, Distance: t.distance,
			Rank: t.signals.rank,
		}
		for _, b := range t.breaks {
			k.Trader.Breaks = append(k.Trader.Breaks, uint8(b))
		}
	}
	return k
}

func (k *accountRecord) account() *account {
	a := &account{
		cash: k.Cash, times: k.Times, equity: k.Equity, held: k.Held, trades: k.Trades, traded: k.Traded,
		exposed: k.Exposed, bars: k.Bars,
	}
	if k.Candles != nil {
		a.candles = k.Candles.block()
	}
	if t := k.Trader; t != nil {
		a.trader = &trader{
			market:  market{symbol: k.Key.Symbol, Block: t.Block.block()},
			signals: signals{entries: t.Entries, exits: t.Exits, distance: t.Distance, rank: t.Rank},
		}
		for _, b := range t.Breaks {
			a.trader.breaks = append(a.trader.breaks, breakKind(b))
		}
	}
	return a
}

func recordOfBlock(b *stream.Block) *blockRecord {
	return &blockRecord{Time: b.Time, Open: b.Open, High: b.High, Low: b.Low, Close: b.Close, Volume: b.Volume}
}

func (k *blockRecord) block() *stream.Block {
	return &stream.Block{Time: k.Time, Open: k.Open, High: k.High, Low: k.Low, Close: k.Close, Volume: k.Volume}
}

func recordOfOutcomes(key candle.Series, o *outcomes) *outcomesRecord {
	k := &outcomesRecord{Key: textOf(key), All: recordsOf(o.all[:]), Series: o.series}
	for i := range o.hits {
		k.Hits, k.Apart = append(k.Hits, recordsOf(o.hits[i][:])), append(k.Apart, recordsOf(o.apart[i][:]))
	}
	return k
}

func (k *outcomesRecord) outcomes(conditions int) (*outcomes, error) {
	o := newOutcomes(conditions)
	if len(k.Hits) != conditions || len(k.Apart) != conditions || len(k.Series) != conditions {
		return nil, fmt.Errorf("%d conditions, want %d", len(k.Hits), conditions)
	}
	copy(o.all[:], momentsOf(k.All))
	for i := range k.Hits {
		copy(o.hits[i][:], momentsOf(k.Hits[i]))
		copy(o.apart[i][:], momentsOf(k.Apart[i]))
	}
	o.series = k.Series
	return o, nil
}

func recordsOf(m []moments) []momentsRecord {
	all := make([]momentsRecord, len(m))
	for i := range m {
		all[i] = momentsRecord{m[i].n, m[i].hits, m[i].breaks.omitted, m[i].breaks.holes, m[i].sum, m[i].squa}
	}
	return all
}

func momentsOf(k []momentsRecord) []moments {
	all := make([]moments, len(k))
	for i, r := range k {
		all[i] = moments{n: r.N, hits: r.Hits, sum: r.Sum, squa: r.Squares, breaks: breakCount{r.Omitted, r.Holes}}
	}
	return all
}

func recordsByName(m map[string][]moments) map[string][]momentsRecord {
	all := map[string][]momentsRecord{}
	for name, own := range m {
		all[name] = recordsOf(own)
	}
	return all
}

func momentsByName(k map[string][]momentsRecord) map[string][]moments {
	all := map[string][]moments{}
	for name, own := range k {
		all[name] = momentsOf(own)
	}
	return all
}

// end makes the last record.
func (p *Part) end(entries int) *endRecord {
	r := &p.Report
	e := &endRecord{
		Entries: entries, Took: p.Took, Cache: p.Cache, Skipped: r.Skipped, VolumeMissing: r.VolumeMissing,
		LeftOut: r.LeftOut, Notes: r.Notes, Errors: map[string]string{}, Inputs: r.Inputs, Good: r.Good,
		InputsHash: r.InputsHash, Requests: r.Storage.Requests, Bytes: r.Storage.Bytes,
	}
	for name, err := range r.Errors {
		e.Errors[name] = err.Error()
	}
	for _, err := range r.Failed {
		e.Failed = append(e.Failed, err.Error())
	}
	return e
}

// partReader puts the records of a part into it.
type partReader struct {
	part   *Part
	engine *stream.Engine // makes matches again
}

func newPartReader(p *Part) (*partReader, error) {
	t := &p.Task
	switch {
	case t.Like != nil:
	case t.Discover != nil:
		p.Occurrences = &Occurrences{
			Errors: map[string]error{}, options: *t.Discover, found: map[candle.Series]*outcomes{},
		}
	case t.Rules != nil:
		p.Accounts = newAccounts(t.Rules)
	}
	rules, problems := stream.NewRules(stream.RulesConfig{
		Formulas: t.Formulas, Indicators: t.Indicators, Buffer: t.Buffer,
	})
	if len(problems) > 0 {
		return nil, problems[0]
	}
	return &partReader{p, stream.New(rules, stream.Options{Buffer: t.Buffer, Gaps: t.Gaps, Bare: true})}, nil
}

// take puts one record into the part.
func (b *partReader) take(e *partEntry) error {
	p := b.part
	switch {
	case e.Result != nil:
		r, err := b.result(e.Result)
		p.Results = append(p.Results, r)
		return err
	case e.Account != nil && p.Accounts != nil:
		key, err := e.Account.Key.series()
		p.Accounts.add(key, e.Account.account(), nil)
		return err
	case e.Outcome != nil && p.Occurrences != nil:
		key, err := e.Outcome.Key.series()
		if err != nil {
			return err
		}
		p.Occurrences.found[key], err = e.Outcome.outcomes(len(p.Task.Discover.Conditions))
		return err
	case e.Similar != nil:
		k := e.Similar
		s := Similar{Symbol: k.Key.Symbol, Timeframe: k.Key.Timeframe, From: k.From, To: k.To, Distance: k.Distance}
		for h, v := range k.Returns {
			if !math.IsNaN(v) {
				s.Returns[h] = &v
			}
		}
		p.Similar = append(p.Similar, s)
		return nil
	case e.Failed != nil:
		p.failures()[e.Failed.Symbol] = errors.New(e.Failed.Text)
		return nil
	}
	return errors.New("an unknown record")
}

// failures returns where the part keeps the errors of symbols.
func (p *Part) failures() map[string]error {
	switch {
	case p.Accounts != nil:
		return p.Accounts.errs
	case p.Occurrences != nil:
		return p.Occurrences.Errors
	}
	return p.Errors
}

func (b *partReader) result(k *resultRecord) (SeriesResult, error) {
	key, err := k.Key.series()
	r := SeriesResult{
		Key: key, Bars: k.Bars, Count: k.Count, Counts: k.Counts, Days: k.Days, Values: k.Values, Times: k.Times,
		Time: k.Time,
	}
	if k.Failed {
		r.Err = errors.New(k.Error)
	}
	if k.Tallies != nil {
		r.tallies = map[int]*tally{}
	}
	for year, t := range k.Tallies {
		r.tallies[year] = &tally{momentsOf(t.All), momentsByName(t.Hits), momentsByName(t.Apart)}
	}
	if err != nil || len(k.Matches) == 0 {
		return r, err
	}
	series := b.engine.Series(key)
	defer b.engine.Forget(key)
	r.Matches = make([]stream.Match, len(k.Matches))
	for i := range k.Matches {
		if r.Matches[i], err = b.engine.Recall(series, &k.Matches[i]); err != nil {
			return r, err
		}
	}
	return r, nil
}

// end takes in the last record. Behind it there is nothing.
func (b *partReader) end(e *endRecord, entries int, rest io.Reader) error {
	switch n, err := io.Copy(io.Discard, rest); {
	case err != nil:
		return fmt.Errorf("damaged: %w", err)
	case n > 0 || e.Entries != entries:
		return fmt.Errorf("damaged: %d of %d records, %d bytes behind the last", entries, e.Entries, n)
	}
	b.part.Took, b.part.Cache = e.Took, e.Cache
	r := &b.part.Report
	*r = history.Report{
		Skipped: e.Skipped, VolumeMissing: e.VolumeMissing, LeftOut: e.LeftOut, Notes: e.Notes,
		Errors: map[string]error{}, Inputs: e.Inputs, Good: e.Good, InputsHash: e.InputsHash,
	}
	r.Storage.Requests, r.Storage.Bytes = e.Requests, e.Bytes
	for name, text := range e.Errors {
		r.Errors[name] = errors.New(text)
	}
	for _, text := range e.Failed {
		r.Failed = append(r.Failed, errors.New(text))
	}
	return nil
}

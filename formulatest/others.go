package formulatest

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"streamd/candle"
	"streamd/formula/plan"
	"streamd/history"
	"streamd/replay"
	"streamd/stream"
)

// Feed is the candles of a series.
type Feed struct {
	Start    string    `yaml:"start"` // open time of the first candle; that of the test where it is left out
	Candles  string    `yaml:"candles"`
	CSV      string    `yaml:"csv"`
	Generate *Generate `yaml:"generate"`
}

// given counts the ways in which the feed says what its candles are.
func (f *Feed) given() int {
	given := 0
	for _, is := range []bool{f.Candles != "", f.CSV != "", f.Generate != nil} {
		if is {
			given++
		}
	}
	return given
}

// tape returns the closed bars as a history.
func tape(key candle.Series, bars []bar) history.Tape {
	t := history.Tape{Key: key}
	for _, b := range bars {
		if !b.forming {
			t.Block.Append(b.Candle)
		}
	}
	return t
}

// readOthers reads the other series of the test.
func (r *run) readOthers(read ReadCSV) error {
	r.own = tape(r.key, r.bars)
	r.tapes = []history.Tape{r.own}
	for _, symbol := range slices.Sorted(maps.Keys(r.test.Series)) {
		f := r.test.Series[symbol]
		key := candle.Series{Symbol: symbol, Timeframe: r.key.Timeframe}
		if symbol == r.key.Symbol {
			return fmt.Errorf("formulatest: series: %s is the symbol of the test itself", symbol)
		}
		if f.given() != 1 {
			return fmt.Errorf("formulatest: series: %s: one of candles, csv and generate is needed, found %d", symbol,
				f.given())
		}
		if f.Start == "" {
			f.Start = r.test.Start
		}
		_, bars, err := f.bars(key, symbol, read)
		if err != nil {
			return about("series: "+symbol, err)
		}
		r.tapes = append(r.tapes, tape(key, bars))
	}
	return nil
}

// rules compiles the formula under test.
func (r *run) rules() (*stream.Rules, error) {
	c := stream.RulesConfig{
		Indicators: r.set.Indicators, Buffer: r.set.Buffer, Others: true, Universes: r.set.Universes,
	}
	for _, f := range r.set.Formulas {
		if f.Name == r.name {
			c.Formulas = append(c.Formulas, f)
		}
	}
	rules, problems := stream.NewRules(c)
	if len(problems) > 0 {
		return nil, problems[0]
	}
	return rules, nil
}

// foreign computes what the series of the test say of needs, for the closed bars of its own series.
func (r *run) foreign(anywhere, needs []*plan.Need) ([][]float64, error) {
	f, err := replay.NewForeign(context.Background(), r.job(), anywhere,
		func(candle.Timeframe) []*plan.Need { return anywhere })
	if err != nil {
		return nil, err
	}
	return f.Columns(r.key, needs, &r.own.Block)
}

// job is the series of the test as a history.
func (r *run) job() *replay.Job {
	return &replay.Job{
		Data: history.Data{Memory: r.tapes}, Workers: 1, Gaps: r.set.Gaps, Buffer: r.set.Buffer,
		Indicators: r.set.Indicators, Others: true, Universes: r.set.Universes, Admission: r.set.Admission,
	}
}

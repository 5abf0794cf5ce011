package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"streamd/candle"
	"streamd/live"
	"streamd/stream"
)

// visitBudget is how long the engines are waited for.
const visitBudget = 2 * time.Second

// seriesMax is how many series one answer has.
const seriesMax = 10_000

// shownSeries is a series in GET /api/v1/series.
type shownSeries struct {
	key       candle.Series
	Symbol    string          `json:"symbol"`
	Timeframe string          `json:"timeframe"`
	Topic     string          `json:"topic"`
	Partition int32           `json:"partition"`
	Bars      int             `json:"bars"`
	Newest    time.Time       `json:"newest"`
	Close     float64         `json:"close"`
	State     string          `json:"state"` // restoring, rebuilt, warming, ready
	Formulas  []shownReadness `json:"formulas"`
	Problem   string          `json:"problem,omitempty"` // which formulas cannot be computed on the timeframe
}

// shownReadness is a formula of a series, how many bars it waits for, and for how many
// further ones its values depend on where its newest parts were begun; stream.Never for
// always.
type shownReadness struct {
	Name      string `json:"name"`
	Waiting   int    `json:"waiting"`
	Unsettled int    `json:"unsettled,omitempty"`
}

// seriesAnswer is the series, and how many more there are.
type seriesAnswer struct {
	Series  []shownSeries `json:"series"`
	LeftOut int           `json:"left_out"`
}

// series answers GET /api/v1/series?symbol=&limit=: the first ones by symbol.
func (s *Server) series(w http.ResponseWriter, r *http.Request) {
	limit, err := limitOf(r, seriesMax, seriesMax)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	symbol := r.FormValue("symbol")
	all := []shownSeries{}
	count := 0
	err = s.visit(r.Context(), func(p live.View) {
		var found []*stream.SeriesState
		p.Engine.All(func(e *stream.SeriesState) {
			if _, seen := e.Last(); seen && (symbol == "" || stream.SymbolMatches(symbol, e.Key.Symbol)) {
				found = append(found, e)
			}
		})
		count += len(found)
		slices.SortFunc(found, func(a, b *stream.SeriesState) int { return compareSeries(a.Key, b.Key) })
		for _, e := range found[:min(len(found), limit)] {
			all = append(all, showSeries(p, e))
		}
	})
	if err != nil {
		fail(w, http.StatusServiceUnavailable, err)
		return
	}
	slices.SortFunc(all, func(a, b shownSeries) int { return compareSeries(a.key, b.key) })
	all = all[:min(len(all), limit)]
	answer(w, seriesAnswer{Series: all, LeftOut: count - len(all)})
}

func compareSeries(a, b candle.Series) int {
	return cmp.Or(strings.Compare(a.Symbol, b.Symbol), strings.Compare(a.Timeframe.String(), b.Timeframe.String()))
}

func showSeries(p live.View, e *stream.SeriesState) shownSeries {
	last, _ := e.Last()
	one := shownSeries{
		key: e.Key, Symbol: e.Key.Symbol, Timeframe: e.Key.Timeframe.String(), Topic: p.Topic, Partition: p.Partition,
		Bars: e.Bars(), Newest: time.Unix(0, last.Time).UTC(), Close: last.Close, State: "ready",
		Formulas: []shownReadness{},
	}
	e.Waiting(func(f *stream.Formula, bars, unsettled int) {
		one.Formulas = append(one.Formulas, shownReadness{f.Name, bars, unsettled})
		switch {
		case bars != 0:
			one.State = "warming"
		case unsettled != 0 && one.State == "ready":
			one.State = "rebuilt"
		}
	})
	if err := e.Compiled(); err != nil {
		one.Problem = err.Error()
	}
	switch {
	case p.Restoring:
		one.State = "restoring"
	case e.Rebuilt, p.Rebuilt && one.State == "ready":
		one.State = "rebuilt"
	}
	return one
}

// shownCandle is a candle in GET /api/v1/candles.
type shownCandle struct {
	Timestamp time.Time `json:"timestamp"`
	Open      float64   `json:"open"`
	High      float64   `json:"high"`
	Low       float64   `json:"low"`
	Close     float64   `json:"close"`
	Volume    float64   `json:"volume"`
}

// candlesAnswer is the candles kept of a series.
type candlesAnswer struct {
	Symbol    string        `json:"symbol"`
	Timeframe string        `json:"timeframe"`
	Candles   []shownCandle `json:"candles"`
}

// Limits of the candles of one answer.
const (
	candlesDefault = 500
	candlesMax     = 100_000
)

// candles answers GET /api/v1/candles?symbol=&timeframe=&as=&limit=: what the ring of
// the series holds, oldest first.
func (s *Server) candles(w http.ResponseWriter, r *http.Request) {
	key, err := seriesOf(r)
	as, errAs := longerOf(r, key.Timeframe)
	limit, errLimit := limitOf(r, candlesDefault, candlesMax)
	if err := errors.Join(err, errAs, errLimit); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	kept, ok := s.keptAs(r.Context(), w, key, as)
	if !ok {
		return
	}
	answer(w, candlesAnswer{key.Symbol, as.String(), showCandles(kept[max(0, len(kept)-limit):])})
}

func showCandles(candles []candle.Candle) []shownCandle {
	shown := make([]shownCandle, len(candles))
	for i, c := range candles {
		shown[i] = shownCandle{time.Unix(0, c.Time).UTC(), c.Open, c.High, c.Low, c.Close, c.Volume}
	}
	return shown
}

func (s *Server) visit(ctx context.Context, f func(live.View)) error {
	ctx, stop := context.WithTimeout(ctx, visitBudget)
	defer stop()
	return s.cfg.Visit(ctx, f)
}

// seriesOf reads ?symbol=&timeframe=.
func seriesOf(r *http.Request) (candle.Series, error) {
	symbol, text := r.FormValue("symbol"), r.FormValue("timeframe")
	var errSymbol, errTimeframe error
	if symbol == "" {
		errSymbol = errors.New("symbol is missing")
	}
	tf, err := candle.ParseTimeframe(text)
	switch {
	case text == "":
		errTimeframe = errors.New("timeframe is missing")
	case err != nil:
		errTimeframe = fmt.Errorf("timeframe: %w", err)
	}
	return candle.Series{Symbol: symbol, Timeframe: tf}, errors.Join(errSymbol, errTimeframe)
}

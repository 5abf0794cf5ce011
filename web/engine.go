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
	"streamd/history"
	"streamd/live"
	"streamd/stream"
)

// visitBudget is how long the engines are waited for.
const visitBudget = 2 * time.Second

// explainBudget is how long an explanation may take, its turn included.
const explainBudget = 10 * time.Second

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
// further ones its values hang on where its newest parts were begun; stream.Never for
// always.
type shownReadness struct {
	Name      string `json:"name"`
	Waiting   int    `json:"waiting"`
	Unsettled int    `json:"unsettled,omitempty"`
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
	answer(w, map[string]any{"series": all, "left_out": count - len(all)})
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

// candles answers GET /api/v1/candles?symbol=&timeframe=&limit=: what the ring of
// the series holds, oldest first.
func (s *Server) candles(w http.ResponseWriter, r *http.Request) {
	key, err := seriesOf(r)
	limit, errLimit := limitOf(r, 500, 100_000)
	if err := errors.Join(err, errLimit); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	var kept []candle.Candle
	found := false
	err = s.visit(r.Context(), func(p live.View) {
		if e := p.Engine.Find(key); e != nil {
			kept, found = e.Candles(kept[:0]), true
		}
	})
	switch {
	case err != nil:
		fail(w, http.StatusServiceUnavailable, err)
		return
	case !found:
		fail(w, http.StatusNotFound, fmt.Errorf("no series %s", key))
		return
	}
	shown := []shownCandle{}
	for _, c := range kept[max(0, len(kept)-limit):] {
		shown = append(shown, shownCandle{time.Unix(0, c.Time).UTC(), c.Open, c.High, c.Low, c.Close, c.Volume})
	}
	answer(w, map[string]any{"symbol": key.Symbol, "timeframe": key.Timeframe.String(), "candles": shown})
}

// explain answers GET /api/v1/explain?formula=&symbol=&timeframe=&at=.
func (s *Server) explain(w http.ResponseWriter, r *http.Request) {
	key, err := seriesOf(r)
	var errAt error
	if text := r.FormValue("at"); text != "" {
		if _, errAt = history.ParseBarTime(text, time.Time{}); errAt != nil {
			errAt = fmt.Errorf("at: %w", errAt)
		}
	}
	name := r.FormValue("formula")
	if name == "" {
		err = errors.Join(err, errors.New("formula is missing"))
	}
	if err := errors.Join(err, errAt); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	if !slices.ContainsFunc(s.cfg.Rules().Formulas(), func(f stream.Formula) bool { return f.Name == name }) {
		fail(w, http.StatusNotFound, fmt.Errorf("no formula %s", name))
		return
	}
	ctx, stop := context.WithTimeout(r.Context(), explainBudget)
	defer stop()
	end, err := s.explaining.begin(ctx, clientOf(r))
	if err != nil {
		w.Header().Set("Retry-After", "1")
		fail(w, http.StatusTooManyRequests, fmt.Errorf("explain: %w", err))
		return
	}
	defer end()
	// The engine's goroutine only copies the series: what takes long is done here.
	var restore func() (*stream.Engine, error)
	err = s.visit(ctx, func(p live.View) {
		if copied := p.Engine.Copy(key); copied != nil {
			restore = copied
		}
	})
	if err != nil {
		fail(w, http.StatusServiceUnavailable, err)
		return
	}
	if restore == nil {
		fail(w, http.StatusNotFound, fmt.Errorf("no series %s", key))
		return
	}
	engine, err := restore()
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	if ctx.Err() != nil { // whoever asked has gone
		fail(w, http.StatusServiceUnavailable, ctx.Err())
		return
	}
	at := stream.Newest
	if text := r.FormValue("at"); text != "" {
		newest, _ := engine.Find(key).Last()
		t, err := history.ParseBarTime(text, time.Unix(0, newest.Time))
		if err != nil {
			fail(w, http.StatusBadRequest, fmt.Errorf("at: %w", err))
			return
		}
		at = t.UnixNano()
	}
	explanation, err := engine.Explain(key, name, at, nil)
	if err != nil {
		fail(w, http.StatusNotFound, err)
		return
	}
	answer(w, explanation)
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

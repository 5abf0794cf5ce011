package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"streamd/candle"
	"streamd/history"
	"streamd/live"
	"streamd/stream"
)

// explainBudget is how long an explanation may take, its turn included.
const explainBudget = 10 * time.Second

// explanation is the answer to GET /api/v1/explain.
type explanation = stream.Explanation

// explain answers GET /api/v1/explain?formula=&symbol=&timeframe=&at=, or with an expression in place of the formula.
func (s *Server) explain(w http.ResponseWriter, r *http.Request) {
	key, err := seriesOf(r)
	var errAt error
	if text := r.FormValue("at"); text != "" {
		if _, errAt = history.ParseBarTime(text, time.Time{}); errAt != nil {
			errAt = fmt.Errorf("at: %w", errAt)
		}
	}
	name, expression := r.FormValue("formula"), r.FormValue("expr")
	switch {
	case name == "" && expression == "":
		err = errors.Join(err, errors.New("formula is missing"))
	case name != "" && expression != "":
		err = errors.Join(err, errors.New("formula and expr are given: want one of them"))
	}
	if err := errors.Join(err, errAt); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	var draft *stream.Rules
	if expression != "" {
		var problems []*stream.Problem
		if draft, problems = s.cfg.Rules().With(
			stream.Formula{Name: previewDraft, Expression: expression},
		); len(problems) > 0 {
			fail(w, http.StatusUnprocessableEntity, problems[0])
			return
		}
		if draft.NeedOthers() {
			fail(w, http.StatusUnprocessableEntity, errOthers)
			return
		}
	} else if _, _, known := s.cfg.Rules().Find(name); !known {
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
	if draft != nil {
		s.explainDraft(ctx, w, draft, key, r.FormValue("at"))
		return
	}
	s.explainFormula(ctx, w, name, key, r.FormValue("at"))
}

// explainFormula explains a formula in force.
func (s *Server) explainFormula(
	ctx context.Context, w http.ResponseWriter, name string, key candle.Series, text string,
) {
	// The engine's goroutine only copies the series: what takes long is done here.
	var restore func() (*stream.Engine, error)
	err := s.visit(ctx, func(p live.View) {
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
	if ctx.Err() != nil { // the client has gone
		fail(w, http.StatusServiceUnavailable, ctx.Err())
		return
	}
	newest, _ := engine.Find(key).Last()
	at, err := barOf(text, newest.Time)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	e, err := engine.Explain(key, name, at, nil)
	if err != nil {
		fail(w, http.StatusNotFound, err)
		return
	}
	answer(w, e)
}

// explainDraft explains an expression that is not in force, from the candles kept.
func (s *Server) explainDraft(
	ctx context.Context, w http.ResponseWriter, rules *stream.Rules, key candle.Series, text string,
) {
	candles, options, found, err := s.one(ctx, key)
	switch {
	case err != nil:
		fail(w, http.StatusServiceUnavailable, err)
		return
	case !found || len(candles) == 0:
		fail(w, http.StatusNotFound, fmt.Errorf("no series %s", key))
		return
	}
	at, err := barOf(text, candles[len(candles)-1].Time)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	x, err := stream.NewExplainer(rules, previewDraft, key, options)
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	for _, c := range candles {
		x.Push(c, true)
		if c.Time == at || at == stream.Newest && c.Time == candles[len(candles)-1].Time {
			answer(w, x.Explanation())
			return
		}
	}
	fail(
		w, http.StatusNotFound,
		fmt.Errorf("%w: %s of %s", stream.ErrNoCandle, time.Unix(0, at).UTC().Format(time.RFC3339), key),
	)
}

// barOf reads the time of a candle, of which a time of day means the last one before the newest.
func barOf(text string, newest int64) (int64, error) {
	if text == "" {
		return stream.Newest, nil
	}
	t, err := history.ParseBarTime(text, time.Unix(0, newest))
	if err != nil {
		return 0, fmt.Errorf("at: %w", err)
	}
	return t.UnixNano(), nil
}

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
type explanation struct {
	stream.Explanation
	// Coverage is there where what other series say was computed from the candles kept, not read from closed bars.
	Coverage *coverage `json:"coverage,omitempty"`
}

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
		s.explainKept(ctx, w, draft, previewDraft, key, r.FormValue("at"))
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
	if f, _, known := engine.Rules().Find(name); e.Others == nil && e.Tree != nil && known {
		// What closed bars said then is not at hand any more, if there were any.
		if own, problems := engine.Rules().With(*f); len(problems) == 0 && own.NeedOthers() {
			s.explainKept(ctx, w, own, name, key, text)
			return
		}
	}
	answer(w, explanation{Explanation: *e})
}

// explainKept explains a formula from the candles kept: one that is not in force, or on a bar of which it is not known
// any more what other series said.
func (s *Server) explainKept(
	ctx context.Context, w http.ResponseWriter, rules *stream.Rules, name string, key candle.Series, text string,
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
	if at == stream.Newest {
		at = candles[len(candles)-1].Time
	}
	x, err := stream.NewExplainer(rules, name, key, options)
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	a, foreign, err := s.explainAmong(ctx, rules, x, key, at, &candles)
	if err != nil {
		fail(w, http.StatusServiceUnavailable, err)
		return
	}
	values := make([]float64, len(foreign))
	for i, c := range candles {
		for k := range foreign {
			values[k] = foreign[k][i]
		}
		if x.PushAmong(c, true, values); c.Time == at {
			e := x.Explanation()
			e.Others = a.Others
			a.Explanation = *e
			answer(w, a)
			return
		}
	}
	fail(
		w, http.StatusNotFound,
		fmt.Errorf("%w: %s of %s", stream.ErrNoCandle, time.Unix(0, at).UTC().Format(time.RFC3339), key),
	)
}

// explainAmong computes what other series say of the needs of an explanation, as columns beside the candles, which are
// those that the others were compared with.
func (s *Server) explainAmong(
	ctx context.Context, rules *stream.Rules, x *stream.Explainer, key candle.Series, at int64,
	candles *[]candle.Candle,
) (a explanation, columns [][]float64, err error) {
	if len(x.Needs()) == 0 {
		return a, nil, nil
	}
	m, done, err := s.market(ctx, marketQuestion{
		timeframe: key.Timeframe, as: key.Timeframe, needs: rules.Needs(key.Timeframe), focus: at,
		wanted: func(k candle.Series) bool { return k == key },
	})
	if err != nil {
		return a, nil, err
	}
	defer done()
	t := m.find(key.Symbol)
	if t == nil {
		return a, nil, fmt.Errorf("the series %s has gone", key)
	}
	if err := m.give(t, x.Needs()); err != nil {
		return a, nil, err
	}
	*candles = (*candles)[:0]
	for i := range t.Block.Len() {
		*candles = append(*candles, t.Block.At(i))
	}
	a.Coverage, a.Others = &m.coverage, m.foreign.Explain(key, x.Needs())
	return a, t.Block.Foreign, nil
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

package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"streamd/candle"
	"streamd/formula"
	"streamd/formula/plan"
	"streamd/replay"
	"streamd/stream"
)

// computeBudget is how long an answer may take that expressions are computed for, its turn included.
const computeBudget = 5 * time.Second

// evalAnswer is expressions on the candles kept of one series: each column has a value for each timestamp.
type evalAnswer struct {
	Symbol     string       `json:"symbol"`
	Timeframe  string       `json:"timeframe"`
	Timestamps []time.Time  `json:"timestamps"`
	Columns    []evalColumn `json:"columns"`
	Others     *coverage    `json:"others,omitempty"` // of expressions that look at other series
}

type evalColumn struct {
	Expression string       `json:"expression"`
	Canonical  string       `json:"canonical"`
	Type       string       `json:"type"`   // number or condition
	Values     []plan.Float `json:"values"` // null for na; of a condition 1 and 0
}

// eval answers GET /api/v1/eval. Values are computed from the candles kept, from the first on: those that remember
// more may differ from the engine's at the beginning.
func (s *Server) eval(w http.ResponseWriter, r *http.Request) {
	key, err := seriesOf(r)
	as, errAs := longerOf(r, key.Timeframe)
	limit, errLimit := limitOf(r, candlesDefault, candlesMax)
	expressions := r.URL.Query()["expr"]
	if len(expressions) == 0 {
		err = errors.Join(err, errors.New("expr is missing"))
	}
	if err := errors.Join(err, errAs, errLimit); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	ctx, end, ok := s.turn(w, r, s.computing)
	if !ok {
		return
	}
	defer end()
	e, err := replay.NewEvaluatorIn(s.cfg.Rules().Environment(as), expressions)
	if err != nil {
		failExpression(w, err)
		return
	}
	block, others, ok := s.blockFor(ctx, w, key, as, e)
	if !ok {
		return
	}
	first := max(0, block.Len()-limit)
	a := evalAnswer{
		Symbol: key.Symbol, Timeframe: as.String(), Timestamps: []time.Time{},
		Columns: make([]evalColumn, len(expressions)), Others: others,
	}
	for k, x := range expressions {
		a.Columns[k] = evalColumn{Expression: x, Canonical: e.Canonical(k), Type: "number", Values: []plan.Float{}}
		if e.Bool(k) {
			a.Columns[k].Type = "condition"
		}
	}
	for _, at := range block.Time[first:] {
		a.Timestamps = append(a.Timestamps, time.Unix(0, at).UTC())
	}
	err = e.Run(ctx, block, func(at int, columns [][]float64) error {
		for k, column := range columns {
			for j := max(0, first-at); j < len(column); j++ {
				a.Columns[k].Values = append(a.Columns[k].Values, plan.Float(column[j]))
			}
		}
		return nil
	})
	if err != nil {
		fail(w, http.StatusServiceUnavailable, err)
		return
	}
	answer(w, a)
}

// blockFor returns the candles kept of a series with what the expressions need of others. It answers itself, and
// reports false, where there are none.
func (s *Server) blockFor(
	ctx context.Context, w http.ResponseWriter, key candle.Series, as candle.Timeframe, e *replay.Evaluator,
) (*stream.Block, *coverage, bool) {
	if len(e.Needs()) == 0 {
		candles, ok := s.keptAs(ctx, w, key, as)
		return blockOf(candles), nil, ok
	}
	m, done, err := s.market(ctx, marketQuestion{
		timeframe: key.Timeframe, as: as, needs: e.NeedsBelow(), wanted: func(k candle.Series) bool { return k == key },
	})
	if err != nil {
		fail(w, http.StatusServiceUnavailable, err)
		return nil, nil, false
	}
	defer done()
	t := m.find(key.Symbol)
	if t == nil {
		fail(w, http.StatusNotFound, fmt.Errorf("no series %s", key))
		return nil, nil, false
	}
	if err := m.give(t, e.Needs()); err != nil {
		fail(w, http.StatusInternalServerError, err)
		return nil, nil, false
	}
	return &t.Block, &m.coverage, true
}

// turn waits for a turn to compute. Where there is none it has answered, and ok is false.
func (s *Server) turn(w http.ResponseWriter, r *http.Request, t *turns) (ctx context.Context, end func(), ok bool) {
	ctx, stop := context.WithTimeout(r.Context(), computeBudget)
	left, err := t.begin(ctx, clientOf(r))
	if err != nil {
		stop()
		w.Header().Set("Retry-After", "1")
		fail(w, http.StatusTooManyRequests, err)
		return nil, nil, false
	}
	return ctx, func() { left(); stop() }, true
}

// expressionProblem is what is wrong with one of several expressions.
type expressionProblem struct {
	Expression string `json:"expression"`
	formula.Diagnostic
}

// failExpression answers for expressions that cannot be compiled.
func failExpression(w http.ResponseWriter, err error) {
	problems := []expressionProblem{}
	if failed, ok := errors.AsType[*formula.CompileError](err); ok {
		for _, r := range failed.Rejected {
			for _, d := range r.Found {
				problems = append(problems, expressionProblem{r.Text, d})
			}
		}
	}
	answerAs(w, http.StatusUnprocessableEntity, map[string]any{"error": err.Error(), "problems": problems})
}

// longerOf reads ?as=, a multiple of the timeframe of the series.
func longerOf(r *http.Request, own candle.Timeframe) (candle.Timeframe, error) {
	text := r.FormValue("as")
	if text == "" {
		return own, nil
	}
	as, err := candle.ParseTimeframe(text)
	switch {
	case err != nil:
		return own, fmt.Errorf("as: %w", err)
	case !own.IsZero() && as != own && !as.Multiple(own):
		return own, fmt.Errorf("as: %s is no multiple of %s", as, own)
	}
	return as, nil
}

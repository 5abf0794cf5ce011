package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"streamd/candle"
	"streamd/formula"
	"streamd/formula/plan"
	"streamd/live"
	"streamd/replay"
	"streamd/stream"
)

// Limits of screens.
const (
	screensMax    = 8           // sets of expressions whose values are kept
	screenEvery   = time.Second // between two looks at the engines for one of them
	screenBudget  = time.Second // of computing in one look
	screenRowsMax = 1000        // rows of an answer
	screenShare   = 10          // of the time, one part at most goes into comparing series

	screenOffsetMax = 10 * stream.SeriesMaxDefault // rows left out before an answer
)

// screenAnswer is the newest candle of every series with the values of the expressions, ranked.
type screenAnswer struct {
	Columns []screenColumn `json:"columns"`
	Rows    []screenRow    `json:"rows"`
	Total   int            `json:"total"`   // series that fulfil the condition
	Series  int            `json:"series"`  // series altogether
	Pending int            `json:"pending"` // of them not computed yet on their newest candle
	At      time.Time      `json:"at"`      // when the engines were last looked at
	Others  *coverage      `json:"others,omitempty"`
}

type screenColumn struct {
	Expression string `json:"expression"`
	Type       string `json:"type"`
}

type screenRow struct {
	Symbol    string       `json:"symbol"`
	Timeframe string       `json:"timeframe"`
	Timestamp time.Time    `json:"timestamp"`
	Close     float64      `json:"close"`
	Values    []plan.Float `json:"values"`
}

// screens keeps the values of some sets of expressions, so that a series is computed once for each of its candles,
// however many pages ask.
type screens struct {
	mu  sync.Mutex
	all []*screen // the last used one last
}

// screen is one set of expressions. A series' values are computed from the candles kept of it whenever it has a new
// one: nothing depends on when somebody began to ask.
type screen struct {
	expressions []string
	where       bool // the last expression is the condition
	env         func(candle.Timeframe) formula.Env
	named       []formula.Named // that the values were computed with
	among       bool            // some expression looks at other series

	mu         sync.Mutex // held while it computes
	evaluators map[candle.Timeframe]*replay.Evaluator
	rows       map[candle.Series]*screened
	looked     time.Time
	pending    int
	covered    coverage
	took       time.Duration // to compare series, the last time
}

// screened is the values of a series on a candle.
type screened struct {
	key      candle.Series
	time     int64
	close    float64
	values   []float64
	computed bool
}

// screenOf returns the screen of the expressions, a new one if there is none. Named indicators that have changed begin
// a new one, too.
func (s *Server) screenOf(expressions []string, where, among bool) *screen {
	named := s.cfg.Rules().Environment(candle.Timeframe{}).Named
	s.screens.mu.Lock()
	defer s.screens.mu.Unlock()
	all := s.screens.all
	i := slices.IndexFunc(all, func(c *screen) bool {
		return c.where == where && slices.Equal(c.expressions, expressions) && slices.Equal(c.named, named)
	})
	var c *screen
	if i >= 0 {
		c = all[i]
		all = slices.Delete(all, i, i+1)
	} else {
		c = &screen{
			expressions: expressions, where: where, among: among, named: named, env: s.cfg.Rules().Environment,
			evaluators: map[candle.Timeframe]*replay.Evaluator{}, rows: map[candle.Series]*screened{},
		}
		if len(all) == screensMax {
			all = slices.Delete(all, 0, 1)
		}
	}
	s.screens.all = append(all, c)
	return c
}

// screen answers GET /api/v1/screen.
func (s *Server) screen(w http.ResponseWriter, r *http.Request) {
	limit, errLimit := limitOf(r, 100, screenRowsMax)
	f, errFilter := filterOf(r)
	expressions := slices.Clone(r.URL.Query()["expr"])
	offset, errOffset := offsetOf(r)
	order, errSort := orderOf(r.FormValue("sort"), len(expressions))
	if err := errors.Join(errLimit, errFilter, errOffset, errSort); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	columns := len(expressions)
	where := r.FormValue("where")
	if where != "" {
		expressions = append(expressions, where)
	}
	first, err := replay.NewEvaluatorIn(s.cfg.Rules().Environment(candle.Timeframe{}), expressions)
	if err == nil && where != "" && !first.Bool(columns) {
		err = fmt.Errorf("where: %q is no condition", where)
	}
	if err != nil {
		failExpression(w, err)
		return
	}
	ctx, end, ok := s.turn(w, r, s.computing)
	if !ok {
		return
	}
	defer end()
	c := s.screenOf(expressions, where != "", len(first.Needs()) > 0)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := s.look(ctx, c); err != nil {
		fail(w, http.StatusServiceUnavailable, err)
		return
	}
	a := c.rank(f, order, columns)
	if c.among {
		a.Others = new(c.covered)
	}
	for k, x := range expressions[:columns] {
		kind := "number"
		if first.Bool(k) {
			kind = "condition"
		}
		a.Columns = append(a.Columns, screenColumn{x, kind})
	}
	a.Rows = a.Rows[min(offset, len(a.Rows)):]
	a.Rows = a.Rows[:min(limit, len(a.Rows))]
	answer(w, a)
}

// look computes the series that have a new candle, once in screenEvery, those that wait longest first. What there is
// no time for keeps its older values.
func (s *Server) look(ctx context.Context, c *screen) error {
	if time.Since(c.looked) < max(screenEvery, screenShare*c.took) && c.pending == 0 {
		return nil
	}
	seen := 0
	var stale []*screened
	err := s.visit(ctx, func(p live.View) {
		p.Engine.All(func(e *stream.SeriesState) {
			last, ok := e.Last()
			if !ok {
				return
			}
			seen++
			row := c.rows[e.Key]
			if row == nil {
				row = &screened{key: e.Key}
				c.rows[e.Key] = row
			}
			if !row.computed || row.time != last.Time {
				stale = append(stale, row)
			}
		})
	})
	if err != nil {
		return err
	}
	if seen < len(c.rows) { // some have moved to another instance
		c.rows, c.looked = map[candle.Series]*screened{}, time.Time{}
		return s.look(ctx, c)
	}
	if c.among {
		return s.lookAmong(ctx, c, stale)
	}
	slices.SortFunc(stale, func(a, b *screened) int {
		return cmp.Or(cmp.Compare(a.time, b.time), compareSeries(a.key, b.key))
	})
	keys := make([]candle.Series, len(stale))
	for i, row := range stale {
		keys[i] = row.key
	}
	c.looked, c.pending = time.Now(), len(keys)
	end := c.looked.Add(screenBudget)
	err = s.eachKept(ctx, keys, func(one keptSeries) error {
		if time.Now().After(end) {
			return errBudget
		}
		c.pending--
		return c.compute(ctx, one.key, blockOf(one.candles))
	})
	if errors.Is(err, errBudget) {
		return nil
	}
	return err
}

// evaluator returns what computes the expressions on a timeframe, nil where that cannot be.
func (c *screen) evaluator(tf candle.Timeframe) *replay.Evaluator {
	e, known := c.evaluators[tf]
	if !known {
		e, _ = replay.NewEvaluatorIn(c.env(tf), c.expressions)
		c.evaluators[tf] = e
	}
	return e
}

// compute takes the values on the newest candle. An expression that a timeframe cannot have is na there.
func (c *screen) compute(ctx context.Context, key candle.Series, b *stream.Block) error {
	e := c.evaluator(key.Timeframe)
	row := c.rows[key]
	newest := b.At(b.Len() - 1)
	row.time, row.close, row.computed = newest.Time, newest.Close, true
	if row.values == nil {
		row.values = make([]float64, len(c.expressions))
	}
	for k := range row.values {
		row.values[k] = math.NaN()
	}
	if e == nil {
		return nil
	}
	return e.Run(ctx, b, func(_ int, columns [][]float64) error {
		for k, column := range columns {
			if n := len(column); n > 0 {
				row.values[k] = column[n-1]
			}
		}
		return nil
	})
}

// order is what rows are ranked by: a column from 0, or one of the words.
type order struct {
	by      string // symbol, close, timestamp, or "" for a column
	column  int
	falling bool
}

func orderOf(text string, columns int) (order, error) {
	o := order{by: "symbol"}
	if text == "" {
		return o, nil
	}
	o.by, o.falling = strings.CutPrefix(text, "-")
	if slices.Contains([]string{"symbol", "close", "timestamp"}, o.by) {
		return o, nil
	}
	n, err := strconv.Atoi(o.by)
	if err != nil || n < 1 || n > columns {
		return o, fmt.Errorf(
			"sort %q is none of symbol, close, timestamp, 1 to %d, with or without - in front", text, columns,
		)
	}
	o.by, o.column = "", n-1
	return o, nil
}

// compare ranks by the order, na last, and equal ones by symbol.
func (o order) compare(a, b *screened) int {
	c := 0
	switch o.by {
	case "close":
		c = cmp.Compare(a.close, b.close)
	case "timestamp":
		c = cmp.Compare(a.time, b.time)
	case "symbol":
		c = compareSeries(a.key, b.key)
	default:
		x, y := a.values[o.column], b.values[o.column]
		switch {
		case x != x && y != y:
		case x != x:
			return 1
		case y != y:
			return -1
		default:
			c = cmp.Compare(x, y)
		}
	}
	if o.falling {
		c = -c
	}
	return cmp.Or(c, compareSeries(a.key, b.key))
}

// rank lists the series that are asked for and fulfil the condition.
func (c *screen) rank(f filter, o order, columns int) screenAnswer {
	a := screenAnswer{
		Columns: []screenColumn{}, Rows: []screenRow{}, Series: len(c.rows), Pending: c.pending, At: c.looked.UTC(),
	}
	var listed []*screened
	for _, row := range c.rows {
		if row.computed && (f.symbol == "" || stream.SymbolMatches(f.symbol, row.key.Symbol)) &&
			(f.timeframe == "" || row.key.Timeframe.String() == f.timeframe) &&
			(!c.where || row.values[columns] == 1) {
			listed = append(listed, row)
		}
	}
	slices.SortFunc(listed, o.compare)
	a.Total = len(listed)
	for _, row := range listed {
		one := screenRow{
			Symbol: row.key.Symbol, Timeframe: row.key.Timeframe.String(), Timestamp: time.Unix(0, row.time).UTC(),
			Close: row.close, Values: make([]plan.Float, columns),
		}
		for k := range columns {
			one.Values[k] = plan.Float(row.values[k])
		}
		a.Rows = append(a.Rows, one)
	}
	return a
}

// offsetOf reads ?offset=.
func offsetOf(r *http.Request) (int, error) {
	text := r.FormValue("offset")
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > screenOffsetMax {
		return 0, fmt.Errorf("offset %q is no number from 0 to %d", text, screenOffsetMax)
	}
	return n, nil
}

package web

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"streamd/candle"
	"streamd/rulebook"
	"streamd/stream"
)

// previewBudget is how long series are looked at. What is left then is counted.
const previewBudget = time.Second

// previewBlock is how many candles a step of the engine takes.
const previewBlock = 256

// previewAnswer is where a draft of a formula would have fired on the candles kept. Where a formula of its name is in
// force, Added and Removed are what the draft would change.
type previewAnswer struct {
	Series     int             `json:"series"`      // that were looked at
	SeriesLeft int             `json:"series_left"` // that there was no time for
	Bars       int             `json:"bars"`
	Matches    int             `json:"matches"`
	Compared   bool            `json:"compared"` // with the formula in force
	Added      int             `json:"added"`
	Removed    int             `json:"removed"`
	BySeries   []previewSeries `json:"by_series"` // most matches first
	Hits       []previewHit    `json:"hits"`      // newest first
	LeftOut    int             `json:"left_out"`  // hits
	Shows      []string        `json:"shows"`     // the values that decide, as of a formula
	Problem    string          `json:"problem,omitempty"`
	Others     *coverage       `json:"others,omitempty"` // of formulas that look at other series
}

type previewSeries struct {
	Symbol    string `json:"symbol"`
	Timeframe string `json:"timeframe"`
	Matches   int    `json:"matches"`
}

type previewHit struct {
	Symbol    string    `json:"symbol"`
	Timeframe string    `json:"timeframe"`
	Timestamp time.Time `json:"timestamp"`
	Close     float64   `json:"close"`
	Change    string    `json:"change"` // added, removed or same, beside the formula in force; else empty
}

// previewSeriesMax is how many series an answer lists.
const previewSeriesMax = 200

// preview answers POST /api/v1/preview.
func (s *Server) preview(w http.ResponseWriter, r *http.Request) {
	limit, errLimit := limitOf(r, 200, SignalsMax)
	f, errFilter := filterOf(r)
	if err := errors.Join(errLimit, errFilter); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	draft, err := s.draft(r)
	var invalid *rulebook.InvalidError
	switch {
	case errors.As(err, &invalid):
		answerAs(
			w, http.StatusUnprocessableEntity,
			map[string]any{"error": "the formula is invalid", "problems": invalid.Problems},
		)
		return
	case err != nil:
		fail(w, http.StatusBadRequest, err)
		return
	}
	ctx, end, ok := s.turn(w, r, s.explaining)
	if !ok {
		return
	}
	defer end()
	p, err := s.newPreviewer(draft)
	if err != nil {
		fail(w, http.StatusUnprocessableEntity, err)
		return
	}
	p.Shows = s.shows(&draft)
	keys, err := s.keys(ctx, func(k candle.Series) bool {
		return (f.symbol == "" || stream.SymbolMatches(f.symbol, k.Symbol)) &&
			(f.timeframe == "" || k.Timeframe.String() == f.timeframe) && p.selects(k)
	})
	if err == nil {
		err = s.previewAll(ctx, p, keys)
	}
	if err != nil {
		fail(w, http.StatusServiceUnavailable, err)
		return
	}
	answer(w, p.answer(limit))
}

// draft reads the body: an expression, or the settings of a formula.
func (s *Server) draft(r *http.Request) (stream.Formula, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return stream.Formula{}, err
	}
	name := "draft"
	if holdsObject(r, body) {
		var given struct{ Name, Expression string }
		if err := json.Unmarshal(body, &given); err != nil {
			return stream.Formula{}, err
		}
		name = cmp.Or(given.Name, name)
	} else if body, err = json.Marshal(map[string]string{"expression": string(body)}); err != nil {
		return stream.Formula{}, err
	}
	return s.cfg.Draft(name, body)
}

// previewer runs a draft, and the formula in force of the same name, over one series after the other.
type previewer struct {
	previewAnswer
	rules   *stream.Rules
	running string // the name of the formula in force among the rules, "" for none
	out     stream.Effects
}

// The names of the two formulas among the rules of a preview.
const (
	previewDraft   = "draft"
	previewRunning = "in force"
)

func (s *Server) newPreviewer(draft stream.Formula) (*previewer, error) {
	p := &previewer{previewAnswer: previewAnswer{BySeries: []previewSeries{}, Hits: []previewHit{}}}
	rules := s.cfg.Rules()
	both := []stream.Formula{draft}
	if f, _, ok := rules.Find(draft.Name); ok {
		running := *f
		running.Name, running.Rank = previewRunning, stream.Rank{}
		both, p.running, p.Compared = append(both, running), previewRunning, true
	}
	both[0].Name = previewDraft
	var problems []*stream.Problem
	if p.rules, problems = rules.With(both...); len(problems) > 0 {
		return nil, problems[0]
	}
	return p, nil
}

func (p *previewer) selects(key candle.Series) bool {
	return slices.ContainsFunc(p.rules.Formulas(), func(f stream.Formula) bool { return f.Selects(key) })
}

// errBudget ends a preview for which there is no more time.
var errBudget = errors.New("web: the time for a preview is up")

func (s *Server) previewAll(ctx context.Context, p *previewer, keys []candle.Series) error {
	options := stream.Options{}
	if len(keys) > 0 {
		_, o, _, err := s.one(ctx, keys[0])
		if err != nil {
			return err
		}
		options = stream.Options{Buffer: o.Buffer, Gaps: o.Gaps, BlockMax: previewBlock, Bare: true, Lean: true}
	}
	engine := stream.New(p.rules, options)
	end := time.Now().Add(previewBudget)
	run := func(key candle.Series, b *stream.Block) error {
		if p.Series > 0 && time.Now().After(end) {
			return errBudget
		}
		p.push(engine, key, b)
		return nil
	}
	var err error
	if p.rules.NeedOthers() {
		p.Others = &coverage{}
		err = s.previewAmong(ctx, p, keys, engine, run)
	} else {
		err = s.eachKept(ctx, keys, func(one keptSeries) error { return run(one.key, blockOf(one.candles)) })
	}
	p.SeriesLeft = len(keys) - p.Series
	if errors.Is(err, errBudget) {
		return nil
	}
	return err
}

// previewAmong runs series that look at others, one timeframe after the other.
func (s *Server) previewAmong(
	ctx context.Context, p *previewer, keys []candle.Series, engine *stream.Engine,
	run func(candle.Series, *stream.Block) error,
) error {
	wanted := map[candle.Series]bool{}
	var frames []candle.Timeframe
	for _, key := range keys {
		wanted[key] = true
		if !slices.Contains(frames, key.Timeframe) {
			frames = append(frames, key.Timeframe)
		}
	}
	for _, tf := range frames {
		m, done, err := s.market(ctx, marketQuestion{
			timeframe: tf, as: tf, needs: p.rules.Needs(tf),
			wanted: func(key candle.Series) bool { return wanted[key] },
		})
		if err != nil {
			return err
		}
		p.Others.add(&m.coverage)
		for i := range m.tapes {
			t := &m.tapes[i]
			if err != nil || !wanted[t.Key] {
				continue
			}
			if err = m.give(t, engine.Needs(engine.Series(t.Key))); err == nil {
				err = run(t.Key, &t.Block)
			}
		}
		done()
		if err != nil {
			return err
		}
	}
	return nil
}

// push runs one series from the first candle that is kept of it.
func (p *previewer) push(engine *stream.Engine, key candle.Series, b *stream.Block) {
	p.Series++
	p.Bars += b.Len()
	series := engine.Series(key)
	defer engine.Forget(key)
	p.out.Reset()
	engine.PushBlock(series, b, &p.out)
	if err := series.Compiled(); err != nil && p.Problem == "" {
		p.Problem = strings.TrimPrefix(err.Error(), "stream: ")
	}
	fired := map[int64]string{}
	closes := map[int64]float64{}
	matches := 0
	for i := range p.out.Matches {
		m := &p.out.Matches[i]
		at := m.Candle.Time
		closes[at] = m.Candle.Close
		switch isDraft := m.Formula().Name == previewDraft; {
		case isDraft && fired[at] == "":
			fired[at] = "added"
		case isDraft && fired[at] == "removed", !isDraft && fired[at] == "added":
			fired[at] = "same"
		case !isDraft && fired[at] == "":
			fired[at] = "removed"
		}
		if m.Formula().Name == previewDraft {
			matches++
		}
	}
	p.Matches += matches
	if matches > 0 {
		p.BySeries = append(p.BySeries, previewSeries{key.Symbol, key.Timeframe.String(), matches})
	}
	for at, change := range fired {
		switch {
		case !p.Compared:
			change = ""
		case change == "added":
			p.Added++
		case change == "removed":
			p.Removed++
		}
		p.Hits = append(p.Hits, previewHit{
			key.Symbol, key.Timeframe.String(), time.Unix(0, at).UTC(), closes[at], change,
		})
	}
	if len(p.Hits) > 8*SignalsMax { // only the newest are shown
		p.cut(4 * SignalsMax)
	}
}

// cut keeps the newest hits.
func (p *previewer) cut(most int) {
	slices.SortFunc(p.Hits, func(a, b previewHit) int {
		return cmp.Or(
			b.Timestamp.Compare(a.Timestamp), cmp.Compare(a.Symbol, b.Symbol), cmp.Compare(a.Timeframe, b.Timeframe),
		)
	})
	if n := len(p.Hits) - most; n > 0 {
		p.LeftOut += n
		p.Hits = p.Hits[:most]
	}
}

func (p *previewer) answer(limit int) previewAnswer {
	p.cut(limit)
	slices.SortStableFunc(p.BySeries, func(a, b previewSeries) int { return cmp.Compare(b.Matches, a.Matches) })
	p.BySeries = p.BySeries[:min(len(p.BySeries), previewSeriesMax)]
	return p.previewAnswer
}

package replay

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"streamd/candle"
	"streamd/history"
	"streamd/stream"
)

// keptResult is a SeriesResult as the cache holds it.
type keptResult struct {
	Bars, Count int
	Counts      map[string]int
	Days        []Day
	Matches     []stream.MatchRecord
}

// runCached is run with the cache of the job: a result that is kept is taken as
// it is; of a series whose columns are all kept only the conditions are evaluated;
// of others the columns are computed and kept.
func (s *scanner) runCached(ctx context.Context, t *history.Tape, r *SeriesResult) error {
	version := versionOf(&t.Block)
	engine, counting := s.engine, !s.job.keeps()
	if counting {
		engine = s.lean
	}
	series := engine.Series(t.Key)
	defer engine.Forget(t.Key)
	key := s.resultKey(t.Key, version, r.since, counting)
	if body, ok := s.job.Cache.result(key); ok && s.recall(engine, series, body, r) == nil {
		return nil
	}
	names, possible := engine.Inputs(series)
	if err := series.Compiled(); err != nil {
		return err
	}
	if !possible {
		if err := s.push(ctx, engine, t, r, counting); err != nil {
			return err
		}
	} else if err := s.pushCached(ctx, engine, series, names, version, t, r, counting); err != nil {
		return err
	}
	return s.store(key, r)
}

func (s *scanner) pushCached(ctx context.Context, engine *stream.Engine, series *stream.SeriesState, names []string,
	version uint64, t *history.Tape, r *SeriesResult, counting bool,
) error {
	columns := make([][]float64, len(names))
	known := true
	for k, name := range names {
		var ok bool
		columns[k], ok = s.job.Cache.columns.get(columnKey{t.Key, name, version})
		known = known && ok
	}
	if !known {
		for k := range columns {
			columns[k] = make([]float64, 0, t.Block.Len())
		}
	}
	parts := make([][]float64, len(columns))
	for i, n := 0, t.Block.Len(); i < n; i += chunk {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		part := t.Block.Slice(i, min(n, i+chunk))
		if known {
			for k := range columns {
				parts[k] = columns[k][i : i+part.Len()]
			}
			engine.PushComputed(series, &part, parts, &s.out)
		} else {
			engine.PushCaptured(series, &part, columns, &s.out)
		}
		r.take(&s.out, counting)
	}
	if !known {
		for k, name := range names {
			s.job.Cache.columns.add(columnKey{t.Key, name, version}, columns[k])
		}
	}
	r.order(len(s.job.Formulas))
	return nil
}

// resultFormat is part of every key: raise it when the values of equal formulas on equal
// candles change, so that no result of an earlier release is taken for one of this.
const resultFormat = 3

// resultKey names all that a result depends on.
func (s *scanner) resultKey(series candle.Series, version uint64, since int64, counting bool) string {
	if s.rulesKey == nil {
		text, err := json.Marshal([]any{s.job.Formulas, s.job.Indicators, s.job.Buffer, s.job.Gaps})
		if err != nil {
			panic("replay: " + err.Error()) // formulas always marshal
		}
		s.rulesKey = text
	}
	h := sha256.Sum256(fmt.Appendf(nil, "%d\x00%s\x00%s\x00%x\x00%d\x00%t", resultFormat, s.rulesKey, series,
		version, since, counting))
	return hex.EncodeToString(h[:16])
}

func (s *scanner) store(key string, r *SeriesResult) error {
	kept := keptResult{Bars: r.Bars, Count: r.Count, Counts: r.Counts, Days: r.Days}
	for i := range r.Matches {
		kept.Matches = append(kept.Matches, r.Matches[i].Record())
	}
	var body bytes.Buffer
	if err := gob.NewEncoder(&body).Encode(&kept); err != nil {
		return fmt.Errorf("replay: cache: %w", err)
	}
	s.job.Cache.keep(key, body.Bytes())
	return nil
}

// recall makes a result of what the cache holds.
func (s *scanner) recall(engine *stream.Engine, series *stream.SeriesState, body []byte, r *SeriesResult) error {
	var kept keptResult
	if err := gob.NewDecoder(bytes.NewReader(body)).Decode(&kept); err != nil {
		return fmt.Errorf("replay: cache: %w", err)
	}
	matches := make([]stream.Match, 0, len(kept.Matches))
	for i := range kept.Matches {
		m, err := engine.Recall(series, &kept.Matches[i])
		if err != nil {
			return err
		}
		matches = append(matches, m)
	}
	r.Bars, r.Count, r.Counts, r.Days = kept.Bars, kept.Count, kept.Counts, kept.Days
	if len(matches) > 0 {
		r.Matches = matches
	}
	return nil
}

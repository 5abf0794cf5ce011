package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"streamd/candle"
	"streamd/history"
	"streamd/live"
)

// Limits of the streams of candles.
const (
	followEvery  = time.Second
	followersMax = 256
	followedMax  = 500 // candles of one event, the newest
)

// follower looks at the engines once in a while for everybody who follows candles: what it costs does not depend on how
// many they are.
type follower struct {
	visit func(context.Context, func(live.View)) error
	every time.Duration

	mu        sync.Mutex
	listeners []*candleListener
	stop      context.CancelFunc // of the goroutine that looks; nil without listeners
}

// candleListener follows one series.
type candleListener struct {
	key    candle.Series
	last   int64              // time of the newest candle handed on
	events chan []shownCandle // of one event; a slow reader finds the newest when it comes
}

// listen begins to follow a series behind a time; false says that there are too many followers.
func (f *follower) listen(key candle.Series, last int64) (*candleListener, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.listeners) >= followersMax {
		return nil, false
	}
	l := &candleListener{key: key, last: last, events: make(chan []shownCandle, 1)}
	f.listeners = append(f.listeners, l)
	if f.stop == nil {
		ctx, stop := context.WithCancel(context.Background())
		f.stop = stop
		go f.run(ctx)
	}
	return l, true
}

func (f *follower) forget(l *candleListener) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.listeners = slices.DeleteFunc(f.listeners, func(o *candleListener) bool { return o == l })
	if len(f.listeners) == 0 && f.stop != nil {
		f.stop()
		f.stop = nil
	}
}

func (f *follower) run(ctx context.Context) {
	tick := time.NewTicker(f.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			f.look(ctx)
		}
	}
}

// look hands every listener the candles behind its last one. A listener that has not taken the last event yet gets more
// with the next look.
func (f *follower) look(ctx context.Context) {
	f.mu.Lock()
	waiting := slices.DeleteFunc(slices.Clone(f.listeners), func(l *candleListener) bool { return len(l.events) > 0 })
	f.mu.Unlock()
	found := map[candle.Series][]candle.Candle{}
	oldest := map[candle.Series]int64{}
	for _, l := range waiting {
		if at, ok := oldest[l.key]; !ok || l.last < at {
			oldest[l.key] = l.last
		}
	}
	err := f.visit(ctx, func(p live.View) {
		for key, after := range oldest {
			e := p.Engine.Find(key)
			if e == nil {
				continue
			}
			if newest, ok := e.Last(); ok && newest.Time > after {
				found[key] = e.Candles(nil)
			}
		}
	})
	if err != nil {
		return // the engines are busy: the next look finds it all
	}
	for _, l := range waiting {
		candles := found[l.key]
		from, _ := slices.BinarySearchFunc(
			candles, l.last, func(c candle.Candle, at int64) int { return compareTimes(c.Time, at) },
		)
		for from < len(candles) && candles[from].Time <= l.last {
			from++
		}
		if from == len(candles) {
			continue
		}
		l.last = candles[len(candles)-1].Time
		l.events <- showCandles(candles[max(from, len(candles)-followedMax):])
	}
}

func compareTimes(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// follow answers GET /api/v1/candles/stream with events named candles: those behind a time, or behind the newest one.
func (s *Server) follow(w http.ResponseWriter, r *http.Request) {
	key, err := seriesOf(r)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	since, errSince := time.Time{}, error(nil)
	if text := r.FormValue("since"); text != "" {
		since, errSince = history.ParseTime(text)
	}
	if errSince != nil {
		fail(w, http.StatusBadRequest, fmt.Errorf("since: %w", errSince))
		return
	}
	last, found := int64(0), false
	err = s.visit(r.Context(), func(p live.View) {
		if e := p.Engine.Find(key); e != nil {
			newest, _ := e.Last()
			last, found = newest.Time, true
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
	if !since.IsZero() {
		last = min(last, since.UnixNano())
	}
	w.Header().Set("Content-Type", "text/event-stream")
	if r.Method == http.MethodHead {
		return
	}
	l, ok := s.follower.listen(key, last)
	if !ok {
		fail(w, http.StatusTooManyRequests, fmt.Errorf("%d readers follow candles already", followersMax))
		return
	}
	defer s.follower.forget(l)
	out := http.NewResponseController(w)
	fmt.Fprint(w, ": candles follow\n\n")
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		if out.SetWriteDeadline(time.Now().Add(heartbeat)) != nil || out.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case candles := <-l.events:
			data, err := json.Marshal(map[string]any{"candles": candles})
			if err != nil {
				return
			}
			if _, err := fmt.Fprintf(w, "event: candles\ndata: %s\n\n", data); err != nil {
				return
			}
		case <-beat.C:
			if _, err := fmt.Fprint(w, ": still here\n\n"); err != nil {
				return
			}
		}
	}
}

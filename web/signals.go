package web

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"streamd/source"
)

// Limits of what is kept and sent.
const (
	SignalsMax   = 1000 // kept for GET /api/v1/signals and for readers that come back
	ListenersMax = 64   // of the stream
	listenerMax  = 256  // signals that wait for one of them; who is slower is cut off
	heartbeat    = 15 * time.Second
)

// Signals keeps the last committed signals and hands them on as they come. It is
// safe for concurrent use.
type Signals struct {
	mu        sync.Mutex
	kept      []numbered // oldest first; of them the last SignalsMax count
	next      uint64
	process   string // random, in the ids of its signals
	listeners map[chan numbered]bool
	cut       *metrics.Counter
}

// numbered is a payload with its number of this process.
type numbered struct {
	number  uint64
	payload []byte
}

// NewSignals returns an empty list that counts in the set.
func NewSignals(set *metrics.Set) *Signals {
	s := &Signals{next: 1, process: strings.ToLower(rand.Text()[:8]), listeners: map[chan numbered]bool{}, cut: set.NewCounter("streamd_http_listeners_cut_total")}
	set.NewGauge("streamd_http_listeners", func() float64 {
		s.mu.Lock()
		defer s.mu.Unlock()
		return float64(len(s.listeners))
	})
	return s
}

// Publish takes committed payloads. It waits for nobody.
func (s *Signals) Publish(payloads [][]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range payloads {
		n := numbered{number: s.next, payload: p}
		s.next++
		if len(s.kept) == 2*SignalsMax { // moved to the front once in SignalsMax signals
			s.kept = s.kept[:copy(s.kept, s.kept[SignalsMax:])]
		}
		s.kept = append(s.kept, n)
		for l := range s.listeners {
			select {
			case l <- n:
			default:
				delete(s.listeners, l)
				close(l)
				s.cut.Inc()
			}
		}
	}
}

// listen returns what came after a number, with how many of those are not kept any
// more, and a channel for what comes. The channel is nil when there are too many
// listeners, and is closed when its reader is too slow.
func (s *Signals) listen(after uint64) (missed []numbered, lost uint64, l chan numbered) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.listeners) >= ListenersMax {
		return nil, 0, nil
	}
	l = make(chan numbered, listenerMax)
	s.listeners[l] = true
	missed, lost = s.since(after)
	return missed, lost, l
}

func (s *Signals) forget(l chan numbered) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, l)
}

func (s *Signals) since(after uint64) (kept []numbered, lost uint64) {
	newest := s.kept[max(0, len(s.kept)-SignalsMax):]
	for i, n := range newest {
		if i == 0 && n.number > after+1 {
			lost = n.number - after - 1
		}
		if n.number > after {
			kept = append(kept, n)
		}
	}
	return kept, lost
}

// id is the name of a signal's number for Last-Event-ID.
func (s *Signals) id(number uint64) string { return fmt.Sprintf("%s-%d", s.process, number) }

// numberOf reads an id; it is false for one of another process.
func (s *Signals) numberOf(id string) (uint64, bool) {
	process, text, _ := strings.Cut(id, "-")
	n, err := strconv.ParseUint(text, 10, 64)
	return n, err == nil && process == s.process
}

// filter is which signals are asked for.
type filter struct {
	formula, symbol, timeframe string
	from                       time.Time
}

func filterOf(r *http.Request) filter {
	return filter{formula: r.FormValue("formula"), symbol: r.FormValue("symbol"), timeframe: r.FormValue("timeframe")}
}

func (f filter) matches(payload []byte) bool {
	if f == (filter{}) {
		return true
	}
	var m struct {
		Formula, Symbol, Timeframe string
		Timestamp                  time.Time
	}
	return json.Unmarshal(payload, &m) == nil && (f.formula == "" || m.Formula == f.formula) && (f.symbol == "" || m.Symbol == f.symbol) &&
		(f.timeframe == "" || m.Timeframe == f.timeframe) && !m.Timestamp.Before(f.from)
}

// list answers GET /api/v1/signals?formula=&symbol=&timeframe=&since=&limit=: the
// newest last, each the bytes that were published. since is the time of a candle, or
// the id of a signal of the stream.
func (s *Signals) list(w http.ResponseWriter, r *http.Request) {
	limit, err := limitOf(r, 100, SignalsMax)
	f, after := filterOf(r), uint64(0)
	if since := r.FormValue("since"); since != "" {
		var known bool
		if after, known = s.numberOf(since); !known {
			var wrong error
			if f.from, wrong = source.ParseTime(since); wrong != nil {
				err = errors.Join(err, fmt.Errorf("since %q is neither a time nor the id of a signal of this process", since))
			}
			after = 0
		}
	}
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	s.mu.Lock()
	all, _ := s.since(after)
	last := s.next - 1
	s.mu.Unlock()
	chosen := []json.RawMessage{}
	for i := len(all) - 1; i >= 0 && len(chosen) < limit; i-- {
		if f.matches(all[i].payload) {
			chosen = append(chosen, all[i].payload)
		}
	}
	slices.Reverse(chosen)
	answer(w, map[string]any{"signals": chosen, "last_id": s.id(last)})
}

// stream answers GET /api/v1/signals/stream with server-sent events. Last-Event-ID
// goes on behind a signal; where signals in between are not kept any more, or it is
// of another process, an event `gap` says so first, with their number if it is known.
func (s *Signals) stream(w http.ResponseWriter, r *http.Request) {
	after, elsewhere := ^uint64(0), false
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		n, known := s.numberOf(id)
		after, elsewhere = n, !known
		if elsewhere {
			after = 0
		}
	}
	missed, lost, l := s.listen(after)
	if l == nil {
		fail(w, http.StatusServiceUnavailable, fmt.Errorf("%d listeners already", ListenersMax))
		return
	}
	defer s.forget(l)
	f := filterOf(r)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	send := func(n numbered) bool {
		if f.matches(n.payload) {
			if _, err := fmt.Fprintf(w, "id: %s\nevent: signal\ndata: %s\n\n", s.id(n.number), n.payload); err != nil {
				return false
			}
		}
		return true
	}
	fmt.Fprint(w, ": signals follow\n\n")
	switch {
	case elsewhere:
		fmt.Fprint(w, "event: gap\ndata: {\"lost\":null}\n\n")
	case lost > 0:
		fmt.Fprintf(w, "event: gap\ndata: {\"lost\":%d}\n\n", lost)
	}
	for _, n := range missed {
		if !send(n) {
			return
		}
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		if out.SetWriteDeadline(time.Now().Add(heartbeat)) != nil || out.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case n, ok := <-l:
			if !ok || !send(n) {
				return
			}
		case <-beat.C:
			if _, err := fmt.Fprint(w, ": still here\n\n"); err != nil {
				return
			}
		}
	}
}

// limitOf reads ?limit=.
func limitOf(r *http.Request, byDefault, most int) (int, error) {
	text := r.FormValue("limit")
	if text == "" {
		return byDefault, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, fmt.Errorf("limit %q is no number from 1 to %d", text, most)
	}
	return n, nil
}

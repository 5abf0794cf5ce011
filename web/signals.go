package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"
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
	listeners map[chan numbered]bool
	cut       *metrics.Counter
}

// numbered is a payload with its number of this process, for Last-Event-ID.
type numbered struct {
	number  uint64
	payload []byte
}

// NewSignals returns an empty list that counts in the set.
func NewSignals(set *metrics.Set) *Signals {
	s := &Signals{next: 1, listeners: map[chan numbered]bool{}, cut: set.NewCounter("streamd_http_listeners_cut_total")}
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

// listen returns what came after a number and a channel for what comes. The
// channel is nil when there are too many listeners, and is closed when its reader
// is too slow.
func (s *Signals) listen(after uint64) ([]numbered, chan numbered) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.listeners) >= ListenersMax {
		return nil, nil
	}
	l := make(chan numbered, listenerMax)
	s.listeners[l] = true
	return s.since(after), l
}

func (s *Signals) forget(l chan numbered) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, l)
}

func (s *Signals) since(after uint64) []numbered {
	var kept []numbered
	for _, n := range s.kept[max(0, len(s.kept)-SignalsMax):] {
		if n.number > after {
			kept = append(kept, n)
		}
	}
	return kept
}

// filter is which signals are asked for.
type filter struct{ formula, symbol string }

func (f filter) matches(payload []byte) bool {
	if f == (filter{}) {
		return true
	}
	var m struct{ Formula, Symbol string }
	return json.Unmarshal(payload, &m) == nil && (f.formula == "" || m.Formula == f.formula) && (f.symbol == "" || m.Symbol == f.symbol)
}

// list answers GET /api/v1/signals?formula=&symbol=&limit=: the newest last, each
// the bytes that were published.
func (s *Signals) list(w http.ResponseWriter, r *http.Request) {
	limit, err := limitOf(r, 100, SignalsMax)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	f := filter{r.FormValue("formula"), r.FormValue("symbol")}
	s.mu.Lock()
	all := s.since(0)
	s.mu.Unlock()
	chosen := []json.RawMessage{}
	for i := len(all) - 1; i >= 0 && len(chosen) < limit; i-- {
		if f.matches(all[i].payload) {
			chosen = append(chosen, all[i].payload)
		}
	}
	for i, j := 0, len(chosen)-1; i < j; i, j = i+1, j-1 {
		chosen[i], chosen[j] = chosen[j], chosen[i]
	}
	answer(w, map[string]any{"signals": chosen})
}

// stream answers GET /api/v1/signals/stream with server-sent events. Their ids
// are numbers of this process: Last-Event-ID goes on behind one of them.
func (s *Signals) stream(w http.ResponseWriter, r *http.Request) {
	after := ^uint64(0)
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		n, err := strconv.ParseUint(id, 10, 64)
		if err != nil {
			fail(w, http.StatusBadRequest, fmt.Errorf("Last-Event-ID %q is no number", id))
			return
		}
		after = n
	}
	missed, l := s.listen(after)
	if l == nil {
		fail(w, http.StatusServiceUnavailable, fmt.Errorf("%d listeners already", ListenersMax))
		return
	}
	defer s.forget(l)
	f := filter{r.FormValue("formula"), r.FormValue("symbol")}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	send := func(n numbered) bool {
		if f.matches(n.payload) {
			if _, err := fmt.Fprintf(w, "id: %d\nevent: signal\ndata: %s\n\n", n.number, n.payload); err != nil {
				return false
			}
		}
		return true
	}
	fmt.Fprint(w, ": signals follow\n\n")
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

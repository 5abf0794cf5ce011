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

	"streamd/candle"
	"streamd/history"
	"streamd/stream"

	"github.com/VictoriaMetrics/metrics"
)

// Limits of what is kept and sent.
const (
	SignalsMax   = 10_000 // kept for GET /api/v1/signals and for readers that come back
	ListenersMax = 256    // of the stream
	perClientMax = 64     // of them for one client
	listenerMax  = 256    // signals that wait for one of them; who is slower is cut off
	heartbeat    = 15 * time.Second
)

// Signals keeps the last committed signals and hands them on as they come. It is
// safe for concurrent use.
type Signals struct {
	mu        sync.Mutex
	kept      []numbered // oldest first, at most SignalsMax and a tenth
	topic     string     // in the ids of its signals; random where they are of this process alone
	at        place      // the newest signal of each partition
	gone      place      // the newest one of each that is not kept
	counts    bool       // the signals are of this process alone, and counted
	listeners []listener // oldest first
	cut       *metrics.Counter
	tally     tally
}

// listener is a reader of the stream.
type listener struct {
	signals chan numbered
	client  string
}

// numbered is a payload with its place in the topic.
type numbered struct {
	partition int32
	offset    int64
	payload   []byte
}

// NewSignals returns an empty list that counts in the set.
func NewSignals(set *metrics.Set) *Signals {
	s := &Signals{
		topic: strings.ToLower(rand.Text()[:8]), counts: true, at: place{0}, gone: place{0},
		cut: set.NewCounter("streamd_http_listeners_cut_total"),
	}
	set.NewGauge("streamd_http_listeners", func() float64 {
		s.mu.Lock()
		defer s.mu.Unlock()
		return float64(len(s.listeners))
	})
	return s
}

// Publish takes committed payloads of a program without a topic, which are counted. It waits for
// nobody.
func (s *Signals) Publish(payloads [][]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range payloads {
		s.tally.note(p)
		s.take(numbered{offset: s.at[0] + 1, payload: p})
	}
}

// Follow begins to take the signals of a topic, of which the newest follow: before the given
// offset of each partition nothing is known. The name tells the topic from one re-created.
func (s *Signals) Follow(topic string, from []int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.topic, s.counts, s.kept, s.at, s.gone = topic, false, nil, nil, nil
	for partition, offset := range from {
		s.at, s.gone = s.at.pass(int32(partition), offset-1), s.gone.pass(int32(partition), offset-1)
	}
}

// Take takes a record of the topic, in the order of its partition. What this process has sent
// itself counts by formula.
func (s *Signals) Take(partition int32, offset int64, payload []byte, old bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !old {
		s.tally.note(payload)
	}
	s.take(numbered{partition, offset, payload})
}

func (s *Signals) take(n numbered) {
	s.at = s.at.pass(n.partition, n.offset)
	if s.kept = append(s.kept, n); len(s.kept) >= SignalsMax+SignalsMax/10 { // moved to the front once in a while
		for _, old := range s.kept[:len(s.kept)-SignalsMax] {
			s.gone = s.gone.pass(old.partition, old.offset)
		}
		s.kept = s.kept[:copy(s.kept, s.kept[len(s.kept)-SignalsMax:])]
	}
	s.listeners = slices.DeleteFunc(s.listeners, func(l listener) bool {
		select {
		case l.signals <- n:
			return false
		default:
			s.end(l)
			return true
		}
	})
}

// end closes the stream of a listener that is taken off the list.
func (s *Signals) end(l listener) {
	close(l.signals)
	s.cut.Inc()
}

// listen returns what came after a place (nil for the newest signal) and a channel for what comes. The channel is
// closed when its reader is too slow, or gives way: a silent reader looks like one that is gone, so a new one never
// waits for room. It takes the place of the oldest of its own client, or of the client that has the most.
func (s *Signals) listen(client string, after place) (backlog, chan numbered) {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := map[string]int{}
	for _, l := range s.listeners {
		counts[l.client]++
	}
	yields := ""
	switch {
	case counts[client] >= perClientMax:
		yields = client
	case len(s.listeners) >= ListenersMax:
		for c, n := range counts {
			if yields == "" || n > counts[yields] || n == counts[yields] && c < yields {
				yields = c
			}
		}
	}
	if yields != "" {
		i := slices.IndexFunc(s.listeners, func(l listener) bool { return l.client == yields })
		s.end(s.listeners[i])
		s.listeners = slices.Delete(s.listeners, i, i+1)
	}
	l := make(chan numbered, listenerMax)
	s.listeners = append(s.listeners, listener{l, client})
	if after == nil {
		after = s.at
	}
	return s.since(after), l
}

func (s *Signals) forget(signals chan numbered) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listeners = slices.DeleteFunc(s.listeners, func(l listener) bool { return l.signals == signals })
}

// filter is which signals are asked for: symbol is a pattern, and an empty field
// stands for all.
type filter struct {
	formula, symbol, timeframe string
	from                       time.Time
}

func filterOf(r *http.Request) (filter, error) {
	f := filter{formula: r.FormValue("formula"), symbol: r.FormValue("symbol")}
	if text := r.FormValue("timeframe"); text != "" {
		tf, err := candle.ParseTimeframe(text)
		if err != nil {
			return f, fmt.Errorf("timeframe: %w", err)
		}
		f.timeframe = tf.String()
	}
	return f, nil
}

func (f filter) matches(payload []byte) bool {
	if f == (filter{}) {
		return true
	}
	var m struct {
		Formula, Symbol, Timeframe string
		Timestamp                  time.Time
	}
	return json.Unmarshal(payload, &m) == nil && (f.formula == "" || m.Formula == f.formula) &&
		(f.symbol == "" || stream.SymbolMatches(f.symbol, m.Symbol)) &&
		(f.timeframe == "" || m.Timeframe == f.timeframe) && !m.Timestamp.Before(f.from)
}

// listed is the answer to GET /api/v1/signals.
type listed struct {
	Signals []json.RawMessage `json:"signals"` // as they were published, the newest last
	LastID  string            `json:"last_id"` // behind which the stream goes on
	LeftOut int               `json:"left_out"`
	// Lost counts the signals behind the id asked for that are no longer kept; null where their number is not known.
	Lost *uint64 `json:"lost" jsonschema:"nullable"`
}

// list answers GET /api/v1/signals?formula=&symbol=&timeframe=&since=&limit=. since
// is the time of a candle, that one included, or the id of a signal of the stream,
// that one not.
func (s *Signals) list(w http.ResponseWriter, r *http.Request) {
	limit, errLimit := limitOf(r, 100, SignalsMax)
	f, errFilter := filterOf(r)
	after, byID, errSince := place(nil), false, error(nil)
	if since := r.FormValue("since"); since != "" {
		if after, byID = s.placeOf(since); !byID {
			if f.from, errSince = history.ParseTime(since); errSince != nil {
				errSince = fmt.Errorf("since %q is neither a time nor the id of a signal of this topic", since)
			}
			after = nil
		}
	}
	if err := errors.Join(errFilter, errSince, errLimit); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	s.mu.Lock()
	if !byID {
		after = s.gone
	}
	all, last := s.since(after), s.id(s.at)
	s.mu.Unlock()
	a := listed{Signals: []json.RawMessage{}, LastID: last, Lost: new(uint64)}
	if byID {
		a.Lost = all.lost
	}
	for _, n := range all.kept {
		if f.matches(n.payload) {
			a.Signals = append(a.Signals, n.payload)
		}
	}
	a.LeftOut = max(0, len(a.Signals)-limit)
	a.Signals = a.Signals[a.LeftOut:]
	answer(w, a)
}

// stream answers GET /api/v1/signals/stream with server-sent events. Last-Event-ID
// goes on behind a signal; where signals in between are not kept any more, or it is
// of another topic, an event `gap` says so first, with their number if it is known.
// What has no data but an id tells the reader where it stands, though no signal that
// it asks for came.
func (s *Signals) stream(w http.ResponseWriter, r *http.Request) {
	f, err := filterOf(r)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	after, known := place(nil), true
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		if after, known = s.placeOf(id); !known {
			after = place{}
		}
	}
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", "text/event-stream")
		return // what has no body has no end to wait for
	}
	missed, l := s.listen(clientOf(r), after)
	defer s.forget(l)
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	_ = out.SetWriteDeadline(time.Now().Add(heartbeat)) // the loop below sees the error
	at := missed.from
	send := func(n numbered) bool {
		if at.sees(&n) {
			return true // another instance has sent it before
		}
		at = at.pass(n.partition, n.offset)
		if f.matches(n.payload) {
			if _, err := fmt.Fprintf(w, "id: %s\nevent: signal\ndata: %s\n\n", s.id(at), n.payload); err != nil {
				return false
			}
		}
		return true
	}
	switch {
	case !known:
		fmt.Fprintf(w, "id: %s\nevent: gap\ndata: {\"lost\":null}\n\n", s.id(at))
	case missed.gap && missed.lost == nil:
		fmt.Fprintf(w, "id: %s\nevent: gap\ndata: {\"lost\":null}\n\n", s.id(at))
	case missed.gap:
		fmt.Fprintf(w, "id: %s\nevent: gap\ndata: {\"lost\":%d}\n\n", s.id(at), *missed.lost)
	default:
		fmt.Fprintf(w, ": signals follow\nid: %s\n\n", s.id(at))
	}
	for _, n := range missed.kept {
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
			if _, err := fmt.Fprintf(w, ": still here\nid: %s\n\n", s.id(at)); err != nil {
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

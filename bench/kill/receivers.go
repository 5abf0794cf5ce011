package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// receivers are webhooks that misbehave each in its own way until they are healed.
type receivers struct {
	servers []*receiver
	healed  atomic.Bool
}

// receiver keeps what it has taken.
type receiver struct {
	name   string
	url    string
	answer func(*rand.Rand) (status int, header string)
	mu     sync.Mutex
	rng    *rand.Rand
	taken  []written
	server *http.Server
}

// behaviours of the receivers: what they answer before they are healed. A status of 0 hangs for
// longer than the daemon waits, one below 0 breaks the connection.
var behaviours = []struct {
	name   string
	answer func(*rand.Rand) (int, string)
}{
	{"good", func(*rand.Rand) (int, string) { return 200, "" }},
	{"fails", func(r *rand.Rand) (int, string) { return []int{200, 500, 503, -1}[r.IntN(4)], "" }},
	{"hangs", func(r *rand.Rand) (int, string) { return []int{0, 200, 200, 200, 200}[r.IntN(5)], "" }},
	{"refuses", func(*rand.Rand) (int, string) { return -1, "" }},
	{"limits", func(r *rand.Rand) (int, string) { return []int{200, 429}[r.IntN(2)], "1" }},
}

// hangFor is longer than the timeout of the webhooks.
const hangFor = 1500 * time.Millisecond

func newReceivers(seed uint64) (*receivers, error) {
	all := &receivers{}
	for i, b := range behaviours {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		r := &receiver{
			name: b.name, answer: b.answer, rng: rand.New(rand.NewPCG(seed, uint64(10+i))),
			url: "http://" + l.Addr().String() + "/hook",
		}
		handle := func(w http.ResponseWriter, q *http.Request) { all.serve(r, w, q) }
		r.server = &http.Server{Handler: http.HandlerFunc(handle)}
		go func() { _ = r.server.Serve(l) }() // ends with close
		all.servers = append(all.servers, r)
	}
	return all, nil
}

// serve takes a signal, or does not.
func (all *receivers) serve(r *receiver, w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return
	}
	status, header := 200, ""
	if !all.healed.Load() {
		r.mu.Lock()
		status, header = r.answer(r.rng)
		r.mu.Unlock()
	}
	switch {
	case status == 0:
		time.Sleep(hangFor)
		return
	case status < 0:
		panic(http.ErrAbortHandler)
	case status == 200:
		var s struct{ Symbol string }
		_ = json.Unmarshal(body, &s) // what is no signal differs from all
		r.mu.Lock()
		r.taken = append(r.taken, written{q.Header.Get("Webhook-Id"), s.Symbol, string(body)})
		r.mu.Unlock()
	}
	if header != "" {
		w.Header().Set("Retry-After", header)
	}
	w.WriteHeader(status)
}

func (all *receivers) close() {
	for _, r := range all.servers {
		_ = r.server.Close()
	}
}

// section is the notify section of a configuration.
func (all *receivers) section() string {
	var b strings.Builder
	b.WriteString("notify:\n  receivers:\n")
	var names []string
	for _, r := range all.servers {
		fmt.Fprintf(&b, "    - {name: %s, start: earliest, webhook: {url: %q, secret: kill-secret, timeout: 1s}}\n",
			r.name, r.url)
		names = append(names, r.name)
	}
	fmt.Fprintf(&b, "  routes:\n    - {to: [%s]}\n  retry: {max: 2s}\n", strings.Join(names, ", "))
	return b.String()
}

// verifyNotify heals the receivers and waits until each has every signal of the topic. Signals may
// come again, with the same id and bytes; the first ones of a symbol come in their order.
func (r *rig) verifyNotify(ctx context.Context, rep *report) error {
	r.receivers.healed.Store(true)
	signals, err := r.read(ctx, r.signals())
	if err != nil {
		return err
	}
	for _, to := range r.receivers.servers {
		part, repeats := report{}, 0
		for end := time.Now().Add(2 * time.Minute); ; pause(ctx, 200*time.Millisecond) {
			part = report{}
			var first []written
			var differs int
			first, repeats, differs = to.first()
			part.Different = differs
			part.compare(first, signals)
			if part.Missing == 0 || time.Now().After(end) || ctx.Err() != nil {
				break
			}
		}
		r.logf("receiver %s: %d signals, %d repeated, missing %d, different %d, out of order %d", to.name,
			len(signals), repeats, part.Missing, part.Different, part.OutOfOrder)
		rep.Missing, rep.Different = rep.Missing+part.Missing, rep.Different+part.Different
		rep.OutOfOrder += part.OutOfOrder
		rep.Repeated += repeats
		rep.Examples = append(rep.Examples, part.Examples...)
	}
	return nil
}

// first returns the first arrival of every id, how many came again, and how many of these were
// others than before.
func (r *receiver) first() (first []written, repeats, differs int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := map[string]string{}
	for _, w := range r.taken {
		value, again := seen[w.id]
		switch {
		case !again:
			seen[w.id] = w.value
			first = append(first, w)
		case value != w.value:
			differs++
		default:
			repeats++
		}
	}
	return first, repeats, differs
}

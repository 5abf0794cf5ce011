package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"

	"golang.org/x/sync/semaphore"
)

// turnLimits bound answers that cost much.
type turnLimits struct {
	all, perClient int64 // at a time
	waiting        int   // requests of one client that wait or are being answered
}

// Explanations take long. What is computed takes milliseconds, but every page asks for it.
var (
	explainTurns = turnLimits{all: 2, perClient: 1, waiting: 16}
	computeTurns = turnLimits{all: 2, perClient: 2, waiting: 128}
)

// turns lets expensive requests through, few at a time and fairly among clients.
type turns struct {
	limits turnLimits
	all    *semaphore.Weighted

	mu      sync.Mutex
	clients map[string]*queue // those that have requests
}

// queue is the requests of one client.
type queue struct {
	own      *semaphore.Weighted
	requests int
}

func newTurns(limits turnLimits) *turns {
	return &turns{limits: limits, all: semaphore.NewWeighted(limits.all), clients: map[string]*queue{}}
}

var errTooMany = errors.New("too many requests of this client wait already")

// begin waits for a turn of the client, until the context ends. The turn lasts until end is called.
func (t *turns) begin(ctx context.Context, client string) (end func(), err error) {
	t.mu.Lock()
	q := t.clients[client]
	if q == nil {
		q = &queue{own: semaphore.NewWeighted(t.limits.perClient)}
		t.clients[client] = q
	}
	if q.requests == t.limits.waiting {
		t.mu.Unlock()
		return nil, errTooMany
	}
	q.requests++
	t.mu.Unlock()
	leave := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if q.requests--; q.requests == 0 {
			delete(t.clients, client)
		}
	}
	if err := q.own.Acquire(ctx, 1); err != nil {
		leave()
		return nil, err
	}
	if err := t.all.Acquire(ctx, 1); err != nil {
		q.own.Release(1)
		leave()
		return nil, err
	}
	return func() {
		t.all.Release(1)
		q.own.Release(1)
		leave()
	}, nil
}

// clientOf names who asks: the address without the port.
func clientOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

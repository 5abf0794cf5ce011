package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"

	"golang.org/x/sync/semaphore"
)

// Limits of answers that cost much.
const (
	turnsMax       = 2  // at a time
	turnsPerClient = 1  // of them for one client
	waitingMax     = 16 // requests of one client that wait or are being answered
)

// turns lets expensive requests through, few at a time and fairly among clients.
type turns struct {
	all *semaphore.Weighted

	mu      sync.Mutex
	clients map[string]*queue // those that have requests
}

// queue is the requests of one client.
type queue struct {
	own      *semaphore.Weighted
	requests int
}

func newTurns() *turns {
	return &turns{all: semaphore.NewWeighted(turnsMax), clients: map[string]*queue{}}
}

var errTooMany = errors.New("too many requests of this client wait already")

// begin waits for a turn of the client, until the context ends. The turn lasts until end is called.
func (t *turns) begin(ctx context.Context, client string) (end func(), err error) {
	t.mu.Lock()
	q := t.clients[client]
	if q == nil {
		q = &queue{own: semaphore.NewWeighted(turnsPerClient)}
		t.clients[client] = q
	}
	if q.requests == waitingMax {
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

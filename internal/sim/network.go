package sim

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// network is one process's way to the brokers. It knows requests and answers by
// their frames, and decides the fate of each.
type network struct {
	world *World
	name  string // of the process: instance and incarnation

	mu     sync.Mutex
	ends   map[net.Conn]bool // the process's ends of its connections
	dead   bool              // the process is: nothing of it counts any more
	cut    bool              // no connection can be made
	thawed chan struct{}     // closed unless it is frozen
	count  map[int16]int     // requests by key
	dials  int
	bug    bugState
}

func newNetwork(w *World, name string) *network {
	n := &network{world: w, name: name, ends: map[net.Conn]bool{}, thawed: make(chan struct{}), count: map[int16]int{}}
	close(n.thawed)
	return n
}

var errRefused = errors.New("sim: connection refused")

// Dial connects the process to a broker through a link.
func (n *network) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	n.mu.Lock()
	refused := n.dead || n.cut
	n.dials++
	r := draw(n.world.plan.Seed, fmt.Sprintf("dial %s %d", n.name, n.dials))
	n.mu.Unlock()
	if n.world.faulty() && r.Float64() < n.world.plan.Rates.Refuse {
		refused = true
		n.world.fault("%s: dial refused", n.name)
	}
	if refused {
		return nil, errRefused
	}
	server, err := n.world.virtual.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	theirs, ours := net.Pipe()
	n.mu.Lock()
	n.ends[theirs] = true
	if n.dead || n.cut {
		theirs.Close() // it was, while this one came to be
	}
	n.mu.Unlock()
	l := &link{network: n, address: address, ours: ours, theirs: theirs, server: server}
	if !n.world.serve(l) {
		theirs.Close()
		server.Close()
		return nil, errRefused
	}
	return theirs, nil
}

// breakAll closes every connection on the process's side. Requests that have
// left it are still on their way.
func (n *network) breakAll() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for c := range n.ends {
		c.Close()
	}
	clear(n.ends)
}

// die is the end of the process: what it does from now on reaches nobody.
func (n *network) die() {
	n.mu.Lock()
	n.dead = true
	n.mu.Unlock()
	n.thaw()
	n.breakAll()
}

func (n *network) setCut(cut bool) {
	n.mu.Lock()
	n.cut = cut
	n.mu.Unlock()
	if cut {
		n.breakAll()
	}
}

// freeze reports whether the process is not frozen or dead already.
func (n *network) freeze() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	select {
	case <-n.thawed:
		if !n.dead {
			n.thawed = make(chan struct{})
		}
		return !n.dead
	default:
		return false
	}
}

func (n *network) thaw() {
	n.mu.Lock()
	defer n.mu.Unlock()
	select {
	case <-n.thawed:
	default:
		close(n.thawed)
	}
}

// awaitThaw holds everything of a frozen process.
func (n *network) awaitThaw() {
	n.mu.Lock()
	thawed := n.thawed
	n.mu.Unlock()
	<-thawed
}

// fate is what becomes of one request.
type fate struct {
	there, back                          time.Duration
	loseRequest, loseAnswer, late, twice bool
	lateBy                               time.Duration
	reachesAfterDeath                    bool
}

// requests that may come twice without the client having sent them twice: as if
// it had repeated them after a lost answer.
var repeatable = map[int16]bool{0: true, 8: true, 24: true, 25: true, 26: true, 28: true}

// transactional are the requests of a transaction.
var transactional = map[int16]bool{0: true, 24: true, 25: true, 26: true, 28: true}

func (n *network) fate(key int16) fate {
	n.mu.Lock()
	n.count[key]++
	r := draw(n.world.plan.Seed, fmt.Sprintf("request %s %d %d", n.name, key, n.count[key]))
	n.mu.Unlock()
	f := fate{
		there: transit(r), back: transit(r), reachesAfterDeath: r.IntN(2) == 0,
		lateBy: time.Duration(r.Int64N(int64(50 * time.Millisecond))),
	}
	if transactional[key] && r.IntN(2) == 0 { // into one of the next transactions
		f.lateBy *= 10
	}
	if !n.world.faulty() {
		return f
	}
	p := n.world.plan.Rates
	x := r.Float64()
	for _, c := range []struct {
		rate float64
		then func()
	}{
		{p.LoseRequest, func() { f.loseRequest = true }},
		{p.LoseAnswer, func() { f.loseAnswer = true }},
		{p.Late, func() { f.late = true }},
		{p.Double, func() { f.twice = repeatable[key] }},
		{p.Slow, func() { f.there += time.Duration(r.Int64N(int64(time.Second))) }},
	} {
		if x -= c.rate; x < 0 {
			c.then()
			n.world.fault("%s: %s", n.name, f.in(key))
			break
		}
	}
	return f
}

// in says in words what becomes of a request.
func (f fate) in(key int16) string {
	what := kmsg.NameForKey(key)
	switch {
	case f.loseRequest:
		what += " lost"
	case f.loseAnswer:
		what += " done, its answer lost"
	case f.late:
		what += fmt.Sprintf(" cut off, and late by %s", f.lateBy)
	case f.twice:
		what += " twice"
	default:
		what += fmt.Sprintf(" slow, %s", f.there)
	}
	return what
}

// quiet requests are left out of the trace.
var quiet = map[int16]bool{1: true, 3: true, 12: true, 18: true}

// transit is a message's time on its way: 50 µs to 2 ms, to the nanosecond, so
// that hardly two arrive at the same instant.
func transit(r *rand.Rand) time.Duration {
	return 50*time.Microsecond + time.Duration(r.Int64N(int64(2*time.Millisecond)))
}

// link is one connection of a process to a broker.
type link struct {
	*network
	address              string
	ours, theirs, server net.Conn
}

// serve carries requests and answers of one connection, one after the other, as
// the client sends them.
func (l *link) serve() {
	defer func() {
		l.ours.Close()
		l.server.Close()
		l.mu.Lock()
		delete(l.ends, l.theirs)
		l.mu.Unlock()
	}()
	for {
		request, err := readFrame(l.ours)
		if err != nil {
			return
		}
		key := int16(binary.BigEndian.Uint16(request))
		f := l.fate(key)
		l.awaitThaw()
		if f.loseRequest {
			return
		}
		if f.late {
			l.ours.Close()
			time.Sleep(f.lateBy)
		}
		time.Sleep(f.there)
		l.awaitThaw()
		if l.gone() && !f.reachesAfterDeath {
			return
		}
		answer, err := l.exchange(key, request)
		if err == nil && f.twice {
			answer, err = l.exchange(key, request)
		}
		if err != nil || f.loseAnswer || f.late {
			return
		}
		time.Sleep(f.back)
		l.awaitThaw()
		if err := writeFrame(l.ours, answer); err != nil {
			return
		}
	}
}

func (n *network) gone() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dead
}

// exchange gives a request to the broker and returns its answer, unless a
// planted bug does something else.
func (l *link) exchange(key int16, request []byte) ([]byte, error) {
	if !quiet[key] {
		l.world.logf("%s: %s reaches the broker", l.name, kmsg.NameForKey(key))
	}
	if key == initProducerKey && l.world.plan.Others { // instances share an id
		return l.world.producers.init(l.server, request)
	}
	if bug := l.world.bug; bug != nil {
		return bug(l, request)
	}
	return ask(l.server, request)
}

package kafka

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// tap sits between the client and the network. It sees every request by its
// api key and may lose the answer to it, or refuse to connect at all.
type tap struct {
	dial func(ctx context.Context, network, address string) (net.Conn, error)

	mu      sync.Mutex
	lose    map[int16]int    // answers still to be lost, by key; below zero for all
	hold    map[int16]int    // requests still to be held back, by key
	held    map[int16][]byte // the last of them
	lost    map[int16]int
	seen    map[int16]int
	cut     bool // the network is down
	conns   map[*tapConn]bool
	answers map[int16][]byte // the last answer to each key
	sent    map[int16][]byte // the last request of each key
}

func newTap() *tap {
	return &tap{
		dial: new(net.Dialer).DialContext, lose: map[int16]int{}, lost: map[int16]int{}, seen: map[int16]int{},
		hold: map[int16]int{}, held: map[int16][]byte{},
		conns: map[*tapConn]bool{}, answers: map[int16][]byte{}, sent: map[int16][]byte{},
	}
}

// tapped returns a cluster of one broker with a topic, and a client whose wire is
// tapped; a budget of 0 is the client's own.
func tapped(t *testing.T, partitions int32, topic string, budget time.Duration,
	opts ...kfake.Opt,
) (*kfake.Cluster, *tap, *Client) {
	t.Helper()
	cluster, err := kfake.NewCluster(append(opts, kfake.NumBrokers(1), kfake.SeedTopics(partitions, topic))...)
	must(t, err)
	t.Cleanup(cluster.Close)
	wire := newTap()
	return cluster, wire, open(t, Config{Brokers: cluster.ListenAddrs(), Dial: wire.Dial, RetryBudget: budget})
}

func (t *tap) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	t.mu.Lock()
	cut := t.cut
	t.mu.Unlock()
	if cut {
		return nil, io.ErrClosedPipe
	}
	c, err := t.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	tc := &tapConn{Conn: c, tap: t}
	t.mu.Lock()
	t.conns[tc] = true
	t.mu.Unlock()
	return tc, nil
}

// loseAnswers loses the answers to the next n requests of that key.
func (t *tap) loseAnswers(key int16, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lose[key] = n
}

// holdRequests keeps the next n requests of that key from the broker and breaks their
// connections.
func (t *tap) holdRequests(key int16, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hold[key] = n
}

func (t *tap) count(key int16) (seen, lost int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.seen[key], t.lost[key]
}

// setCut breaks all connections and refuses new ones, until it is undone.
func (t *tap) setCut(cut bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cut = cut
	if cut {
		for c := range t.conns {
			c.Conn.Close()
		}
		clear(t.conns)
	}
}

type tapConn struct {
	net.Conn
	tap    *tap
	key    int16
	own    bool // the request is this package's, not kafka-go's
	losing bool
	answer []byte
}

func (c *tapConn) Write(p []byte) (int, error) {
	if len(p) >= 8 {
		c.tap.mu.Lock()
		c.key, c.answer = int16(binary.BigEndian.Uint16(p[4:])), nil
		c.own = (c.key != 18 || p[7] > 0) && (c.key != 3 || p[7] > 8 || !asksNoTopics(p))
		c.tap.seen[c.key]++
		c.tap.sent[c.key] = append([]byte(nil), p...)
		if n := c.tap.lose[c.key]; n != 0 {
			c.tap.lose[c.key] = n - 1
			c.tap.lost[c.key]++
			c.losing = true
		}
		held := c.tap.hold[c.key] > 0
		if held {
			c.tap.hold[c.key]--
			c.tap.held[c.key] = c.tap.sent[c.key]
		}
		c.tap.mu.Unlock()
		if held {
			c.Conn.Close()
			return 0, io.ErrClosedPipe
		}
	}
	return c.Conn.Write(p)
}

// Read waits for a lost answer, so that the broker has certainly done the
// work, and then breaks the connection.
func (c *tapConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.losing {
		c.Conn.Close()
		return 0, io.EOF
	}
	c.tap.mu.Lock()
	c.answer = append(c.answer, p[:n]...)
	if c.own {
		c.tap.answers[c.key] = c.answer
	}
	c.tap.mu.Unlock()
	return n, err
}

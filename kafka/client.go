package kafka

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	segment "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"
)

// Config says how to reach a cluster. The zero value of every field but
// Brokers means its default.
type Config struct {
	Brokers  []string // host:port of one or more brokers
	ClientID string   // default "streamd"
	TLS      *tls.Config
	SASL     *SASL
	// Dial opens the connections; default is a net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// RequestTimeout bounds one request and its answer; default 10 s.
	RequestTimeout time.Duration
	// RetryBudget bounds an operation with all its attempts; default 60 s.
	RetryBudget time.Duration
	// OnRetry is told of every failed attempt that will be repeated (a *RetryError), op
	// being the request's name. It is called from several goroutines and may not block.
	OnRetry func(op string, err error)
}

// SASL names a mechanism (plain, scram-sha-256, scram-sha-512) and its
// credentials.
type SASL struct {
	Mechanism, Username, Password string
}

// Client is the connection to one cluster: one kafka-go Transport, and what
// was learned about the cluster's layout. It is safe for concurrent use.
type Client struct {
	cfg       Config
	bootstrap net.Addr
	transport *segment.Transport
	stop      context.CancelFunc
	closed    atomic.Bool
	calls     atomic.Int32

	mu           sync.Mutex
	topics       map[string]*Topic
	clusterID    string
	coordinators map[coordinatorKey]int32
	offers       map[int32]*Offer // by node
	identities   map[string]int   // see Producer.fresh
}

// Open checks the configuration and prepares a client. It does not connect:
// an unreachable broker shows at the first request.
func Open(cfg Config) (*Client, error) {
	if len(cfg.Brokers) == 0 {
		return nil, errors.New("kafka: no brokers configured")
	}
	for _, b := range cfg.Brokers {
		if host, port, err := net.SplitHostPort(b); err != nil || host == "" || port == "" {
			return nil, fmt.Errorf("kafka: broker address %q is not host:port", b)
		}
	}
	mechanism, err := cfg.SASL.mechanism()
	if err != nil {
		return nil, err
	}
	if cfg.ClientID == "" {
		cfg.ClientID = "streamd"
	}
	cfg.RequestTimeout = defaultTo(cfg.RequestTimeout, 10*time.Second)
	cfg.RetryBudget = defaultTo(cfg.RetryBudget, time.Minute)
	if cfg.OnRetry == nil {
		cfg.OnRetry = func(string, error) {}
	}
	ctx, stop := context.WithCancel(context.Background())
	return &Client{
		cfg:       cfg,
		bootstrap: segment.TCP(cfg.Brokers...),
		transport: &segment.Transport{
			Dial:        cfg.dial,
			DialTimeout: min(cfg.RequestTimeout, 5*time.Second),
			IdleTimeout: time.Minute,
			ClientID:    cfg.ClientID,
			SASL:        mechanism,
			// The transport only needs the brokers' addresses; an empty list
			// asks for no topic (nil would mean all of them, twice a second).
			MetadataTTL:    time.Second,
			MetadataTopics: []string{},
			Context:        ctx,
		},
		stop:         stop,
		topics:       map[string]*Topic{},
		coordinators: map[coordinatorKey]int32{},
		offers:       map[int32]*Offer{},
		identities:   map[string]int{},
	}, nil
}

// Close ends all connections. Fetchers, producers and groups of this client
// should be closed before.
func (c *Client) Close() {
	c.closed.Store(true)
	c.stop()
	c.transport.CloseIdleConnections()
}

func (s *SASL) mechanism() (sasl.Mechanism, error) {
	if s == nil {
		return nil, nil
	}
	var algorithm scram.Algorithm
	switch strings.ToLower(s.Mechanism) {
	case "plain":
		return plain.Mechanism{Username: s.Username, Password: s.Password}, nil
	case "scram-sha-256":
		algorithm = scram.SHA256
	case "scram-sha-512":
		algorithm = scram.SHA512
	default:
		return nil, fmt.Errorf("kafka: unknown SASL mechanism %q (plain, scram-sha-256, scram-sha-512)", s.Mechanism)
	}
	m, err := scram.Mechanism(algorithm, s.Username, s.Password)
	if err != nil {
		return nil, fmt.Errorf("kafka: sasl %s: %w", s.Mechanism, err)
	}
	return m, nil
}

// anyBroker and controller are the destinations that are no node's id.
const (
	anyBroker  int32 = -1
	controller int32 = -2
)

// Bounds of an answer. A fetch answer is at most its MaxBytes plus one batch, which
// is at most what brokers take in one request (100 MB by default).
const (
	answerBytesMax      = 32 << 20
	fetchAnswerBytesMax = 128 << 20
)

// call is one request on the bare connection that kafka-go's Transport dialled
// and authenticated. After an error a call and its buffers may not be used
// again: when a round trip ends by its context, the connection's goroutine may
// still be reading or writing them.
type call struct {
	key      int16
	version  int16
	flexible bool
	node     int32
	id       int32
	request  []byte // framed; built by begin and the caller
	answer   []byte // reused between calls
	size     [4]byte
	sent     atomic.Bool // perhaps in part
	from     string      // the address that it was sent to
}

func (k *call) ApiKey() protocol.ApiKey { return protocol.ApiKey(k.key) }

// Required makes kafka-go hand over the connection.
func (k *call) Required(map[protocol.ApiKey]int16) bool { return true }

// Broker routes by the id that our own metadata named; kafka-go looks up only
// the id, and -1 is its connection to the bootstrap addresses.
func (k *call) Broker(cluster protocol.Cluster) (protocol.Broker, error) {
	switch k.node {
	case controller:
		return cluster.Brokers[cluster.Controller], nil
	case anyBroker:
		return protocol.Broker{ID: -1}, nil
	}
	return protocol.Broker{ID: k.node}, nil
}

// RawExchange writes the request and reads its answer.
func (k *call) RawExchange(rw io.ReadWriter) (protocol.Message, error) {
	binary.BigEndian.PutUint32(k.request, uint32(len(k.request)-4))
	k.sent.Store(true)
	if conn, ok := rw.(net.Conn); ok {
		k.from = conn.RemoteAddr().String()
	}
	if _, err := rw.Write(k.request); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(rw, k.size[:]); err != nil {
		return nil, err
	}
	n, most := int(binary.BigEndian.Uint32(k.size[:])), answerBytesMax
	if k.key == 1 {
		most = fetchAnswerBytesMax
	}
	if n < 4 || n > most {
		return nil, &NotKafkaError{k.from, fmt.Sprintf("its answer claims %d bytes", n)}
	}
	var err error
	k.answer, err = readGrowing(rw, k.answer[:0], n)
	return k, err
}

// readGrowing reads n bytes into buf. A buffer that is too small grows with
// the bytes that really come, not with the length that was claimed.
func readGrowing(r io.Reader, buf []byte, n int) ([]byte, error) {
	for len(buf) < n {
		step := min(n, max(cap(buf), 64<<10, 2*len(buf)))
		if step > cap(buf) {
			grown := make([]byte, len(buf), step)
			copy(grown, buf)
			buf = grown
		}
		at := len(buf)
		buf = buf[:step]
		if _, err := io.ReadFull(r, buf[at:]); err != nil {
			return buf[:at], err
		}
	}
	return buf, nil
}

// begin starts the request with its header and returns the writer for the
// body; the caller hands the finished bytes to roundTrip.
func (c *Client) begin(k *call) writer {
	k.id = c.calls.Add(1)
	w := writer{b: append(k.request[:0], 0, 0, 0, 0)}
	w.i16(k.key)
	w.i16(k.version)
	w.i32(k.id)
	w.str(c.cfg.ClientID) // never compact, even in a flexible header
	w.flexible = k.flexible
	w.tags()
	return w
}

// roundTrip sends the request and returns a reader of the answer's body, which
// aliases k.answer.
func (c *Client) roundTrip(ctx context.Context, k *call, w writer, timeout time.Duration) (reader, error) {
	if c.closed.Load() {
		return reader{}, ErrClosed
	}
	k.request = w.b
	// Always a deadline: kafka-go leaves the connection of an abandoned
	// request open until it is answered.
	attempt, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if _, err := c.transport.RoundTrip(attempt, c.bootstrap, k); err != nil {
		if ctx.Err() != nil {
			return reader{}, ctx.Err()
		}
		return reader{}, fmt.Errorf("kafka: %s: %w", protocol.ApiKey(k.key), err)
	}
	r := reader{b: k.answer, flexible: k.flexible, from: k.from}
	if id := r.i32(); id != k.id {
		return reader{}, &NotKafkaError{k.from, fmt.Sprintf("answer %d to request %d", id, k.id)}
	}
	r.tags()
	return r, r.err
}

// request is a round trip of the control plane: fresh buffers, the usual timeout.
func (c *Client) request(ctx context.Context, node int32, key, version int16, flexible bool,
	body func(*writer),
) (reader, error) {
	k := &call{key: key, version: version, flexible: flexible, node: node}
	w := c.begin(k)
	body(&w)
	return c.roundTrip(ctx, k, w, c.cfg.RequestTimeout)
}

const (
	backoffFirst = 5 * time.Millisecond
	backoffMost  = 500 * time.Millisecond
)

// backoff is the pause before attempt n (from 1): doubling, with jitter so
// that many clients do not return in step.
func backoff(n int) time.Duration {
	d := backoffMost
	if n < 8 {
		d = min(backoffFirst<<(n-1), backoffMost)
	}
	return d/2 + rand.N(d/2+1)
}

// retry repeats attempt until it succeeds, fails for good, the context ends,
// or the retry budget is spent.
func (c *Client) retry(ctx context.Context, op string, attempt func(context.Context) error) error {
	began := time.Now()
	end := began.Add(c.cfg.RetryBudget)
	var last error
	for n := 1; ; n++ {
		err := attempt(ctx)
		if errors.Is(err, context.DeadlineExceeded) && last != nil {
			err = last // says more
		}
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return interrupted(ctx, op, last)
		case !retriable(err):
			return err
		}
		last = err
		pause := backoff(n)
		if time.Now().Add(pause).After(end) {
			return fmt.Errorf("%w: %s: %w", ErrRetriesExhausted, op, err)
		}
		c.cfg.OnRetry(op, &RetryError{err, time.Since(began)})
		if !sleep(ctx, pause) {
			return interrupted(ctx, op, last)
		}
	}
}

// interrupted is what failed before the context ended, and why nothing more was tried; the context's own error where
// nothing had failed yet.
func interrupted(ctx context.Context, op string, last error) error {
	if last == nil {
		return fmt.Errorf("kafka: %s: %w", op, ctx.Err())
	}
	return &InterruptedError{Cause: last, Context: ctx.Err()}
}

// InterruptedError says that a request failed again and again until its context ended.
type InterruptedError struct{ Cause, Context error }

func (e *InterruptedError) Error() string {
	if errors.Is(e.Context, context.DeadlineExceeded) {
		return e.Cause.Error() + " (tried until the time for it was up)"
	}
	return e.Cause.Error() + " (tried until it was canceled)"
}

// Unwrap returns both.
func (e *InterruptedError) Unwrap() []error { return []error{e.Context, e.Cause} }

// sleep reports whether the time passed before the context ended.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func defaultTo[T comparable](v, d T) T {
	var zero T
	if v == zero {
		return d
	}
	return v
}

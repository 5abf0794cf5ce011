package kafka

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// kafka-go reads the answers to its own requests (ApiVersions, SASL, Metadata)
// without bounds: a length that a web server's first bytes make allocates
// gigabytes, a negative one panics. So a guard stands between every connection and
// kafka-go. It reads these answers whole, within a bound and a time, and hands them
// on when they are well-formed. Answers to this package's own requests pass: they
// are bounded where they are read.

// NotKafkaError says that something answers at an address which is no Kafka broker.
type NotKafkaError struct{ Address, Reason string }

func (e *NotKafkaError) Error() string {
	return fmt.Sprintf("%s answers, but not as a Kafka broker (%s)", e.Address, e.Reason)
}

const (
	guardedAnswerBytes = 1 << 20 // of the largest answer to one of kafka-go's own requests
	// kafka-go connects twice in a row for a first request, which is to fail by what
	// the guard says and not by its own time.
	handshakeBudget = 4 * time.Second
)

type guard struct {
	net.Conn
	address string
	login   bool      // SASL is configured
	until   time.Time // for the handshake
	request [12]byte  // header of the last request: size, key, version, correlation id
	waiting bool      // for the answer to a request of kafka-go's own
	proven  bool      // something besides ApiVersions was answered
	checked []byte    // of such an answer, not read by kafka-go yet
}

// dial connects for kafka-go, with TLS below the guard.
func (c *Config) dial(ctx context.Context, network, address string) (net.Conn, error) {
	dial := c.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	conn, err := dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	g := &guard{
		Conn: conn, address: address, login: c.SASL != nil,
		until: time.Now().Add(min(2*c.RequestTimeout/5, handshakeBudget)),
	}
	if c.TLS == nil {
		return g, nil
	}
	secured := c.TLS.Clone()
	if secured.ServerName == "" {
		secured.ServerName, _, _ = net.SplitHostPort(address)
	}
	client := tls.Client(conn, secured)
	handshake, stop := context.WithDeadline(ctx, g.until)
	defer stop()
	if err := client.HandshakeContext(handshake); err != nil {
		conn.Close()
		if closedByPeer(err) || errors.As(err, new(tls.RecordHeaderError)) {
			return nil, fmt.Errorf("%s: TLS handshake: %w; the listener may expect no TLS", address, err)
		}
		return nil, fmt.Errorf("%s: TLS handshake: %w", address, err)
	}
	g.Conn = client
	return g, nil
}

func closedByPeer(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
}

func (g *guard) key() int16     { return int16(binary.BigEndian.Uint16(g.request[4:])) }
func (g *guard) version() int16 { return int16(binary.BigEndian.Uint16(g.request[6:])) }

// Write notes whose request it is. Every request comes with its header in one piece. The
// transport's own Metadata asks for no topics.
func (g *guard) Write(p []byte) (int, error) {
	if len(p) >= len(g.request) {
		copy(g.request[:], p)
		key, version := g.key(), g.version()
		g.waiting = key == 17 || key == 36 || key == 18 && version == 0 || key == 3 && version <= 8 && asksNoTopics(p)
	}
	return g.Conn.Write(p)
}

// asksNoTopics reports whether the list of topics that follows the client id is empty.
func asksNoTopics(request []byte) bool {
	const clientAt = 12
	if len(request) < clientAt+2 {
		return false
	}
	at := clientAt + 2 + int(binary.BigEndian.Uint16(request[clientAt:]))
	return len(request) >= at+4 && binary.BigEndian.Uint32(request[at:]) == 0
}

func (g *guard) Read(p []byte) (int, error) {
	if len(g.checked) == 0 && g.waiting {
		if err := g.readChecked(); err != nil {
			return 0, err
		}
	}
	if len(g.checked) > 0 {
		n := copy(p, g.checked)
		g.checked = g.checked[n:]
		return n, nil
	}
	n, err := g.Conn.Read(p)
	g.proven = g.proven || n > 0 && g.key() != 18
	return n, g.hint(err)
}

// readChecked reads the whole answer to a request of kafka-go's own.
func (g *guard) readChecked() error {
	if g.key() != 3 { // kafka-go sets the deadline of that one
		if err := g.SetReadDeadline(g.until); err != nil {
			return err
		}
		defer func() { _ = g.SetReadDeadline(time.Time{}) }()
	}
	frame := make([]byte, 4, 512)
	if _, err := io.ReadFull(g.Conn, frame); err != nil {
		return g.hint(err)
	}
	size := binary.BigEndian.Uint32(frame)
	switch {
	case frame[0] == 0x15 && frame[1] == 3: // a TLS alert
		return fmt.Errorf("%s answers with a TLS alert; the listener expects TLS", g.address)
	case size < 4 || size > guardedAnswerBytes:
		return &NotKafkaError{g.address, fmt.Sprintf("its answer begins with %q", frame)}
	}
	frame, err := readGrowing(g.Conn, frame, 4+int(size))
	if err != nil {
		return g.hint(err)
	}
	r := reader{b: frame[4:]}
	if id := r.i32(); id != int32(binary.BigEndian.Uint32(g.request[8:])) {
		return &NotKafkaError{g.address, "its answer is to another request"}
	}
	checkForeignAnswer(&r, g.key(), g.version())
	if r.err != nil {
		return &NotKafkaError{g.address, r.err.Error()}
	}
	g.proven = g.proven || g.key() != 18
	g.waiting, g.checked = false, frame
	return nil
}

// hint adds to a failure what may be behind it.
func (g *guard) hint(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded) && !g.proven && g.waiting:
		return fmt.Errorf("%s accepts connections, but does not answer as a Kafka broker: %w; another program "+
			"may listen there, such as a web server, or the listener expects TLS", g.address, os.ErrDeadlineExceeded)
	case closedByPeer(err) && !g.proven:
		wanted := "TLS or SASL"
		if g.login {
			wanted = "TLS, or another SASL mechanism"
		}
		return fmt.Errorf("%s closed the connection unanswered: %w; the listener may expect %s", g.address, err, wanted)
	}
	return err
}

// checkForeignAnswer reads an answer of a kind and version that kafka-go asks for as
// kafka-go will; r.err says where it is malformed.
func checkForeignAnswer(r *reader, key, version int16) {
	switch key {
	case 18:
		r.i16()
		for range r.array(6) {
			r.take(6)
		}
	case 17:
		r.i16()
		for range r.array(2) {
			r.raw()
		}
	case 36:
		r.i16()
		r.raw()
		r.bytes()
		if version >= 1 {
			r.i64()
		}
	case 3:
		if version >= 3 {
			r.i32()
		}
		for range r.array(10) {
			r.i32()
			r.raw()
			r.i32()
			if version >= 1 {
				r.raw()
			}
		}
		if version >= 2 {
			r.raw()
		}
		if version >= 1 {
			r.i32()
		}
		if n := r.array(1); n > 0 { // kafka-go is made to ask for none
			r.fail(fmt.Sprintf("%d topics that were not asked for", n))
		}
		if version >= 8 {
			r.i32()
		}
	}
	if r.err == nil && len(r.b) > 0 {
		r.fail("end expected")
	}
}

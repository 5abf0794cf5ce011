package history

import (
	"context"
	"fmt"
	"io"
	"time"
)

// pump reads a pipe in a goroutine of its own, so that neither the end of the
// context nor a writer that is stuck can hold up the reader. The goroutine ends
// with its read, at the latest with the process.
type pump struct {
	ctx   context.Context
	stall time.Duration // how long nothing may come; 0 for ever
	full  chan chunk
	free  chan []byte
	rest  []byte // what was not yet taken
	held  []byte // the buffer that it is part of
	err   error
}

// chunk is what one read gave.
type chunk struct {
	b   []byte
	n   int
	err error
}

const (
	pumpBytes   = 64 << 10
	pumpBuffers = 2
)

func newPump(ctx context.Context, stall time.Duration, open func() (io.Reader, error)) *pump {
	p := &pump{ctx: ctx, stall: stall, full: make(chan chunk, pumpBuffers), free: make(chan []byte, pumpBuffers)}
	for range pumpBuffers {
		p.free <- make([]byte, pumpBytes)
	}
	go func() {
		r, err := open()
		for err == nil {
			var b []byte
			select {
			case b = <-p.free:
			case <-ctx.Done():
				return
			}
			var n int
			n, err = r.Read(b)
			p.full <- chunk{b, n, err}
		}
		if r == nil {
			p.full <- chunk{err: err}
		}
	}()
	return p
}

func (p *pump) Read(b []byte) (int, error) {
	for len(p.rest) == 0 {
		if p.err != nil {
			return 0, p.err
		}
		if p.held != nil {
			p.free <- p.held
			p.held = nil
		}
		var stalled <-chan time.Time
		if p.stall > 0 {
			t := time.NewTimer(p.stall)
			defer t.Stop()
			stalled = t.C
		}
		select {
		case c := <-p.full:
			p.held, p.rest, p.err = c.b, c.b[:c.n], c.err
		case <-stalled:
			p.err = fmt.Errorf("nothing came for %v", p.stall)
		case <-p.ctx.Done():
			p.err = context.Cause(p.ctx)
		}
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// Close leaves the pipe to the goroutine.
func (p *pump) Close() error { return nil }

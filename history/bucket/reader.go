package bucket

import (
	"cmp"
	"container/list"
	"context"
	"errors"
	"io"
	"slices"
	"sync"
)

// How an object is read in pieces.
const (
	// TailBytes is how much of the end is read at first: the footers of most Parquet files are shorter.
	TailBytes = 64 << 10
	// blockBytes is how much is read at a time where nobody said what is needed.
	blockBytes = 1 << 20
	// gapBytes is up to how much is read that nobody needs, to save a request: so much comes in the time that one
	// more answer takes (some 30 ms at 30 MB/s).
	gapBytes = 1 << 20
	// spanBytes bounds one request.
	spanBytes = 8 << 20
	// PiecesBytes bounds what is kept of all objects of Pieces.
	PiecesBytes = 256 << 20
)

// Traffic is what was asked of object storage.
type Traffic struct {
	Requests int64 `json:"requests"`
	Bytes    int64 `json:"bytes"`
}

// Pieces keeps pieces of objects, those read last, and counts what was read.
type Pieces struct {
	mu      sync.Mutex
	traffic Traffic
	bytes   int64
	order   list.List // of *piece, the one used last in front
	pieces  map[pieceKey]*list.Element
}

type pieceKey struct {
	bucket Bucket
	key    string
	from   int64
}

type piece struct {
	pieceKey
	b []byte
}

// Traffic returns what was read so far.
func (c *Pieces) Traffic() Traffic {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.traffic
}

// Count counts a request and bytes that were read by others.
func (c *Pieces) Count(requests, bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.traffic.Requests += requests
	c.traffic.Bytes += bytes
}

func (c *Pieces) find(k pieceKey) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.pieces[k]
	if e == nil {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(*piece).b
}

func (c *Pieces) keep(k pieceKey, b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pieces == nil {
		c.pieces = map[pieceKey]*list.Element{}
	}
	if old := c.pieces[k]; old != nil { // a shorter one
		c.bytes -= int64(len(c.order.Remove(old).(*piece).b))
	}
	c.pieces[k] = c.order.PushFront(&piece{k, b})
	for c.bytes += int64(len(b)); c.bytes > PiecesBytes && c.order.Len() > 1; {
		last := c.order.Back()
		old := c.order.Remove(last).(*piece)
		delete(c.pieces, old.pieceKey)
		c.bytes -= int64(len(old.b))
	}
}

// ByteRange is bytes of an object, To exclusive.
type ByteRange struct{ From, To int64 }

// ObjectReader reads an object at any place. It is for one goroutine at a time.
type ObjectReader struct {
	ctx    context.Context
	bucket Bucket
	object Object
	cache  *Pieces
	plan   []ByteRange // in order
}

// NewObjectReader returns a reader of an object, which keeps what it read in the cache.
func NewObjectReader(ctx context.Context, b Bucket, o Object, c *Pieces) *ObjectReader {
	r := &ObjectReader{ctx: ctx, bucket: b, object: o, cache: c}
	r.Plan(nil)
	return r
}

// Plan says what will be read besides the end. Spans with little between them are read by one request.
func (r *ObjectReader) Plan(spans []ByteRange) {
	tail := ByteRange{max(0, r.object.Size-TailBytes), r.object.Size}
	sorted := slices.Clone(spans)
	slices.SortFunc(sorted, func(a, b ByteRange) int { return cmp.Compare(a.From, b.From) })
	r.plan = r.plan[:0]
	for _, s := range sorted {
		s.From, s.To = max(s.From, 0), min(s.To, tail.From)
		for s.From < s.To {
			if n := len(r.plan) - 1; n >= 0 && s.From <= r.plan[n].To+gapBytes && s.To-r.plan[n].From <= spanBytes {
				r.plan[n].To = max(r.plan[n].To, s.To)
				break
			}
			if n := len(r.plan) - 1; n >= 0 {
				s.From = max(s.From, r.plan[n].To)
			}
			to := min(s.To, s.From+spanBytes)
			if s.From < to {
				r.plan = append(r.plan, ByteRange{s.From, to})
			}
			s.From = to
		}
	}
	r.plan = append(r.plan, tail)
}

// ReadAt reads from a place on.
func (r *ObjectReader) ReadAt(p []byte, at int64) (int, error) {
	n := 0
	for n < len(p) {
		from := at + int64(n)
		if from >= r.object.Size {
			return n, io.EOF
		}
		s := r.spanAt(from)
		b, err := r.span(s)
		if err != nil {
			return n, err
		}
		n += copy(p[n:], b[from-s.From:])
	}
	return n, nil
}

// spanAt returns the span that a place is read with.
func (r *ObjectReader) spanAt(at int64) ByteRange {
	i, _ := slices.BinarySearchFunc(r.plan, at, func(s ByteRange, at int64) int { return cmp.Compare(s.To, at+1) })
	if i < len(r.plan) && r.plan[i].From <= at {
		return r.plan[i]
	}
	s := ByteRange{at / blockBytes * blockBytes, 0}
	s.To = min(s.From+blockBytes, r.object.Size)
	return s
}

func (r *ObjectReader) span(s ByteRange) ([]byte, error) {
	k := pieceKey{r.bucket, r.object.Key, s.From}
	if b := r.cache.find(k); int64(len(b)) >= s.To-s.From {
		return b, nil
	}
	body, err := r.bucket.Read(r.ctx, r.object.Key, s.From, s.To-s.From)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	b := make([]byte, s.To-s.From)
	n, err := io.ReadFull(body, b)
	r.cache.Count(1, int64(n))
	if err != nil {
		return nil, errors.Join(errors.New("the object ended early: it may have changed"), err)
	}
	r.cache.keep(k, b)
	return b, nil
}

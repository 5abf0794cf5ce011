package bucket

import (
	"context"
	"errors"
	"io"
)

// Stream reads an object from its beginning, or from where it is told to go on. Its first block is kept in the cache:
// who looks at the beginning and comes back later makes one request for small objects.
type Stream struct {
	ctx    context.Context
	first  *ObjectReader
	at     int64
	body   io.ReadCloser // after the first block, once it was asked for
	closed bool
}

// NewStream returns a stream of an object. No request is made yet.
func NewStream(ctx context.Context, b Bucket, o Object, c *Pieces) *Stream {
	r := NewObjectReader(ctx, b, o, c)
	r.plan = nil
	return &Stream{ctx: ctx, first: r}
}

// Read reads on.
func (s *Stream) Read(p []byte) (int, error) {
	size := s.first.object.Size
	switch {
	case s.closed:
		return 0, errors.New("it is closed")
	case s.at >= size:
		return 0, io.EOF
	case s.body == nil && s.at < blockBytes:
		n, err := s.first.ReadAt(p[:min(int64(len(p)), min(size, blockBytes)-s.at)], s.at)
		s.at += int64(n)
		return n, err
	}
	if s.body == nil {
		body, err := s.first.bucket.Read(s.ctx, s.first.object.Key, s.at, size-s.at)
		if err != nil {
			return 0, err
		}
		s.first.cache.Count(1, 0)
		s.body = body
	}
	n, err := s.body.Read(p)
	s.at += int64(n)
	s.first.cache.Count(0, int64(n))
	if errors.Is(err, io.EOF) && s.at < size {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// Seek goes on at another place, which is counted from the beginning.
func (s *Stream) Seek(offset int64, whence int) (int64, error) {
	if whence != io.SeekStart || offset < 0 {
		return s.at, errors.New("only places counted from the beginning can be gone to")
	}
	if s.body != nil && offset != s.at {
		s.body.Close()
		s.body = nil
	}
	s.at = offset
	return offset, nil
}

// Close ends the reading.
func (s *Stream) Close() error {
	s.closed = true
	if s.body == nil {
		return nil
	}
	return s.body.Close()
}

package sink

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// Lines writes matches as JSON lines to a file or the terminal. It is safe for
// concurrent use. What cannot be written, since a disk is full, is kept, so much of it,
// and tried again with what comes next.
type Lines struct {
	mu      sync.Mutex
	name    string
	w       io.Writer
	file    *os.File // nil for a writer that is not ours to close
	pending []byte
}

const (
	linesBuffered   = 64 << 10 // brought out without waiting for Flush
	linesPendingMax = 16 << 20 // further lines are lost
)

// NewLines returns a sink that writes to w.
func NewLines(name string, w io.Writer) *Lines { return &Lines{name: name, w: w} }

// OpenLines returns a sink that appends to a file.
func OpenLines(path string) (*Lines, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("sink: %w", err)
	}
	return &Lines{name: path, w: f, file: f}, nil
}

// Write writes one payload and a line end, for Flush to bring out.
func (l *Lines) Write(payload []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.pending)+len(payload) > linesPendingMax {
		return fmt.Errorf("sink: %s: a line is lost: %d bytes wait already", l.name, len(l.pending))
	}
	l.pending = append(append(l.pending, payload...), '\n')
	if len(l.pending) < linesBuffered {
		return nil
	}
	return l.flush()
}

// Flush brings out what was written.
func (l *Lines) Flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.flush()
}

func (l *Lines) flush() error {
	if len(l.pending) == 0 {
		return nil
	}
	n, err := l.w.Write(l.pending)
	l.pending = l.pending[:copy(l.pending, l.pending[n:])]
	if err != nil {
		return fmt.Errorf("sink: %s: %w", l.name, err)
	}
	return nil
}

// Close flushes and closes the file. It does not wait for a reader that takes nothing.
func (l *Lines) Close() error {
	if !l.mu.TryLock() {
		return fmt.Errorf("sink: %s: nobody takes what is being written", l.name)
	}
	defer l.mu.Unlock()
	err := l.flush()
	if l.file == nil {
		return err
	}
	if cerr := l.file.Close(); cerr != nil {
		err = errors.Join(err, fmt.Errorf("sink: %s: %w", l.name, cerr))
	}
	return err
}

package sink

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"sync"
)

// Lines writes matches as JSON lines to a file or the terminal. It is safe for
// concurrent use. A line is written at least once: after a crash the last ones
// may come again, with the same id.
type Lines struct {
	mu   sync.Mutex
	name string
	w    *bufio.Writer
	file *os.File // nil for a writer that is not ours to close
}

// NewLines returns a sink that writes to w.
func NewLines(name string, w io.Writer) *Lines { return &Lines{name: name, w: bufio.NewWriter(w)} }

// OpenLines returns a sink that appends to a file.
func OpenLines(path string) (*Lines, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("sink: %w", err)
	}
	return &Lines{name: path, w: bufio.NewWriter(f), file: f}, nil
}

// Write writes one payload and a line end, for Flush to bring out.
func (l *Lines) Write(payload []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.w.Write(payload); err != nil {
		return fmt.Errorf("sink: %s: %w", l.name, err)
	}
	if err := l.w.WriteByte('\n'); err != nil {
		return fmt.Errorf("sink: %s: %w", l.name, err)
	}
	return nil
}

// Flush brings out what was written.
func (l *Lines) Flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.w.Flush(); err != nil {
		return fmt.Errorf("sink: %s: %w", l.name, err)
	}
	return nil
}

// Close flushes and closes the file.
func (l *Lines) Close() error {
	err := l.Flush()
	if l.file == nil {
		return err
	}
	if cerr := l.file.Close(); err == nil && cerr != nil {
		err = fmt.Errorf("sink: %s: %w", l.name, cerr)
	}
	return err
}

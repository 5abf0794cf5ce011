package sink

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// Lines is a Sink that writes signals as JSON lines to a file or the terminal. A medium
// that takes half of a batch, as a disk that fills up does, gets the other half with the
// next attempt: no line is torn and none is there twice.
type Lines struct {
	mu   sync.Mutex // held by a Write, for Close to find one that hangs
	name string
	w    io.Writer
	file *os.File // to be closed; nil for a writer that belongs to somebody else
	rest []byte   // of the batch that the medium has not taken
}

// NewLines returns a sink that writes to w and leaves it open. The name stands in errors.
func NewLines(name string, w io.Writer) *Lines { return &Lines{name: name, w: w} }

// standardOutput returns the sink of the process's standard output.
func standardOutput() *Lines { return NewLines("stdout", os.Stdout) }

// OpenLines returns a sink that appends to a file, which is made if there is none. If the
// last line of the file was cut off by a crash, a line end keeps the next one apart from it.
func OpenLines(path string) (*Lines, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("sink: %w", err)
	}
	l := &Lines{name: path, w: f, file: f}
	torn, err := tornEnd(path)
	if err == nil && torn {
		_, err = f.WriteString("\n")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sink: %w", err), f.Close())
	}
	return l, nil
}

// tornEnd reports whether a file ends within a line. A terminal or a pipe does not.
func tornEnd(path string) (bool, error) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return false, err
	}
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	var last [1]byte
	_, err = f.ReadAt(last[:], info.Size()-1)
	return last[0] != '\n', err
}

// Write writes the batch, or what an attempt before has left of it. It cannot be
// interrupted: ctx does not end a write to a pipe that nobody reads.
func (l *Lines) Write(_ context.Context, batch [][]byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.rest) == 0 {
		for _, payload := range batch {
			l.rest = append(append(l.rest, payload...), '\n')
		}
	}
	if len(l.rest) == 0 {
		return nil
	}
	n, err := l.w.Write(l.rest)
	l.rest = l.rest[:copy(l.rest, l.rest[n:])]
	if err != nil {
		return fmt.Errorf("sink: %s: %w", l.name, err)
	}
	return nil
}

// Close closes the file.
func (l *Lines) Close() error {
	if !l.mu.TryLock() {
		return fmt.Errorf("sink: %s: no process reads it", l.name)
	}
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	if err := l.file.Close(); err != nil {
		return fmt.Errorf("sink: %s: %w", l.name, err)
	}
	return nil
}

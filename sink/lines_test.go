package sink_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"streamd/sink"
	"streamd/sink/sinktest"
)

// flaky is a writer that takes so many bytes, and then none.
type flaky struct {
	w      io.Writer
	broken bool
	room   int
}

func (f *flaky) Write(p []byte) (int, error) {
	if !f.broken {
		return f.w.Write(p)
	}
	n, err := f.w.Write(p[:min(len(p), f.room)])
	if f.room -= n; n < len(p) {
		return n, errors.Join(err, errors.New("no space left on device"))
	}
	return n, err
}

// bytesPerSignal is that of sinktest's payloads: a disk breaks within a line.
const bytesPerSignal = 68

func (f *flaky) Break(signals int) { f.broken, f.room = true, signals*bytesPerSignal+signals/2*7 }
func (f *flaky) Mend()             { f.broken = false }

// terminal is standard output.
type terminal struct {
	flaky
	b bytes.Buffer
}

func (m *terminal) Open() (sink.Sink, error) {
	m.w = &m.b
	return sink.NewLines("stdout", &m.flaky), nil
}

func (m *terminal) Arrived() ([][]byte, error) { return lines(m.b.Bytes()), nil }

func TestStdout(t *testing.T) {
	sinktest.Run(t, func(*testing.T) sinktest.Medium { return &terminal{} })
}

// disk is a file on a disk that fills up.
type disk struct {
	flaky
	path string
}

func (m *disk) Open() (sink.Sink, error) {
	l, err := sink.OpenLines(m.path)
	if err != nil {
		return nil, err
	}
	l.Through(func(w io.Writer) io.Writer { m.w = w; return &m.flaky })
	return l, nil
}

func (m *disk) Arrived() ([][]byte, error) {
	b, err := os.ReadFile(m.path)
	return lines(b), err
}

func TestFile(t *testing.T) {
	sinktest.Run(t, func(t *testing.T) sinktest.Medium {
		return &disk{path: filepath.Join(t.TempDir(), "signals.jsonl")}
	})
}

func lines(b []byte) [][]byte { return bytes.Split(bytes.TrimSuffix(b, []byte("\n")), []byte("\n")) }

// A line that a crash cut off does not take the next signal with it.
func TestTornLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signals.jsonl")
	if err := os.WriteFile(path, []byte("{\"id\":1}\n{\"id"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := sink.OpenLines(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(l.Write(t.Context(), [][]byte{[]byte(`{"id":2}`)}), l.Close()); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "{\"id\":1}\n{\"id\n{\"id\":2}\n" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		settings    sink.Settings
		place, want string
	}{
		{sink.Settings{Stdout: &sink.StdoutSettings{}}, "stdout", "<nil>"},
		{sink.Settings{File: &sink.FileSettings{Path: "a"}}, "file", "<nil>"},
		{sink.Settings{File: &sink.FileSettings{}}, "file", "path is missing"},
		{sink.Settings{}, "", "a sink is one of file, stdout"},
		{sink.Settings{File: &sink.FileSettings{}, Stdout: &sink.StdoutSettings{}}, "", "a sink is one of file, stdout"},
	} {
		if place, err := c.settings.Check(); place != c.place || fmt.Sprint(err) != c.want {
			t.Errorf("%+v: %q, %v", c.settings, place, err)
		}
	}
}

func ExampleSink() {
	s := sink.NewLines("stdout", os.Stdout)
	batch := [][]byte{[]byte(`{"id":"1","formula":"oversold"}`), []byte(`{"id":"2","formula":"oversold"}`)}
	for s.Write(context.Background(), batch) != nil {
		// The caller waits, and writes the same batch again.
	}
	fmt.Println(s.Close())
	// Output:
	// {"id":"1","formula":"oversold"}
	// {"id":"2","formula":"oversold"}
	// <nil>
}

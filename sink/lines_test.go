package sink

import (
	"errors"
	"strings"
	"testing"
)

// tight takes some bytes and then no more until there is room.
type tight struct {
	b    strings.Builder
	room int
}

func (w *tight) Write(p []byte) (int, error) {
	n := min(len(p), w.room)
	w.b.Write(p[:n])
	if w.room -= n; n < len(p) {
		return n, errors.New("no space left on device")
	}
	return n, nil
}

// A disk that was full takes all lines once it is not.
func TestLinesAfterAFullDisk(t *testing.T) {
	w := &tight{room: 5}
	l := NewLines("test", w)
	for _, line := range []string{"one", "two", "three"} {
		if err := l.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Flush(); err == nil {
		t.Error("a full disk is no error")
	}
	w.room = 1000
	if err := errors.Join(l.Write([]byte("four")), l.Close()); err != nil {
		t.Error(err)
	}
	if got := w.b.String(); got != "one\ntwo\nthree\nfour\n" {
		t.Errorf("%q", got)
	}
}

package main

import (
	"errors"
	"testing"
)

func TestComplaint(t *testing.T) {
	for _, c := range []struct{ err, plain, coloured string }{
		{
			"streamd: history: candles.csv: no such file", "streamd: candles.csv: no such file",
			"\x1b[31mstreamd:\x1b[0m candles.csv: no such file",
		},
		{"open a.yaml: no such file", "streamd: open a.yaml: no such file", "\x1b[31mstreamd:\x1b[0m open a.yaml: no such file"},
		{
			"streamd: live: joining group g: kafka: fenced", "streamd: joining group g: fenced",
			"\x1b[31mstreamd:\x1b[0m joining group g: fenced",
		},
		{ // what a user wrote stays as it is
			"c.yaml:1:1: unknown field\n  kafka: history: x\n  ^^^^^", "c.yaml:1:1: unknown field\n  kafka: history: x\n  ^^^^^",
			"c.yaml:1:1: unknown field\n  kafka: history: x\n  \x1b[31m^^^^^\x1b[0m",
		},
	} {
		if got := complaint(errors.New(c.err), false); got != c.plain {
			t.Errorf("got %q, want %q", got, c.plain)
		}
		if got := complaint(errors.New(c.err), true); got != c.coloured {
			t.Errorf("got %q, want %q", got, c.coloured)
		}
	}
}

package main

import (
	"strings"
	"testing"
)

func TestPlotDrawsEachSeries(t *testing.T) {
	var b strings.Builder
	p := &plotter{out: &b, names: []string{"close"}}
	for _, row := range [][]string{{"A", "", "1"}, {"A", "", "9"}, {"B", "", ""}} {
		if err := p.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.draw(); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	if !strings.Contains(got, "A: close, last 2 bars") || !strings.Contains(got, "9.00 ┤") ||
		!strings.Contains(got, "B: close, last 1 bars\nno value") {
		t.Errorf("unexpected charts:\n%s", got)
	}
}

package main

import (
	"math"
	"strings"
	"testing"
)

func TestPlotDrawsEachSeries(t *testing.T) {
	var b strings.Builder
	p := &plotter{out: &b, names: []string{"close"}}
	for _, row := range []struct {
		symbol string
		value  float64
	}{{"A", 1}, {"A", 9}, {"B", math.NaN()}} {
		if err := p.write(row.symbol, 0, []float64{row.value}); err != nil {
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

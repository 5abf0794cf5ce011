package main

import (
	"fmt"
	"io"
	"math"

	"github.com/guptarohit/asciigraph"
)

// plotter draws each series' columns as charts for the terminal, over its last
// plotBars bars.
type plotter struct {
	out     io.Writer
	names   []string
	symbol  string
	columns [][]float64
}

const plotBars = 1000

// write takes the next row. The charts of a series are drawn when the next begins.
func (p *plotter) write(symbol string, _ int64, values []float64) error {
	if symbol != p.symbol {
		if err := p.draw(); err != nil {
			return err
		}
		p.symbol, p.columns = symbol, make([][]float64, len(p.names))
	}
	for k, v := range values {
		if math.IsInf(v, 0) {
			v = math.NaN()
		}
		p.columns[k] = append(p.columns[k], v)
		p.columns[k] = p.columns[k][max(0, len(p.columns[k])-plotBars):]
	}
	return nil
}

func (p *plotter) close() error { return p.draw() }

func (p *plotter) draw() error {
	for k, column := range p.columns {
		chart := "no value"
		for _, v := range column {
			if v == v {
				chart = asciigraph.Plot(column, asciigraph.Height(12), asciigraph.Width(100))
				break
			}
		}
		if _, err := fmt.Fprintf(p.out, "%s: %s, last %d bars\n%s\n\n", p.symbol, p.names[k], len(column),
			chart); err != nil {
			return err
		}
	}
	p.columns = nil
	return nil
}

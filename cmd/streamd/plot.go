package main

import (
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/guptarohit/asciigraph"
)

// rowWriter takes the rows of eval: symbol, time, one value per expression.
type rowWriter interface{ Write(row []string) error }

// plotter draws each series' columns as charts for the terminal, over its last
// plotBars bars.
type plotter struct {
	out     io.Writer
	names   []string
	symbol  string
	columns [][]float64
}

const plotBars = 1000

// Write takes the next row. The charts of a series are drawn when the next begins.
func (p *plotter) Write(row []string) error {
	if row[0] != p.symbol {
		if err := p.draw(); err != nil {
			return err
		}
		p.symbol, p.columns = row[0], make([][]float64, len(p.names))
	}
	for k, text := range row[2:] {
		p.columns[k] = append(p.columns[k], plotted(text))
		p.columns[k] = p.columns[k][max(0, len(p.columns[k])-plotBars):]
	}
	return nil
}

// plotted is the height of a value: 1 and 0 of conditions, none of na.
func plotted(text string) float64 {
	switch text {
	case "true":
		return 1
	case "false":
		return 0
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

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

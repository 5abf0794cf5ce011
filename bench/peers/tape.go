package main

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"

	"streamd/incremental"
)

// bars are the tapes of the comparison: a walk of minute-like candles, and one
// that only rises.
type bars struct {
	open, high, low, close, volume []float64
	rising, falling                []float64
}

func newBars(n int) *bars {
	rng := rand.New(rand.NewPCG(7, 1))
	b := &bars{}
	price := 100.0
	for i := range n {
		open := price * math.Exp(1e-4*rng.NormFloat64())
		price *= math.Exp(5e-4 * rng.NormFloat64())
		b.open = append(b.open, open)
		b.high = append(b.high, max(open, price)*(1+math.Abs(2e-4*rng.NormFloat64())))
		b.low = append(b.low, min(open, price)*(1-math.Abs(2e-4*rng.NormFloat64())))
		b.close = append(b.close, price)
		b.volume = append(b.volume, math.Round(math.Exp(7.5+0.8*rng.NormFloat64())))
		b.rising = append(b.rising, 100+0.01*float64(i))
		b.falling = append(b.falling, -(100 + 0.01*float64(i)))
	}
	return b
}

// columns returns the inputs of a row; a tape by name stands for the single real.
func (b *bars) columns(row *incremental.Row, tape string) [][]float64 {
	named := map[string][]float64{"rising": b.rising, "falling": b.falling, "": b.close}
	var cols [][]float64
	for _, in := range row.Inputs {
		cols = append(cols, map[incremental.Input][]float64{
			incremental.Real: named[tape], incremental.Open: b.open, incremental.High: b.high,
			incremental.Low: b.low, incremental.Close: b.close, incremental.Volume: b.volume,
			incremental.Scale: make([]float64, len(b.close)),
		}[in])
	}
	return cols
}

// write puts the columns into a file of little-endian float64, one after the other.
func write(path string, columns ...[]float64) {
	var raw []byte
	for _, c := range columns {
		for _, v := range c {
			raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(v))
		}
	}
	check(os.WriteFile(path, raw, 0o644))
}

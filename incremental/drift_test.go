package incremental_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"streamd/incremental"
	"streamd/incremental/catalog"
	"streamd/internal/seed"
)

// The drift tests run the windowed rows over tapes so long that rounding
// errors, were they kept, would show, and compare with exact arithmetic.

// tape returns prices in ticks of 0.01, one per bar. A wandering tape goes up
// and down with a drop of scale on the way; a flat one stands on one price for
// stretches and moves by single ticks, so that means are met exactly.
type tape func(rng *rand.Rand, bar int, ticks int64) int64

var tapes = map[string]tape{
	"wandering": func(rng *rand.Rand, bar int, ticks int64) int64 {
		if bar == driftBars/2 { // what was summed before is a million times larger
			return 1 + ticks/1_000_000
		}
		return max(1, ticks+int64(math.Round(rng.NormFloat64()*math.Max(1, float64(ticks)*0.001))))
	},
	"flat": func(rng *rand.Rand, _ int, ticks int64) int64 {
		if rng.IntN(4) == 0 {
			return max(1, ticks+int64(rng.IntN(3)-1))
		}
		return ticks
	},
}

// drifting is one row under test: exact computes its outputs from the window,
// scale what its errors are relative to (the value itself where nil).
type drifting struct {
	row   string
	n     int
	exact func(w []*big.Float) *big.Float
	scale func(w []float64, exact float64) float64
}

func driftingRows() []drifting {
	return []drifting{
		{"sum", 20, trueSum, nil},
		{"sma", 20, trueMean, nil},
		{"sma", 200, trueMean, nil},
		{"wma", 30, trueRamp, nil},
		{"var", 20, trueVariance, nil},
		{"var", 250, trueVariance, nil},
		{"linearreg", 14, func(w []*big.Float) *big.Float { return trueLine(w, len(w)-1) }, nil},
		{"linearreg", 200, func(w []*big.Float) *big.Float { return trueLine(w, len(w)-1) }, nil},
		{"linearreg_intercept", 50, func(w []*big.Float) *big.Float { return trueLine(w, 0) }, nil},
		{"linearreg_slope", 50, trueSlope, func(w []float64, exact float64) float64 {
			// A line that is nearly level has lost the digits in which its ends agree.
			return math.Max(math.Abs(exact), spreadOf(w)/float64(len(w)))
		}},
	}
}

const driftBlock = 4096

func TestNothingDrifts(t *testing.T) {
	for name, next := range tapes {
		t.Run(name, func(t *testing.T) {
			rng := seed.Rand(t)
			rows := driftingRows()
			tracks := make([]track, len(rows))
			for i, d := range rows {
				tracks[i] = newTrack(t, d.row, d.n)
			}
			ticks, block := int64(10_000), make([]float64, driftBlock)
			for bar := 0; bar < driftBars; {
				n := min(driftBlock, driftBars-bar)
				for j := range n {
					ticks = next(rng, bar+j, ticks)
					block[j] = float64(ticks) / 100
				}
				bar += n
				check := bar == driftBars || bar/driftBlock%(driftBars/driftBlock/8) == 0
				for i := range tracks {
					y := tracks[i].step(block[:n])
					if check && n >= rows[i].n {
						checkExact(t, fmt.Sprintf("%s(%d) after %d bars", rows[i].row, rows[i].n, bar), rows[i],
							block[n-rows[i].n:n], y[n-1])
					}
				}
			}
		})
	}
}

func checkExact(t *testing.T, what string, d drifting, w []float64, got float64) {
	t.Helper()
	exact := make([]*big.Float, len(w))
	for i, v := range w {
		exact[i] = bigFloat(v)
	}
	want, _ := d.exact(exact).Float64()
	scale := math.Abs(want)
	if d.scale != nil {
		scale = d.scale(w, want)
	}
	if math.Abs(got-want) > 1e-12*scale {
		t.Errorf("%s: %v, exactly %v", what, got, want)
	}
}

// TestDecisionsAreExact compares a price with its own mean on every bar, in the
// ticks that the prices are made of.
func TestDecisionsAreExact(t *testing.T) {
	const n = 20
	for name, next := range tapes {
		t.Run(name, func(t *testing.T) {
			rng := seed.Rand(t)
			mean := newTrack(t, "sma", n)
			ticks, sum, ties := int64(10_000), int64(0), 0
			window, block, wanted := make([]int64, n), make([]float64, driftBlock), make([]int, driftBlock)
			for bar := 0; bar < driftBars; {
				m := min(driftBlock, driftBars-bar)
				for j := range m {
					ticks = next(rng, bar, ticks)
					sum += ticks - window[bar%n]
					window[bar%n] = ticks
					block[j] = float64(ticks) / 100
					wanted[j] = sign(ticks*n - sum)
					bar++
				}
				y := mean.step(block[:m])
				for j := range m {
					if bar-m+j < n-1 {
						continue
					}
					if wanted[j] == 0 {
						ties++
					}
					if got := incremental.Compare(block[j], y[j]); got != wanted[j] {
						t.Fatalf("bar %d: %v and its mean %v compare as %d, exactly %d", bar-m+j, block[j], y[j], got,
							wanted[j])
					}
				}
			}
			if name == "flat" && ties < driftBars/100 {
				t.Errorf("only %d ties: the test has no teeth", ties)
			}
		})
	}
}

func sign(x int64) int {
	switch {
	case x < 0:
		return -1
	case x > 0:
		return 1
	}
	return 0
}

// track is one bound row of one input, stepped block by block.
type track struct {
	bound *incremental.Bound
	state []float64
	tape  []float64
	out   []float64
	views [4][][]float64
}

func newTrack(t *testing.T, row string, n int) track {
	r := catalog.New().Row(row)
	a := r.Defaults()
	a[0].Num = float64(n)
	b := bind(t, r, a)
	one := func() [][]float64 { return make([][]float64, 1) }
	return track{
		bound: b, state: make([]float64, b.State), tape: b.NewInput(driftBlock), out: make([]float64, driftBlock),
		views: [4][][]float64{one(), one(), one(), one()},
	}
}

func (k *track) step(block []float64) []float64 {
	n, history := len(block), k.bound.History
	copy(k.tape[history:], block)
	k.views[0][0], k.views[1][0] = k.tape[:history+n], k.out[:n]
	k.bound.StepRuns(k.state, k.views[0], k.views[1], k.views[2], k.views[3])
	copy(k.tape[:history], k.tape[n:n+history])
	return k.out[:n]
}

func spreadOf(w []float64) float64 {
	low, high := w[0], w[0]
	for _, v := range w {
		low, high = min(low, v), max(high, v)
	}
	return high - low
}

// The definitions, in 300 bits.

func bigFloat(v float64) *big.Float { return new(big.Float).SetPrec(300).SetFloat64(v) }

func plus(a, b *big.Float) *big.Float  { return bigFloat(0).Add(a, b) }
func less(a, b *big.Float) *big.Float  { return bigFloat(0).Sub(a, b) }
func times(a, b *big.Float) *big.Float { return bigFloat(0).Mul(a, b) }
func over(a, b *big.Float) *big.Float  { return bigFloat(0).Quo(a, b) }

func trueSum(w []*big.Float) *big.Float {
	sum := bigFloat(0)
	for _, v := range w {
		sum = plus(sum, v)
	}
	return sum
}

func trueMean(w []*big.Float) *big.Float { return over(trueSum(w), bigFloat(float64(len(w)))) }

func trueRamp(w []*big.Float) *big.Float {
	sum, weights := bigFloat(0), 0.0
	for i, v := range w {
		sum = plus(sum, times(v, bigFloat(float64(i+1))))
		weights += float64(i + 1)
	}
	return over(sum, bigFloat(weights))
}

func trueVariance(w []*big.Float) *big.Float {
	mean, sum := trueMean(w), bigFloat(0)
	for _, v := range w {
		d := less(v, mean)
		sum = plus(sum, times(d, d))
	}
	return over(sum, bigFloat(float64(len(w))))
}

func trueSlope(w []*big.Float) *big.Float {
	mean, middle := trueMean(w), bigFloat(float64(len(w)-1)/2)
	top, bottom := bigFloat(0), bigFloat(0)
	for i, v := range w {
		x := less(bigFloat(float64(i)), middle)
		top = plus(top, times(x, less(v, mean)))
		bottom = plus(bottom, times(x, x))
	}
	return over(top, bottom)
}

// trueLine is the fitted line at bar i of the window.
func trueLine(w []*big.Float, i int) *big.Float {
	x := less(bigFloat(float64(i)), bigFloat(float64(len(w)-1)/2))
	return plus(trueMean(w), times(trueSlope(w), x))
}

// TestCorrelationDoesNotDrift runs correlation and beta over two tapes at a time
// and compares with exact arithmetic.
func TestCorrelationDoesNotDrift(t *testing.T) {
	for name, next := range tapes {
		t.Run(name, func(t *testing.T) {
			rng := seed.Rand(t)
			rows := []drifting{{row: "correl", n: 30}, {row: "correl", n: 250}, {row: "beta", n: 60}}
			pairs := make([]pair, len(rows))
			for i, d := range rows {
				pairs[i] = newPair(t, d.row, d.n)
			}
			ticks := [2]int64{10_000, 30_000}
			block := [2][]float64{make([]float64, driftBlock), make([]float64, driftBlock)}
			checked := 0
			for bar := 0; bar < driftBars; {
				n := min(driftBlock, driftBars-bar)
				for j := range n {
					for k := range ticks {
						ticks[k] = next(rng, bar+j, ticks[k])
						block[k][j] = float64(ticks[k]) / 100
					}
				}
				bar += n
				check := bar == driftBars || bar/driftBlock%(driftBars/driftBlock/8) == 0
				for i, d := range rows {
					y := pairs[i].step(block[0][:n], block[1][:n])
					if !check || n <= d.n {
						continue
					}
					from := n - d.n
					if d.row == "beta" {
						from-- // returns need the bar before
					}
					want, ok := trueRelation(d.row, block[0][from:n], block[1][from:n])
					if !ok {
						continue // one of the two stands still
					}
					checked++
					if got := y[n-1]; math.Abs(got-want) > 1e-12 {
						t.Errorf("%s(%d) after %d bars: %v, exactly %v", d.row, d.n, bar, got, want)
					}
				}
			}
			if checked < 10 {
				t.Errorf("only %d values were compared", checked)
			}
		})
	}
}

// pair is one bound row of two inputs, stepped block by block.
type pair struct {
	bound *incremental.Bound
	state []float64
	tapes [2][]float64
	out   []float64
}

func newPair(t *testing.T, row string, n int) pair {
	r := catalog.New().Row(row)
	a := r.Defaults()
	a[0].Num = float64(n)
	b := bind(t, r, a)
	return pair{
		bound: b, state: make([]float64, b.State),
		tapes: [2][]float64{b.NewInput(driftBlock), b.NewInput(driftBlock)}, out: make([]float64, driftBlock),
	}
}

func (k *pair) step(x, y []float64) []float64 {
	n, history := len(x), k.bound.History
	in := make([][]float64, 2)
	for i, block := range [2][]float64{x, y} {
		copy(k.tapes[i][history:], block)
		in[i] = k.tapes[i][:history+n]
	}
	k.bound.StepRuns(k.state, in, [][]float64{k.out[:n]}, make([][]float64, 2), make([][]float64, 1))
	for i := range k.tapes {
		copy(k.tapes[i][:history], k.tapes[i][n:n+history])
	}
	return k.out[:n]
}

// trueRelation is Pearson's correlation of two windows, or the beta of the
// second's returns against the first's, false where one does not move.
func trueRelation(row string, x, y []float64) (float64, bool) {
	a, b := make([]*big.Float, 0, len(x)), make([]*big.Float, 0, len(y))
	for i := range x {
		switch {
		case row == "correl":
			a, b = append(a, bigFloat(x[i])), append(b, bigFloat(y[i]))
		case i > 0:
			a = append(a, over(less(bigFloat(x[i]), bigFloat(x[i-1])), bigFloat(x[i-1])))
			b = append(b, over(less(bigFloat(y[i]), bigFloat(y[i-1])), bigFloat(y[i-1])))
		}
	}
	meanA, meanB := trueMean(a), trueMean(b)
	both, squaresA, squaresB := bigFloat(0), bigFloat(0), bigFloat(0)
	for i := range a {
		p, q := less(a[i], meanA), less(b[i], meanB)
		both, squaresA, squaresB = plus(both, times(p, q)), plus(squaresA, times(p, p)), plus(squaresB, times(q, q))
	}
	if squaresA.Sign() == 0 || squaresB.Sign() == 0 {
		return 0, false
	}
	if row == "beta" {
		v, _ := over(both, squaresA).Float64()
		return v, true
	}
	v, _ := over(both, bigFloat(0).Sqrt(times(squaresA, squaresB))).Float64()
	return v, true
}

package incremental

import (
	"math"
	"math/big"
	"testing"

	"streamd/incremental/window"
)

// The turns must be the sines and cosines of their angles to the last bit, as
// 200 bits of the Taylor series have it; next to 0 to 10 digits.
func TestTurnsAreExact(t *testing.T) {
	for n, turns := range window.NewHilbertCycle().Turns {
		for i, got := range turns {
			angle := float64(i) * 2 * math.Pi / float64(n)
			sin, cos := taylor(angle)
			for _, c := range []struct {
				what      string
				got, want float64
			}{{"sin", got.Sin, sin}, {"cos", got.Cos, cos}} {
				if c.got != c.want && (math.Abs(c.want) > 1e-10 ||
					!(math.Abs(c.got-c.want) <= 1e-10*math.Abs(c.want))) {
					t.Errorf("%s(%v) = %v, want %v", c.what, angle, c.got, c.want)
				}
			}
		}
	}
}

func taylor(angle float64) (sin, cos float64) {
	number := func(x float64) *big.Float { return new(big.Float).SetPrec(200).SetFloat64(x) }
	sums := [2]*big.Float{number(0), number(0)}
	term := number(1)
	for k := range 60 {
		if k%4 < 2 {
			sums[k%2].Add(sums[k%2], term)
		} else {
			sums[k%2].Sub(sums[k%2], term)
		}
		term.Mul(term, number(angle))
		term.Quo(term, number(float64(k+1)))
	}
	cos, _ = sums[0].Float64()
	sin, _ = sums[1].Float64()
	return sin, cos
}

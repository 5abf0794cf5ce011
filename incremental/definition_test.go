package incremental_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"streamd/incremental"
	"streamd/incremental/catalog"
)

// fosc is rounded as TA-Lib's, so its plain form is met to a share of the price
// and not of the miss, which may be a millionth of it. Where nothing moves the
// miss is none.
func TestFOSCMeetsItsDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	row := catalog.New().Row("fosc")
	for _, n := range []int{2, 5, 14, 60} {
		x := walk(rng, row, 5000)[0]
		copy(x[3000:], make([]float64, 200)) // no price at all
		for i := 4000; i < 4200; i++ {
			x[i] = 0.1
		}
		got, _ := run(bind(t, row, incremental.Args{{Num: float64(n)}}), [][]float64{x}, 33)
		for i := n; i < len(x); i++ {
			middle, rise, steps, mean := float64(n-1)/2, 0.0, 0.0, 0.0
			for j := range n {
				d := x[i-n+j] - x[i]
				mean += d / float64(n)
				rise += (float64(j) - middle) * d
				steps += (float64(j) - middle) * (float64(j) - middle)
			}
			want := -100 * (mean + rise/steps*(float64(n)-middle)) / x[i]
			if x[i] == 0 {
				want = 0
			}
			if math.Abs(got[0][i]-want) > 1e-10*(1+math.Abs(want)) {
				t.Fatalf("period %d: bar %d is %v, by definition %v", n, i, got[0][i], want)
			}
			if i >= 4000+n && i < 4200 && got[0][i] != 0 {
				t.Fatalf("period %d: bar %d is %v on a flat tape", n, i, got[0][i])
			}
		}
	}
}

// cci too is rounded as TA-Lib's; near the mean it meets its plain form to a
// share of the mean deviation only.
func TestCCIMeetsItsDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	row := catalog.New().Row("cci")
	for _, n := range []int{2, 14, 35} {
		cols := walk(rng, row, 2000)
		got, _ := run(bind(t, row, incremental.Args{{Num: float64(n)}}), cols, 33)
		for i := n - 1; i < 2000; i++ {
			mean, dev := 0.0, 0.0
			typical := func(j int) float64 { return (cols[0][j] + cols[1][j] + cols[2][j]) / 3 }
			for j := range n {
				mean += typical(i-j) / float64(n)
			}
			for j := range n {
				dev += math.Abs(typical(i-j)-mean) / float64(n)
			}
			want := 0.0
			if dev > 1e-9 {
				want = (typical(i) - mean) / (0.015 * dev)
			}
			if math.Abs(got[0][i]-want) > 1e-9*(1+math.Abs(want))*max(1, 1/dev) {
				t.Fatalf("period %d: bar %d is %v, by definition %v", n, i, got[0][i], want)
			}
		}
	}
}

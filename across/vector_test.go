package across

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"streamd/incremental"
)

// naive computes the statistics of a bar as their definitions say, pair by pair.
func naive(entries []MemberValue, s Statistic, of int) float64 {
	n := float64(len(entries))
	sum, above, below, magnitude := 0.0, 0.0, 0.0, 0.0
	var values []float64
	for _, e := range entries {
		sum += e.Value
		values = append(values, e.Value)
		magnitude = max(magnitude, math.Abs(e.Value), e.Scale)
		switch scale := max(e.Scale, entries[of].Scale); incremental.CompareAt(e.Value, entries[of].Value, scale) {
		case 1:
			above++
		case -1:
			below++
		}
	}
	slices.Sort(values)
	square := 0.0
	for _, v := range values {
		square += (v - sum/n) * (v - sum/n)
	}
	return map[Statistic]float64{
		Value: entries[of].Value, Above: above, Below: below, Count: n, Sum: sum, Mean: sum / n,
		Median: (values[(len(values)-1)/2] + values[len(values)/2]) / 2, Stdev: math.Sqrt(square / n), Magnitude: magnitude,
	}[s]
}

// TestVectorIsWhatTheDefinitionsSay draws bars with ties, near-ties and scales of their own, small and large ones, and
// adds their members in any order.
func TestVectorIsWhatTheDefinitionsSay(t *testing.T) {
	rng := rand.New(rand.NewPCG(18, 1))
	var v Vector
	for round := range 120 {
		n := 2 + rng.IntN(60)
		if round%60 == 0 {
			n = radixMin + rng.IntN(100)
		}
		kind := rng.IntN(4)
		entries := make([]MemberValue, n)
		for i := range entries {
			e := MemberValue{Member: int32(i), Value: rng.NormFloat64() * 100}
			switch kind {
			case 1: // decimal ties
				e.Value = float64(rng.IntN(20)) / 10
			case 2: // near-ties of one scale
				e.Value, e.Scale = float64(rng.IntN(9))/10+1e-13*rng.Float64(), 100
			case 3: // of different ones
				e.Value, e.Scale = 1e-11*rng.Float64()-5e-12, float64(rng.IntN(4))
			}
			entries[i] = e
		}
		v.Reset()
		for _, i := range rng.Perm(n) {
			v.Add(entries[i].Member, entries[i].Value, entries[i].Scale)
		}
		v.Add(-1, math.NaN(), 1)
		v.Add(-2, math.Inf(1), 1)
		v.Close(true)
		for place, e := range v.Entries() {
			for s := Value; int(s) < StatisticCount; s++ {
				got, want := v.At(s, place), naive(entries, s, int(e.Member))
				near := 0.0
				if !s.PerMember() && s != Count && s != Median && s != Magnitude {
					near = 1e-9 * naive(entries, Magnitude, 0) * float64(n)
				}
				if math.Abs(got-want) > near {
					t.Fatalf("round %d kind %d: %s of %v is %v, not %v", round, kind, s, e, got, want)
				}
			}
		}
	}
}

// TestVectorDoesNotDependOnTheOrder holds the bits of all statistics to those of another order.
func TestVectorDoesNotDependOnTheOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(18, 2))
	for _, n := range []int{2, 3, 50, radixMin, 500} {
		values := make([]float64, n)
		for i := range values {
			values[i] = math.Round(rng.NormFloat64()*1e4) / 1e3
		}
		bits := func(order []int) string {
			var v Vector
			v.Reset()
			for _, i := range order {
				v.Add(int32(i), values[i], 0)
			}
			v.Close(true)
			text := fmt.Sprint(v.Entries(), v.above, v.below)
			for s := Count; int(s) < StatisticCount; s++ {
				text += fmt.Sprintf(" %x", math.Float64bits(v.Of(s)))
			}
			return text
		}
		if a, b := bits(rng.Perm(n)), bits(rng.Perm(n)); a != b {
			t.Errorf("%d members: %s, in another order %s", n, a, b)
		}
	}
}

func TestVectorOfFewerThanTwoIsNa(t *testing.T) {
	var v Vector
	for n := range 2 {
		v.Reset()
		for i := range n {
			v.Add(int32(i), 5, 0)
		}
		v.Close(true)
		for s := Value; int(s) < StatisticCount; s++ {
			if x := v.At(s, 0); x == x {
				t.Errorf("%s of %d is %v", s, n, x)
			}
		}
	}
}

// TestStdevOfRoundingIsZero: values that are equal but for rounding have no spread to divide by.
func TestStdevOfRoundingIsZero(t *testing.T) {
	var v Vector
	v.Reset()
	v.Add(0, 10.1-10, 10.1)
	v.Add(1, 20.1-20, 20.1)
	v.Add(2, 0.1, 0.1)
	v.Close(true)
	if d := v.Of(Stdev); d != 0 {
		t.Error(d)
	}
	if above := v.At(Above, 0); above != 0 {
		t.Error(above)
	}
}

// TestMembership walks through joining, halts and coming back.
func TestMembership(t *testing.T) {
	r := Admission{Join: 2, Silent: 5}
	var m Membership
	for _, s := range []struct {
		bar    int32
		member bool
	}{
		{0, false}, {1, false}, {2, true}, {3, true}, {8, true}, {13, true}, {19, false}, {20, false}, {21, true},
	} {
		if got := m.Trade(r, s.bar); got != s.member {
			t.Errorf("bar %d: member %v", s.bar, got)
		}
	}
	if m.Trade(r, 26) != true || m.Expected(r, 31) != true || m.Expected(r, 32) != false {
		t.Error("silence begins after 5 bars without a candle")
	}
	if m = (Membership{}); m.Expected(r, 3) || !m.Trade(Admission{Silent: 5}, 4) || !m.Expected(Admission{Silent: 5}, 5) {
		t.Error("without join a series is a member at once, and not before it was seen")
	}
}

func TestEveryFunctionHasARow(t *testing.T) {
	for _, f := range Functions() {
		args := f.Row.Defaults()
		for i, p := range f.Row.Params {
			if p.Required {
				args[i].Num = 2
			}
		}
		b, err := f.Bind(args)
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Takes) == 0 || len(f.Takes) > StatisticsMax || f.Row.Params[len(f.Row.Params)-1].Name != "universe" {
			t.Errorf("%s: %v", f.Row.Name, f.Takes)
		}
		out := [][]float64{{0, 0}}
		in := make([][]float64, len(f.Takes))
		for i := range in {
			in[i] = []float64{3, math.NaN()}
		}
		b.Kernel.Step(nil, in, out)
		if out[0][0] != out[0][0] && f.Row.Name != "xscore" || out[0][1] == out[0][1] {
			t.Errorf("%s: %v", f.Row.Name, out)
		}
	}
}

package formula_test

import (
	"compress/gzip"
	"encoding/csv"
	"math/big"
	"math/rand/v2"
	"os"
	"testing"

	"streamd/formula"
	"streamd/formula/plan"
	"streamd/incremental/catalog"
	"streamd/internal/plantest"
	"streamd/internal/seed"
)

// exact is a column of fractions, nil for na.
type exact []*big.Rat

func (x exact) each(f func(i int) *big.Rat) exact {
	y := make(exact, len(x))
	for i := range y {
		y[i] = f(i)
	}
	return y
}

// with applies an operation of two fractions where both are defined.
func (x exact) with(y exact, f func(z, a, b *big.Rat) *big.Rat) exact {
	return x.each(func(i int) *big.Rat {
		if x[i] == nil || y[i] == nil {
			return nil
		}
		return f(new(big.Rat), x[i], y[i])
	})
}

func (x exact) plus(y exact) exact  { return x.with(y, (*big.Rat).Add) }
func (x exact) minus(y exact) exact { return x.with(y, (*big.Rat).Sub) }
func (x exact) times(y exact) exact { return x.with(y, (*big.Rat).Mul) }

func (x exact) over(y exact) exact {
	return x.with(y, func(z, a, b *big.Rat) *big.Rat {
		if b.Sign() == 0 {
			return nil
		}
		return z.Quo(a, b)
	})
}

func (x exact) by(numerator, denominator int64) exact { return x.times(x.all(numerator, denominator)) }

func (x exact) all(numerator, denominator int64) exact {
	return x.each(func(int) *big.Rat { return big.NewRat(numerator, denominator) })
}

func (x exact) ago(n int) exact {
	return x.each(func(i int) *big.Rat {
		if i < n {
			return nil
		}
		return x[i-n]
	})
}

func (x exact) change(n int) exact { return x.minus(x.ago(n)) }

// weighted is the sum of the last values, the newest last, times f of their place.
func (x exact) weighted(n int, f func(place int) *big.Rat) exact {
	return x.each(func(i int) *big.Rat {
		sum := new(big.Rat)
		for k := range n {
			if i < n-1 || x[i-n+1+k] == nil {
				return nil
			}
			sum.Add(sum, new(big.Rat).Mul(x[i-n+1+k], f(k)))
		}
		return sum
	})
}

func (x exact) sma(n int) exact {
	return x.weighted(n, func(int) *big.Rat { return big.NewRat(1, int64(n)) })
}

// slope is that of the line of least squares: the values weighted by their distance from
// the middle, in relation to the sum of the squares of these.
func (x exact) slope(n int64) exact {
	return x.weighted(int(n), func(k int) *big.Rat { return big.NewRat(6*(2*int64(k)-n+1), n*(n*n-1)) })
}

// middle is half of the greatest and the least of the last values.
func (x exact) middle(n int) exact {
	return x.each(func(i int) *big.Rat {
		if i < n-1 {
			return nil
		}
		high, low := x[i], x[i]
		for _, v := range x[i-n+1 : i] {
			if v.Cmp(high) > 0 {
				high = v
			}
			if v.Cmp(low) < 0 {
				low = v
			}
		}
		sum := new(big.Rat).Add(high, low)
		return sum.Quo(sum, big.NewRat(2, 1))
	})
}

// truths says where a fraction has the sign: 1 where it has, 0 where not, -1 for na.
func (x exact) truths(holds func(sign int) bool) []int {
	t := make([]int, len(x))
	for i, v := range x {
		switch {
		case v == nil:
			t[i] = -1
		case holds(v.Sign()):
			t[i] = 1
		}
	}
	return t
}

func above(sign int) bool   { return sign > 0 }
func atLeast(sign int) bool { return sign >= 0 }
func equal(sign int) bool   { return sign == 0 }
func below(sign int) bool   { return sign < 0 }

// crossed says where x comes to be positive.
func crossed(x exact) []int {
	t, before := x.truths(above), x.ago(1)
	for i := range t {
		switch {
		case x[i] == nil || before[i] == nil:
			t[i] = -1
		case before[i].Sign() > 0:
			t[i] = 0
		}
	}
	return t
}

type tie struct {
	text string
	want []int
}

// subtractions compare what is small with zero, or with a step of the price; open, high,
// low, close are o, h, l, c.
func subtractions(o, h, l, c exact) []tie {
	hl2, hlc3 := h.plus(l).by(1, 2), h.plus(l).plus(c).by(1, 3)
	body, reach := c.minus(o), h.minus(l)
	gap3, gap5 := c.minus(c.sma(3)), c.minus(c.sma(5))
	cent := c.all(1, 100)
	return []tie{
		{"close - sma(close, 3) > 0", gap3.truths(above)},
		{"close - sma(close, 3) >= 0", gap3.truths(atLeast)},
		{"close - sma(close, 5) == 0", gap5.truths(equal)},
		{"sma(close, 5) - close < 0", gap5.truths(above)},
		{"0 < close - sma(close, 20)", c.minus(c.sma(20)).truths(above)},
		{"close - (high + low) / 2 > 0", c.minus(hl2).truths(above)},
		{"close - hl2 >= 0", c.minus(hl2).truths(atLeast)},
		{"hl2 - close == 0", hl2.minus(c).truths(equal)},
		{"change(hlc3) > 0", hlc3.change(1).truths(above)},
		{"change(hlc3, 2) < 0", hlc3.change(2).truths(below)},
		{"mom(hl2, 3) >= 0", hl2.change(3).truths(atLeast)},
		{"mom(close, 1) >= 0.01", c.change(1).minus(cent).truths(atLeast)},
		{"mom(close, 10) == 0.02", c.change(10).minus(cent.by(2, 1)).truths(equal)},
		{"change(close) > -0.01", c.change(1).plus(cent).truths(above)},
		{"linearreg_slope(close, 5) > 0", c.slope(5).truths(above)},
		{"linearreg_slope(close, 3) >= 0.01", c.slope(3).minus(cent).truths(atLeast)},
		{"linearreg_slope(hl2, 4) < 0", hl2.slope(4).truths(below)},
		{"linearreg_angle(close, 5) > 0", c.slope(5).truths(above)},
		{"close - open > high - close", body.minus(h.minus(c)).truths(above)},
		{"close - open >= (high - low) / 2", body.minus(reach.by(1, 2)).truths(atLeast)},
		{"(close - open) / (high - low) >= 0.5", body.over(reach).minus(c.all(1, 2)).truths(atLeast)},
		{"(close - sma(close, 3)) / close > 0", gap3.over(c).truths(above)},
		{"100 * (close - sma(close, 5)) / sma(close, 5) >= 0", gap5.truths(atLeast)},
		{"(close - open) * 3 == (high - low) * 2", body.by(3, 1).minus(reach.by(2, 1)).truths(equal)},
		{"-(close - hl2) > 0", hl2.minus(c).truths(above)},
		{"(close - hl2)[1] > 0", c.minus(hl2).ago(1).truths(above)},
		{"sma(close - open, 5) > 0", body.sma(5).truths(above)},
		{"sum(close - open, 4) == 0", body.sma(4).truths(equal)},
		{"sign(close - sma(close, 3)) == 1", gap3.truths(above)},
		{"sign(change(hlc3)) == 0", hlc3.change(1).truths(equal)},
		{"abs(close - hl2) == 0", c.minus(hl2).truths(equal)},
		{"(close - hl2 > 0 ? 1 : 0) == 1", c.minus(hl2).truths(above)},
		{"(bar_index >= 0 ? close - hl2 : 0) > 0", c.minus(hl2).truths(above)},
		{"crossover(close - sma(close, 3), 0)", crossed(gap3)},
		{"crossover(linearreg_slope(close, 5), 0)", crossed(c.slope(5))},
		{"crossunder(0, change(hlc3))", crossed(hlc3.change(1))},
		{"rising(close - hl2, 1)", c.minus(hl2).change(1).truths(above)},
		{"falling(close - sma(close, 3), 1)", gap3.change(1).truths(below)},
		{"not (close - midpoint(close, 5) <= 0)", c.minus(c.middle(5)).truths(above)},
		{"apo(close, 3, 5, \"sma\") > 0", c.sma(3).minus(c.sma(5)).truths(above)},
		{"sqrt(close - close[1] + 4000000) >= 2000", c.change(1).truths(atLeast)},
		{"sqrt((close - sma(close, 3)) ^ 2) > 0", c.minus(c.sma(3)).truths(func(sign int) bool { return sign != 0 })},
		{"close - open > 0.01 or close - open > 0.02 or close - open > 0.03", body.minus(cent).truths(above)},
	}
}

// direct are the same questions without a subtraction.
func direct(o, h, l, c exact) []tie {
	hl2, hlc3 := h.plus(l).by(1, 2), h.plus(l).plus(c).by(1, 3)
	return []tie{
		{"close > sma(close, 3)", c.minus(c.sma(3)).truths(above)},
		{"close >= sma(close, 20)", c.minus(c.sma(20)).truths(atLeast)},
		{"close > (high + low) / 2", c.minus(hl2).truths(above)},
		{"hlc3 > hlc3[1]", hlc3.change(1).truths(above)},
		{"close == midpoint(close, 5)", c.minus(c.middle(5)).truths(equal)},
		{"crossover(close, sma(close, 5))", crossed(c.minus(c.sma(5)))},
		{"rising(hl2, 1)", hl2.change(1).truths(above)},
		{"close * 3 > open + high + low", c.by(3, 1).minus(o.plus(h).plus(l)).truths(above)},
	}
}

// minutes are the bars of the sample, by symbol, as fractions and as the floats next to them.
func minutes(t *testing.T, most int) map[string]*[4]exact {
	t.Helper()
	f, err := os.Open("../cmd/streamd/sample/crypto-minute.csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	bars := map[string]*[4]exact{}
	for _, row := range rows[1:] {
		b := bars[row[0]]
		if b == nil {
			b = &[4]exact{}
			bars[row[0]] = b
		}
		for k := range b {
			price, ok := new(big.Rat).SetString(row[2+k])
			if !ok {
				t.Fatalf("%q is no number", row[2+k])
			}
			if len(b[k]) < most {
				b[k] = append(b[k], price)
			}
		}
	}
	return bars
}

func block(p *[4]exact) plan.Columns {
	var b plan.Columns
	for i := range p[0] {
		var v [4]float64
		for k := range v {
			v[k], _ = p[k][i].Float64()
		}
		b.TimeMs, b.Volume = append(b.TimeMs, float64(60000*i)), append(b.Volume, 1)
		b.Open, b.High, b.Low, b.Close = append(b.Open, v[0]), append(b.High, v[1]), append(b.Low, v[2]),
			append(b.Close, v[3])
	}
	return b
}

// TestTiesAgainstFractions decides comparisons on real minute bars as the machine does,
// as columns and by a Judge, and by exact fractions of the prices as they are written.
func TestTiesAgainstFractions(t *testing.T) {
	bars := 1200
	if seed.Race {
		bars = 150
	}
	for _, kind := range []struct {
		name string
		of   func(o, h, l, c exact) []tie
	}{{"subtractions", subtractions}, {"direct", direct}, {"kernels", kernels}} {
		t.Run(kind.name, func(t *testing.T) {
			decided, tied, wrong, formulas := 0, 0, 0, 0
			for symbol, p := range minutes(t, bars) {
				ties := kind.of(p[0], p[1], p[2], p[3])
				formulas = len(ties)
				for k, got := range decisions(t, ties, block(p)) {
					of := ties[k%len(ties)]
					for i, want := range of.want {
						if want < 0 {
							continue
						}
						if decided++; got[i] != float64(want) {
							if wrong++; wrong < 10 {
								t.Errorf("%s, bar %d: %s is %v, by fractions %d", symbol, i, of.text, got[i], want)
							}
						}
					}
				}
				for i := range p[0] {
					if i >= 2 && p[3].tiesWithMean(i) {
						tied++
					}
				}
			}
			t.Logf("%d formulas, %d decisions, %d of them wrong; the close is its mean of 3 on %d bars", formulas,
				decided, wrong, tied)
		})
	}
}

func (x exact) tiesWithMean(i int) bool {
	sum := new(big.Rat).Add(x[i-1], x[i-2])
	return sum.Cmp(new(big.Rat).Mul(x[i], big.NewRat(2, 1))) == 0
}

// decisions are the columns of the formulas, then those that a Judge finds.
func decisions(t *testing.T, ties []tie, b plan.Columns) [][]float64 {
	t.Helper()
	frame := plantest.Frame(t, "1m")
	builder := formula.NewBuilder(formula.Env{Table: catalog.New(), Timeframe: frame, LookbackMax: 500})
	var roots []plan.Ref
	for _, of := range ties {
		c, d := builder.Add(of.text)
		if len(d) > 0 {
			t.Fatal(d.Render(of.text))
		}
		roots = append(roots, c.Root)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	p := plan.NewPlan(builder.Graph(), roots, plan.Options{Timeframe: frame, BlockMax: 64, Slack: 64})
	columns, _ := plantest.Run(p, roots, b, rng, func() int { return 1 + rng.IntN(64) })
	return append(columns, plantest.Judge(t, builder.Graph(), roots, b, rng, 64)...)
}

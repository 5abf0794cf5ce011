package incremental_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"streamd/incremental"
	"streamd/incremental/catalog"
	"streamd/incremental/internal/naive"
	"streamd/internal/seed"
)

// Everything that is asked of an indicator is asked here, of every row of the
// table. A row without reference vectors needs a plain form, and every row has
// one or the other; most have both.

// run steps the bound kernel over whole columns, cut into the given blocks
// (repeated to the end), and returns its outputs and final state.
func run(b *incremental.Bound, cols [][]float64, blocks ...int) ([][]float64, []float64) {
	n := len(cols[0])
	tapes, views := make([][]float64, len(cols)), make([][]float64, len(cols))
	for k := range cols {
		tapes[k] = b.NewInput(n)
		copy(tapes[k][b.History:], cols[k])
	}
	outs, outViews := make([][]float64, len(b.Row.Outputs)), make([][]float64, len(b.Row.Outputs))
	for k := range outs {
		outs[k] = make([]float64, n)
	}
	inScratch, outScratch := make([][]float64, len(cols)), make([][]float64, len(outs))
	state := make([]float64, b.State)
	for i, cut := 0, 0; i < n; cut++ {
		m := min(blocks[cut%len(blocks)], n-i)
		for k := range tapes {
			views[k] = tapes[k][i : i+b.History+m]
		}
		for k := range outs {
			outViews[k] = outs[k][i : i+m]
		}
		b.StepRuns(state, views, outViews, inScratch, outScratch)
		i += m
	}
	return outs, state
}

// runSingly is run bar by bar, by value.
func runSingly(b *incremental.Bound, one incremental.One, cols [][]float64) ([][]float64, []float64) {
	outs := make([][]float64, 3)
	state := make([]float64, b.State)
	for i := range cols[0] {
		var x [3]float64
		for k := range cols {
			x[k] = cols[k][i]
		}
		y0, y1, y2 := one.Step(state, x[0], x[1], x[2])
		for k, y := range []float64{y0, y1, y2} {
			outs[k] = append(outs[k], y)
		}
	}
	return outs[:len(b.Row.Outputs)], state
}

func bind(t testing.TB, row *incremental.Row, a incremental.Args) *incremental.Bound {
	t.Helper()
	b, err := row.With(a)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAgreesWithTALib(t *testing.T) {
	ref := loadReference(t)
	for _, row := range catalog.New().Rows() {
		if row.TALib == "" {
			continue
		}
		t.Run(row.Name, func(t *testing.T) {
			for _, c := range loadVectors(t, row.TALib).Cases {
				if why, known := row.Known[c.name()]; known {
					t.Logf("%s: held to the definition instead: %s", c.name(), why)
					compareKnown(t, row, c, ref.columns(row, c))
					continue
				}
				b := bind(t, row, c.args(t, row))
				if b.Lookback != c.Look {
					t.Errorf("%s: lookback %d, TA-Lib has %d", c.name(), b.Lookback, c.Look)
				}
				got, _ := run(b, ref.columns(row, c), 100)
				for k, out := range row.Outputs {
					name := out.Name
					if len(row.Outputs) == 1 && c.Outputs[name] == nil {
						for only := range c.Outputs {
							name = only
						}
					}
					want := c.Outputs[name]
					if want == nil {
						t.Fatalf("%s: the reference has no output %s", c.name(), name)
					}
					compareReference(t, row, c, out.Name, got[k], want)
				}
			}
		})
	}
}

// compareKnown holds a case in which TA-Lib is wrong to the plain form, where
// the row has one.
func compareKnown(t *testing.T, row *incremental.Row, c vectorCase, cols [][]float64) {
	t.Helper()
	plain := naive.Funcs()[row.Name]
	if plain == nil {
		return
	}
	b := bind(t, row, c.args(t, row))
	got, _ := run(b, cols, 100)
	for k, want := range plain(b.Args, cols) {
		for i, w := range want {
			if !near(got[k][i], w, 1e-9) {
				t.Errorf("%s: %s[%d] = %v, by definition %v", c.name(), row.Outputs[k].Name, i, got[k][i], w)
				return
			}
		}
	}
}

// compareReference reports the first difference. na must stand exactly where
// TA-Lib has no value; integer outputs, which TA-Lib fills with 0 before the
// lookback, are na there.
func compareReference(t *testing.T, row *incremental.Row, c vectorCase, out string, got []float64, want []number) {
	t.Helper()
	tol := row.Tolerance
	if tol == 0 {
		tol = 1e-9
	}
	for i, w := range want {
		if i < c.Look {
			if !math.IsNaN(got[i]) {
				t.Errorf("%s: %s[%d] = %v within the lookback of %d", c.name(), out, i, got[i], c.Look)
				return
			}
			continue
		}
		if !near(got[i], float64(w), tol) {
			t.Errorf("%s: %s[%d] = %v, TA-Lib has %v", c.name(), out, i, got[i], float64(w))
			return
		}
	}
}

func near(a, b, tol float64) bool {
	if math.IsNaN(a) || math.IsNaN(b) {
		return math.IsNaN(a) && math.IsNaN(b)
	}
	if a == b {
		return true
	}
	d := math.Abs(a - b)
	return d <= 1e-12 || d <= tol*math.Max(math.Abs(a), math.Abs(b))
}

func TestEveryRowIsHeldToSomething(t *testing.T) {
	plain := naive.Funcs()
	for _, row := range catalog.New().Rows() {
		if plain[row.Name] == nil && row.TALib == "" {
			t.Errorf("%s has neither TA-Lib vectors nor a plain form in package naive", row.Name)
		}
		if row.Title == "" || row.Doc == "" || row.Source == "" || row.Group == "" || len(row.Examples) == 0 ||
			len(row.Outputs) == 0 {
			t.Errorf("%s: title, doc, source, group, examples and outputs must be filled", row.Name)
		}
		delete(plain, row.Name)
	}
	for name := range plain {
		t.Errorf("package naive has %s, the table does not", name)
	}
}

// walk returns plausible inputs for a row: prices that hang together, small
// reals of either sign for a second real, conditions now and then true.
func walk(rng *rand.Rand, row *incremental.Row, n int) [][]float64 {
	open, high, low, cls, vol, ms := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n),
		make([]float64, n), make([]float64, n)
	p := 100.0
	for i := range cls {
		open[i] = round2(p * (1 + rng.NormFloat64()*0.003))
		p = math.Max(1, p*(1+rng.NormFloat64()*0.015))
		if rng.IntN(12) == 0 { // ties, flat bars and gaps without trade are where bugs live
			open[i] = round2(p)
		}
		cls[i] = round2(p)
		high[i] = round2(math.Max(open[i], cls[i]) * (1 + math.Abs(rng.NormFloat64())*0.005))
		low[i] = round2(math.Min(open[i], cls[i]) * (1 - math.Abs(rng.NormFloat64())*0.005))
		vol[i] = float64(1 + rng.IntN(100000))
		ms[i] = 1380873600000 + 60000*float64(i)
	}
	cols := make([][]float64, len(row.Inputs))
	reals := 0
	for k, in := range row.Inputs {
		switch in {
		case incremental.Open:
			cols[k] = open
		case incremental.High:
			cols[k] = high
		case incremental.Low:
			cols[k] = low
		case incremental.Close:
			cols[k] = cls
		case incremental.Volume:
			cols[k] = vol
		case incremental.Time:
			cols[k] = ms
		case incremental.Scale: // prices show theirs
			cols[k] = make([]float64, n)
		case incremental.Cond:
			cols[k] = make([]float64, n)
			for i := range cols[k] {
				if rng.IntN(5) == 0 {
					cols[k][i] = 1
				}
			}
		default:
			cols[k] = [][]float64{cls, open, high, low}[reals%4]
			reals++
		}
	}
	return cols
}

func round2(x float64) float64 { return math.Round(x*100) / 100 }

// randomArgs draws arguments near the defaults.
func randomArgs(rng *rand.Rand, row *incremental.Row) incremental.Args {
	for range 100 {
		a := row.Defaults()
		for i, p := range row.Params {
			switch p.Kind {
			case incremental.Int:
				lo, hi := p.Min, math.Min(p.Max, math.Max(8, 2.5*p.Default))
				a[i].Num = math.Floor(lo + rng.Float64()*(hi-lo+1))
				a[i].Num = math.Min(a[i].Num, p.Max)
			case incremental.Float:
				a[i].Num = math.Min(p.Max, math.Max(p.Min, p.Default*(0.3+1.4*rng.Float64())))
			case incremental.MA:
				names := incremental.MATypes()
				kind, _ := incremental.ParseMAType(names[rng.IntN(len(names))])
				a[i].Num = float64(kind)
			case incremental.Text:
				if p.Name == "zone" {
					a[i].Text = []string{"UTC", "America/New_York", "Asia/Kolkata"}[rng.IntN(3)]
				}
				if len(p.Choices) > 0 {
					a[i].Text = p.Choices[rng.IntN(len(p.Choices))]
				}
			}
		}
		if _, err := row.With(a); err == nil {
			return a
		}
	}
	return row.Defaults()
}

func forEachRow(t *testing.T, f func(t *testing.T, row *incremental.Row, rng *rand.Rand)) {
	for _, row := range catalog.New().Rows() {
		t.Run(row.Name, func(t *testing.T) {
			f(t, row, seed.Rand(t))
		})
	}
}

func TestBlocksDoNotMatter(t *testing.T) {
	forEachRow(t, func(t *testing.T, row *incremental.Row, rng *rand.Rand) {
		for _, a := range []incremental.Args{row.Defaults(), randomArgs(rng, row)} {
			b := bind(t, row, a)
			cols := holed(rng, walk(rng, row, 700))
			want, wantState := run(b, cols, 1)
			for _, blocks := range [][]int{{2}, {3}, {7}, {100}, {700}, {1, 250, 3}, randomCuts(rng)} {
				got, state := run(b, cols, blocks...)
				sameBits(t, fmt.Sprintf("args %v blocks %v", a, blocks), got, want)
				sameBits(t, fmt.Sprintf("args %v blocks %v: state", a, blocks), [][]float64{state},
					[][]float64{wantState})
			}
			if one, ok := b.One(); ok {
				got, state := runSingly(b, one, cols)
				sameBits(t, fmt.Sprintf("args %v one by one", a), got, want)
				sameBits(t, fmt.Sprintf("args %v one by one: state", a), [][]float64{state}, [][]float64{wantState})
			}
		}
	})
}

// holed puts a few runs of na into real inputs, as an inner indicator would.
func holed(rng *rand.Rand, cols [][]float64) [][]float64 {
	holes := make([][]float64, len(cols))
	for k, c := range cols {
		holes[k] = append([]float64(nil), c...)
	}
	at := rng.IntN(40)
	for i := range at {
		holes[0][i] = math.NaN()
	}
	holes[0][300+rng.IntN(50)] = math.NaN()
	return holes
}

func randomCuts(rng *rand.Rand) []int {
	cuts := make([]int, 50)
	for i := range cuts {
		cuts[i] = 1 + rng.IntN(40)
	}
	return cuts
}

func sameBits(t *testing.T, what string, got, want [][]float64) {
	t.Helper()
	for k := range want {
		for i := range want[k] {
			g, w := math.Float64bits(got[k][i]), math.Float64bits(want[k][i])
			if g != w && !(math.IsNaN(got[k][i]) && math.IsNaN(want[k][i])) {
				t.Errorf("%s: value %d of column %d is %v, want %v", what, i, k, got[k][i], want[k][i])
				return
			}
		}
	}
}

func TestRestoredStateContinues(t *testing.T) {
	forEachRow(t, func(t *testing.T, row *incremental.Row, rng *rand.Rand) {
		b := bind(t, row, randomArgs(rng, row))
		cols := walk(rng, row, 600)
		want, _ := run(b, cols, 1)
		at := 1 + rng.IntN(598)
		_, state := run(b, head(cols, at), 13)
		got := resume(b, cols, at, append([]float64(nil), state...))
		for k := range want {
			sameBits(t, fmt.Sprintf("restored at bar %d, args %v", at, b.Args), [][]float64{got[k]},
				[][]float64{want[k][at:]})
		}
	})
}

func head(cols [][]float64, n int) [][]float64 {
	h := make([][]float64, len(cols))
	for k := range cols {
		h[k] = cols[k][:n]
	}
	return h
}

// resume steps from bar at on, with a state that another run left and the
// inputs' history, and nothing else.
func resume(b *incremental.Bound, cols [][]float64, at int, state []float64) [][]float64 {
	n := len(cols[0])
	in, out := make([][]float64, len(cols)), make([][]float64, len(b.Row.Outputs))
	for k := range cols {
		tape := b.NewInput(n)
		copy(tape[b.History:], cols[k])
		in[k] = tape[at:]
	}
	for k := range out {
		out[k] = make([]float64, n-at)
	}
	b.StepRuns(state, in, out, make([][]float64, len(in)), make([][]float64, len(out)))
	return out
}

func TestAgreesWithPlainForm(t *testing.T) {
	plain := naive.Funcs()
	forEachRow(t, func(t *testing.T, row *incremental.Row, rng *rand.Rand) {
		f := plain[row.Name]
		if f == nil {
			return // held by TA-Lib's vectors, see TestEveryRowIsHeldToSomething
		}
		for _, a := range []incremental.Args{
			row.Defaults(), randomArgs(rng, row), randomArgs(rng, row),
			randomArgs(rng, row),
		} {
			b := bind(t, row, a)
			cols := walk(rng, row, 500)
			got, _ := run(b, cols, 64)
			want := f(a, cols)
			for k := range want {
				dust := 1e-13 * greatest(want[k]) // a difference that is nearly 0 has lost digits in both
				for i := range want[k] {
					if !near(got[k][i], want[k][i], 1e-9) && !(math.Abs(got[k][i]-want[k][i]) <= dust) {
						t.Fatalf("args %v: %s[%d] = %v, by definition %v", a, row.Outputs[k].Name, i, got[k][i],
							want[k][i])
					}
				}
			}
		}
	})
}

// greatest returns the greatest magnitude of the finite values.
func greatest(x []float64) float64 {
	top := 0.0
	for _, v := range x {
		if v-v == 0 {
			top = max(top, math.Abs(v))
		}
	}
	return top
}

func TestNaExactlyForTheLookback(t *testing.T) {
	forEachRow(t, func(t *testing.T, row *incremental.Row, rng *rand.Rand) {
		for _, a := range []incremental.Args{row.Defaults(), randomArgs(rng, row)} {
			b := bind(t, row, a)
			got, _ := run(b, walk(rng, row, b.Lookback+50), 9)
			for k, out := range row.Outputs {
				for i, y := range got[k] {
					if i < b.Lookback && !math.IsNaN(y) {
						t.Fatalf("args %v: %s[%d] = %v, but the lookback is %d", a, out.Name, i, y, b.Lookback)
					}
					if i >= b.Lookback && math.IsNaN(y) && !row.Sparse {
						t.Fatalf("args %v: %s[%d] is na, but the lookback is %d", a, out.Name, i, b.Lookback)
					}
				}
			}
		}
	})
}

func TestStepAllocatesNothing(t *testing.T) {
	forEachRow(t, func(t *testing.T, row *incremental.Row, rng *rand.Rand) {
		b := bind(t, row, row.Defaults())
		cols := walk(rng, row, 400)
		in, out := make([][]float64, len(cols)), make([][]float64, len(row.Outputs))
		tapes := make([][]float64, len(cols))
		for k := range cols {
			tapes[k] = b.NewInput(len(cols[k]))
			copy(tapes[k][b.History:], cols[k])
		}
		for k := range out {
			out[k] = make([]float64, 1)
		}
		inScratch, outScratch := make([][]float64, len(in)), make([][]float64, len(out))
		state := make([]float64, b.State)
		i := 0
		if n := testing.AllocsPerRun(300, func() {
			for k := range in {
				in[k] = tapes[k][i : i+b.History+1]
			}
			b.StepRuns(state, in, out, inScratch, outScratch)
			i++
		}); n != 0 {
			t.Errorf("%v allocations per bar", n)
		}
	})
}

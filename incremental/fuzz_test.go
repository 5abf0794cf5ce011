package incremental_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"streamd/incremental"
	"streamd/incremental/catalog"
	"streamd/incremental/internal/naive"
)

// FuzzIncremental draws a row, arguments in range, a tape and block sizes from
// the fuzzer's numbers, and holds the kernel to the plain form.
func FuzzIncremental(f *testing.F) {
	rows := catalog.New().Rows()
	plain := naive.Funcs()
	for i := range rows {
		f.Add(uint16(i), uint64(i), uint8(i))
	}
	f.Fuzz(func(t *testing.T, which uint16, seed uint64, kind uint8) {
		row := rows[int(which)%len(rows)]
		rng := rand.New(rand.NewPCG(seed, uint64(kind)))
		a := wideArgs(rng, row)
		b, err := row.With(a)
		if err != nil {
			return
		}
		cols := walk(rng, row, b.Lookback+200+rng.IntN(200))
		roughen(rng, row, cols, kind)
		got, state := run(b, cols, randomCuts(rng)...)
		again, stateAgain := run(b, cols, 1)
		sameBits(t, row.Name, got, again)
		sameBits(t, row.Name+" state", [][]float64{state}, [][]float64{stateAgain})
		if plain[row.Name] == nil || kind&7 != 0 && row.Name == "stc" {
			return // stc of a price that stands still or jumps is the place of rounding dust within a range of it
		}
		definition := plain[row.Name](a, cols)
		slack := sensitivity(row, cols, definition,
			func(cols [][]float64) [][]float64 { return plain[row.Name](a, cols) })
		for k, want := range definition {
			scale := 0.0
			for _, v := range want {
				if v-v == 0 {
					scale = max(scale, math.Abs(v))
				}
			}
			for i := range want {
				if !near(got[k][i], want[i], 1e-9) && !math.IsInf(slack[k][i], 1) &&
					!(math.Abs(got[k][i]-want[i]) <= 1e-9*scale+slack[k][i]) {
					t.Fatalf("%s args %v kind %d: %s[%d] = %v, by definition %v, which a last bit moves by %v",
						row.Name, a, kind, row.Outputs[k].Name, i, got[k][i], want[i], slack[k][i])
				}
			}
		}
	})
}

// sensitivity returns how much rounding alone may move each value: what the
// definition gives when every input is off by a few last bits, the same for
// equal values, times a hundred. Where it is of the size of the values (a
// stochastic within a range of dust, say) two right programs differ; elsewhere
// it is far below the tolerance. Infinite where the definition has or loses a
// value by it.
func sensitivity(row *incremental.Row, cols, exact [][]float64, definition func([][]float64) [][]float64) [][]float64 {
	slack := make([][]float64, len(exact))
	for k := range slack {
		slack[k] = make([]float64, len(exact[k]))
	}
	for salt := range uint64(4) {
		moved := make([][]float64, len(cols))
		for k, in := range row.Inputs {
			moved[k] = slices.Clone(cols[k])
			if in == incremental.Time || in == incremental.Cond {
				continue
			}
			for i, x := range cols[k] {
				bits := math.Float64bits(x)
				moved[k][i] = x * (1 + float64(int64((bits^salt*0x9e3779b97f4a7c15)*0xbf58476d1ce4e5b9)>>61)*0x1p-52)
			}
		}
		for k, col := range definition(moved) {
			for i := range col {
				by := 100 * math.Abs(col[i]-exact[k][i])
				if math.IsNaN(by) && !(math.IsNaN(col[i]) && math.IsNaN(exact[k][i])) {
					by = math.Inf(1)
				}
				if !math.IsNaN(by) {
					slack[k][i] = max(slack[k][i], by)
				}
			}
		}
	}
	return slack
}

// wideArgs draws arguments from the whole range, whole numbers up to 300.
func wideArgs(rng *rand.Rand, row *incremental.Row) incremental.Args {
	a := randomArgs(rng, row)
	for i, p := range row.Params {
		if p.Kind == incremental.Int && rng.IntN(2) == 0 {
			a[i].Num = math.Floor(p.Min + math.Pow(rng.Float64(), 3)*(math.Min(p.Max, 300)-p.Min+1))
			a[i].Num = math.Min(a[i].Num, p.Max)
		}
	}
	return a
}

// roughen makes a walk worse: stretches at one price, bars without volume,
// jumps of scale.
func roughen(rng *rand.Rand, row *incremental.Row, cols [][]float64, kind uint8) {
	n := len(cols[0])
	from := rng.IntN(n)
	to := min(n, from+1+rng.IntN(120))
	if kind&1 != 0 {
		disturbances["still"](row, cols, from, to)
	}
	if kind&2 != 0 {
		disturbances["no volume"](row, cols, from, to)
	}
	if kind&4 != 0 {
		for k, in := range row.Inputs {
			if in != incremental.Time && in != incremental.Cond && in != incremental.Volume {
				for i := range cols[k] {
					if i >= from {
						cols[k][i] /= 1024 // exact, so that ties stay ties
					}
				}
			}
		}
	}
}

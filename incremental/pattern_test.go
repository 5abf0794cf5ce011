package incremental_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"streamd/incremental"
	"streamd/incremental/catalog"
	"streamd/internal/seed"
)

// Rows returns the candlestick rows of the table.
func patternRows() []*incremental.Row {
	var rows []*incremental.Row
	for _, row := range catalog.New().Rows() {
		if row.Group == incremental.GroupPattern {
			rows = append(rows, row)
		}
	}
	return rows
}

// grid is the step of the prices of sketch. Prices below 2^11 on it have exact
// differences and sums, and ties with an average are out of reach of chance;
// ties between two prices are made on purpose.
const grid = 1.0 / (1 << 38)

// sketch draws candles with the contrasts that patterns are made of: long,
// short and no bodies and shadows, gaps either way, and levels met again.
// Prices lie between 300 and 1700.
func sketch(rng *rand.Rand, n int) [][]float64 {
	cols := [][]float64{make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)}
	pick := func(lengths ...float64) float64 {
		x := lengths[rng.IntN(len(lengths))] * (1 + 0.1*rng.Float64())
		return math.Round(x/grid) * grid
	}
	side := func() float64 { return []float64{1, -1}[rng.IntN(2)] }
	// rest: small candles still to come against the trend, as a long one of it is digested
	cls, trend, rest := 1000.0, 1.0, 0
	for i := range n {
		if rest == 0 && rng.IntN(8) == 0 || cls < 400 || cls > 1600 {
			trend = side()
			if cls < 400 {
				trend = 1
			} else if cls > 1600 {
				trend = -1
			}
		}
		open := cls + trend*pick(0, 0, 0.1, 1, -1, -1, 4, 12)
		if i > 0 && rng.IntN(10) == 0 {
			open = cols[rng.IntN(4)][i-1]
		}
		color := trend
		if rng.IntN(3) == 0 {
			color = -trend
		}
		body := pick(0.02, 0.1, 0.5, 1, 2, 6, 8)
		switch {
		case rest > 1:
			open, color, body = cls+trend*pick(0, 0.1), -trend, pick(0.5, 1)
		case rest == 1:
			open, color, body = cls+trend*pick(0.1), trend, pick(8)
		}
		rest = max(0, rest-1)
		if rest == 0 && body > 5 && rng.IntN(4) == 0 {
			rest = 4
		}
		cls = open + color*body
		if i > 1 && rng.IntN(10) == 0 {
			cls = cols[3][i-1-rng.IntN(2)]
		}
		if cls == open { // white either way up, so that its mirror image is another
			cls += trend * pick(0.02)
		}
		cols[0][i], cols[3][i] = open, cls
		cols[1][i] = math.Max(open, cls) + pick(0, 0, 0.05, 0.5, 3, 7)
		cols[2][i] = math.Min(open, cls) - pick(0, 0, 0.05, 0.5, 3, 7)
	}
	return cols
}

// mapped returns the candles with every price sent through f.
func mapped(cols [][]float64, f func(price float64) float64) [][]float64 {
	out := make([][]float64, len(cols))
	for k := range cols {
		out[k] = make([]float64, len(cols[k]))
		for i, x := range cols[k] {
			out[k][i] = f(x)
		}
	}
	return out
}

func forEachPattern(t *testing.T, f func(t *testing.T, b *incremental.Bound, cols [][]float64)) {
	cols := sketch(seed.Rand(t), 20_000)
	for _, row := range patternRows() {
		t.Run(row.Name, func(t *testing.T) { f(t, bind(t, row, row.Defaults()), cols) })
	}
}

// Twice the price is the same picture; powers of two keep every bit.
func TestPatternsDoNotDependOnTheCurrency(t *testing.T) {
	forEachPattern(t, func(t *testing.T, b *incremental.Bound, cols [][]float64) {
		want, _ := run(b, cols, 500)
		for _, scale := range []float64{0x1p-20, 2, 0x1p20} {
			got, _ := run(b, mapped(cols, func(x float64) float64 { return x * scale }), 500)
			sameBits(t, fmt.Sprintf("prices times %v", scale), got, want)
		}
	})
}

// Patterns are made of differences: a higher level is the same picture.
func TestPatternsDoNotDependOnTheLevel(t *testing.T) {
	forEachPattern(t, func(t *testing.T, b *incremental.Bound, cols [][]float64) {
		want, _ := run(b, cols, 500)
		for _, offset := range []float64{-299, 0.5, 300} {
			got, _ := run(b, mapped(cols, func(x float64) float64 { return x + offset }), 500)
			sameBits(t, fmt.Sprintf("prices plus %v", offset), got, want)
		}
	})
}

// A pattern is a function of its last bars: one that starts with them, after
// whatever prices, says the same.
func TestPatternsForgetWhatIsOutOfTheirBars(t *testing.T) {
	forEachPattern(t, func(t *testing.T, b *incremental.Bound, cols [][]float64) {
		want, _ := run(b, cols, 500)
		const at = 10_000
		spiked := mapped(cols, func(x float64) float64 { return x })
		for k := range spiked {
			spiked[k][at] = 1e15
		}
		got, _ := run(b, spiked, 500)
		from := at + b.Lookback + 1
		sameBits(t, "after a spike", [][]float64{got[0][from:]}, [][]float64{want[0][from:]})

		late := make([][]float64, len(cols))
		for k := range cols {
			late[k] = cols[k][at:]
		}
		got, _ = run(b, late, 500)
		sameBits(t, "started late", [][]float64{got[0][b.Lookback:]}, [][]float64{want[0][at+b.Lookback:]})
	})
}

// Upside down, bulls are bears. A name is mapped to the pattern that its mirror
// image is; those that are missing have no opposite.
func TestPatternsUpsideDown(t *testing.T) {
	opposite := map[string]string{
		"cdleveningstar": "cdlmorningstar", "cdlmorningstar": "cdleveningstar",
		"cdleveningdojistar": "cdlmorningdojistar", "cdlmorningdojistar": "cdleveningdojistar",
	}
	for _, name := range []string{
		"cdl3inside", "cdl3linestrike", "cdl3outside", "cdlabandonedbaby", "cdlbelthold", "cdlbreakaway",
		"cdlclosingmarubozu", "cdlcounterattack", "cdldojistar", "cdlengulfing", "cdlharami", "cdlharamicross",
		"cdlhighwave",
		"cdlhikkake", "cdlhikkakemod", "cdlkicking", "cdlkickingbylength", "cdllongline", "cdlmarubozu",
		"cdlrisefall3methods",
		"cdlseparatinglines", "cdlshortline", "cdlspinningtop", "cdltasukigap", "cdltristar", "cdlxsidegap3methods",
	} {
		opposite[name] = name
	}
	unsigned := map[string]string{
		"cdldoji": "cdldoji", "cdllongleggeddoji": "cdllongleggeddoji", "cdlrickshawman": "cdlrickshawman",
		"cdldragonflydoji": "cdlgravestonedoji", "cdlgravestonedoji": "cdldragonflydoji",
	}
	table := catalog.New()
	forEachPattern(t, func(t *testing.T, b *incremental.Bound, cols [][]float64) {
		name, sign := opposite[b.Row.Name], -1.0
		if name == "" {
			name, sign = unsigned[b.Row.Name], 1
		}
		if name == "" {
			return
		}
		down := mapped(cols, func(x float64) float64 { return 2000 - x })
		down[1], down[2] = down[2], down[1]
		want, _ := run(b, cols, 500)
		row := table.Row(name)
		got, _ := run(bind(t, row, row.Defaults()), down, 500)
		for i := range got[0] {
			got[0][i] = sign*got[0][i] + 0 // no negative zero
		}
		sameBits(t, name+" upside down", got, want)
	})
}

// The tests above would prove nothing of a pattern that never occurs.
func TestSketchesHoldPatterns(t *testing.T) {
	cols := sketch(rand.New(rand.NewPCG(2, 2)), 40_000)
	var missing []string
	for _, row := range patternRows() {
		got, _ := run(bind(t, row, row.Defaults()), cols, 500)
		hits := 0
		for _, y := range got[0] {
			if y != 0 && !math.IsNaN(y) {
				hits++
			}
		}
		if hits == 0 {
			missing = append(missing, row.Name)
		}
	}
	if len(missing) > 0 {
		t.Errorf("no hit of %v", missing)
	}
}

func BenchmarkPatterns(b *testing.B) {
	const bars = 1000
	cols := sketch(rand.New(rand.NewPCG(1, 2)), bars+20)
	in, out := make([][]float64, len(cols)), [][]float64{nil}
	values := make([]float64, bars)
	for _, block := range []int{1, 500} {
		b.Run(fmt.Sprintf("block=%d", block), func(b *testing.B) {
			rows := patternRows()
			for b.Loop() {
				for _, row := range rows {
					bound := bind(b, row, row.Defaults())
					state := make([]float64, bound.State)
					for i := bound.History; i < bars+bound.History; i += block {
						for k := range in {
							in[k] = cols[k][i-bound.History : i+block]
						}
						out[0] = values[:block]
						bound.Kernel.Step(state, in, out)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(rows)*bars), "ns/pattern-bar")
		})
	}
}

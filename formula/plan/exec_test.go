package plan_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"streamd/formula/plan"
	"streamd/incremental"
	"streamd/incremental/catalog"
	"streamd/internal/plantest"
	"streamd/internal/seed"
)

// testGraph is a graph of windows over windows, shared inputs, two outputs and
// a higher timeframe, built by hand.
func testGraph(t testing.TB) (*plan.Graph, []plan.Ref) {
	table := catalog.New()
	call := func(g *plan.Graph, name string, n float64, in plan.Ref) plan.Ref {
		row := table.Row(name)
		b, err := row.With(incremental.Args{{Num: n}})
		if err != nil {
			t.Fatal(err)
		}
		canon := name + "(" + g.Canon(in) + ", " + g.Canon(g.Const(n)) + ")"
		return g.Call(b, canon, []plan.Ref{in}, 0)
	}
	g := plan.NewGraph()
	cls := g.Price(incremental.Close)
	sma := call(g, "sma", 20, cls)
	ema := call(g, "ema", 5, sma)
	old := call(g, "lag", 7, ema)
	vol := call(g, "sma", 20, g.Price(incremental.Volume))
	inner := plan.NewGraph()
	hour := call(inner, "sma", 3, inner.Price(incremental.High))
	higher := g.HigherTimeframe(plan.Clock{Timeframe: plantest.Frame(t, "5m")}, plantest.Frame(t, "1m"), inner, hour,
		`tf("5m", sma(high, 3))`)
	mixed := call(g, "sma", 4, higher)
	return g, []plan.Ref{sma, ema, old, vol, higher, mixed, cls}
}

func TestPlanBlocksDoNotMatter(t *testing.T) {
	rng := seed.Rand(t)
	g, roots := testGraph(t)
	b := plantest.Bars(rng, 3000)
	tf := plantest.Frame(t, "1m")
	one := plan.NewPlan(g, roots, plan.Options{Timeframe: tf, BlockMax: 1, Slack: 3})
	want, wantSlab := plantest.Run(one, roots, b, rng, func() int { return 1 })
	for _, o := range []plan.Options{
		{Timeframe: tf, BlockMax: 7, Slack: 7},
		{Timeframe: tf, BlockMax: 64, Slack: 100},
		{Timeframe: tf, BlockMax: 512, Slack: 512},
		{Timeframe: tf, BlockMax: 1, Slack: 32},
	} {
		p := plan.NewPlan(g, roots, o)
		got, slab := plantest.Run(p, roots, b, rng, func() int { return 1 + rng.IntN(o.BlockMax) })
		for k := range want {
			plantest.EqualBits(t, g.Canon(roots[k]), got[k], want[k])
		}
		for i, s := range p.Segments() {
			w := one.Segments()[i]
			plantest.EqualBits(t, s.Key, slab[s.Off:s.Off+s.Len], wantSlab[w.Off:w.Off+w.Len])
		}
	}
}

// TestHigherTimeframeAgainstDefinition computes, bar by bar and without memory,
// which higher bars are closed and what their simple mean of highs is.
func TestHigherTimeframeAgainstDefinition(t *testing.T) {
	rng := seed.Rand(t)
	g, roots := testGraph(t)
	b := plantest.Bars(rng, 800)
	p := plan.NewPlan(g, roots, plan.Options{Timeframe: plantest.Frame(t, "1m"), BlockMax: 50, Slack: 64})
	got, _ := plantest.Run(p, roots, b, rng, func() int { return 1 + rng.IntN(50) })
	for i := range b.TimeMs {
		want := meanOfLastHighs(b, i, 5*time.Minute, 3)
		if g := got[4][i]; math.IsNaN(g) != math.IsNaN(want) || math.Abs(g-want) > 1e-10 {
			t.Fatalf("bar %d: %v, by definition %v", i, g, want)
		}
	}
}

// meanOfLastHighs is the mean high of the last n higher bars closed at bar i.
func meanOfLastHighs(b plan.Columns, i int, width time.Duration, n int) float64 {
	w := float64(width.Milliseconds())
	var highs []float64
	bucket := math.Inf(-1)
	for k := 0; k <= i; k++ {
		if at := math.Floor(b.TimeMs[k]/w) * w; at != bucket {
			bucket = at
			highs = append(highs, b.High[k])
		}
		highs[len(highs)-1] = max(highs[len(highs)-1], b.High[k])
	}
	if b.TimeMs[i]+60000 < bucket+w {
		highs = highs[:len(highs)-1]
	}
	if len(highs) < n {
		return math.NaN()
	}
	sum := 0.0
	for _, h := range highs[len(highs)-n:] {
		sum += h
	}
	return sum / float64(n)
}

func TestAdoptKeepsWhatIsEqual(t *testing.T) {
	rng := seed.Rand(t)
	g, roots := testGraph(t)
	b := plantest.Bars(rng, 400)
	tf := plantest.Frame(t, "1m")
	old := plan.NewPlan(g, roots, plan.Options{Timeframe: tf, BlockMax: 16, Slack: 16})
	_, oldSlab := plantest.Run(old, roots, b, rng, func() int { return 16 })
	p := plan.NewPlan(g, roots[1:], plan.Options{Timeframe: tf, BlockMax: 8, Slack: 24})
	slab := p.NewSlab()
	p.Adopt(slab, old, oldSlab)
	for _, s := range p.Segments() {
		for _, o := range old.Segments() {
			if s.Key == o.Key && s.Len == o.Len {
				plantest.EqualBits(t, s.Key, slab[s.Off:s.Off+s.Len], oldSlab[o.Off:o.Off+o.Len])
			}
		}
	}
	if p.Bars(slab) != 400 {
		t.Errorf("adopted plan has seen %d bars, want 400", p.Bars(slab))
	}
}

func TestPlanStepAllocatesNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	g, roots := testGraph(t)
	b := plantest.Bars(rng, 1200)
	p := plan.NewPlan(g, roots, plan.Options{Timeframe: plantest.Frame(t, "1m"), BlockMax: 1, Slack: 32})
	e, slab := p.NewExec(), p.NewSlab()
	i := 0
	if n := testing.AllocsPerRun(1000, func() {
		part := b.Slice(i, i+1)
		e.Peek(slab, &part)
		e.Step(slab, &part)
		i++
	}); n != 0 {
		t.Errorf("%v allocations per bar", n)
	}
}

// The truth tables of Kleene's logic, one pair at a time and as blocks.
func TestKleene(t *testing.T) {
	na := math.NaN()
	for _, c := range []struct{ a, b, and, or float64 }{
		{0, 0, 0, 0},
		{0, 1, 0, 1},
		{0, na, 0, na},
		{1, 0, 0, 1},
		{1, 1, 1, 1},
		{1, na, na, 1},
		{na, 0, 0, na},
		{na, 1, na, 1},
		{na, na, na, na},
	} {
		for word, want := range map[string]float64{"and": c.and, "or": c.or} {
			kernel := plan.Operators()[word].Kernel
			out := [][]float64{{-1}}
			kernel.Step(nil, [][]float64{{c.a}, {c.b}}, out)
			of := kernel.(incremental.Scalar).Of(c.a, c.b)
			if got := out[0][0]; math.Float64bits(got) != math.Float64bits(want) ||
				math.Float64bits(of) != math.Float64bits(want) {
				t.Errorf("%v %s %v is %v and %v, want %v", c.a, word, c.b, got, of, want)
			}
		}
	}
}

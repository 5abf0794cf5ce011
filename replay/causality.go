package replay

import (
	"context"
	"math"
	"slices"
	"time"

	"streamd/candle"
	"streamd/formula"
	"streamd/formula/plan"
	"streamd/incremental/catalog"
	"streamd/ringbuf"
	"streamd/stream"
)

// Proof is what was found out about an expression on some series: that no value
// depends on later bars, or none on where the history began.
type Proof struct {
	Expression string `json:"expression"`
	Series     int    `json:"series"`
	Bars       int    `json:"bars"`
	Compared   int    `json:"compared"` // values of the expression; those of its nodes come on top
	Nodes      int    `json:"nodes"`
	// Warmup is the number of bars after which the expression states to be independent of
	// where history began; -1 for never.
	Warmup   int            `json:"warmup"`
	Higher   map[string]int `json:"higher,omitempty"` // bars of higher timeframes that are needed as well
	Failures []Failure      `json:"failures"`         // by node; those below come first
}

// Failure is a node whose value is not what it should be, and the first bar on
// which it is not.
type Failure struct {
	Node      string    `json:"node"`
	Symbol    string    `json:"symbol"`
	Timestamp time.Time `json:"timestamp"`
	Whole     any       `json:"whole"` // the value from the whole history; null for na
	Part      any       `json:"part"`  // from a part of it
	Reason    string    `json:"reason"`
	Count     int       `json:"count"` // of values
}

// prover compares the nodes of an expression in runs over parts of a history.
type prover struct {
	proof   *Proof
	graph   *plan.Graph
	root    plan.Ref
	plan    *plan.Plan
	exec    *plan.Exec
	refs    []plan.Ref // on the clock of the series, inputs first
	handles []plan.Handle
	scale   []float64 // greatest magnitude so far
}

// Lookahead proves on the bars of one series that no value of the expression or
// of a node below it changes when later bars are cut off. It adds to the proof.
func Lookahead(ctx context.Context, p *Proof, e Expression, key candle.Series, b *stream.Block) error {
	r, err := newProver(p, e, key.Timeframe)
	if err != nil {
		return err
	}
	return r.lookahead(ctx, key, b)
}

// Warmup proves on the bars of one series that, after the stated warm-up, no
// value depends on where the history begins, to eps of its greatest magnitude. It
// adds to the proof.
func Warmup(ctx context.Context, p *Proof, e Expression, key candle.Series, b *stream.Block, eps float64) error {
	r, err := newProver(p, e, key.Timeframe)
	if err != nil {
		return err
	}
	return r.warmup(ctx, key, b, eps)
}

// Expression is an expression with what it is compiled in.
type Expression struct {
	Text       string
	Params     map[string]formula.ParamSetting
	Indicators []formula.Named
	Buffer     int // 0 for 500

	// Others allows functions that look at other series: the blocks bring the columns of Needs.
	Others    bool
	Universes []formula.Universe
	Selected  []string // patterns of the symbols that a formula selects

	table *catalog.Table // nil for all indicators
}

func newProver(p *Proof, e Expression, tf candle.Timeframe) (*prover, error) {
	if e.Buffer == 0 {
		e.Buffer = ringbuf.DefaultCapacity
	}
	if e.table == nil {
		e.table = catalog.New()
	}
	unit, err := formula.Compile(formula.Env{
		Table: e.table, Timeframe: tf, Named: formula.NamedWith(e.Indicators), LookbackMax: e.Buffer, Params: e.Params,
		Others: e.Others, Universes: e.Universes, Selected: e.Selected,
	}, e.Text)
	if err != nil {
		return nil, err
	}
	root := unit.Formulas[0].Root
	r := &prover{proof: p, graph: unit.Graph, root: root}
	r.plan = plan.NewPlan(r.graph, []plan.Ref{root},
		plan.Options{Timeframe: tf, BlockMax: scanBlock, Slack: scanBlock})
	r.exec = r.plan.NewExec()
	for _, ref := range r.graph.Below(root) {
		if n := &r.graph.Nodes[ref.Node]; n.Clock == 0 && n.Kind != plan.Const {
			r.refs = append(r.refs, ref)
			r.handles = append(r.handles, r.plan.Handle(ref))
		}
	}
	r.scale = make([]float64, len(r.refs))
	p.Expression, p.Nodes = e.Text, len(r.refs)
	if p.Failures == nil {
		p.Failures = []Failure{}
	}
	return r, nil
}

// step advances a slab and copies the values of all nodes into columns.
func (r *prover) step(slab []float64, b *stream.Block, into [][]float64) {
	r.exec.Step(slab, b.Columns(r.plan.NeedsTime()))
	for k, h := range r.handles {
		into[k] = append(into[k][:0], r.exec.Values(h)...)
	}
}

// cutsMax is how many beginnings of a history are computed from scratch.
const cutsMax = 32

// lookahead compares the run over the whole history with one that is given one
// bar after the other, and so with a history that ends at any bar, and for some
// of them with a run of its own over the bars up to there.
func (r *prover) lookahead(ctx context.Context, key candle.Series, b *stream.Block) error {
	whole, single := r.plan.NewSlab(), r.plan.NewSlab()
	all, one := make([][]float64, len(r.refs)), make([][]float64, len(r.refs))
	every := max(1, b.Len()/cutsMax)
	for i := 0; i < b.Len(); i += scanBlock {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		part := b.Slice(i, min(b.Len(), i+scanBlock))
		r.step(whole, &part, all)
		for j := range part.Len() {
			bar := part.Slice(j, j+1)
			r.step(single, &bar, one)
			r.identical(key, part.Time[j], all, j, one, 0)
			if at := i + j; at%every == every-1 {
				r.cut(key, b, at, all, j, one)
			}
		}
	}
	r.proof.Series++
	r.proof.Bars += b.Len()
	return nil
}

// cut runs the history up to a bar again.
func (r *prover) cut(key candle.Series, b *stream.Block, at int, all [][]float64, j int, one [][]float64) {
	slab := r.plan.NewSlab()
	for i := 0; i <= at; i += scanBlock {
		part := b.Slice(i, min(at+1, i+scanBlock))
		r.step(slab, &part, one)
	}
	r.identical(key, b.Time[at], all, j, one, at%scanBlock)
}

func (r *prover) identical(key candle.Series, at int64, whole [][]float64, j int, part [][]float64, i int) {
	r.proof.Compared++
	for k := range r.refs {
		x, y := whole[k][j], part[k][i]
		if x != y && !(math.IsNaN(x) && math.IsNaN(y)) {
			r.fail(k, key, at, x, y, "it changes with later bars")
		}
	}
}

// startsMax is in how many places a history is begun.
const startsMax = 16

// lateStart is a run that begins later than the history.
type lateStart struct {
	at   int
	slab []float64
}

// warmup runs the history from its beginning and from later bars, side by side.
func (r *prover) warmup(ctx context.Context, key candle.Series, b *stream.Block, eps float64) error {
	settled := r.plan.Settled(eps)
	gates := make([]plan.Gate, len(r.refs))
	forgets := make([]bool, len(r.refs))
	for k, ref := range r.refs {
		gates[k], forgets[k] = settled(ref)
	}
	last := len(r.refs) - 1
	if last >= 0 {
		r.proof.Warmup, _ = gates[last].Bars()
		r.proof.Higher = gates[last].Higher(r.graph)
		if !forgets[last] {
			r.proof.Warmup, r.proof.Higher = -1, nil
		}
	}
	var starts []lateStart
	for i := range startsMax {
		if at := (i + 1) * b.Len() / (startsMax + 1); at > 0 && (len(starts) == 0 || at > starts[len(starts)-1].at) {
			starts = append(starts, lateStart{at: at, slab: r.plan.NewSlab()})
		}
	}
	whole := r.plan.NewSlab()
	all, late := make([][]float64, len(r.refs)), make([][]float64, len(r.refs))
	for i := 0; i < b.Len(); i += scanBlock {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		end := min(b.Len(), i+scanBlock)
		part := b.Slice(i, end)
		r.step(whole, &part, all)
		r.measure(all)
		for _, s := range starts {
			if s.at >= end {
				break
			}
			from := max(i, s.at)
			part := b.Slice(from, end)
			r.step(s.slab, &part, late)
			r.near(key, &part, all, from-i, late, gates, forgets, eps)
		}
	}
	r.proof.Series++
	r.proof.Bars += b.Len()
	return nil
}

func (r *prover) measure(columns [][]float64) {
	for k, column := range columns {
		for _, v := range column {
			if a := math.Abs(v); a > r.scale[k] && !math.IsInf(a, 0) {
				r.scale[k] = a
			}
		}
	}
}

// near compares the values of a late start with those of the whole history.
func (r *prover) near(key candle.Series, b *stream.Block, whole [][]float64, from int, late [][]float64,
	gates []plan.Gate, forgets []bool, eps float64,
) {
	for j := range b.Len() {
		tie := false // numbers that are equal to eps may compare either way
		for k, ref := range r.refs {
			x, y := whole[k][from+j], late[k][j]
			same := x == y || math.IsNaN(x) && math.IsNaN(y) || math.Abs(x-y) <= eps*r.scale[k]
			switch condition := r.condition(ref); {
			case !forgets[k]:
				if !same {
					r.fail(k, key, b.Time[j], x, y, "it never forgets where the history began")
				}
				continue
			case !r.exec.Open(gates[k], j):
				continue
			case !same && condition:
				tie = tie || r.isTie(ref, whole, from+j, eps)
				if !tie {
					r.fail(k, key, b.Time[j], x, y, "it depends on where the history began")
				}
			case !same:
				r.fail(k, key, b.Time[j], x, y, "it depends on where the history began")
			}
			if k == len(r.refs)-1 {
				r.proof.Compared++
			}
		}
	}
}

func (r *prover) condition(ref plan.Ref) bool {
	n := &r.graph.Nodes[ref.Node]
	return n.Kind == plan.Call && n.Bound.Row.Outputs[ref.Out].Bool
}

// isTie reports whether the first two inputs of a node are equal to eps.
func (r *prover) isTie(ref plan.Ref, whole [][]float64, j int, eps float64) bool {
	n := &r.graph.Nodes[ref.Node]
	if len(n.Inputs) != 2 {
		return false
	}
	var v [2]float64
	for i, in := range n.Inputs {
		k := slices.Index(r.refs, in)
		if k < 0 { // a constant
			v[i] = r.graph.Nodes[in.Node].Value
			continue
		}
		v[i] = whole[k][j]
	}
	return math.Abs(v[0]-v[1]) <= 2*eps*max(math.Abs(v[0]), math.Abs(v[1]))
}

// fail records the first wrong value of a node whose inputs are right.
func (r *prover) fail(k int, key candle.Series, at int64, whole, part float64, reason string) {
	ref := r.refs[k]
	node := r.graph.Canon(ref)
	for i := range r.proof.Failures {
		if f := &r.proof.Failures[i]; f.Node == node {
			f.Count++
			return
		}
	}
	for _, in := range r.graph.Below(ref) {
		if in != ref && slices.ContainsFunc(r.proof.Failures,
			func(f Failure) bool { return f.Node == r.graph.Canon(in) }) {
			return // what is above it cannot be right
		}
	}
	r.proof.Failures = append(r.proof.Failures, Failure{
		Node: node, Symbol: key.Symbol, Timestamp: time.Unix(0, at).UTC(), Whole: orNull(whole), Part: orNull(part),
		Reason: reason, Count: 1,
	})
}

func orNull(v float64) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return v
}

package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"streamd/across"
	"streamd/candle"
	"streamd/closing"
	"streamd/formula"
	"streamd/formula/plan"
	"streamd/history"
	"streamd/internal/markettest"
	"streamd/internal/scantest"
	"streamd/live"
	"streamd/replay"
	"streamd/stream"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	acrossTopic   = "g-across"
	barriersTopic = "g-barriers"
)

// NewUniversePlan draws a plan in which formulas look at other series.
func NewUniversePlan(seed uint64) Scenario {
	p := NewPlan(seed)
	r := draw(seed, "universe")
	p.Others, p.Symbols, p.Bars = true, 6+r.IntN(5), 30+r.IntN(25)
	p.Partitions = 2 + r.Int32N(3)
	p.Grace = time.Duration(1+r.IntN(4)) * p.Gap
	p.Instances = 2 + r.IntN(2)
	for i := range p.Events {
		p.Events[i].Who = r.IntN(p.Instances)
	}
	return p
}

// othersFormulas look at other series; the names of all of them begin with othersPrefix.
var othersFormulas = []stream.Formula{
	{Name: "u_best", Expression: "top(roc(close, 5), 2)"},
	{Name: "u_nested", Expression: `bottom(rank(close) + rank(volume), 1) or rank(ema(close, 9), "few") == 1`},
	{Name: "u_leader", Expression: `roc(close, 3) > sym("S3", roc(close, 3)) and sym("S1", close > 120, "aligned")`},
	{Name: "u_breadth", Expression: "breadth(close > ema(close, 7)) > 50 and members() > 4", Mode: stream.Edge},
	{Name: "u_score", Expression: "xscore(volume) > 1.2", For: 2},
}

const othersPrefix = "u_"

var othersUniverses = []formula.Universe{{Name: "few", Symbols: []string{"S0", "S1", "S2", "S5"}}}

func (p *Scenario) closing() closing.Config {
	return closing.Config{
		Admission: across.Admission{Join: 2, Silent: 8}, Lateness: 1, Grace: p.Grace, BarsMax: closing.BarsMaxDefault,
	}
}

// market is the candles of a plan in which formulas look at other series.
type market struct {
	random *rand.Rand
	tapes  []history.Tape
	put    func(symbol int, m message)
	price  []int
	halted []int // until which bar a symbol has no candles
	slow   []int // until which bar its candles are held up
	held   [][]message
}

// drawMarket draws candles with holes, halts, late starts and equal values. Series are held up for some bars while
// others of their partition go on, and symbols change their order on each bar. Whole partitions are idle for a time,
// and others are delayed; see delayed.
func (o *oracle) drawMarket(p *Scenario, put func(s int, m message)) {
	k := market{
		random: draw(p.Seed, "market"), tapes: make([]history.Tape, p.Symbols), put: put, price: make([]int, p.Symbols),
		halted: make([]int, p.Symbols), slow: make([]int, p.Symbols), held: make([][]message, p.Symbols),
	}
	for s := range k.tapes {
		k.tapes[s].Key = candle.Series{Symbol: fmt.Sprintf("S%d", s), Timeframe: minute()}
		k.price[s] = 1000 + k.random.IntN(500)
		k.halted[s] = k.random.IntN(3) * k.random.IntN(p.Bars/3)
	}
	idle := k.random.IntN(int(p.Partitions))
	from := k.random.IntN(p.Bars)
	for bar := range p.Bars {
		for _, s := range k.random.Perm(p.Symbols) {
			if s%int(p.Partitions) == idle && bar >= from && bar < from+8 {
				continue
			}
			k.bar(s, bar)
		}
	}
	for s := range k.held {
		k.release(s)
	}
	o.tapes = k.tapes
}

func (k *market) release(s int) {
	for _, m := range k.held[s] {
		k.put(s, m)
	}
	k.held[s] = nil
}

// bar draws what a symbol has on a bar.
func (k *market) bar(s, bar int) {
	r := k.random
	if bar >= k.slow[s] {
		k.release(s)
		if r.IntN(40) == 0 {
			k.slow[s] = bar + 2 + r.IntN(5)
		}
	}
	k.price[s] += r.IntN(41) - 20
	switch {
	case bar < k.halted[s] || r.IntN(25) == 0:
		return
	case r.IntN(80) == 0:
		k.halted[s] = bar + 2 + r.IntN(14)
	}
	at := time.Date(1999, 1, 2, 0, bar, 0, 0, time.UTC) // before the clock of a bubble
	c, volume := float64(k.price[s])/10, float64(r.IntN(20))
	k.tapes[s].Block.Append(candle.Candle{Time: at.UnixNano(), Open: c, High: c, Low: c, Close: c, Volume: volume})
	name := k.tapes[s].Key.Symbol
	m := message{name, fmt.Appendf(nil,
		`{"symbol":%q,"timeframe":"1m","timestamp":%q,"open":%g,"high":%g,"low":%g,"close":%g,"volume":%g}`,
		name, at.Format(time.RFC3339), c, c, c, c, volume)}
	k.held[s] = append(k.held[s], m)
	switch r.IntN(20) {
	case 0:
		k.held[s] = append(k.held[s], m) // a duplicate
	case 1:
		k.held[s] = append(k.held[s], message{name, m.value[:len(m.value)/2]}) // not parseable
	}
	if bar >= k.slow[s] {
		k.release(s)
	}
}

// delayed has partitions stand still for some records, one after the other, while the rest goes on.
func delayed(r *rand.Rand, order [][2]int, partitions int) [][2]int {
	var out, held [][2]int
	still, until := -1, 0
	for i, at := range order {
		if i == until {
			out, held = append(out, held...), held[:0]
			still, until = r.IntN(3*partitions), i+10+r.IntN(40)
		}
		if at[0] == still {
			held = append(held, at)
		} else {
			out = append(out, at)
		}
	}
	return append(out, held...)
}

func minute() candle.Timeframe {
	tf, err := candle.ParseTimeframe("1m")
	if err != nil {
		panic("sim: " + err.Error())
	}
	return tf
}

// universeChecker notes what becomes visible where formulas look at other series. What is right depends on who was
// left out of bars, and is known at the end alone.
type universeChecker struct {
	closed    map[string]bool
	bars      *closing.Ledger
	left      *replay.Omissions
	decisions int
	lines     map[string][]string // signals by symbol, and by outcomesOf it
	once      map[string]bool
	states    map[recordAt]uint64
	resume    closing.Resume // from where on whoever takes over reads the input
}

func newUniverseChecker() *universeChecker {
	return &universeChecker{
		closed: map[string]bool{}, bars: closing.NewLedger(1 << 30), left: replay.NewOmissions(),
		lines: map[string][]string{}, once: map[string]bool{}, states: map[recordAt]uint64{},
	}
}

// line notes a signal or an outcome, which must not come twice.
func (u *universeChecker) line(w *World, key, value string) {
	if u.once[key+value] {
		if w.exactly() {
			w.violate("signal of %s came twice: %s", key, value)
		}
		return
	}
	u.once[key+value] = true
	u.lines[key] = append(u.lines[key], value)
}

// bar takes a record of a closed bar. No key comes twice: the bars of a run are small.
func (u *universeChecker) bar(w *World, r *kgo.Record) {
	if u.closed[string(r.Key)] {
		w.violate("%s is closed twice", r.Key)
	}
	u.closed[string(r.Key)] = true
	if err := u.bars.Take(r.Value); err != nil {
		w.violate("closed bar %s: %v", r.Key, err)
	}
}

func (u *universeChecker) decision(r *kgo.Record) {
	if resume, ok := closing.ParseResume(r.Value); ok {
		u.resume = resume
	}
	d, ok := closing.ParseOmission(r.Value)
	switch {
	case !ok:
		return
	case d.Symbol != "":
		u.left.AddSymbol(minute(), "sym:"+d.Symbol, d.At, *d.AsOf)
	default:
		u.left.Add(minute(), d.Universe, d.At, d.LeftOut)
	}
	u.decisions++
}

// finish holds everything that came out against engines that read the closed bars, and what comes from other series
// against a replay that reads the decisions.
func (u *universeChecker) finish(ctx context.Context, w *World) {
	options := engineOptions()
	options.Others = func(key candle.Series, needs []*plan.Need, at int64, out []float64) {
		exact, before := u.bars.At(key.Timeframe, at)
		for k, n := range needs {
			out[k] = closing.Value(n, key.Symbol, at, exact, before)
		}
	}
	full := w.oracle.blank()
	for partition := range full.input {
		if err := full.run(int32(partition), w.rules, options); err != nil {
			w.violate("oracle: %v", err)
			return
		}
	}
	var live []string
	for key, all := range full.signals {
		var want []string
		for i := range all {
			want = append(want, all[i].value)
		}
		if got := u.lines[key]; !slices.Equal(got, want) {
			w.violate("%d signals of %s, engines that read the closed bars give %d: %s", len(got), key, len(want),
				markettest.Difference(got, want))
		}
	}
	for key, lines := range u.lines {
		if len(full.signals[key]) == 0 {
			w.violate("%d signals of %s, engines that read the closed bars give none", len(lines), key)
		}
		for _, line := range lines {
			if strings.Contains(line, `"formula":"`+othersPrefix) && !strings.HasSuffix(key, outcomesOf("")) {
				live = append(live, line)
			}
		}
	}
	for at, hash := range u.states {
		if want, ok := full.records[at]; !ok || want != hash {
			w.violate("the state of %s at %d is not that of an uninterrupted run", at.symbol, at.position)
		}
	}
	u.replayed(ctx, w, live)
}

// replayed holds signals against a scan of the same candles.
func (u *universeChecker) replayed(ctx context.Context, w *World, live []string) {
	want, err := scantest.Lines(ctx, &replay.Job{
		Data: history.Data{Memory: w.oracle.tapes}, Workers: 1, Buffer: lookbackMax,
		Others: true, Universes: othersUniverses, Formulas: othersFormulas, Admission: w.plan.closing().Admission,
		LeftOut: func(context.Context) (*replay.Omissions, error) { return u.left, nil },
	})
	if err != nil {
		w.violate("replay: %v", err)
		return
	}
	slices.Sort(live)
	if !slices.Equal(live, want) {
		w.violate("%d signals from other series, a replay has %d: %s", len(live), len(want),
			markettest.Difference(live, want))
	}
}

// othersRules are the formulas of a run that looks at other series.
func othersRules(own []stream.Formula) (*stream.Rules, error) {
	rules, problems := stream.NewRules(stream.RulesConfig{
		Buffer: lookbackMax, Others: true, Universes: othersUniverses, Formulas: slices.Concat(own, othersFormulas),
	})
	if len(problems) > 0 {
		return nil, fmt.Errorf("sim: %w", problems[0])
	}
	return rules, nil
}

// across is what instances are configured with.
func (p *Scenario) across() live.AcrossConfig {
	if !p.Others {
		return live.AcrossConfig{}
	}
	return live.AcrossConfig{Topic: acrossTopic, Barriers: barriersTopic, Config: p.closing()}
}

package closing

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"streamd/across"
	"streamd/candle"
	"streamd/formula"
	"streamd/formula/plan"
	"streamd/history"
	"streamd/internal/markettest"
	"streamd/internal/scantest"
	"streamd/replay"
	"streamd/stream"
)

var testUniverses = []formula.Universe{
	{Name: "few", Symbols: []string{"S00", "S1*", "S05"}}, {Name: "busy", Condition: "sma(volume, 5) > 4"},
}

var testFormulas = []stream.Formula{
	{Name: "a", Expression: `rank(rank(close, "busy") + rank(volume)) <= 2`},
	{Name: "b", Expression: "top(roc(close, 5), 2)", Symbols: []string{"S0*"}},
	{Name: "c", Expression: `top(roc(close, 5), 2) and rank(close, "few") > 1`},
	{Name: "d", Expression: `xscore(close / sym("S03", close)) > 1.2`, Mode: stream.Edge},
	{Name: "e", Expression: `breadth(close > close[1]) > 60 and sym("S01", close > sma(close, 4), "aligned")`},
	{Name: "f", Expression: `sym("S02", rank(close)) < rank(close)[1]`},
	{Name: "g", Expression: "members() > 6 and rank(ema(close, 9)) < 3"},
}

func testRules(t testing.TB, universes []formula.Universe, formulas []stream.Formula) *stream.Rules {
	rules, problems := stream.NewRules(stream.RulesConfig{Formulas: formulas, Others: true, Universes: universes})
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	return rules
}

// driven is the work of machines that crash now and then, as a reader of committed records sees it.
type driven struct {
	t         testing.TB
	rng       *rand.Rand
	rules     *stream.Rules
	config    Config
	logs      [][]candle.Message // by partition
	machine   *Machine
	next      []int
	state     []byte
	records   []BarRecord
	decisions []Omission
	keys      map[string]bool
	nowNs     int64
	rounds    bool              // series are written, and a new process begins where these say
	series    map[string][]byte // their records
	round     []int             // positions at which the round at hand began; nil for none
	resume    []int             // of the last one that is over
	again     int               // candles that new processes have read again
	starts    int               // of processes
	bug       string            // planted, see TestPlantedBugs
	wrong     string            // the first invariant that does not hold
}

func newDriven(t testing.TB, seed uint64, rules *stream.Rules, tapes []history.Tape, partitions int) *driven {
	d := &driven{
		t: t, rng: rand.New(rand.NewPCG(seed, 3)), rules: rules, logs: make([][]candle.Message, partitions),
		config: Config{Admission: across.Admission{Join: 2, Silent: 8}, Lateness: 1, Grace: time.Second, BarsMax: 3},
		keys:   map[string]bool{}, series: map[string][]byte{}, nowNs: int64(100 * time.Hour),
	}
	type at struct {
		tape, bar int
	}
	var all []at
	for k := range tapes {
		for i := range tapes[k].Block.Len() {
			all = append(all, at{k, i})
		}
	}
	order := d.rng.Perm(len(tapes)) // of the symbols, on every bar
	slices.SortFunc(all, func(a, b at) int {
		if ta, tb := tapes[a.tape].Block.Time[a.bar], tapes[b.tape].Block.Time[b.bar]; ta != tb {
			return int(ta/int64(time.Minute) - tb/int64(time.Minute))
		}
		return order[a.tape] - order[b.tape]
	})
	for _, a := range all {
		tape := &tapes[a.tape]
		m := candle.Message{
			Symbol: []byte(tape.Key.Symbol), Timeframe: tape.Key.Timeframe, Candle: tape.Block.At(a.bar), Closed: true,
		}
		p := a.tape % partitions
		d.logs[p] = append(d.logs[p], m)
	}
	d.start()
	return d
}

// start is a process that takes over what is committed.
func (d *driven) start() {
	d.machine = New(d.config, func(tf candle.Timeframe) []*plan.Need { return d.rules.Needs(tf) })
	for _, r := range d.records {
		if err := d.machine.Ledger().Take(r.Value); err != nil {
			d.t.Fatal(err)
		}
	}
	if d.state != nil {
		if err := d.machine.Restore(d.state); err != nil {
			d.t.Fatal(err)
		}
	}
	before := d.next
	d.starts++
	d.next = make([]int, len(d.logs))
	copy(d.next, d.resume)
	for p := range d.logs {
		d.machine.AddPartition(fmt.Sprint(p))
		d.machine.SetAtEnd(int32(p), d.next[p] == len(d.logs[p]))
		if before != nil {
			d.again += max(0, before[p]-d.next[p])
		}
	}
	if d.round = nil; d.resume != nil {
		for _, record := range d.series {
			if err := d.machine.RestoreSeries(record); err != nil {
				d.t.Fatal(err)
			}
		}
	}
}

// write writes some series of the round at hand.
func (d *driven) write() {
	if !d.rounds {
		return
	}
	if d.round == nil {
		d.round = slices.Clone(d.next)
		d.machine.BeginRound()
	}
	for _, r := range d.machine.SeriesRecords(d.rng.IntN(4000)) {
		d.series[string(r.Key)] = r.Value
	}
	if d.machine.Due() == 0 {
		d.resume, d.round = d.round, nil
	}
}

// commit is the transaction of a process.
func (d *driven) commit(records []BarRecord, decisions []Omission) {
	for _, r := range records {
		key := string(r.Key)
		if d.keys[key] && d.wrong == "" {
			d.wrong = key + " is written twice"
		}
		d.keys[key] = true
	}
	d.records = append(d.records, records...)
	if d.bug == bugUnrecorded {
		decisions = nil
	}
	d.decisions = append(d.decisions, decisions...)
	d.state = d.machine.AppendState(nil)
	d.write()
}

// run works until nothing is left, and crashes with a chance of one in crash steps.
func (d *driven) run(crash int) {
	for idle := 0; idle < 200; idle++ {
		if crash > 0 && d.rng.IntN(crash) == 0 {
			d.start()
		}
		p := d.rng.IntN(len(d.logs))
		if n := d.next[p]; n < len(d.logs[p]) && d.machine.Take(int32(p), &d.logs[p][n], false) {
			d.next[p]++
			d.machine.SetAtEnd(int32(p), d.next[p] == len(d.logs[p]) && d.bug != bugForEver)
			d.countTwice(p, n)
			idle = 0
		}
		d.nowNs += int64(10 * time.Millisecond)
		now := int64(0)
		if d.rng.IntN(4) == 0 && d.bug != bugForEver {
			now = d.nowNs
		}
		c := d.machine.Close(now)
		if decisions := d.machine.Decisions(); c == nil && len(decisions) > 0 {
			d.commit(nil, decisions)
		} else if c != nil && (crash == 0 || d.rng.IntN(crash) > 0) {
			d.commit(c.Records, append(decisions, c.Decisions...))
			idle = 0
		} else if c != nil {
			d.crashBetween(c) // two stages
		}
	}
}

// matches are what engines find that read the records.
func (d *driven) matches() []string {
	book := NewLedger(1 << 30)
	for _, r := range d.records {
		if err := book.Take(r.Value); err != nil {
			d.t.Fatal(err)
		}
	}
	engine := stream.New(d.rules, stream.Options{Others: func(key candle.Series, needs []*plan.Need, at int64, out []float64) {
		exact, before := book.At(key.Timeframe, at)
		for k, n := range needs {
			out[k] = Value(n, key.Symbol, at, exact, before)
		}
	}})
	var lines []string
	for _, log := range d.logs {
		for i := range log {
			var out stream.Effects
			engine.Stage(&log[i], int64(i), &out)
			engine.Flush(&out)
			for k := range out.Matches {
				lines = append(lines, string(out.Matches[k].AppendJSON(nil)))
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// scanned is what history finds.
func scanned(t testing.TB, tapes []history.Tape) []string {
	lines, err := scantest.Lines(t.Context(), &replay.Job{
		Data: history.Data{Memory: tapes}, Workers: 1, Others: true, Universes: testUniverses, Formulas: testFormulas,
		Admission: across.Admission{Join: 2, Silent: 8},
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// TestMachineEqualsHistory: whatever the order between partitions, and however often the process crashes between two
// stages, engines that read the records find what history finds, byte for byte, and no record comes twice.
func TestMachineEqualsHistory(t *testing.T) {
	for seed := range uint64(4) {
		tapes := markettest.Draw(t, rand.New(rand.NewPCG(seed, 18)), 11, 90)
		want := scanned(t, tapes)
		for _, crash := range []int{0, 900, -150} { // below 0 with rounds
			d := newDriven(t, seed, testRules(t, testUniverses, testFormulas), tapes, 1+int(seed%4))
			d.rounds = crash < 0
			d.run(max(crash, -crash))
			if d.wrong != "" {
				t.Fatalf("seed %d: %s", seed, d.wrong)
			}
			got := d.matches()
			if len(want) < 50 || slices.ContainsFunc(d.decisions, func(x Omission) bool { return x.late }) {
				t.Fatalf("seed %d: %d matches, decisions %+v", seed, len(want), d.decisions)
			}
			if !slices.Equal(got, want) {
				t.Errorf("seed %d, crashes %d: %d matches, want %d; %s", seed, crash, len(got), len(want), markettest.Difference(got, want))
			}
			if most := d.starts * len(d.keys) / 2; d.rounds && (d.resume == nil || d.starts < 5 || d.again > most) {
				t.Errorf("seed %d: %d candles are read again by %d processes, positions %v", seed, d.again, d.starts, d.resume)
			}
		}
	}
}

package stream

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"streamd/candle"
	"streamd/internal/seed"
)

// plainLife is the life of a formula from its definition, bar by bar.
type plainLife struct {
	trigger  plainTrigger
	open     int // bar of the opener, -1 for none
	disarmed bool
}

// step returns whether the formula fires on the bar, and how many bars behind it an open
// signal ends, or 0.
func (l *plainLife) step(f *Formula, bar int, c condition, rearm, gate bool) (fires bool, ended int) {
	if rearm && f.Rearm != "" {
		l.disarmed = false
	}
	fires = l.trigger.step(f, c, gate && !l.disarmed)
	if l.open >= 0 && (f.Resolve && c != conditionTrue || f.Expires > 0 && bar-l.open >= f.Expires || fires) {
		ended = bar - l.open
		l.open = -1
	}
	if fires {
		l.disarmed = f.Once || f.Rearm != ""
		if f.Resolve || f.Expires > 0 {
			l.open = bar
		}
	}
	return fires, ended
}

// lifeFormulas have all kinds of lives. Their condition is the volume: 2 is true, 1 false, 0 na.
func lifeFormulas(rng *rand.Rand, n int) []Formula {
	all := make([]Formula, n)
	for i := range all {
		f := Formula{
			Name: fmt.Sprint("f", i), Expression: "(volume == 0 ? open / (volume * 0) : volume) > 1", Mode: Edge,
			For: rng.IntN(3), Cooldown: rng.IntN(2) * rng.IntN(30), Resolve: rng.IntN(2) == 0,
			Expires: rng.IntN(2) * rng.IntN(40), Metadata: map[string]string{"desk": "eq"},
		}
		switch rng.IntN(4) {
		case 0:
			f.Once = rng.IntN(3) == 0
		case 1:
			f.Rearm = "close > 100"
		}
		if !f.Resolve && f.Expires == 0 && rng.IntN(2) == 0 {
			f.Mode = Every
		}
		all[i] = f
	}
	return all
}

func lifeCandles(rng *rand.Rand, n int) []candle.Candle {
	cs := make([]candle.Candle, n)
	stay, volume := 1+rng.IntN(20), 1.0
	for i := range cs {
		if rng.IntN(stay) == 0 {
			volume = float64(rng.IntN(3))
		}
		p := 90 + 20*rng.Float64()
		cs[i] = candle.Candle{
			Time: int64(i) * int64(time.Minute), Open: p + rng.Float64(), High: p + 2, Low: p - 2, Close: p, Volume: volume,
		}
		if rng.IntN(4) > 0 {
			cs[i].Close = 99
		}
		if rng.IntN(40) == 0 {
			cs[i].Open = 2 * p // a split for those who look
			cs[i].High = cs[i].Open
		}
	}
	return cs
}

// TestLivesAgainstDefinition compares fires and ends with plainLife, in blocks of every size and
// through records.
func TestLivesAgainstDefinition(t *testing.T) {
	rng := seed.Rand(t)
	ended := 0
	for range 40 {
		formulas := lifeFormulas(rng, 70)
		cs := lifeCandles(rng, 300)
		rules := benchRules(t, formulas)
		var want []string
		for i := range formulas {
			l := plainLife{open: -1}
			opener := 0
			for bar, c := range cs {
				cond := []condition{conditionNa, conditionFalse, conditionTrue}[int(c.Volume)]
				fires, bars := l.step(&formulas[i], bar, cond, c.Close > 100, true)
				if bars > 0 {
					want = append(want, fmt.Sprintf("%s %d RESOLVE %d of %d", formulas[i].Name, bar, bars, opener))
					ended++
				}
				if fires {
					opener = bar
					want = append(want, fmt.Sprintf("%s %d SCAN_HIT", formulas[i].Name, bar))
				}
			}
		}
		e := New(rules, Options{BlockMax: 1 + rng.IntN(100)})
		s := e.Series(candle.Series{Symbol: "A", Timeframe: minute(t)})
		var got []string
		openers := map[string]int{}
		var out Effects
		for i := 0; i < len(cs); {
			n := min(1+rng.IntN(150), len(cs)-i)
			var b Block
			for _, c := range cs[i : i+n] {
				b.Append(c)
			}
			e.PushBlock(s, &b, &out)
			i += n
			slices.SortFunc(out.Matches, func(a, b Match) int { return a.Compare(&b) })
			for k := range out.Matches {
				m := &out.Matches[k]
				bar := int(m.Candle.Time / int64(time.Minute))
				line := fmt.Sprintf("%s %d %s", m.Formula().Name, bar, m.SignalType())
				if m.IsResolve() {
					var said struct {
						ID, Resolves string
						Bars         int
					}
					if err := json.Unmarshal(m.AppendJSON(nil), &said); err != nil || said.ID != m.ID() {
						t.Fatal(said, err)
					}
					line += fmt.Sprintf(" %d of %d", said.Bars, openers[said.Resolves])
				} else {
					openers[m.ID()] = bar
				}
				got = append(got, line)
			}
			out.Reset()
			if rng.IntN(3) == 0 {
				var err error
				record := s.AppendRecord(nil, nil)
				e = New(rules, e.options)
				if s, err = e.Restore(record); err != nil {
					t.Fatal(err)
				}
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			for i := range want {
				if i >= len(got) || got[i] != want[i] {
					t.Fatalf("%d lines, want %d; at %d: %q, want %q", len(got), len(want), i, got[min(i, len(got)-1)], want[i])
				}
			}
			t.Fatalf("%d lines, want %d", len(got), len(want))
		}
	}
	if ended < 5000 {
		t.Errorf("only %d signals ended", ended)
	}
}

// TestOutcomesAgainstDefinition computes every outcome from the candles, and compares blocks,
// restarts, staging and a reload that takes the formulas away.
func TestOutcomesAgainstDefinition(t *testing.T) {
	rng := seed.Rand(t)
	count := 0
	for round := range 40 {
		after := [][]int{{1, 5, 20}, {2, 3}, {1, 90}}[round%3]
		cs := lifeCandles(rng, 260)
		for i := range cs {
			if rng.IntN(4) == 0 { // an open outside high and low is the entry, and no extreme of older signals
				cs[i].Open *= 1 + 0.05*rng.NormFloat64()
			}
		}
		rules := benchRules(t, lifeFormulas(rng, 6))
		e := New(rules, Options{BlockMax: 1 + rng.IntN(80), Outcomes: after})
		s := e.Series(candle.Series{Symbol: "A", Timeframe: minute(t)})
		var want, got []string
		var out Effects
		for i := 0; i < len(cs); {
			n := min(1+rng.IntN(60), len(cs)-i)
			var b Block
			for _, c := range cs[i : i+n] {
				b.Append(c)
			}
			e.PushBlock(s, &b, &out)
			i += n
			for k := range out.Matches {
				if m := &out.Matches[k]; !m.IsResolve() {
					want = append(want, plainOutcomes(m, cs, after)...)
				}
			}
			for k := range out.Outcomes {
				got = append(got, string(out.Outcomes[k].AppendJSON(nil)))
			}
			out.Reset()
			switch rng.IntN(4) {
			case 0:
				var err error
				record := s.AppendRecord(nil, nil)
				e = New(rules, e.options)
				if s, err = e.Restore(record); err != nil {
					t.Fatal(err)
				}
			case 1:
				if round%4 == 0 && i > len(cs)/2 { // what was sent has its outcome, without its formula, too
					e.Reload(benchRules(t, []Formula{{Name: "other", Expression: "close < 0"}}))
				}
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("round %d: %d outcomes, want %d", round, len(got), len(want))
		}
		count += len(got)
	}
	if count < 2000 {
		t.Errorf("only %d outcomes", count)
	}
}

// plainOutcomes are the outcomes of a signal as a reader of the candles computes them.
func plainOutcomes(m *Match, cs []candle.Candle, after []int) []string {
	var all []string
	at := int(m.Candle.Time / int64(time.Minute))
	for _, n := range after {
		if at+n >= len(cs) {
			continue
		}
		behind := cs[at+1 : at+n+1]
		entry, high, low, split := behind[0].Open, behind[0].Open, behind[0].Open, false
		for i, c := range behind {
			high, low = math.Max(high, c.High), math.Min(low, c.Low)
			if i > 0 {
				r := c.Open / behind[i-1].Close
				split = split || r >= 1.8 || r <= 1/1.8
			}
		}
		exit := behind[n-1].Close
		line := fmt.Sprintf(`{"id":"%s","formula":"%s","symbol":"A","timeframe":"1m","timestamp":"%s","after":%d,`,
			m.ID(), m.Formula().Name, time.Unix(0, m.Candle.Time).UTC().Format(time.RFC3339), n)
		for _, v := range []struct {
			name  string
			value float64
		}{{"entry", entry}, {"exit", exit}, {"return", exit/entry - 1}, {"mfe", high/entry - 1}, {"mae", low/entry - 1}} {
			b, _ := json.Marshal(v.value)
			line += fmt.Sprintf(`"%s":%s,`, v.name, b)
		}
		line = line[:len(line)-1]
		if split {
			line += `,"split":true`
		}
		all = append(all, line+"}")
	}
	return all
}

// A record of the version before has no awaited outcomes.
func TestRecordOfVersion2(t *testing.T) {
	rules := testRules(t)
	e := New(rules, Options{})
	s := e.Series(candle.Series{Symbol: "A", Timeframe: minute(t)})
	var out Effects
	cs := testCandles(rand.New(rand.NewPCG(1, 2)), 200)
	for _, c := range cs[:199] {
		e.PushSeries(s, c, true, &out)
	}
	record := s.AppendRecord(nil, []byte("in"))
	// The count of awaited bars stands after the candles: find it by what a second one changes.
	with := *s
	with.awaited = &awaited{}
	with.awaited.add(1, awaitedSignal{formula: "x"})
	longer := with.AppendRecord(nil, []byte("in"))
	at := 5
	for record[at] == longer[at] {
		at++
	}
	old := append(slices.Clone(record[:at]), record[at+4:len(record)-4]...)
	old[4] = 2
	old = binary.LittleEndian.AppendUint32(old, crc32.Checksum(old, castagnoli))
	again := New(rules, Options{})
	r, err := again.Restore(old)
	if err != nil {
		t.Fatal(err)
	}
	e.PushSeries(s, cs[199], true, &out)
	again.PushSeries(r, cs[199], true, &out)
	if string(s.AppendRecord(nil, nil)) != string(r.AppendRecord(nil, nil)) {
		t.Error("a record of version 2 gives another state")
	}
}

// TestLivesAllocateNothing holds candles with signals that end and outcomes that complete to
// the memory that they have.
func TestLivesAllocateNothing(t *testing.T) {
	f := []Formula{{Name: "a", Expression: "close > close[1]", Mode: Edge, Resolve: true, Expires: 3}}
	e := New(benchRules(t, f), Options{Outcomes: []int{1, 5, 20}})
	s := e.Series(candle.Series{Symbol: "A", Timeframe: minute(t)})
	cs := benchCandles(4000)
	var out Effects
	i, resolved, completed := 0, 0, 0
	push := func() {
		e.PushSeries(s, cs[i], true, &out)
		for k := range out.Matches {
			if out.Matches[k].IsResolve() {
				resolved++
			}
		}
		completed += len(out.Outcomes)
		out.Drop()
		i++
	}
	for range 1000 {
		push()
	}
	if n := testing.AllocsPerRun(2000, push); n > 0 || resolved < 100 || completed < 300 {
		t.Errorf("%v allocations per candle, %d ends, %d outcomes", n, resolved, completed)
	}
}

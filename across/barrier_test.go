package across

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// arrival is a candle on its way: its value is told by symbol and time.
type arrival struct {
	symbol    string
	partition int32
	at        int64
}

// market draws the candles of symbols on partitions, each partition in the order of time. A symbol is halted for some
// bars now and then.
func market(rng *rand.Rand, symbols, partitions, bars int) [][]arrival {
	logs := make([][]arrival, partitions)
	halted := make([]int, symbols)
	for at := range bars {
		for s := range symbols {
			if halted[s]--; halted[s] > 0 || rng.IntN(12) == 0 {
				continue
			}
			if rng.IntN(40) == 0 {
				halted[s] = rng.IntN(9)
			}
			p := int32(s % partitions)
			logs[p] = append(logs[p], arrival{fmt.Sprintf("S%d", s), p, int64(at)})
		}
	}
	return logs
}

var barrierConfig = BarrierConfig{Admission: Admission{Join: 2, Silent: 4}, Lateness: 1, WidthNs: 1, BarsMax: 5}

// run is what became of bars: the members' values in words by open time, and the records.
type run struct {
	bars    map[int64]string
	records []Decision
	order   []int64
}

// deliver hands the candles to a barrier in a drawn order between partitions, as far as it has room, and lets the
// clock hurry a bar with a chance of one in hurry steps. It ends when no partition can go on.
func deliver(rng *rand.Rand, b *Barrier, logs [][]arrival, hurry int) run {
	r := run{bars: map[int64]string{}}
	next := make([]int, len(logs))
	take := func(c Completion, ok bool) bool {
		if ok {
			r.bars[c.At], r.order = inWords(c.Values), append(r.order, c.At)
			if len(c.LeftOut) > 0 {
				r.records = append(r.records, Decision{c.At, c.LeftOut})
			}
		}
		return ok
	}
	for idle := 0; idle < 80*len(logs); idle++ {
		if p := rng.IntN(len(logs)); next[p] < len(logs[p]) {
			if a := logs[p][next[p]]; !b.Full(a.at) {
				if b.Arrive(a.symbol, a.partition, a.at, valueOf(a), 0) == Missed {
					r.records = append(r.records, Decision{a.at, []string{a.symbol}})
				}
				next[p]++
				idle = 0
			}
		}
		for take(b.Complete()) {
			idle = 0
		}
		if hurry > 0 && rng.IntN(hurry) == 0 {
			take(b.Expire())
		}
	}
	return r
}

func valueOf(a arrival) float64 { return float64(a.at*7%5) + float64(a.symbol[1]) }

// inWords writes the values of members.
func inWords(values []BarValue) string {
	text := ""
	for _, v := range values {
		if v.Member {
			text += fmt.Sprintf("%s=%v ", v.Symbol, v.Value)
		}
	}
	return text
}

// history is what every bar holds by the definition, from the candles and the records alone.
func history(logs [][]arrival, records []Decision) map[int64]string {
	left := map[string]bool{}
	for _, d := range records {
		for _, symbol := range d.LeftOut {
			left[fmt.Sprint(d.At, symbol)] = true
		}
	}
	byBar := map[int64][]arrival{}
	for _, log := range logs {
		for _, a := range log {
			byBar[a.at] = append(byBar[a.at], a)
		}
	}
	known, bars := map[string]*Membership{}, map[int64]string{}
	number := int32(0)
	for _, at := range slices.Sorted(maps.Keys(byBar)) {
		var values []BarValue
		here := false
		for _, a := range byBar[at] {
			if known[a.symbol] == nil {
				known[a.symbol] = &Membership{}
			}
			member := known[a.symbol].Trade(barrierConfig.Admission, number)
			if !left[fmt.Sprint(at, a.symbol)] {
				here = true
				values = append(values, BarValue{Symbol: a.symbol, Value: valueOf(a), Member: member})
			}
		}
		if here {
			slices.SortFunc(values, func(x, y BarValue) int { return cmp.Compare(x.Symbol, y.Symbol) })
			bars[at] = inWords(values)
			number++
		}
	}
	return bars
}

// TestValuesHangOnCandlesAndRecordsAlone: whatever the order in which partitions are read, and whenever the clock
// hurries a bar, every bar holds what its candles say less whoever a record leaves out.
func TestValuesHangOnCandlesAndRecordsAlone(t *testing.T) {
	done, hurried := 0, 0
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(18, seed))
		logs := market(rng, 2+rng.IntN(7), 1+rng.IntN(4), 40)
		r := deliver(rng, NewBarrier(barrierConfig, nil), logs, int(seed%3)*10)
		want := history(logs, r.records)
		for _, at := range r.order {
			if r.bars[at] != want[at] {
				t.Fatalf("seed %d: bar %d holds %q, not %q", seed, at, r.bars[at], want[at])
			}
		}
		if !slices.IsSorted(r.order) {
			t.Fatalf("seed %d: bars complete out of order: %v", seed, r.order)
		}
		done, hurried = done+len(r.order), hurried+len(r.records)
	}
	if done < 1500 || hurried < 120 {
		t.Fatalf("%d bars, %d records", done, hurried)
	}
}

// TestRecordsMakeAReplayEqual: a run that a clock has hurried is repeated without clock, in another order, from its
// records. What that run leaves out itself, at the end of the input, it has recorded as well.
func TestRecordsMakeAReplayEqual(t *testing.T) {
	compared := 0
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(19, seed))
		logs := market(rng, 2+rng.IntN(7), 1+rng.IntN(4), 40)
		first := deliver(rng, NewBarrier(barrierConfig, nil), logs, 8)
		again := deliver(rng, NewBarrier(barrierConfig, first.records), logs, 0)
		for _, at := range again.order {
			if want, ok := first.bars[at]; ok && again.bars[at] != want && !leftOutAnew(first, again, at) {
				t.Fatalf("seed %d: bar %d holds %q, and again %q", seed, at, want, again.bars[at])
			}
			compared++
		}
	}
	if compared < 800 {
		t.Fatalf("%d bars compared", compared)
	}
}

// leftOutAnew reports whether the second run left somebody out of a bar whom the first one had.
func leftOutAnew(first, again run, at int64) bool {
	return slices.ContainsFunc(again.records, func(d Decision) bool {
		return d.At == at && !slices.ContainsFunc(first.records, func(o Decision) bool {
			return o.At == at && !slices.ContainsFunc(d.LeftOut, func(s string) bool { return !slices.Contains(o.LeftOut, s) })
		})
	})
}

// TestNobodyWaitsForEver names each way out of waiting.
func TestNobodyWaitsForEver(t *testing.T) {
	known := func() *Barrier { // A and B are members, on partitions of their own
		b := NewBarrier(barrierConfig, nil)
		for at := range int64(3) {
			b.Arrive("A", 0, at, 1, 0)
			b.Arrive("B", 1, at, 2, 0)
			if c, ok := b.Complete(); !ok || len(c.Values) != 2 || c.Values[0].Member != (at == 2) {
				t.Fatal(c, ok)
			}
		}
		b.Arrive("A", 0, 3, 1, 0)
		if _, ok := b.Complete(); ok || !slices.Equal(b.Waiting(), []string{"B"}) {
			t.Fatal("bar 3 does not wait for B")
		}
		return b
	}
	b := known()
	b.Show(1, 4) // one bar ahead is not more than the lateness
	if _, ok := b.Complete(); ok {
		t.Error("a partition one bar ahead ends the waiting")
	}
	b.Show(1, 5)
	if c, ok := b.Complete(); !ok || !slices.Equal(c.LeftOut, []string{"B"}) || c.Late {
		t.Error("a partition two bars ahead does not end the waiting", c, ok)
	}
	if v := b.Arrive("B", 1, 3, 2, 0); v != BehindTime { // the record of bar 3 has it
		t.Error("a candle of a bar that is complete is", v)
	}
	if v := b.Arrive("B", 1, 3, 2, 0); v != Repeated {
		t.Error("a candle that comes twice is", v)
	}
	b = known()
	if c, ok := b.Expire(); !ok || !c.Late || !slices.Equal(c.LeftOut, []string{"B"}) {
		t.Error("the grace does not end the waiting", c, ok)
	}
	b = known()
	for at := int64(4); at < 9; at++ {
		b.Expire()
		b.Arrive("A", 0, at, 1, 0)
	}
	if waiting := b.Waiting(); len(waiting) > 0 {
		t.Error("a series that has been silent is waited for:", waiting)
	}
	b = known()
	for at := int64(4); !b.Full(at); at++ {
		b.Arrive("A", 0, at, 1, 0)
	}
	if b.Full(3) || len(b.bars) != barrierConfig.BarsMax {
		t.Error("bars that wait have no limit")
	}
}

// FuzzBarrier holds for any arrivals: bars complete once each and in order, no member is twice in one, and what is
// known never grows beyond its limits.
func FuzzBarrier(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 200, 201, 3, 3, 3, 250})
	f.Fuzz(func(t *testing.T, steps []byte) {
		b := NewBarrier(barrierConfig, nil)
		last := int64(-1)
		check := func(c Completion, ok bool) {
			if !ok {
				return
			}
			if c.At <= last {
				t.Fatalf("bar %d behind %d", c.At, last)
			}
			last = c.At
			for i, v := range c.Values {
				if i > 0 && v.Symbol <= c.Values[i-1].Symbol || slices.Contains(c.LeftOut, v.Symbol) {
					t.Fatalf("%v", c)
				}
			}
		}
		var at int64
		for _, s := range steps {
			switch {
			case s >= 250:
				check(b.Expire())
			case s >= 200:
				at += int64(s - 200)
			default:
				if now := at + int64(s>>6); !b.Full(now) {
					b.Arrive(string('A'+rune(s&7)), int32(s&3), now, float64(s), 0)
				}
			}
			check(b.Complete())
			if len(b.bars) > barrierConfig.BarsMax+4 {
				t.Fatalf("%d bars wait", len(b.bars))
			}
		}
	})
}

// TestRestoredBarrier: a barrier that crashes now and then, and whose successor gets the last state and the whole input
// anew, closes the same bars with the same members as one that goes on, each once.
func TestRestoredBarrier(t *testing.T) {
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 7))
		logs := market(rng, 7, 3, 60)
		want := deliver(rand.New(rand.NewPCG(seed, 8)), NewBarrier(barrierConfig, nil), logs, 0)
		b := NewBarrier(barrierConfig, nil)
		state := b.AppendState(nil)
		got := run{bars: map[int64]string{}}
		next := make([]int, len(logs))
		for idle := 0; idle < 3000; idle++ {
			if rng.IntN(100) == 0 {
				b = NewBarrier(barrierConfig, nil)
				if err := b.Restore(state); err != nil {
					t.Fatal(err)
				}
				clear(next)
			}
			p := rng.IntN(len(logs))
			if next[p] < len(logs[p]) && !b.Full(logs[p][next[p]].at) {
				a := logs[p][next[p]]
				if b.Arrive(a.symbol, a.partition, a.at, valueOf(a), 0) == Missed {
					got.records = append(got.records, Decision{a.at, []string{a.symbol}})
					state = b.AppendState(state[:0])
				}
				next[p]++
			}
			for b.Ready() {
				c, ok := b.Complete()
				if !ok {
					break
				}
				if _, twice := got.bars[c.At]; twice {
					t.Fatalf("seed %d: bar %d twice", seed, c.At)
				}
				if got.bars[c.At] = inWords(c.Values); len(c.LeftOut) > 0 {
					got.records = append(got.records, Decision{c.At, c.LeftOut})
				}
				state, idle = b.AppendState(state[:0]), 0
			}
		}
		if len(got.bars) < len(want.bars)/2 {
			t.Fatalf("seed %d: %d bars of %d", seed, len(got.bars), len(want.bars))
		}
		byDefinition := history(logs, got.records)
		for at, bar := range got.bars {
			if bar != byDefinition[at] {
				t.Fatalf("seed %d: bar %d is %q, by the definition %q", seed, at, bar, byDefinition[at])
			}
		}
	}
}

func TestDamagedStateOfABarrier(t *testing.T) {
	b := NewBarrier(barrierConfig, nil)
	for at := range int64(5) {
		b.Arrive("A", 0, at, 1, 0)
		b.Complete()
	}
	state := b.AppendState(nil)
	for n := range state {
		if NewBarrier(barrierConfig, nil).Restore(state[:n]) == nil {
			t.Errorf("the first %d bytes of %d are taken for a state", n, len(state))
		}
	}
}

// TestReadyAfterLateCandles: a series that becomes a member by late candles is waited for on the bar that waits, though
// that bar was found to wait for nobody before.
func TestReadyAfterLateCandles(t *testing.T) {
	const width = 60
	b := NewBarrier(BarrierConfig{Admission: Admission{Join: 2, Silent: 8}, Lateness: 1, WidthNs: width, BarsMax: 3}, nil)
	b.Arrive("B", 1, 0, 1, 0)
	for i := range int64(4) {
		b.Arrive("A", 0, i*width, 1, 0)
		if _, ok := b.Complete(); !ok {
			t.Fatalf("bar %d waits", i)
		}
	}
	b.Arrive("A", 0, 4*width, 1, 0)
	if !b.Ready() {
		t.Fatal("nobody else is a member, and the bar waits")
	}
	b.Arrive("B", 1, 1*width, 1, 0)
	if b.Ready() {
		t.Error("the bar does not wait for a member that joined late")
	}
	if _, ok := b.Complete(); ok {
		t.Error("the bar is complete without a member that joined late")
	}
	b.Arrive("B", 1, 4*width, 1, 0)
	if c, ok := b.Complete(); !ok || len(c.Values) != 2 {
		t.Errorf("%+v", c)
	}
}

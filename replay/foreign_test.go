package replay

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"streamd/across"
	"streamd/formula"
	"streamd/history"
	"streamd/internal/markettest"
	"streamd/stream"
)

// evaluated returns the values of the expressions by symbol and open time.
func evaluated(t testing.TB, j *Job, tapes []history.Tape, expressions ...string) map[string]map[int64][]float64 {
	t.Helper()
	j.Data.Memory, j.Others, j.Values = tapes, true, expressions
	results, _, err := Scan(context.Background(), j)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[int64][]float64{}
	for _, r := range results {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		all[r.Key.Symbol] = map[int64][]float64{}
		for i, at := range r.Times {
			for k := range expressions {
				all[r.Key.Symbol][at] = append(all[r.Key.Symbol][at], r.Values[k][i])
			}
		}
	}
	return all
}

// TestUniverseEqualsTheDefinitions holds the functions over a universe to a second statement of them, which is told
// the own change of every symbol and who is a member by counting.
func TestUniverseEqualsTheDefinitions(t *testing.T) {
	admission := across.Admission{Join: 2, Silent: 8}
	for seed := range uint64(4) {
		tapes := markettest.Draw(t, rand.New(rand.NewPCG(18, seed)), 9, 120)
		got := evaluated(t, &Job{Workers: 3, Admission: admission}, tapes, "change(close)", "rank(change(close))",
			"pctrank(change(close))", "top(change(close), 3) ? 1 : 0", "bottom(change(close), 3) ? 1 : 0",
			"across_median(change(close))", "breadth(change(close) > 0)", "members()", "members(change(close))",
			"across_sum(volume)", "rank(volume)[1]")
		axis := map[int64]bool{}
		for _, tape := range tapes {
			for _, at := range tape.Block.Time {
				axis[at] = true
			}
		}
		bars := 0
		for at := range axis {
			var values []float64
			members, up := 0, 0
			member := map[string]bool{}
			for _, tape := range tapes {
				own, known := got[tape.Key.Symbol][at]
				if !known || !isMember(tape.Block.Time, axis, at, admission) {
					continue
				}
				members++
				member[tape.Key.Symbol] = true
				if v := math.Round(own[0]*10) / 10; v == v { // the prices are decimals: so is their change
					values = append(values, v)
					if v > 0 {
						up++
					}
				}
			}
			for symbol := range got {
				if own, ok := got[symbol][at]; ok {
					bars++
					checkBar(t, symbol, at, own, member[symbol], values, members, up)
				}
			}
		}
		if bars < 500 {
			t.Fatalf("only %d bars compared", bars)
		}
	}
}

func isMember(times []int64, axis map[int64]bool, at int64, a across.Admission) bool {
	bars, last := 0, int64(-1)
	for _, now := range times {
		missed := 0
		for m := last + int64(time.Minute); last >= 0 && m < now; m += int64(time.Minute) {
			if axis[m] {
				missed++
			}
		}
		if missed >= a.Silent {
			bars = 0
		}
		if now == at {
			return bars >= a.Join
		}
		bars, last = bars+1, now
	}
	return false
}

func checkBar(t *testing.T, symbol string, at int64, got []float64, member bool, values []float64, members, up int) {
	t.Helper()
	na := math.NaN()
	n := float64(len(values))
	own := math.Round(got[0]*10) / 10
	want := []float64{got[0], na, na, na, na, na, na, na, na, got[9], got[10]}
	if members >= 2 {
		want[7] = float64(members)
	}
	if len(values) >= 2 {
		slices.Sort(values)
		want[5], want[6], want[8] = (values[(len(values)-1)/2]+values[len(values)/2])/2, 100*float64(up)/n, n
		if member && own == own {
			above, below := 0.0, 0.0
			for _, v := range values {
				above += truth(v > own)
				below += truth(v < own)
			}
			want[1], want[2] = above+1, 100*(n-above-1)/(n-1)
			want[3], want[4] = truth(above < 3), truth(below < 3)
		}
	}
	for k := range want {
		if near := math.Abs(got[k]-want[k]) <= 1e-9; !near && !(got[k] != got[k] && want[k] != want[k]) {
			t.Fatalf("%s at %d: value %d is %v, not %v (member %v, %v)", symbol, at, k, got[k], want[k], member, values)
		}
	}
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// TestSymbolIsAsOfOrAligned holds sym to joins, with higher timeframes and history within it.
func TestSymbolIsAsOfOrAligned(t *testing.T) {
	tapes := markettest.Draw(t, rand.New(rand.NewPCG(18, 9)), 4, 200)
	const x = `tf("5m", highest(high, 2)) - close[2]`
	got := evaluated(t, &Job{Workers: 2}, tapes, x, `sym("S02", `+x+`)`, `sym("S02", `+x+`, "aligned")`,
		`sym("S02", close > open) ? 1 : 0`, `sym("NONE", close)`, `sym("S01", rank(close))`, "rank(close)")
	other := tapes[2].Block
	for symbol, bars := range got {
		for at, v := range bars {
			asOf, aligned := math.NaN(), math.NaN()
			i, found := slices.BinarySearch(other.Time, at)
			if found {
				i++
				aligned = got["S02"][at][0]
			}
			up := math.NaN()
			if i > 0 {
				asOf = got["S02"][other.Time[i-1]][0]
				up = truth(other.Close[i-1] > other.Open[i-1])
			}
			rank := math.NaN()
			if j, _ := slices.BinarySearch(tapes[1].Block.Time, at+1); j > 0 {
				rank = got["S01"][tapes[1].Block.Time[j-1]][6]
			}
			want := []float64{v[0], asOf, aligned, up, math.NaN(), rank}
			for k := range want {
				if v[k] != want[k] && !(v[k] != v[k] && want[k] != want[k]) {
					t.Fatalf("%s at %d: value %d is %v, not %v", symbol, at, k, v[k], want[k])
				}
			}
		}
	}
}

// TestWorkersChangeNothing scans with formulas of all kinds, however many series are worked on at a time, and from a
// pipe, which can be read once only.
func TestWorkersChangeNothing(t *testing.T) {
	tapes := markettest.Draw(t, rand.New(rand.NewPCG(18, 3)), 12, 150)
	var pipe strings.Builder
	pipe.WriteString("symbol,timestamp,open,high,low,close,volume\n")
	for _, tape := range tapes {
		for i := range tape.Block.Len() {
			c := tape.Block.At(i)
			fmt.Fprintf(&pipe, "%s,%s,%v,%v,%v,%v,%v\n", tape.Key.Symbol,
				time.Unix(0, c.Time).UTC().Format(time.RFC3339), c.Open, c.High, c.Low, c.Close, c.Volume)
		}
	}
	scan := func(workers int, data history.Data) string {
		results, _, err := Scan(context.Background(), &Job{
			Data: data, Workers: workers, Others: true,
			Universes: []formula.Universe{
				{Name: "few", Symbols: []string{"S00", "S1*"}}, {Name: "busy", Condition: "sma(volume, 5) > 4"},
			},
			Formulas: []stream.Formula{
				{Name: "a", Expression: `rank(rank(close, "busy") + rank(volume)) <= 2`},
				{Name: "b", Expression: "top(roc(close, 5), 2)", Symbols: []string{"S0*"}},
				{Name: "c", Expression: `top(roc(close, 5), 2) and rank(close, "few") > 1`, Symbols: []string{"S1*"}},
				{Name: "d", Expression: `xscore(close / sym("S03", close)) > 1.5`, Mode: stream.Edge},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		var lines []byte
		counts := map[string]int{}
		for i := range results {
			for k := range results[i].Matches {
				lines = append(results[i].Matches[k].AppendJSON(lines), '\n')
				counts[results[i].Matches[k].Formula().Name]++
			}
		}
		if len(counts) != 4 {
			t.Fatalf("matches %v", counts)
		}
		return string(lines)
	}
	want := scan(1, history.Data{Memory: tapes})
	for _, workers := range []int{2, 5} {
		if got := scan(workers, history.Data{Memory: tapes}); got != want {
			t.Errorf("%d workers find other matches", workers)
		}
	}
	if got := scan(2, history.Data{Paths: []string{"-"}, Stdin: strings.NewReader(pipe.String())}); got != want {
		t.Error("a pipe gives other matches")
	}
}

// TestSelectedSymbolsAreTheUniverse: without a name the universe is what --symbols and the formula select.
func TestSelectedSymbolsAreTheUniverse(t *testing.T) {
	tapes := markettest.Draw(t, rand.New(rand.NewPCG(18, 5)), 8, 60)
	j := &Job{Workers: 1, Data: history.Data{Symbols: []string{"S00", "S01", "S02"}}, Universes: []formula.Universe{{Name: "all"}}}
	got := evaluated(t, j, tapes, "members()", `members("all")`)
	last := tapes[0].Block.Time[len(tapes[0].Block.Time)-1]
	if v := got["S00"][last]; len(got) != 3 || !(v[0] <= 3) || !(v[1] > 3) {
		t.Errorf("%d series, members %v", len(got), v)
	}
}

// TestMemoryIsRefusedBeforeRanking: a limit that what is ranked exceeds is an error with the figure, one that it meets
// is none.
func TestMemoryIsRefusedBeforeRanking(t *testing.T) {
	tapes := markettest.Draw(t, rand.New(rand.NewPCG(18, 6)), 5, 100)
	values := 0
	for i := range tapes {
		values += tapes[i].Block.Len()
	}
	scan := func(limit int) error {
		_, _, err := Scan(context.Background(), &Job{
			Data: history.Data{Memory: tapes}, Workers: 2, Others: true, MemoryMax: int64(limit),
			Formulas: []stream.Formula{{Name: "top", Expression: "top(roc(close, 20), 2)"}},
		})
		return err
	}
	if err := scan(8 * values); err != nil {
		t.Error(err)
	}
	if err := scan(8*values - 1); err == nil || !strings.Contains(err.Error(), megabytes(int64(8*values))) {
		t.Errorf("%v", err)
	}
}

func TestGapsThatAreFilledAreRefused(t *testing.T) {
	_, _, err := Scan(context.Background(), &Job{
		Data: history.Data{Memory: markettest.Draw(t, rand.New(rand.NewPCG(18, 6)), 3, 30)}, Workers: 1, Others: true, Gaps: stream.GapFill,
		Formulas: []stream.Formula{{Name: "top", Expression: "top(close, 2)"}},
	})
	if err == nil || !strings.Contains(err.Error(), "gaps") {
		t.Error(err)
	}
}

// TestCalendarSharesTimes: series that start later share the times of those that are longer.
func TestCalendarSharesTimes(t *testing.T) {
	var c calendar
	whole := c.share([]int64{1, 2, 3, 5, 8})
	if part := c.share([]int64{3, 5, 8}); &part[0] != &whole[2] {
		t.Error("the times of a late series are held twice")
	}
	c.share([]int64{3, 4, 5})
	if c.settle(); !slices.Equal(c.axis, []int64{1, 2, 3, 4, 5, 8}) {
		t.Error(c.axis)
	}
}

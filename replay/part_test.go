package replay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"streamd/history"
	"streamd/internal/seed"
	"streamd/stream"
)

// writeShardable writes symbols in a file of each and in one of many, with rows that are no candles, and returns the
// paths.
func writeShardable(t *testing.T, r *rand.Rand) []string {
	t.Helper()
	dir := t.TempDir()
	var many strings.Builder
	many.WriteString("symbol,timestamp,open,high,low,close,volume\n")
	paths := []string{filepath.Join(dir, "many.csv"), filepath.Join(dir, "nothing.csv")}
	for k := range 14 {
		symbol := fmt.Sprintf("S%02d", k)
		var own strings.Builder
		own.WriteString("timestamp,open,high,low,close,volume\n")
		price := 50 + 10*r.Float64()
		for day := range 90 {
			price *= 1 + 0.04*(r.Float64()-0.5)
			row := fmt.Sprintf("%d,%.2f,%.2f,%.2f,%.2f,%d", 1_600_000_000+86_400*day, price, price*1.02, price*0.98,
				price*1.01, 1000+day)
			if r.IntN(60) == 0 {
				row = "never,1,1,1,1,1"
			}
			if k%2 == 0 {
				fmt.Fprintf(&own, "%s\n", row)
			} else {
				fmt.Fprintf(&many, "%s,%s\n", symbol, row)
			}
		}
		if k%2 == 0 {
			path := filepath.Join(dir, symbol+".csv")
			paths = append(paths, path)
			writeText(t, path, own.String())
		}
	}
	writeText(t, paths[0], many.String())
	writeText(t, paths[1], "\x00\x01")
	return paths
}

func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// shardJobs are jobs whose parts are merged, each with what prints its whole.
var shardJobs = []struct {
	name  string
	part  func(t *testing.T, j *Job) *Part
	whole func(t *testing.T, p *Part) any
}{
	{"scan", func(t *testing.T, j *Job) *Part {
		results, report, err := Scan(t.Context(), j)
		return &Part{Task: TaskOf(j, "test"), Results: results, Report: check(t, report, err)}
	}, func(t *testing.T, p *Part) any {
		totals := Aggregate(p.Results, SortTimestamp)
		var lines []byte
		for i := range totals.Matches {
			lines = append(totals.Matches[i].AppendJSON(lines), '\n')
		}
		job := p.Task.Job()
		summary := totals.Summary(p.Report, false, 0)
		summary.Statistics = Statistics(p.Results, job)
		return []any{string(lines), summary}
	}},
	{"backtest", func(t *testing.T, j *Job) *Part { return partOfTrades(t, j, false) }, backtestOf},
	{"one purse", func(t *testing.T, j *Job) *Part { return partOfTrades(t, j, true) }, backtestOf},
	{"discovery", func(t *testing.T, j *Job) *Part {
		o := DiscoverOptions{Conditions: Conditions()[:8], CountMin: 5}
		found, report, err := FindOccurrences(t.Context(), j, o)
		task := TaskOf(j, "test")
		task.Discover = &o
		return &Part{Task: task, Occurrences: found, Report: check(t, report, err)}
	}, func(_ *testing.T, p *Part) any { return p.Occurrences.Findings() }},
	{"similar", func(t *testing.T, j *Job) *Part {
		w := Window{Symbol: "S01", From: 1_601_000_000e9, To: 1_602_000_000e9}
		found, failed, report, err := FindSimilar(t.Context(), j, w, 7)
		task := TaskOf(j, "test")
		task.Like, task.Nearest = &w, 7
		return &Part{Task: task, Similar: found, Errors: failed, Report: check(t, report, err)}
	}, func(_ *testing.T, p *Part) any { return p.Similar }},
}

func check(t *testing.T, report history.Report, err error) history.Report {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func partOfTrades(t *testing.T, j *Job, purse bool) *Part {
	t.Helper()
	rules := &TradingRules{Side: Long, Cash: 1000, Size: 0.5, Fee: 0.001, Portfolio: purse}
	if purse {
		rules.PositionsMax, rules.Rank = 2, "roc(close, 3)"
	}
	own := *j
	own.Formulas = []stream.Formula{
		{Name: "in", Expression: "close > sma(close, 5)", Signal: stream.Entry},
		{Name: "out", Expression: "close < sma(close, 5)", Signal: stream.Exit},
	}
	accounts, report, err := TradeSeries(t.Context(), &own, rules)
	task := TaskOf(&own, "test")
	task.Rules = rules
	return &Part{Task: task, Accounts: accounts, Report: check(t, report, err)}
}

func backtestOf(_ *testing.T, p *Part) any { return p.Accounts.Backtest() }

// TestMergedParts divides a history into any number of shards: what is merged of them, in any order, is what the
// whole gives, and so is what is said about the files.
func TestMergedParts(t *testing.T) {
	r := seed.Rand(t)
	paths := writeShardable(t, r)
	for _, kind := range shardJobs {
		t.Run(kind.name, func(t *testing.T) {
			job := func(s history.Shard) *Job {
				return &Job{
					Data: history.Data{Paths: paths, Shard: s, Symbols: []string{"S*", "NOPE"}}, Workers: 1 + r.IntN(3),
					Statistics: kind.name == "scan",
					Formulas: []stream.Formula{
						{Name: "up", Expression: "close > sma(close, 7)", Mode: stream.Edge, Resolve: true, Expires: 4},
						{Name: "low", Expression: "rsi(close, 2) < 20"},
					},
				}
			}
			single := kind.part(t, job(history.Shard{}))
			want := textOfPart(t, single, kind.whole)
			for range 3 {
				n := 1 + r.IntN(6)
				var parts []*Part
				var names []string
				for _, i := range r.Perm(n) {
					p := kind.part(t, job(history.Shard{Index: i, Of: n}))
					p.Shard = history.Shard{Index: i, Of: n}
					parts, names = append(parts, rewritten(t, p)), append(names, p.Shard.String())
				}
				whole, err := MergeParts(parts, names)
				if err != nil {
					t.Fatal(err)
				}
				if got := textOfPart(t, whole, kind.whole); got != want {
					t.Fatalf("of %d shards:\n%.2000s\nwant:\n%.2000s", n, got, want)
				}
			}
		})
	}
}

// rewritten writes and reads a part.
func rewritten(t *testing.T, p *Part) *Part {
	t.Helper()
	var file bytes.Buffer
	if err := p.Write(&file); err != nil {
		t.Fatal(err)
	}
	got, err := ReadPart(&file)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func textOfPart(t *testing.T, p *Part, whole func(*testing.T, *Part) any) string {
	t.Helper()
	said := map[string]string{}
	for name, err := range p.Report.Errors {
		said[name] = err.Error()
	}
	text, err := json.MarshalIndent([]any{
		whole(t, p), said, p.Report.LeftOut, p.Report.Notes, p.Report.Skipped, len(p.failures()),
	}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestDamagedPart cuts a part short and turns bits of it: it is refused, whatever was hit.
func TestDamagedPart(t *testing.T) {
	r := seed.Rand(t)
	j := &Job{
		Data:     history.Data{Paths: writeShardable(t, r), Shard: history.Shard{Of: 1}},
		Formulas: []stream.Formula{{Name: "up", Expression: "close > sma(close, 7)"}},
	}
	results, report, err := Scan(t.Context(), j)
	p := Part{Task: TaskOf(j, "test"), Shard: j.Data.Shard, Results: results, Report: check(t, report, err)}
	var file bytes.Buffer
	if err := p.Write(&file); err != nil {
		t.Fatal(err)
	}
	whole := file.Bytes()
	for range 60 {
		short := whole[:r.IntN(len(whole))]
		if _, err := ReadPart(bytes.NewReader(short)); err == nil {
			t.Fatalf("%d of %d bytes are read as a part", len(short), len(whole))
		}
		turned := bytes.Clone(whole)
		at := r.IntN(8 * len(turned))
		turned[at/8] ^= 1 << (at % 8)
		if got, err := ReadPart(bytes.NewReader(turned)); err == nil && at/8 >= len(partMagic)+6 {
			t.Fatalf("byte %d of %d turned: read as a part with %d results", at/8, len(turned), len(got.Results))
		}
	}
}

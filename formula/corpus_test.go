package formula

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"streamd/candle"
	"streamd/formula/plan"
	"streamd/incremental"
	"streamd/internal/plantest"
)

var rewrite = flag.Bool("rewrite", false, "write the expectations of the corpus anew, from the tree evaluator")

// script is one block of a corpus file: the candles in force, a formula, and
// what is expected of it. testdata/corpus/README describes the files.
type script struct {
	file, candles, src string
	want               []string
}

const expects = "    "

func scripts(t testing.TB) []script {
	t.Helper()
	files, err := filepath.Glob("testdata/corpus/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("corpus: %v files, %v", len(files), err)
	}
	var all []script
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		candles := ""
		for block := range strings.SplitSeq(string(data), "\n\n") {
			s := script{file: file, candles: candles}
			var lines []string
			for line := range strings.SplitSeq(strings.Trim(block, "\n"), "\n") {
				switch {
				case strings.HasPrefix(line, "##"):
				case strings.HasPrefix(line, expects):
					s.want = append(s.want, strings.TrimPrefix(line, expects))
				case strings.HasPrefix(line, "candles "):
					candles = line
				default:
					lines = append(lines, line)
				}
			}
			if s.src = strings.Join(lines, "\n"); s.src != "" {
				all = append(all, s)
			}
		}
	}
	return all
}

// corpus returns every formula of the script tests.
func corpus(t testing.TB) []string {
	var all []string
	for _, s := range scripts(t) {
		all = append(all, s.src)
	}
	return all
}

// TestCorpus holds the plan and the tree evaluator to the written expectations.
func TestCorpus(t *testing.T) {
	all := scripts(t)
	strategies := 0
	for _, s := range all {
		tf, bars := scriptCandles(t, s)
		env := testEnv(t)
		env.Timeframe = tf
		b := NewBuilder(env)
		c, d := b.Add(s.src)
		checkFormat(t, s.src)
		var got, want []string
		if len(d) > 0 {
			for _, e := range d {
				got = append(got, "! "+e.String())
			}
			want = got
		} else {
			o := &oracle{rows: map[string]*incremental.Row{}, base: tf}
			for _, r := range Functions(env.Table) {
				o.rows[r.Name] = r
			}
			p, _ := Parse(s.src)
			want = []string{"= " + summary(o.program(p, bars), c.Bool)}
			laid := plan.NewPlan(b.graph, []plan.Ref{c.Root},
				plan.Options{Timeframe: tf, BlockMax: bars.Len(), Slack: bars.Len()})
			e, slab := laid.NewExec(), laid.NewSlab()
			e.Step(slab, &bars)
			got = []string{"= " + summary(e.Values(laid.Handle(c.Root)), c.Bool)}
		}
		if strings.HasSuffix(s.file, "strategies.txt") {
			strategies++
			if !c.Bool || !strings.Contains(got[0], "true on") || strings.Contains(got[0], "true on 0 of") {
				t.Errorf("%s: %s: a strategy must be true somewhere: %s", s.file, s.src, got)
			}
		}
		if *rewrite {
			rewriteScript(t, s, want)
			continue
		}
		if !slices.Equal(got, s.want) || !slices.Equal(want, s.want) {
			t.Errorf("%s: %s\n  plan   %s\n  tree   %s\n  expect %s", s.file, s.src, strings.Join(got, "\n         "),
				strings.Join(want, "\n         "), strings.Join(s.want, "\n         "))
		}
	}
	if len(all) < 200 || strategies < 40 {
		t.Errorf("%d formulas, %d strategies", len(all), strategies)
	}
}

func rewriteScript(t *testing.T, s script, want []string) {
	data, err := os.ReadFile(s.file)
	if err != nil {
		t.Fatal(err)
	}
	text := "\n" + strings.TrimRight(string(data), "\n") + "\n\n"
	oldBlock := "\n" + s.src + "\n"
	for _, w := range s.want {
		oldBlock += expects + w + "\n"
	}
	newBlock := "\n" + s.src + "\n"
	for _, w := range want {
		newBlock += expects + w + "\n"
	}
	text = strings.Replace(text, oldBlock+"\n", newBlock+"\n", 1)
	if err := os.WriteFile(s.file, []byte(strings.Trim(text, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// scriptCandles makes the bars of "candles TIMEFRAME CLOSE..." or "candles
// TIMEFRAME walk BARS". A bar opens at the close before it; high and low are 1
// beyond open and close; the volume is 100, 200 … 700 in turn.
func scriptCandles(t *testing.T, s script) (candle.Timeframe, plan.Columns) {
	words := strings.Fields(s.candles)
	if len(words) < 3 {
		t.Fatalf("%s: %s: no candles before it", s.file, s.src)
	}
	tf := plantest.Frame(t, words[1])
	var closes []float64
	if words[2] == "walk" {
		n, _ := strconv.Atoi(words[3])
		p, state := 10000, uint32(12345) // cents; a congruential generator (Numerical Recipes)
		for range n {
			state = state*1664525 + 1013904223
			p = max(1000, p+int(state>>16)%401-200)
			closes = append(closes, float64(p)/100)
		}
	} else {
		for _, w := range words[2:] {
			v, err := strconv.ParseFloat(w, 64)
			if err != nil {
				t.Fatal(err)
			}
			closes = append(closes, v)
		}
	}
	var b plan.Columns
	at := int64(1704205800_000_000_000) // 2024-01-02 14:30 UTC, 09:30 in New York
	at = tf.Align(at)
	for i, c := range closes {
		o := closes[max(0, i-1)]
		if words[2] == "walk" && i%23 == 22 { // a gap
			o = float64(int(o*103)) / 100
		}
		above, below := 1.0, 1.0
		if words[2] == "walk" {
			above, below = float64(1+i*7%13)/8, float64(1+i*5%11)/8
		}
		b.TimeMs, b.Open, b.High = append(b.TimeMs, float64(at/1e6)), append(b.Open, o), append(b.High, max(o, c)+above)
		b.Low, b.Close, b.Volume = append(b.Low, min(o, c)-below), append(b.Close, c),
			append(b.Volume, float64(100+i%7*100))
		at = tf.Next(at)
	}
	return tf, b
}

// summary writes a short column in full, a long one by where it is true, or by
// its first, last, least and greatest value.
func summary(col []float64, isBool bool) string {
	one := func(v float64) string {
		switch {
		case v != v:
			return "_"
		case isBool:
			return strconv.FormatBool(v == 1)
		}
		return strconv.FormatFloat(v, 'g', 10, 64)
	}
	if len(col) <= 20 {
		var all []string
		for _, v := range col {
			all = append(all, one(v))
		}
		return strings.Join(all, " ")
	}
	first, trues := slices.IndexFunc(col, func(v float64) bool { return v == v }), []string(nil)
	if first < 0 {
		return "never a value"
	}
	least, most := col[first], col[first]
	for j, v := range col {
		if v == 1 {
			trues = append(trues, strconv.Itoa(j))
		}
		if v == v {
			least, most = min(least, v), max(most, v)
		}
	}
	if !isBool {
		return fmt.Sprintf("from bar %d %s, last %s, within %s and %s", first, one(col[first]), one(col[len(col)-1]),
			one(least), one(most))
	}
	bars := strings.Join(trues[:min(len(trues), 12)], " ")
	if len(trues) > 12 {
		bars += " …"
	}
	return strings.TrimRight(fmt.Sprintf("from bar %d, true on %d of %d: %s", first, len(trues), len(col), bars), ": ")
}

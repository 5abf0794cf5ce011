package formula

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"streamd/formula/plan"
	"streamd/incremental"
	"streamd/internal/plantest"
	"streamd/internal/seed"
)

// generator writes random well-typed formulas over the whole table and grammar.
type generator struct {
	rng     *rand.Rand
	numbers []*incremental.Row // rows whose first output is a number
	conds   []*incremental.Row
	vars    map[bool][]string // variables in sight: true for conditions
	inner   bool              // inside a tf
}

func newGenerator(rng *rand.Rand, rows []*incremental.Row) *generator {
	g := &generator{rng: rng}
	for _, r := range rows {
		if r.Outputs[0].Bool {
			g.conds = append(g.conds, r)
		} else {
			g.numbers = append(g.numbers, r)
		}
	}
	return g
}

func (g *generator) pick(words ...string) string { return words[g.rng.IntN(len(words))] }

// program is some definitions and a result.
func (g *generator) program() string {
	g.vars = map[bool][]string{}
	var lines []string
	if g.rng.IntN(6) == 0 {
		lines = append(lines, "def d(x, y) = x > sma(y, 3) "+g.pick("and", "or")+" "+g.cond(1))
	}
	for i := range g.rng.IntN(3) {
		v, isCond := fmt.Sprint("v", i), g.rng.IntN(3) == 0
		lines = append(lines, v+" = "+g.expr(isCond, 2)+g.pick("", " # why"))
		g.vars[isCond] = append(g.vars[isCond], v)
	}
	if g.rng.IntN(4) == 0 {
		lines = append(lines, "param p = "+g.literal())
		g.vars[false] = append(g.vars[false], "p")
	}
	result := g.expr(g.rng.IntN(3) > 0, 3)
	if len(lines) > 0 && strings.HasPrefix(lines[0], "def") && g.rng.IntN(2) == 0 {
		result = "d(" + g.num(1) + ", " + g.num(1) + ") or " + g.cond(2)
	}
	return strings.Join(append(lines, result), g.pick("\n", ";", "\n\n"))
}

func (g *generator) expr(isCond bool, depth int) string {
	if isCond {
		return g.cond(depth)
	}
	return g.num(depth)
}

func (g *generator) literal() string {
	return g.pick("0", "1", "2", "3", "0.5", "1e-3", "100", "1_0"[:1], ".25", "7", strconv.Itoa(g.rng.IntN(200)))
}

func (g *generator) num(depth int) string {
	if depth <= 0 || g.rng.IntN(8) == 0 {
		words := append([]string{
			"open", "high", "low", "close", "close", "volume", "hl2", "hlc3", "ohlc4", "hlcc4",
			"tr", "bar_index", "rsi_14", "sma_20", "na", "hour",
		}, g.vars[false]...)
		if g.rng.IntN(4) == 0 {
			return g.literal()
		}
		return g.pick(words...)
	}
	switch g.rng.IntN(12) {
	case 0, 1:
		return "(" + g.num(depth-1) + g.pick(" + ", " - ", "*", "/", " % ") + g.num(depth-1) + ")"
	case 2:
		return "(" + g.num(depth-1) + ")" + "^" + g.pick("2", "0.5", "-1", "3")
	case 3:
		return "(" + g.pick("-", "+") + g.num(depth-1) + ")"
	case 4:
		return "(" + g.cond(depth-1) + " ? " + g.num(depth-1) + " : " + g.num(depth-1) + ")"
	case 5:
		return "(" + g.num(depth-1) + ")[" + strconv.Itoa(g.rng.IntN(9)) + "]"
	case 6:
		return g.higher(false, depth)
	}
	return g.call(g.numbers[g.rng.IntN(len(g.numbers))], depth)
}

func (g *generator) cond(depth int) string {
	if depth <= 0 || g.rng.IntN(8) == 0 {
		words := append([]string{"true", "false", "close > open", "close > open", "volume > 500", "na"},
			g.vars[true]...)
		return g.pick(words...)
	}
	op := func() string { return g.pick(" > ", " < ", ">=", "<=", " == ", "!=") }
	switch g.rng.IntN(10) {
	case 0, 1, 2:
		return "(" + g.num(depth-1) + op() + g.num(depth-1) + ")"
	case 3:
		return "(" + g.num(depth-1) + op() + g.num(depth-1) + op() + g.num(depth-1) + ")"
	case 4, 5:
		return "(" + g.cond(depth-1) + g.pick(" and ", " or ", "&&", "||") + g.cond(depth-1) + ")"
	case 6:
		return "(" + g.pick("not ", "!") + g.cond(depth-1) + ")"
	case 7:
		return "(" + g.cond(depth-1) + " ? " + g.cond(depth-1) + " : " + g.cond(depth-1) + ")" + g.pick("", "", "[2]")
	case 8:
		return g.higher(true, depth)
	}
	return g.call(g.conds[g.rng.IntN(len(g.conds))], depth)
}

func (g *generator) higher(isCond bool, depth int) string {
	if g.inner {
		return g.expr(isCond, depth-1)
	}
	g.inner = true
	frame, hours := g.pick("1m", "5m", "15m", "1h", "1d", "1w"), ""
	if hours = g.pick("", "", `, zone="Asia/Tokyo"`, `, zone="America/New_York"`); frame != "1w" {
		hours = g.pick(hours, `, "09:30-16:00 Mon-Fri", "America/New_York"`, `, "18:00-17:00", "Europe/Berlin"`,
			`, "09:30-10:20", "Asia/Kolkata"`)
	}
	s := `tf("` + frame + `", ` + g.expr(isCond, depth-1) + hours + ")"
	g.inner = false
	return s
}

func (g *generator) call(row *incremental.Row, depth int) string {
	if row.Word {
		return row.Name
	}
	var args []string
	for _, in := range row.Inputs {
		switch in {
		case incremental.Real:
			args = append(args, g.num(depth-1))
		case incremental.Cond:
			args = append(args, g.cond(depth-1))
		}
	}
	for _, p := range row.Params {
		if !p.Required && g.rng.IntN(3) == 0 && impliedPrice[row.Name] == "" { // highest(7) is of the highs
			break
		}
		args = append(args, g.argument(row, p))
	}
	s := row.Name + "(" + strings.Join(args, g.pick(",", ", ")) + ")"
	if o := row.Outputs[g.rng.IntN(len(row.Outputs))]; o.Bool == row.Outputs[0].Bool && len(row.Outputs) > 1 {
		s += "." + g.pick(append([]string{o.Name}, o.Aliases...)...)
	}
	return s
}

func (g *generator) argument(row *incremental.Row, p incremental.Param) string {
	switch {
	case p.Kind == incremental.MA:
		return `"` + g.pick(incremental.MATypes()...) + `"`
	case p.Name == "zone":
		return `"` + g.pick("UTC", "America/New_York", "Asia/Kolkata") + `"`
	case p.Name == "hours":
		return `"` + g.pick("09:30-16:00", "22:00-04:00") + `"`
	case p.Kind == incremental.Text && p.Choices != nil:
		return `"` + g.pick(p.Choices...) + `"`
	case p.Kind == incremental.Text:
		return `"` + p.Text + `"`
	case p.Kind == incremental.Int:
		return formatNumber(math.Max(p.Min, 0) + float64(g.rng.IntN(int(math.Min(12, math.Max(1, p.Max-p.Min+1))))))
	case g.rng.IntN(2) == 0 || math.IsInf(p.Max, 0):
		return formatNumber(p.Default)
	}
	return formatNumber(math.Max(p.Min, 0) + g.rng.Float64()*math.Min(3, p.Max-math.Max(p.Min, 0)))
}

// TestOracle holds the plan, in blocks and in single bars, to the tree
// evaluator, to the bit. STREAMD_ORACLE sets the number of formulas.
func TestOracle(t *testing.T) {
	formulas := 2000
	if seed.Race {
		formulas = 300
	}
	if s := os.Getenv("STREAMD_ORACLE"); s != "" {
		formulas, _ = strconv.Atoi(s)
	}
	rng := seed.Rand(t)
	env := testEnv(t)
	all := Functions(env.Table)
	g := newGenerator(rng, all)
	o := &oracle{rows: map[string]*incremental.Row{}, base: env.Timeframe}
	for _, r := range all {
		o.rows[r.Name] = r
	}
	refused, used, valued := 0, map[string]bool{}, 0
	for done := 0; done < formulas; {
		src := g.program()
		b := NewBuilder(env)
		c, d := b.Add(src)
		if len(d) > 0 {
			if refused++; refused > 100+3*done {
				t.Fatalf("%d of %d formulas refused, the last: %s", refused, refused+done, d.Render(src))
			}
			continue
		}
		done++
		for _, n := range b.graph.Nodes {
			if n.Kind == plan.Call {
				used[n.Bound.Row.Name] = true
			}
		}
		p, _ := Parse(src)
		bars := plantest.Bars(rng, 120+rng.IntN(120))
		want := o.program(p, bars)
		if slices.ContainsFunc(want, func(v float64) bool { return v == v }) {
			valued++
		}
		for _, most := range []int{1, 1 + rng.IntN(80)} {
			laid := plan.NewPlan(b.graph, []plan.Ref{c.Root},
				plan.Options{Timeframe: env.Timeframe, BlockMax: most, Slack: most + rng.IntN(40)})
			got, _ := plantest.Run(laid, []plan.Ref{c.Root}, bars, rng, func() int { return 1 + rng.IntN(most) })
			if c.Bool {
				got = append(got, plantest.Judge(t, b.graph, []plan.Ref{c.Root}, bars, rng, most)[0])
			}
			for j := range want {
				if c.Bool && got[1][j] != want[j] && (got[1][j] == got[1][j] || want[j] == want[j]) {
					t.Fatalf("bar %d is judged %v, by the oracle %v\n%s\ncanonical: %s", j, got[1][j],
						want[j], src, c.Canon)
				}
				if math.Float64bits(got[0][j]) != math.Float64bits(want[j]) &&
					(got[0][j] == got[0][j] || want[j] == want[j]) {
					t.Fatalf("blocks of up to %d: bar %d is %v, by the oracle %v\n%s\ncanonical: %s",
						most, j, got[0][j], want[j], src, c.Canon)
				}
			}
		}
	}
	t.Logf("%d formulas, %d of them with a value, %d texts refused, %d functions and operators used", formulas, valued,
		refused, len(used))
	if valued < formulas/2 {
		t.Errorf("only %d of %d formulas have a value anywhere", valued, formulas)
	}
}

package formula

import (
	"runtime"
	"strings"
	"testing"

	"streamd/incremental/catalog"
	"streamd/internal/plantest"
)

// testEnv is what most tests compile in: one minute, the usual buffer.
func testEnv(t testing.TB) Env {
	return Env{
		Table: catalog.New(), Timeframe: plantest.Frame(t, "1m"), Named: NamedDefaults(), LookbackMax: 500, Others: true,
		Universes: []Universe{
			{Name: "tech", Symbols: []string{"AAPL", "MSFT"}},
			{Name: "liquid", Condition: "sma(volume * close, 20) > 1e7"},
			{Name: "itself", Condition: `rank(close, "itself") > 1`},
			{Name: "wrong", Condition: "close"},
		},
	}
}

// allocations returns how many objects were allocated so far: a measure of work that, unlike
// time, a busy machine does not change.
func allocations() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}

// FuzzParse holds for any text: reading, typing and rendering end, without a
// panic and after a bounded number of allocations; what is wrong has a place within the text; what is
// right formats to a text that means the same and formats to itself.
func FuzzParse(f *testing.F) {
	for _, src := range corpus(f) {
		f.Add(src)
	}
	for _, src := range []string{
		"11 .A00000#000", "", "\x80", "é", "((((", "))))", "a[", "f(", "f(,", "a.b.c(", "x = ", "param", "param x",
		"def", "def f", "def f(", "def f(a",
		"1 ? 2", "1 ? 2 :", "a\n\n\nb", ";;;", "#", "\"", "'\n'", "1e", "1e400", ".5.", "- - - -", "not not", "a=b=c",
		"tf(\"1h\", tf(\"1d\", close))",
		"def f(x) = f(x)\nf(1)", "a = close + close\nb = a + a\nc = b + b\nc + c", "close[99999999999]",
		"sma(close, 1e300)", strings.Repeat("(", 300),
		strings.Repeat("a = close\n", 40), strings.Repeat("1+", 400) + "1", strings.Repeat("-", 400),
		"\ufeffclose > open", "close >\r\n open",
	} {
		f.Add(src)
	}
	env := testEnv(f)
	f.Fuzz(func(t *testing.T, src string) {
		before := allocations()
		checkFormat(t, src)
		c, diags := NewBuilder(env).Add(src)
		checkPlaces(t, src, diags)
		if n := allocations() - before; n > 20_000_000 {
			t.Fatalf("%d allocations for %d bytes", n, len(src))
		}
		if len(diags) > 0 {
			return
		}
		again, diags := NewBuilder(env).Add(c.Canon)
		if len(diags) > 0 {
			t.Fatalf("canonical text of %q is %q: %v", src, c.Canon, diags)
		}
		if again.Canon != c.Canon || again.Bool != c.Bool && c.Canon != "na" || again.Lookback != c.Lookback {
			t.Fatalf("canonical text %q of %q compiles to %q", c.Canon, src, again.Canon)
		}
	})
}

// checkFormat holds a text that parses to its layout: a fixed point, with every
// comment, and with the same meaning.
func checkFormat(t *testing.T, src string) {
	t.Helper()
	p, d := Parse(src)
	out, refused := Format(src)
	if len(d) != len(refused) {
		t.Fatalf("%q: parsed with %v, formatted with %v", src, d, refused)
	}
	if len(d) > 0 {
		return
	}
	q, d := Parse(out)
	again, _ := Format(out)
	if len(d) > 0 || again != out || len(q.comments) != len(p.comments) || len(q.statements) != len(p.statements) {
		t.Fatalf("%q formats to %q and that to %q (%v)", src, out, again, d)
	}
	env := testEnv(t)
	before, diags := NewBuilder(env).Add(src)
	after, diags2 := NewBuilder(env).Add(out)
	if before.Canon != after.Canon || len(diags) != len(diags2) {
		t.Fatalf("%q means %q, formatted %q", src, before.Canon, after.Canon)
	}
}

func TestFormat(t *testing.T) {
	long := "close > sma(close, 20) and rsi(close, 14) < 30 and volume > 2 * sma(volume, 20) and close[1] < " +
		"sma(close, 20)[1]"
	for src, want := range map[string]string{
		"close>sma(close,20)&&!(rsi(close,14)>70)":    "close > sma(close, 20) and not (rsi(close, 14) > 70)",
		"#why\nx=close[1];  y = -x # last\n\n\n\nx>y": "#why\nx = close[1]\ny = -x # last\n\nx > y",
		"a = close and # here\n open # there\na":      "# here\na = close and open # there\na",
		"macd(close,slow_period=26,).signal>0":        "macd(close, slow_period=26).signal > 0",
		"session('09:30-16:00')\r\n":                  `session("09:30-16:00")`,
		"def f(x,n)=x>sma( x,n )\nf(close,20)":        "def f(x, n) = x > sma(x, n)\nf(close, 20)",
		long: "close > sma(close, 20)\n  and rsi(close, 14) < 30\n  and " +
			"volume > 2 * sma(volume, 20)\n  and close[1] < sma(close, 20)[1]",
	} {
		checkFormat(t, src)
		if got, d := Format(src); got != want || len(d) > 0 {
			t.Errorf("%q formats to %q, want %q (%v)", src, got, want, d)
		}
	}
	if got, d := Format("a b"); got != "a b" || len(d) == 0 {
		t.Errorf("a text with errors formats to %q", got)
	}
}

// checkPlaces holds diagnostics to places within the text, in order.
func checkPlaces(t *testing.T, src string, diags Diagnostics) {
	last := 0
	for _, d := range diags {
		if d.Span.From < last || d.Span.To < d.Span.From || d.Span.To > len(src) || d.Line < 1 || d.Col < 1 ||
			d.To < d.From || d.Message == "" || d.Code == "" {
			t.Fatalf("%q: diagnostic %+v", src, d)
		}
		last = d.Span.From
	}
	if s := diags.Render(src); len(diags) > 0 && !strings.Contains(s, "^") {
		t.Fatalf("%q renders as %q", src, s)
	}
}

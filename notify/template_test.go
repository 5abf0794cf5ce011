package notify

import (
	"fmt"
	"testing"
	"time"
)

func TestTemplates(t *testing.T) {
	s := testSignalOf(t, 1, "BTC_USD", "golden", time.Now())
	for _, c := range []struct {
		template string
		escape   func(string) string
		want     string
	}{
		{
			"{{.symbol}} {{.formula}} at {{.candle.close}} (rsi {{num .indicator_values.rsi_14 1}})", asItIs,
			"BTC_USD golden at 46385 (rsi 28.4)",
		},
		{"*{{.symbol}}* {{num .indicator_values.rsi_14 1}}", telegramEscape, `*BTC\_USD* 28\.4`},
		{"<{{.metadata.desk}}|{{upper .symbol}}> {{.nothing.there}}", slackEscape.Replace, ""},
		{"{{num .indicator_values.sma_9 2}}{{.metadata.none}}", asItIs, "na"},
		{
			"{{pct 0.0123 1}} {{time .timestamp}} {{time .timestamp \"15:04\" \"Europe/Berlin\"}}", asItIs,
			"1.2% 2024-01-02 14:30 15:30",
		},
		{
			"{{if gt .candle.close 100.0}}high{{else}}low{{end}} {{link}}", asItIs,
			"high https://p/?at=2024-01-02T14%3A30%3A00Z&formula=golden&symbol=BTC_USD&timeframe=1m",
		},
		{"{{with .metadata}}{{.desk}}{{end}}{{range $k, $v := .metadata}} {{$k}}={{$v}}{{end}}", asItIs, "eq desk=eq"},
	} {
		if c.want == "" {
			continue
		}
		if d := CheckTemplate(c.template); len(d) > 0 {
			t.Errorf("%s: %v", c.template, d)
			continue
		}
		tpl, err := ParseTemplate(c.template)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := tpl.Execute(s, "https://p", c.escape); err != nil || got != c.want {
			t.Errorf("%s: %q, %v, want %q", c.template, got, err, c.want)
		}
	}
}

// The place of a fault is that of the word that is wrong.
func TestTemplateFaults(t *testing.T) {
	for _, c := range []struct{ template, word string }{
		{"{{.symbol}} {{.simbol}}", "simbol"},
		{"at {{.candle.clos}}", "clos"},
		{"{{num .candle.close 1 | uper}}", "uper"},
		{"ok {{.symbol}} {{num}}", "num"},
		{"ok\n{{.symbol}} {{nope .symbol}}", "nope"},
		{"{{if .symbol}} {{.nothing}} {{end}}", "nothing"},
		{"{{num .candle.close 1 2 3}}", "num .candle.close 1 2 3"},
		{"{{.symbol}", "{{.symbol}"},
		{"{{time .timestamp \"15:04\" \"Nowhere\"}}", "time .timestamp \"15:04\" \"Nowhere\""},
	} {
		d := CheckTemplate(c.template)
		if len(d) == 0 {
			t.Errorf("%s: nothing is wrong", c.template)
			continue
		}
		if got := c.template[d[0].Span.From:d[0].Span.To]; got != c.word {
			t.Errorf("%s: %q at %d:%d (%s), want %q", c.template, got, d[0].Line, d[0].Col, d[0].Message, c.word)
		}
	}
	if d := CheckTemplate("ok\n  {{.simbol}}"); fmt.Sprint(d[0].Line, d[0].Col) != "2 6" {
		t.Errorf("%+v", d[0])
	}
}

// TestRoutes says who gets what.
func TestRoutes(t *testing.T) {
	routes := testRoutes(t,
		RouteSettings{Match: MatchSettings{
			Formula: Patterns{"gold*"}, Symbol: Patterns{"BTC*"},
			SignalType: Patterns{"ENTRY"}, Metadata: map[string]string{"desk": "eq"},
		}, To: Patterns{"a"}, Continue: true},
		RouteSettings{Match: MatchSettings{Symbol: Patterns{"BTC?", "ETH*"}}, To: Patterns{"b"}},
		RouteSettings{To: Patterns{"a", "c"}},
	)
	for _, c := range []struct{ symbol, formula, want string }{
		{"BTC1", "golden", "a0 b1"},
		{"BTC12", "golden", "a0 c2"},
		{"ETH", "other", "b1"},
		{"X", "golden", "a2 c2"},
	} {
		s := testSignalOf(t, 1, c.symbol, c.formula, time.Now())
		end := &Signal{SignalType: resolveType, Symbol: c.symbol, Formula: c.formula, Timeframe: "1m", opener: s}
		for _, each := range []*Signal{s, end} {
			got := ""
			for _, receiver := range []string{"a", "b", "c"} {
				if r := routeTo(routes, receiver, each); r != nil {
					got += fmt.Sprintf("%s%d ", receiver, r.index)
				}
			}
			if got != c.want+" " {
				t.Errorf("%s of %s (%s) goes to %s, want %s", c.formula, c.symbol, each.SignalType, got, c.want)
			}
		}
	}
}

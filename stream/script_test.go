package stream

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"streamd/candle"
	"streamd/formula"
)

var rewrite = flag.Bool("rewrite", false, "write the expectations of the scripts anew")

// TestScripts runs testdata/scripts/*.txt; README there specifies them.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/scripts/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d scripts, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := &scriptRun{t: t, at: map[candle.Series]candle.Candle{}}
			var want []string
			for line := range strings.Lines(string(data)) {
				if line = strings.TrimRight(line, "\n"); !strings.HasPrefix(line, "    ") {
					want = append(want, line)
				}
			}
			var got strings.Builder
			for _, line := range want {
				got.WriteString(line + "\n")
				for _, l := range s.run(line) {
					got.WriteString("    " + l + "\n")
				}
			}
			if *rewrite {
				if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			expect := strings.Split(string(data), "\n")
			for i, line := range strings.Split(got.String(), "\n") {
				if i >= len(expect) || expect[i] != line {
					t.Fatalf("%s:%d: got\n%s\nwant\n%s\nin all:\n%s", file, i+1, line, expect[min(i, len(expect)-1)],
						got.String())
				}
			}
		})
	}
}

// scriptRun is the state of one script.
type scriptRun struct {
	t        *testing.T
	options  Options
	formulas []Formula
	named    []formula.Named
	engine   *Engine
	at       map[candle.Series]candle.Candle // the newest candle sent
	out      Effects
}

// run executes a line and returns what happened.
func (s *scriptRun) run(line string) []string {
	word, rest, _ := strings.Cut(line, " ")
	switch {
	case line == "" || strings.HasPrefix(line, "#"):
		return nil
	case word == "clear":
		*s = scriptRun{t: s.t, at: map[candle.Series]candle.Candle{}}
	case word == "options":
		for _, o := range strings.Fields(rest) {
			key, v, _ := strings.Cut(o, "=")
			n, _ := strconv.Atoi(v)
			switch key {
			case "gaps":
				s.options.Gaps = GapPolicy(v)
			case "buffer":
				s.options.Buffer = n
			case "outcomes":
				for _, n := range strings.Split(v, ",") {
					after, _ := strconv.Atoi(n)
					s.options.Outcomes = append(s.options.Outcomes, after)
				}
			case "series_max":
				s.options.SeriesMax = n
			default:
				s.t.Fatalf("unknown option in %q", line)
			}
		}
	case word == "indicator":
		name, expression, _ := strings.Cut(rest, ": ")
		s.named = append(s.named, formula.Named{Name: name, Expression: expression})
	case word == "formula":
		s.formulas = append(s.formulas, s.formula(rest))
	case word == "drop":
		s.formulas = slices.DeleteFunc(s.formulas, func(f Formula) bool { return f.Name == rest })
	case word == "reload":
		if rules := s.rules(); rules != nil {
			s.engine.Reload(rules)
		}
	case word == "restart":
		next := New(s.engine.Rules(), s.options)
		s.engine.All(func(x *SeriesState) {
			if _, err := next.Restore(x.AppendRecord(nil, []byte("in"))); err != nil {
				s.t.Fatal(err)
			}
		})
		s.engine = next
	case word == "push":
		return s.push(strings.Fields(rest))
	default:
		s.t.Fatalf("unknown command in %q", line)
	}
	return nil
}

func (s *scriptRun) rules() *Rules {
	rules, problems := NewRules(RulesConfig{
		Formulas: slices.Clone(s.formulas), Indicators: s.named,
		Buffer: s.options.Buffer,
	})
	if len(problems) > 0 {
		s.t.Fatal(problems[0])
	}
	return rules
}

// formula reads "NAME SETTING=VALUE...: EXPRESSION".
func (s *scriptRun) formula(text string) Formula {
	head, expression, ok := strings.Cut(text, ": ")
	words := strings.Fields(head)
	if !ok || len(words) == 0 {
		s.t.Fatalf("formula %q", text)
	}
	f := Formula{Name: words[0], Expression: expression}
	for _, w := range words[1:] {
		key, v, _ := strings.Cut(w, "=")
		n, _ := strconv.Atoi(v)
		switch key {
		case "mode":
			f.Mode = Mode(v)
		case "for":
			f.For = n
		case "cooldown":
			f.Cooldown = n
		case "min_bars":
			f.MinBars = n
		case "resolve":
			f.Resolve = true
		case "expires":
			f.Expires = n
		case "once":
			f.Once = true
		case "rearm":
			f.Rearm = v
		case "intrabar":
			f.Intrabar = true
		case "symbols":
			f.Symbols = strings.Split(v, ",")
		case "timeframes":
			f.Timeframes = []candle.Timeframe{s.frame(v)}
		default:
			s.t.Fatalf("unknown setting %q of formula %s", w, f.Name)
		}
	}
	return f
}

func (s *scriptRun) frame(text string) candle.Timeframe {
	tf, err := candle.ParseTimeframe(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return tf
}

// push sends candles of "SYMBOL[@TIMEFRAME] TOKEN...".
func (s *scriptRun) push(words []string) []string {
	if s.engine == nil {
		s.engine = New(s.rules(), s.options)
	}
	symbol, frame, ok := strings.Cut(words[0], "@")
	if !ok {
		frame = "1m"
	}
	key := candle.Series{Symbol: symbol, Timeframe: s.frame(frame)}
	var lines []string
	for _, w := range words[1:] {
		last, seen := s.at[key]
		next := key.Timeframe.Align(time.Date(2024, 1, 2, 14, 30, 0, 0, time.UTC).UnixNano())
		if seen {
			next = key.Timeframe.Next(last.Time)
		}
		kind := strings.Trim(w[:1], "0123456789")
		if kind == "+" { // bars that do not come
			n, _ := strconv.Atoi(w[1:])
			for range n {
				last.Time, next = next, key.Timeframe.Next(next)
			}
			s.at[key] = last
			continue
		}
		text, at := strings.TrimPrefix(w, kind), next
		switch kind {
		case "=":
			at = last.Time
		case "<":
			at = last.Time - key.Timeframe.Duration().Nanoseconds()
		}
		c, err := strconv.ParseFloat(text, 64)
		if err != nil {
			s.t.Fatalf("candle %q", w)
		}
		m := candle.Message{
			Symbol: []byte(symbol), Timeframe: key.Timeframe, Closed: kind != "~",
			Candle: candle.Candle{Time: at, Open: c, High: c + 1, Low: c - 1, Close: c, Volume: 100},
		}
		v := s.engine.Push(&m, &s.out)
		if m.Closed && at == next && v == Applied {
			s.at[key] = m.Candle
		}
		if l := s.happened(v); l != "" {
			lines = append(lines, time.Unix(0, at).UTC().Format("15:04 ")+w+": "+l)
		}
	}
	return lines
}

// happened tells of a candle what is worth telling.
func (s *scriptRun) happened(v Verdict) string {
	var all []string
	if v != Applied && v != Forming {
		all = append(all, v.String())
	}
	if s.out.Gaps > 0 {
		all = append(all, fmt.Sprintf("gaps %d", s.out.Gaps))
	}
	if s.out.Filled > 0 {
		all = append(all, fmt.Sprintf("filled %d", s.out.Filled))
	}
	for i := range s.out.Matches {
		m := &s.out.Matches[i]
		text := m.Formula().Name
		if m.IsResolve() {
			text += fmt.Sprintf(" ends after %d", m.bars)
		}
		m.Values(func(name string, v float64) {
			if !slices.ContainsFunc(formula.NamedDefaults(), func(n formula.Named) bool { return n.Name == name }) {
				text += fmt.Sprintf(" %s=%g", name, round10(v))
			}
		})
		if m.Intrabar {
			text += " (intrabar)"
		}
		all = append(all, text)
	}
	for i := range s.out.Outcomes {
		o := &s.out.Outcomes[i]
		text := fmt.Sprintf("%s after %d: %g to %g, %g to %g", o.Formula, o.After, o.Entry, o.Exit, o.Low, o.High)
		if o.Split {
			text += " (split)"
		}
		all = append(all, text)
	}
	s.out.Reset()
	return strings.Join(all, "; ")
}

package stream

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"streamd/candle"
	"streamd/formula"
)

// Formula is a rule as it is configured.
type Formula struct {
	Name       string
	Expression string
	Signal     SignalType
	Symbols    []string           // patterns with * and ?; empty for all
	Timeframes []candle.Timeframe // empty for all
	Mode       Mode
	For        int // bars true in a row; 0 and 1 are the same
	Cooldown   int // silent bars after a match
	MinBars    int // silent until the series has this many
	Intrabar   bool
	Resolve    bool   // a RESOLVE when the condition is not true any more; mode edge
	Expires    int    // a RESOLVE at the latest so many bars after the signal; mode edge; 0 for never
	Once       bool   // one signal for each series
	Rearm      string // silent behind a signal until this condition is true; empty for not
	Metadata   map[string]string
	Params     map[string]formula.ParamSetting // overrides of the formula's own

	Rank Rank // the place among the formulas of a set

	selected []string // what Symbols were before an Explainer took them away
}

// Rank orders the formulas of a set: by place, then by index there, then by name. A set that is made of formulas
// without a place counts them.
type Rank struct {
	Place string
	Index int64
}

// universe returns the patterns of the series that the formula's functions over a universe mean where they name none.
func (f *Formula) universe() []string {
	if f.selected != nil {
		return f.selected
	}
	return f.Symbols
}

// SignalType says what a match means to its reader.
type SignalType string

// The signal types of the SignalMatch message.
const (
	Entry   SignalType = "ENTRY"
	Exit    SignalType = "EXIT"
	ScanHit SignalType = "SCAN_HIT"

	Resolve SignalType = "RESOLVE" // of the message that a signal has ended; no formula has it
)

// Mode says on which of the bars that satisfy a formula it fires.
type Mode string

// Every fires on each bar on which the formula is true, Edge on the step from
// false to true; from na to true is none.
const (
	Every Mode = "every"
	Edge  Mode = "edge"
)

// Limits of a formula's settings.
const (
	NameBytesMax    = 128
	PatternBytesMax = 256       // of one of the symbols
	BarsMax         = 1_000_000 // for, cooldown, min_bars, expires
)

// check reports the first setting that is out of its limits; the expression is
// judged by the compiler.
func (f *Formula) check() (setting string, err error) {
	switch {
	case f.Name == "":
		return "name", fmt.Errorf("stream: formula without a name")
	case len(f.Name) > NameBytesMax:
		return "name", fmt.Errorf("stream: formula name of %d bytes, at most %d", len(f.Name), NameBytesMax)
	case !utf8.ValidString(f.Name) || strings.ContainsFunc(f.Name, unicode.IsControl):
		return "name", fmt.Errorf("stream: formula name %q is not printable", f.Name)
	case strings.TrimSpace(f.Expression) == "":
		return "expression", fmt.Errorf("stream: formula %s has no expression", f.Name)
	case !slices.Contains([]SignalType{"", Entry, Exit, ScanHit}, f.Signal):
		return "signal_type", fmt.Errorf("stream: formula %s: signal_type %q is none of ENTRY, EXIT, SCAN_HIT", f.Name,
			f.Signal)
	case !slices.Contains([]Mode{"", Every, Edge}, f.Mode):
		return "mode", fmt.Errorf("stream: formula %s: mode %q is none of every, edge", f.Name, f.Mode)
	}
	for _, n := range []struct {
		name string
		bars int
	}{{"for", f.For}, {"cooldown", f.Cooldown}, {"min_bars", f.MinBars}, {"expires", f.Expires}} {
		if n.bars < 0 || n.bars > BarsMax {
			return n.name, fmt.Errorf("stream: formula %s: %s %d is outside 0 to %d", f.Name, n.name, n.bars, BarsMax)
		}
	}
	switch {
	case f.Resolve && f.Mode != Edge:
		return "resolve", fmt.Errorf("stream: formula %s: resolve wants mode edge", f.Name)
	case f.Expires > 0 && f.Mode != Edge:
		return "expires", fmt.Errorf("stream: formula %s: expires wants mode edge", f.Name)
	case f.Once && f.Rearm != "":
		return "rearm", fmt.Errorf("stream: formula %s: once and rearm exclude each other", f.Name)
	}
	for _, p := range f.Symbols {
		if p == "" {
			return "symbols", fmt.Errorf("stream: formula %s: an empty pattern fits no symbol", f.Name)
		}
		if len(p) > PatternBytesMax || !utf8.ValidString(p) {
			return "symbols", fmt.Errorf("stream: formula %s: the pattern %.20q of %d bytes is no text of at most %d",
				f.Name, p, len(p), PatternBytesMax)
		}
	}
	return "", nil
}

// Selects reports whether the formula applies to the series.
func (f *Formula) Selects(s candle.Series) bool {
	if len(f.Timeframes) > 0 && !slices.Contains(f.Timeframes, s.Timeframe) {
		return false
	}
	return len(f.Symbols) == 0 || slices.ContainsFunc(f.Symbols,
		func(p string) bool { return SymbolMatches(p, s.Symbol) })
}

// SymbolMatches reports whether the symbol fits the pattern, in which * stands
// for any text and ? for any one character.
func SymbolMatches(pattern, symbol string) bool {
	// Behind the last * seen: what is left of the pattern, and of the symbol what that
	// star has not taken yet. Where the rest does not fit, the star takes one more.
	star, afterStar, left := false, "", ""
	for {
		switch {
		case strings.HasPrefix(pattern, "*"):
			pattern = pattern[1:]
			star, afterStar, left = true, pattern, symbol
			continue
		case pattern == "" && symbol == "":
			return true
		case pattern != "" && symbol != "":
			_, n := utf8.DecodeRuneInString(symbol)
			_, m := utf8.DecodeRuneInString(pattern)
			if pattern[0] == '?' || pattern[:m] == symbol[:n] {
				pattern, symbol = pattern[m:], symbol[n:]
				continue
			}
		}
		if !star || left == "" {
			return false
		}
		_, n := utf8.DecodeRuneInString(left)
		left = left[n:]
		pattern, symbol = afterStar, left
	}
}

package layout

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Word brings the name of a column to the form in which aliases are compared: lower case, without accents, brackets,
// currency, leading numbers and whatever stands between its words: openTime, Open Time and open_time are one name.
func Word(name string) string {
	name = foldLatin(strings.ToLower(strings.TrimSpace(name)))
	if strings.HasPrefix(name, "__index_level") {
		return "index"
	}
	name = strings.TrimSpace(strings.Trim(name, "\ufeff\u200b\u200e\u200f\u00a0\"'<>#[]* "))
	if rest := strings.TrimLeftFunc(name, unicode.IsDigit); len(rest) < len(name) && strings.HasPrefix(rest, ".") {
		name = rest[1:] // 1. open
	}
	if i := strings.IndexAny(name, "(["); i > 0 {
		if strings.HasPrefix(name, "vol") {
			name = strings.NewReplacer("(", "", ")", "", "[", "", "]", "").Replace(name) // Volume (BTC)
		} else {
			name = name[:i] // Open (USD)
		}
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '.' || r == '-' || r == '_' {
			return -1
		}
		return r
	}, name)
}

// foldLatin takes the accents off Latin letters, as files often lack them: Eröffnung is eroffnung.
func foldLatin(s string) string {
	plain := true
	for i := range len(s) {
		plain = plain && s[i] < utf8.RuneSelf
	}
	if plain {
		return s
	}
	const latinEnd = 0x250
	latin := false
	folded := strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r) && latin:
			return -1
		case r == 'ł':
			r = 'l'
		case r == 'ı':
			r = 'i'
		case r == 'ø':
			r = 'o'
		case r == 'đ':
			r = 'd'
		}
		latin = r < latinEnd
		return r
	}, norm.NFD.String(s))
	return norm.NFC.String(folded)
}

// The ranks of columns of volumes that name a currency, behind all aliases.
const (
	rankCurrency = 1000
	rankQuote    = 2000
)

// Rank returns how good a word is as the name of a field, 0 the best and below 0 where it is none.
func Rank(field int, word string) int {
	if i := slices.Index(aliases[field], word); i >= 0 || field != Volume {
		return i
	}
	const shortest, longest = 2, 8
	rest, ok := strings.CutPrefix(word, "volume")
	if !ok || len(rest) < shortest || len(rest) > longest {
		return -1
	}
	switch rest {
	case "usd", "usdt", "usdc", "busd", "eur", "currency", "quote":
		return rankQuote
	case "ma", "sma", "ema", "avg", "change", "weighted", "mean", "std", "ratio", "delta", "notional", "score",
		"profile", "imbalance", "percent", "pct", "osc", "trend", "rank":
		return -1
	}
	return rankCurrency
}

// FieldOf returns the field that a column's name is the name of, -1 for none. Where a name serves several fields, as
// time for a clock, it is the first of them.
func FieldOf(name string) int {
	word := Word(name)
	for field := range aliases {
		if Rank(field, word) >= 0 {
			return field
		}
	}
	return -1
}

// IsWord reports whether a text may name a thing: it begins with a letter, as no time does.
func IsWord(text string) bool {
	for _, r := range text {
		return unicode.IsLetter(r) && kindOf([]byte(text)) == timeUnknown
	}
	return false
}

// IsIndex reports whether a name is that of an index without one.
func IsIndex(name string) bool { return slices.Contains(indexNames, Word(name)) }

// prices are the names of the four prices, for names that are made of them and something that all four share.
var prices = [...][2]string{{"open", "o"}, {"high", "h"}, {"low", "l"}, {"close", "c"}}

// Words returns the words of the names of columns. What the names of all four prices begin or end with is no part of
// them: a ticker as in AAPL.Open, a side as in bidOpen.
func Words(names []string) []string {
	words := make([]string, len(names))
	for i, name := range names {
		words[i] = Word(tupleHead(name))
	}
	if slices.ContainsFunc(words, func(w string) bool { return Rank(Open, w) >= 0 || Rank(Close, w) >= 0 }) {
		return words
	}
	shared := pricesAffix(names)
	if shared == (affix{}) {
		return words
	}
	for i, name := range names {
		rest, begins := strings.CutPrefix(strings.ToLower(name), shared.before)
		if rest, ends := strings.CutSuffix(rest, shared.behind); begins && ends {
			words[i] = Word(rest)
		}
	}
	return words
}

// pricesAffix returns what the names of the four prices begin and end with, nothing where that is not one thing. Of the
// sides of a quote (sidesOf) it is the middle, where there is one.
func pricesAffix(names []string) affix {
	shared := sharedAffixes(names)
	for _, a := range shared {
		if len(shared) == 1 || Word(a.before+a.behind) == "mid" && sidesOf(shared) != nil {
			return a
		}
	}
	return affix{}
}

// sidesOf returns the sides of a quote that stand around the names of prices, nil where that is anything else.
func sidesOf(shared []affix) []string {
	var found []string
	for _, a := range shared {
		word := Word(a.before + a.behind)
		if !slices.Contains([]string{"bid", "ask", "mid"}, word) {
			return nil
		}
		found = append(found, word)
	}
	return found
}

// affix is what names share around a word.
type affix struct{ before, behind string }

// sharedAffixes returns what surrounds the words of all four prices in some names, each once.
func sharedAffixes(names []string) []affix {
	found := map[affix]int{}
	var order []affix
	for k, price := range prices {
		for _, name := range names {
			name = strings.ToLower(name)
			at := strings.LastIndex(name, price[0])
			length := len(price[0])
			if at < 0 {
				at, length = len(name)-1, 1
				if at < 1 || name[at:] != price[1] || !strings.ContainsRune("._- :", rune(name[at-1])) {
					continue
				}
			}
			a := affix{name[:at], name[at+length:]}
			if found[a] == 0 {
				order = append(order, a)
			}
			found[a] |= 1 << k
		}
	}
	return slices.DeleteFunc(order, func(a affix) bool { return found[a] != 1<<len(prices)-1 || a == affix{} })
}

// tupleHead returns the first part of a name that pandas made of several, as in ('Close', 'AAPL').
func tupleHead(name string) string {
	if !strings.HasPrefix(name, "('") {
		return name
	}
	head, _, ok := strings.Cut(name[2:], "'")
	if !ok {
		return name
	}
	return head
}

// fieldByName returns the field of a name in a FileLayout, -1 for none.
func fieldByName(name string) int {
	if name == "timestamp" {
		return Time
	}
	return slices.Index(FieldNames[:], name)
}

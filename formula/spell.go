package formula

import (
	"slices"
	"strconv"
	"strings"

	"streamd/incremental"
)

// signature returns how the row is called, with defaults.
func signature(row *incremental.Row) string {
	var parts []string
	names := []string{"x", "y", "z"}
	k := 0
	for _, in := range row.Inputs {
		switch in {
		case incremental.Real:
			parts = append(parts, names[min(k, 2)])
			k++
		case incremental.Cond:
			parts = append(parts, "cond")
		}
	}
	for _, p := range row.Params {
		if p.Required {
			parts = append(parts, p.Name)
		} else {
			parts = append(parts, p.Name+"="+formatArg(p, incremental.Arg{Num: p.Default, Text: p.Text}))
		}
	}
	return row.Name + "(" + strings.Join(parts, ", ") + ")"
}

// Signature returns how the function is called, with its defaults.
func Signature(row *incremental.Row) string { return signature(row) }

// suggest returns a hint with the nearest known name, or "".
func (l *lowering) suggest(s *scope, word string, function bool) string {
	var words []string
	for n := range l.builder.rows {
		words = append(words, n)
	}
	if !function {
		for n := range prices {
			words = append(words, n)
		}
		for n := range composites {
			words = append(words, n)
		}
		for n := range l.builder.named {
			words = append(words, n)
		}
		for sc := s; sc != nil; sc = sc.outer {
			for n := range sc.vars {
				words = append(words, n)
			}
		}
	}
	slices.Sort(words)
	if near := nearest(word, words); near != "" {
		return "did you mean " + strconv.Quote(near) + "?"
	}
	return ""
}

// nearest returns the candidate with the least edit distance (Levenshtein),
// if that is small for the length of the word.
func nearest(word string, candidates []string) string {
	best, distance := "", 1+len(word)/3
	word = strings.ToLower(word)
	for _, c := range candidates {
		if d := edits(word, c, distance); d <= distance && (d < distance || best == "") {
			best, distance = c, d
		}
	}
	return best
}

func edits(a, b string, most int) int {
	if len(a)-len(b) > most || len(b)-len(a) > most {
		return most + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}

package formula

import (
	"fmt"
	"strings"
)

// DidYouMean returns the hint with the candidate that the word is most likely a
// misspelling of, "" when none is near.
func DidYouMean(word string, candidates []string) string {
	if best := nearest(word, candidates); best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return ""
}

// nearest returns the candidate with the fewest edits to the word, at most a
// third of its letters; the first of several. Upper case is no edit. A single
// letter could be anything.
func nearest(word string, candidates []string) string {
	word = strings.ToLower(word)
	best, fewest := "", min(len(word), max(1, len(word)/3)+1)
	if len(word) > 40 {
		return ""
	}
	for _, c := range candidates {
		if d := editDistance(word, strings.ToLower(c), fewest); d < fewest {
			best, fewest = c, d
		}
	}
	return best
}

// editDistance counts the letters to insert, delete, replace or swap with the
// neighbour (Damerau 1964, optimal string alignment). It may return any number
// from the bound on once that is reached.
func editDistance(a, b string, bound int) int {
	if d := len(a) - len(b); d >= bound || -d >= bound {
		return bound
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row = last, row, before
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > bound {
			return bound
		}
	}
	return row[len(b)]
}

package history

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// RowsLeftOut counts the rows of an input that were left out for one reason. First is the number of the first such
// line, 0 where that is not known.
type RowsLeftOut struct {
	Reason string `json:"reason"`
	Rows   int    `json:"rows"`
	First  int    `json:"first_line,omitempty"`
	Unit   string `json:"unit,omitempty"` // what First counts, where that is not lines
}

// The reasons that more than one reader has.
const (
	reasonRepeated    = "repeated"
	reasonContradicts = "repeated with other values"
	reasonSymbol      = "symbol missing or not valid"
	reasonTimeframe   = "timeframe not understood"
	reasonNoCandle    = "not a candle"
)

func leaveOut(all []RowsLeftOut, reason string, rows, first int) []RowsLeftOut {
	return addLeftOut(all, RowsLeftOut{Reason: reason, Rows: rows, First: first})
}

// addLeftOut adds rows to those left out for the same reason.
func addLeftOut(all []RowsLeftOut, more RowsLeftOut) []RowsLeftOut {
	i := slices.IndexFunc(all, func(l RowsLeftOut) bool { return l.Reason == more.Reason })
	if i < 0 {
		return append(all, more)
	}
	all[i].Rows += more.Rows
	if more.First > 0 && (all[i].First == 0 || more.First < all[i].First) {
		all[i].First = more.First
	}
	return all
}

// leave notes the rows of an input that were left out.
func (h *history) leave(in *input, left []RowsLeftOut) {
	if len(left) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range left {
		l.Unit = in.unit
		h.report.LeftOut[in.name] = addLeftOut(h.report.LeftOut[in.name], l)
		h.report.Skipped[in.name] += l.Rows
	}
}

// leftOut returns what was left out of an input so far.
func (h *history) leftOut(in *input) []RowsLeftOut {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append(slices.Clone(h.elsewhere[in.name]), h.report.LeftOut[in.name]...)
}

// note keeps what the user should know of how an input was read.
func (h *history) note(in *input, notes ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, n := range notes {
		if !slices.Contains(h.report.Notes[in.name], n) {
			h.report.Notes[in.name] = append(h.report.Notes[in.name], n)
		}
	}
}

// noteVolume counts rows whose volume is missing, and so 0.
func (h *history) noteVolume(in *input, rows int) {
	if rows > 0 {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.volumeMissing[in.name] += rows
	}
}

// noteVolumes says of how many rows the volume was missing.
func (h *history) noteVolumes() {
	for name, rows := range h.volumeMissing {
		h.note(&input{name: name}, fmt.Sprintf("volume missing in %d rows: taken as 0", rows))
	}
}

// Sentence says what was left out of a file, as in "12 rows left out: 10 close missing (first line 37), 2 repeated
// (first line 80)".
func Sentence(left []RowsLeftOut) string {
	total := 0
	var parts []string
	for _, l := range left {
		total += l.Rows
		part := fmt.Sprintf("%d %s", l.Rows, l.Reason)
		if l.First > 0 {
			part += fmt.Sprintf(" (first %s %d)", cmp.Or(l.Unit, "line"), l.First)
		}
		parts = append(parts, part)
	}
	rows := "rows"
	if total == 1 {
		rows = "row"
	}
	return fmt.Sprintf("%d %s left out: %s", total, rows, strings.Join(parts, ", "))
}

// lineNumbers are the numbers of the lines that the bars of a part stand in. They are kept one by one only from
// where on they do not follow each other.
type lineNumbers struct {
	first int // of the first bar; 0 where lines are not known
	bars  int
	each  []uint32
}

// add notes the line of the next bar.
func (l *lineNumbers) add(line int) {
	switch {
	case l.bars == 0:
		l.first = line
	case l.each != nil:
		l.each = append(l.each, uint32(line))
	case line != l.first+l.bars:
		l.each = make([]uint32, l.bars, l.bars+1)
		for i := range l.each {
			l.each[i] = uint32(l.first + i)
		}
		l.each = append(l.each, uint32(line))
	}
	l.bars++
}

// at returns the line of bar i, 0 where it is not known.
func (l *lineNumbers) at(i int) int {
	switch {
	case i < len(l.each):
		return int(l.each[i])
	case l.first > 0 && i < l.bars:
		return l.first + i
	}
	return 0
}

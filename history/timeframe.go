package history

import (
	"time"

	"streamd/candle"
)

// steps counts the distances of times that follow each other, so that the usual one can be told from holes. Distances
// that differ by the length of months or by the change of a clock count as one.
type steps struct {
	last   int64 // distance, and how often it came in a row
	row    int
	widths [stepsMax]int64
	counts [stepsMax]int
	n      int
}

// stepsMax bounds the distances that are told apart: a series has one, and holes.
const stepsMax = 64

const (
	hourNs = int64(time.Hour)
	dayNs  = 24 * hourNs
)

// calendarSteps are the distances that differ within one timeframe: days of 23 and 25 hours, weeks and months with
// them.
var calendarSteps = [...]struct {
	least, most int64
	name        string
}{
	{dayNs - hourNs, dayNs + hourNs, "1d"},
	{7*dayNs - hourNs, 7*dayNs + hourNs, "1w"},
	{28*dayNs - hourNs, 31*dayNs + hourNs, "1M"},
	{89*dayNs - hourNs, 92*dayNs + hourNs, "3M"},
	{365*dayNs - hourNs, 366*dayNs + hourNs, "12M"},
}

func (s *steps) add(step int64) {
	if step == s.last {
		s.row++
		return
	}
	s.flush()
	s.last, s.row = step, 1
}

func (s *steps) flush() {
	if s.row == 0 || s.last <= 0 {
		return
	}
	for i, w := range s.widths[:s.n] {
		if w == s.last {
			s.counts[i] += s.row
			return
		}
	}
	if s.n < stepsMax {
		s.widths[s.n], s.counts[s.n] = s.last, s.row
		s.n++
	}
}

// usual returns the most frequent distance, the shorter one of equals, and its timeframe; 1d where there is none.
func (s *steps) usual() (width int64, tf candle.Timeframe) {
	s.flush()
	s.row = 0
	most := 0
	name := ""
	for i, w := range s.widths[:s.n] {
		count, calendar := s.counts[i], ""
		for _, c := range calendarSteps {
			if w < c.least || w > c.most {
				continue
			}
			count, calendar = 0, c.name
			for k, other := range s.widths[:s.n] {
				if other >= c.least && other <= c.most {
					count += s.counts[k]
				}
			}
		}
		if count > most || count == most && w < width {
			most, width, name = count, w, calendar
		}
	}
	if name == "" {
		if tf, ok := candle.TimeframeOf(time.Duration(width)); ok {
			return width, tf
		}
		name = "1d" // what a lone candle is taken for
	}
	tf, err := candle.ParseTimeframe(name)
	if err != nil {
		panic("history: " + err.Error())
	}
	return width, tf
}

// usualTimeframe is the timeframe of a series that states none; its times rise. Step is the usual distance where not
// all candles were kept, 0 otherwise.
func usualTimeframe(step int64, at []int64) candle.Timeframe {
	var s steps
	if step > 0 {
		s.add(step)
	} else {
		s.all(at)
	}
	_, tf := s.usual()
	return tf
}

// usualStep returns the most frequent distance of rising times, 0 where there is none.
func usualStep(at []int64) int64 {
	var s steps
	s.all(at)
	width, _ := s.usual()
	return width
}

// all adds the distances of times.
func (s *steps) all(at []int64) {
	for i := 1; i < len(at); i++ {
		s.add(at[i] - at[i-1])
	}
}

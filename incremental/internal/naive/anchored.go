package naive

// What starts over with a period of the calendar, and the levels made of the last one.

import (
	"math"
	"slices"
	"time"

	"streamd/candle/zone"
	"streamd/incremental"
)

// vwapSince weighs the bars from start(i) to i by volume.
func vwapSince(x, volume []float64, mult float64, start func(i int) int) [][]float64 {
	middle := make([]float64, len(x))
	half := eachBar([][]float64{x}, func(i int) float64 {
		from := start(i)
		sum, weight, squares := 0.0, 0.0, 0.0
		for k := from; k <= i; k++ {
			sum, weight = sum+x[k]*volume[k], weight+volume[k]
		}
		middle[i] = sum / weight
		for k := from; k <= i; k++ {
			squares += volume[k] * math.Pow(x[k]-middle[i], 2)
		}
		return mult * math.Sqrt(squares/weight)
	})
	return [][]float64{middle, combine(middle, half, add), minus(middle, half)}
}

// periodStart is the first bar of the period that bar i is in.
func periodStart(ms []float64, i int, anchor string, start int, in *time.Location) int {
	from := i
	for from > 0 && samePeriod(ms[from-1], ms[i], anchor, start, in) {
		from--
	}
	return from
}

func samePeriod(a, b float64, anchor string, start int, in *time.Location) bool {
	date := func(ms float64) time.Time { // the wall clock of the zone, put back by start
		t := time.UnixMilli(int64(ms)).In(in)
		return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute()-start, t.Second(), 0, time.UTC)
	}
	p, q := date(a), date(b)
	switch anchor {
	case "week":
		py, pw := p.ISOWeek()
		qy, qw := q.ISOWeek()
		return py == qy && pw == qw
	case "month":
		return p.Year() == q.Year() && p.Month() == q.Month()
	case "quarter":
		return p.Year() == q.Year() && (p.Month()-1)/3 == (q.Month()-1)/3
	case "year":
		return p.Year() == q.Year()
	}
	return p.Year() == q.Year() && p.YearDay() == q.YearDay()
}

func pivotPointLevels(a incremental.Args, in [][]float64) [][]float64 {
	location, _ := zone.Load(a.Text(3))
	out := make([][]float64, 11)
	for k := range out {
		out[k] = make([]float64, len(in[0]))
	}
	for i := range in[0] {
		levels := make([]float64, 11)
		for k := range levels {
			levels[k] = math.NaN()
		}
		if from := periodStart(in[4], i, a.Text(1), a.Int(2), location); from > 0 {
			before := periodStart(in[4], from-1, a.Text(1), a.Int(2), location)
			copy(levels, pivotTable(a.Text(0), in[0][before], slices.Max(in[1][before:from]),
				slices.Min(in[2][before:from]), in[3][from-1], in[0][from]))
		}
		for k := range out {
			out[k][i] = levels[k]
		}
	}
	return out
}

// pivotTable is p, r1, s1, r2, s2 … as the handbooks list them.
func pivotTable(kind string, o, h, l, c, now float64) []float64 {
	p, d := (h+l+c)/3, h-l
	switch kind {
	case "traditional":
		return []float64{
			p, 2*p - l, 2*p - h, p + d, p - d, 2*p + (h - 2*l), 2*p - (2*h - l), 3*p + (h - 3*l),
			3*p - (3*h - l), 4*p + (h - 4*l), 4*p - (4*h - l),
		}
	case "fibonacci":
		return []float64{p, p + 0.382*d, p - 0.382*d, p + 0.618*d, p - 0.618*d, p + d, p - d}
	case "woodie":
		p = (h + l + 2*now) / 4
		r3, s3 := h+2*(p-l), l-2*(h-p)
		return []float64{p, 2*p - l, 2*p - h, p + d, p - d, r3, s3, r3 + d, s3 - d}
	case "classic":
		return []float64{p, 2*p - l, 2*p - h, p + d, p - d, p + 2*d, p - 2*d, p + 3*d, p - 3*d}
	case "dm":
		x := h + l + 2*c
		if o < c {
			x = 2*h + l + c
		}
		if o > c {
			x = 2*l + h + c
		}
		return []float64{x / 4, x/2 - l, x/2 - h}
	}
	r5 := h / l * c
	return []float64{
		p, c + 1.1*d/12, c - 1.1*d/12, c + 1.1*d/6, c - 1.1*d/6, c + 1.1*d/4, c - 1.1*d/4, c + 1.1*d/2,
		c - 1.1*d/2, r5, c - (r5 - c),
	}
}

package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"streamd/candle"
	"streamd/history"
	"streamd/stream"

	"gonum.org/v1/gonum/dsp/fourier"
)

// Similar is a window of history that looks like the one asked for.
type Similar struct {
	Symbol    string    `json:"symbol"`
	Timeframe string    `json:"timeframe"`
	From      time.Time `json:"from"` // of its first bar
	To        time.Time `json:"to"`   // of its last bar
	Distance  float64   `json:"distance"`
	// Returns are from the close of the last bar to that so many bars later, by
	// Horizons; null where history ends before, or has a split between.
	Returns [len(Horizons)]*float64 `json:"returns"`

	start int
}

// Window is a stretch of one symbol's history, From and To inclusive.
type Window struct {
	Symbol   string
	From, To int64 // open times in nanoseconds
}

// Limits of a search: the least bars that have a shape, and the most windows.
const (
	windowBarsMin = 4
	SimilarMax    = 10_000
)

// FindSimilar returns the k windows of all series of the job whose closes look
// most like those of the window, by the Euclidean distance of the
// z-normalised closes (Mueen et al., MASS, 2010). Windows that overlap by more
// than half with a nearer one of the same series, or with the window itself,
// are left out. The work is O(n log n) in the length of a series.
func FindSimilar(ctx context.Context, j *Job, w Window, k int) ([]Similar, map[string]error, history.Report, error) {
	if err := j.check(); err != nil {
		return nil, nil, history.Report{}, err
	}
	if k < 1 || k > SimilarMax {
		return nil, nil, history.Report{}, fmt.Errorf("replay: %d nearest windows, want 1 to %d", k, SimilarMax)
	}
	query, key, err := queryOf(ctx, j, w)
	if err != nil {
		return nil, nil, history.Report{}, err
	}
	var mu sync.Mutex
	var found []Similar
	errs := map[string]error{}
	report, err := Each(ctx, j, func(ctx context.Context, _ int, t *history.Tape) {
		if t.Err != nil {
			mu.Lock()
			defer mu.Unlock()
			errs[t.Key.Symbol] = t.Err
			return
		}
		if t.Key.Timeframe != key.Timeframe {
			return
		}
		own := nearest(ctx, t, query, w, k, j.Splits)
		mu.Lock()
		defer mu.Unlock()
		found = append(found, own...)
	})
	if err != nil {
		return nil, errs, report, err
	}
	return kNearest(found, k), errs, report, nil
}

// kNearest orders windows by their distance and keeps the first k.
func kNearest(found []Similar, k int) []Similar {
	slices.SortFunc(found, func(a, b Similar) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), strings.Compare(a.Symbol, b.Symbol), a.From.Compare(b.From))
	})
	return found[:min(k, len(found))]
}

// queryOf reads the closes of the window and normalises them.
func queryOf(ctx context.Context, j *Job, w Window) ([]float64, candle.Series, error) {
	one := *j
	one.Progress = nil
	one.Data.Symbols, one.Data.Shard = []string{w.Symbol}, history.Shard{}
	one.Data.From, one.Data.To, one.Data.Cold = w.From, w.To+1, true
	tapes, _, err := one.Data.Collect(ctx, one.Workers)
	if err != nil {
		return nil, candle.Series{}, err
	}
	for i := range tapes {
		t := &tapes[i]
		if t.Err != nil || t.Block.Len() == 0 {
			continue
		}
		if t.Block.Len() < windowBarsMin {
			return nil, t.Key, fmt.Errorf("replay: the window has %d bars, at least %d are needed", t.Block.Len(),
				windowBarsMin)
		}
		q := normalise(t.Block.Close)
		if q == nil {
			return nil, t.Key, errors.New("replay: all closes of the window are equal: it has no shape")
		}
		return q, t.Key, nil
	}
	return nil, candle.Series{}, fmt.Errorf("replay: %w for %s in the window", ErrNoData, w.Symbol)
}

// nearest returns the k nearest windows of one series.
func nearest(ctx context.Context, t *history.Tape, query []float64, w Window, k int, policy SplitPolicy) []Similar {
	b := t.Range() // closes have no past that they need
	m, n := len(query), b.Len()
	if n < m {
		return nil
	}
	products := slidingProducts(b.Close, query)
	if ctx.Err() != nil {
		return nil
	}
	squares := make([]float64, n-m+1)
	order := make([]int, 0, n-m+1)
	for i, sd := range slidingDeviations(b.Close, m) {
		if sd == 0 || t.Key.Symbol == w.Symbol && overlaps(b.Time[i:i+m], w) {
			continue
		}
		squares[i] = 2 * float64(m) * (1 - products[i]/(float64(m)*sd))
		order = append(order, i)
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(squares[a], squares[b]), cmp.Compare(a, b)) })
	after := forwardReturns(&b, t.Key.Timeframe, policy, FromClose, Horizons[:])
	var chosen []Similar
	for _, i := range order {
		if len(chosen) == k {
			break
		}
		if slices.ContainsFunc(chosen, func(s Similar) bool { return max(s.start-i, i-s.start) <= m/2 }) {
			continue
		}
		chosen = append(chosen, similarAt(t.Key, &b, query, i, after))
	}
	return chosen
}

// similarAt makes the answer for the window that starts at a bar. The distance
// is recomputed from its definition: the Fourier transform orders the
// windows, but its last digits are not exact.
func similarAt(key candle.Series, b *stream.Block, query []float64, start int, after *forward) Similar {
	m := len(query)
	s := Similar{
		Symbol: key.Symbol, Timeframe: key.Timeframe.String(), start: start,
		From: time.Unix(0, b.Time[start]).UTC(), To: time.Unix(0, b.Time[start+m-1]).UTC(),
	}
	own := normalise(b.Close[start : start+m])
	for i, q := range query {
		s.Distance += (own[i] - q) * (own[i] - q)
	}
	s.Distance = math.Sqrt(s.Distance)
	last := start + m - 1
	for h := range Horizons {
		if r := after.returns[h][last]; finite(r) {
			s.Returns[h] = &r
		}
	}
	return s
}

// overlaps reports whether a window shares more than half of its bars with the
// one asked for.
func overlaps(times []int64, w Window) bool {
	shared := 0
	for _, at := range times {
		if at >= w.From && at <= w.To {
			shared++
		}
	}
	return 2*shared > len(times)
}

// normalise brings values to mean 0 and standard deviation 1, nil where they
// are all equal.
func normalise(x []float64) []float64 {
	mean := 0.0
	for _, v := range x {
		mean += v / float64(len(x))
	}
	variance := 0.0
	for _, v := range x {
		variance += (v - mean) * (v - mean) / float64(len(x))
	}
	sd := math.Sqrt(variance)
	if sd <= flat*math.Abs(mean) {
		return nil
	}
	z := make([]float64, len(x))
	for i, v := range x {
		z[i] = (v - mean) / sd
	}
	return z
}

// flat is the relative deviation below which values count as equal, as they do
// in formulas.
const flat = 1e-12

// slidingDeviations returns the standard deviation of every window of m values,
// 0 where they are all equal. Sums are shifted by the window's neighbourhood and
// started over every few windows, so that nothing drifts.
func slidingDeviations(x []float64, m int) []float64 {
	sd := make([]float64, len(x)-m+1)
	var shift, sum, squares float64
	for i := range sd {
		if i%m == 0 {
			shift, sum, squares = x[i], 0, 0
			for _, v := range x[i : i+m] {
				sum += v - shift
				squares += (v - shift) * (v - shift)
			}
		} else {
			in, out := x[i+m-1]-shift, x[i-1]-shift
			sum += in - out
			squares += in*in - out*out
		}
		mean := sum / float64(m)
		variance := squares/float64(m) - mean*mean
		if s := math.Sqrt(max(0, variance)); s > 1e-8*math.Abs(shift) {
			sd[i] = s
		} else if normalise(x[i:i+m]) != nil {
			sd[i] = deviation(x[i : i+m])
		}
	}
	return sd
}

func deviation(x []float64) float64 {
	mean, variance := 0.0, 0.0
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		variance += (v - mean) * (v - mean) / float64(len(x))
	}
	return math.Sqrt(variance)
}

// slidingProducts returns the product of the query with every window of x, by
// the Fourier transform. The query's values add up to 0, so the mean of x may
// be taken off first, which keeps the digits for the shape.
func slidingProducts(x, query []float64) []float64 {
	n, m := len(x), len(query)
	size := 1
	for size < n+m {
		size *= 2
	}
	mean := 0.0
	for _, v := range x {
		mean += v / float64(n)
	}
	long, short := make([]float64, size), make([]float64, size)
	for i, v := range x {
		long[i] = v - mean
	}
	for i, v := range query {
		short[m-1-i] = v // reversed: a convolution then is the sliding product
	}
	f := fourier.NewFFT(size)
	a, b := f.Coefficients(nil, long), f.Coefficients(nil, short)
	for i := range a {
		a[i] *= b[i]
	}
	product := f.Sequence(long, a)
	products := make([]float64, n-m+1)
	for i := range products {
		products[i] = product[i+m-1] / float64(size)
	}
	return products
}

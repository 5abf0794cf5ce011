package incremental

import (
	"math"

	"streamd/incremental/window"
)

// vwapTVRow starts over with each period, anchoredVWAPRow with each event.
func vwapTVRow() *Row {
	return &Row{
		Name: "vwap_tv", Title: "Volume Weighted Average Price (Pine)", Group: GroupVariant,
		Inputs: []Input{Real, Volume, Time},
		Params: append([]Param{anchorParams()[0], {Name: "mult", Kind: Float, Default: 1, Min: 0, Max: 1e6}},
			anchorParams()[1:]...), Outputs: vwapOutputs(),
		Doc: "The mean of the series weighted by volume since its session, day, week, month, quarter or year began, " +
			"and bands mult volume-weighted standard deviations away. " +
			"Periods begin start minutes after midnight in the zone (a session is such a day, weeks begin on " +
			"Monday); the first one begins with the first bar. na while there was no volume. vwap, which is " +
			"TA-Lib's, never starts over.",
		Source:   "Pine ta.vwap",
		Examples: []string{`crossover(close, vwap_tv(hlc3, "day").vwap)`, `close < vwap_tv(hlc3, "week", 2).lower`},
		Sparse:   true,
		Lookback: func(Args) int { return 0 },
		Warmup:   func(Args, float64) int { return NeverForgets },
		Check:    checkZone(3),
		Bind: func(a Args) Build {
			since, mult := newAnchor(a[0], a[2], a[3]), a.Float(1)
			var l window.Layout
			bars, period, prices := l.Clock(), l.Slots(1), anchoredPrices(&l, mult)
			return byBar(&l, 0, func(s []float64, in, out [][]float64, j int) {
				if p := since.period(in[2][j]); bars.Tick(s) == 1 || p != s[period] {
					s[period] = p
					prices.Reset(s, in[0][j])
				}
				prices.Add(s, in[0][j], in[1][j])
				prices.put(s, out, j)
			})
		},
	}
}

func anchoredVWAPRow() *Row {
	return &Row{
		Name: "anchored_vwap", Title: "Anchored Volume Weighted Average Price", Group: GroupOverlap,
		Inputs:  []Input{Real, Cond, Volume},
		Params:  []Param{{Name: "mult", Kind: Float, Default: 1, Min: 0, Max: 1e6}},
		Outputs: vwapOutputs(),
		Doc: "The mean of the series weighted by volume since the condition was last true, that bar included, and " +
			"bands mult volume-weighted standard deviations away. " +
			"na until the condition was true, and while there was no volume since. An na condition counts as false; " +
			"a bar with an na value adds nothing.",
		Source:   "Pine ta.vwap with an anchor; Shannon, Maximum Trading Gains with Anchored VWAP (2023)",
		Examples: []string{"close > anchored_vwap(hlc3, pivotlow(low, 10, 10) > 0).vwap"},
		NaAware:  true,
		Sparse:   true,
		Lookback: func(Args) int { return 0 },
		Warmup:   func(Args, float64) int { return NeverForgets },
		Bind: func(a Args) Build {
			var l window.Layout
			begun, prices := l.Slots(1), anchoredPrices(&l, a.Float(0))
			return byBar(&l, 0, func(s []float64, in, out [][]float64, j int) {
				x, c, volume := in[0][j], in[1][j], in[2][j]
				usable := x-x == 0 && volume-volume == 0
				if c == c && c != 0 {
					s[begun] = 1
					prices.Reset(s, x)
				}
				if s[begun] != 0 && usable {
					prices.Add(s, x, volume)
				}
				prices.put(s, out, j)
			})
		},
	}
}

func vwapOutputs() []Output {
	return []Output{
		{Name: "vwap"},
		{Name: "upperband", Aliases: []string{"upper"}},
		{Name: "lowerband", Aliases: []string{"lower"}},
	}
}

// vwapSums are the volume, and the distances of prices from the first and their
// squares weighted by it.
type vwapSums struct {
	first                    int
	volume, distance, square window.Total
	mult                     float64
}

func anchoredPrices(l *window.Layout, mult float64) vwapSums {
	return vwapSums{first: l.Slots(1), volume: l.Total(), distance: l.Total(), square: l.Total(), mult: mult}
}

func (p vwapSums) Reset(state []float64, x float64) {
	if x-x != 0 { // any level will do
		x = 0
	}
	state[p.first] = x
	p.volume.Reset(state)
	p.distance.Reset(state)
	p.square.Reset(state)
}

func (p vwapSums) Add(state []float64, x, volume float64) {
	if p.volume.Sum(state) == 0 {
		state[p.first] = x // the first price that weighs anything: nothing is summed yet
	}
	d := x - state[p.first]
	p.volume.Add(state, volume)
	p.distance.Add(state, float64(d*volume))
	p.square.Add(state, float64(d*d*volume))
}

// put writes the mean and the bands, na without volume.
func (p vwapSums) put(state []float64, out [][]float64, j int) {
	volume := p.volume.Sum(state)
	if volume <= 0 {
		allNA(out, j)
		return
	}
	mean := p.distance.Sum(state) / volume
	variance := p.square.Sum(state)/volume - float64(mean*mean)
	half := float64(p.mult * math.Sqrt(max(variance, 0)))
	mean += state[p.first]
	out[0][j], out[1][j], out[2][j] = mean, mean+half, mean-half
}

package incremental

import (
	"fmt"
	"math"
)

// mavpRow is a moving average whose period is itself a series.
func mavpRow() *Row {
	return &Row{
		Name: "mavp", Title: "Moving Average with Variable Period", Group: GroupOverlap,
		Inputs: []Input{Real, Real},
		Params: []Param{
			{Name: "minperiod", Kind: Int, Default: 2, Min: 1, Max: 10000},
			{Name: "maxperiod", Kind: Int, Default: 30, Min: 1, Max: 10000},
			maParam("matype", maSMA),
		},
		Outputs: real1,
		Doc: "The moving average of the first series over as many bars as the second says on each bar, cut to a " +
			"whole number and kept within minperiod and maxperiod. " +
			"The cost per bar grows with maxperiod.",
		Source: "TA-Lib MAVP",
		TALib:  "MAVP",
		Differs: "it rounds where nearly equal numbers are subtracted: on a tape with one spike, mavp(close, 2 + " +
			"bar_index % 41, 1, 147, \"kama\") real at bar 165 is 765457.1472, TA-Lib has 765457.1426",
		Linear:   true,
		Examples: []string{"close > mavp(close, ht_dcperiod(close), 10, 40)"},
		Lookback: func(a Args) int { return maLookback(a.Int(1), a.MAType(2)) },
		Warmup:   func(a Args, eps float64) int { return maWarmup(a.Int(1), a.MAType(2), eps) },
		Bind:     bindMAVP,
		Check: func(a Args) error {
			if a.Int(0) > a.Int(1) {
				return fmt.Errorf("minperiod %d is above maxperiod %d", a.Int(0), a.Int(1))
			}
			return nil
		},
	}
}

// maPeriods clamps the wanted periods.
type maPeriods struct{ least, most int }

func (p maPeriods) At(wanted float64) int {
	return int(min(max(wanted, float64(p.least)), float64(p.most)))
}

func bindMAVP(a Args) Build {
	p, kind := maPeriods{a.Int(0), a.Int(1)}, a.MAType(2)
	switch kind {
	case maSMA, maWMA, maTRIMA:
		return Build{Kernel: &mavpWindow{p, kind}, State: 1, History: p.most - 1}
	case maKAMA:
		return Build{Kernel: &mavpKAMA{p}, State: 1 + p.most + 1, History: p.most}
	}
	return bindMAVPBank(p, kind)
}

// mavpWindow weighs the window of each bar from scratch.
type mavpWindow struct {
	periods maPeriods
	kind    MAType
}

// State: bars seen, at most the lookback.
func (k *mavpWindow) Step(state []float64, in, out [][]float64) {
	y, most := out[0], k.periods.most
	for j := skip(&state[0], most-1, out); j < len(y); j++ {
		n := k.periods.At(in[1][most-1+j])
		y[j] = weighted(in[0][most-n+j:most+j], k.kind)
	}
}

// weighted is the mean of a window about its newest value, with the weights of
// sma, wma or trima.
func weighted(w []float64, kind MAType) float64 {
	n := len(w)
	anchor, sum, weights := w[n-1], 0.0, 0.0
	for i, x := range w {
		weight := 1.0
		switch kind {
		case maWMA:
			weight = float64(i + 1)
		case maTRIMA:
			weight = float64(min(i+1, n-i))
		}
		sum += float64(weight * (x - anchor))
		weights += weight
	}
	return anchor + sum/weights
}

// mavpKAMA runs a kama of every period. They share the path, which is summed
// from the newest change backwards.
type mavpKAMA struct{ periods maPeriods }

// State: bars seen (at most the lookback plus 1), then the value of each period
// by its number.
func (k *mavpKAMA) Step(state []float64, in, out [][]float64) {
	least, most := k.periods.least, k.periods.most
	values := state[1:]
	for j := range out[0] {
		out[0][j] = math.NaN()
		seen, lookback := int(state[0]), maLookback(most, maKAMA)
		state[0] = float64(min(seen, lookback) + 1)
		if seen < lookback {
			continue
		}
		x := in[0][j : j+most+1]
		path := 0.0
		for n := 1; n <= most; n++ {
			path += math.Abs(x[most-n+1] - x[most-n])
			if n == 1 || n < least {
				continue
			}
			if seen == lookback { // the first value of all
				values[n] = x[most-1]
			}
			values[n] = kamaStep(values[n], x[most], x[most]-x[most-n], path)
		}
		out[0][j] = x[most]
		if n := k.periods.At(in[1][most+j]); n > 1 {
			out[0][j] = values[n]
		}
	}
}

// bindMAVPBank runs a moving average of every period. Like TA-Lib it starts
// each so late that all have their first value on the same bar.
func bindMAVPBank(p maPeriods, kind MAType) Build {
	k := &mavpBank{periods: p, lookback: maLookback(p.most, kind)}
	at := 1
	for n := p.least; n <= p.most; n++ {
		if kind == maMAMA && n > max(p.least, 2) { // mama has no period: all are one
			k.ofPeriod = append(k.ofPeriod, len(k.legs)-1)
			continue
		}
		b := bindMA(n, kind)
		k.ofPeriod = append(k.ofPeriod, len(k.legs))
		k.legs = append(k.legs, mavpLeg{
			kernel: b.Kernel, from: at, to: at + b.State, history: b.History,
			skip: k.lookback - maLookback(n, kind),
		})
		k.history = max(k.history, b.History)
		at += b.State
	}
	return Build{Kernel: k, State: at, History: k.history}
}

type mavpLeg struct {
	kernel   Kernel
	from, to int // in the state
	history  int // bars before the newest that it reads
	skip     int // bars before its first
}

type mavpBank struct {
	periods  maPeriods
	lookback int
	history  int // of the leg that looks back furthest
	legs     []mavpLeg
	ofPeriod []int // the leg of each period, from the least on
}

// State: bars seen (at most the lookback), then that of each leg.
func (k *mavpBank) Step(state []float64, in, out [][]float64) {
	x, wanted, y := in[0], in[1], out[0]
	for j := range y {
		seen, value := int(state[0]), math.NaN()
		chosen := k.ofPeriod[k.periods.At(wanted[k.history+j])-k.periods.least]
		out[0] = y[j : j+1] // lent to the legs, as in[0] is
		for i := range k.legs {
			leg := &k.legs[i]
			if seen < leg.skip {
				continue
			}
			in[0] = x[k.history-leg.history+j : k.history+j+1]
			leg.kernel.Step(state[leg.from:leg.to], in[:1], out[:1])
			if i == chosen && seen >= k.lookback {
				value = y[j]
			}
		}
		state[0] = float64(min(seen+1, k.lookback))
		y[j] = value
	}
	in[0], out[0] = x, y
}

package incremental

import "math"

// sarRow is Wilder's parabolic stop and reverse.
func sarRow() *Row {
	return &Row{
		Name: "sar", Title: "Parabolic SAR", Group: GroupOverlap,
		Inputs: []Input{High, Low},
		Params: []Param{nonNegative("acceleration", 0.02), nonNegative("maximum", 0.2)}, Outputs: real1,
		Doc: "A stop that starts at the last extreme and runs after the price, faster with every new extreme; " +
			"when touched it reverses to the other side. Below the price the trend is up, above it down." + bitForBit,
		Source:   "TA-Lib SAR; Wilder, New Concepts in Technical Trading Systems (1978), chapter 2",
		TALib:    "SAR",
		Examples: []string{"crossover(close, sar(0.02, 0.2))"},
		Lookback: func(Args) int { return 1 },
		Warmup:   parabolicWarmup,
		Bind: func(a Args) Build {
			side := parabolicSide{init: a.Float(0), step: a.Float(0), most: a.Float(1)}.limited()
			return Build{Kernel: &parabolic{long: side, short: side}, State: parabolicLen}
		},
	}
}

// sarextRow is the parabolic stop with everything adjustable.
func sarextRow() *Row {
	return &Row{
		Name: "sarext", Title: "Parabolic SAR, Extended", Group: GroupOverlap,
		Inputs: []Input{High, Low},
		Params: []Param{
			deviations("startvalue", 0), nonNegative("offsetonreverse", 0),
			nonNegative("accelerationinitlong", 0.02), nonNegative("accelerationlong", 0.02),
			nonNegative("accelerationmaxlong", 0.2),
			nonNegative("accelerationinitshort", 0.02), nonNegative("accelerationshort", 0.02),
			nonNegative("accelerationmaxshort", 0.2),
		},
		Outputs: real1,
		Doc: "As sar, with separate accelerations for both sides, an offset (a fraction of the price) when it " +
			"reverses, and a start: a positive startvalue begins long there, a negative one short. The value is " +
			"negative while the stop is above the price, that is short." + bitForBit,
		Source:   "TA-Lib SAREXT",
		TALib:    "SAREXT",
		Examples: []string{"sarext() > 0 and sarext()[1] < 0"},
		Lookback: func(Args) int { return 1 },
		Warmup:   parabolicWarmup,
		Bind: func(a Args) Build {
			return Build{Kernel: &parabolic{
				long:   parabolicSide{a.Float(2), a.Float(3), a.Float(4)}.limited(),
				short:  parabolicSide{a.Float(5), a.Float(6), a.Float(7)}.limited(),
				signed: true, start: a.Float(0), offset: a.Float(1),
			}, State: parabolicLen}
		},
	}
}

// parabolicWarmup is a few reversals: two runs that reverse on the same bar are
// one from there on.
func parabolicWarmup(Args, float64) int { return 500 }

func nonNegative(name string, byDefault float64) Param {
	return Param{Name: name, Kind: Float, Default: byDefault, Min: 0, Max: 3e37}
}

// parabolicSide is the acceleration on one side: at first, per new extreme, at
// most.
type parabolicSide struct{ init, step, most float64 }

func (s parabolicSide) limited() parabolicSide {
	return parabolicSide{min(s.init, s.most), min(s.step, s.most), s.most}
}

type parabolic struct {
	long, short   parabolicSide
	signed        bool // negative while short
	start, offset float64
}

// Offsets in the state. The stop and the extreme of a short side are kept
// negated: there everything is the mirror image of the long side.
const (
	parabolicBars = iota // seen, at most 2
	parabolicTurn        // 1 long, -1 short
	parabolicStop
	parabolicExtreme
	parabolicSpeed
	parabolicHigh // of the bar before
	parabolicLow
	parabolicLen
)

func (k *parabolic) Step(state []float64, in, out [][]float64) {
	for j, high := range in[0] {
		low := in[1][j]
		switch state[parabolicBars] {
		case 0:
			state[parabolicBars] = 1
			out[0][j] = math.NaN()
		case 1:
			state[parabolicBars] = 2
			k.begin(state, high, low)
			state[parabolicHigh], state[parabolicLow] = high, low // its own bar before, in TA-Lib
			out[0][j] = k.follow(state, high, low)
		default:
			out[0][j] = k.follow(state, high, low)
		}
		state[parabolicHigh], state[parabolicLow] = high, low
	}
}

// begin chooses the side on the second bar: short if the low has moved further
// than the high.
func (k *parabolic) begin(state []float64, high, low float64) {
	before, below := state[parabolicHigh], state[parabolicLow]
	down := below - low
	short := down > 0 && down > high-before
	if k.start != 0 {
		short = k.start < 0
		before, below = math.Abs(k.start), k.start
	}
	state[parabolicTurn], state[parabolicStop], state[parabolicExtreme], state[parabolicSpeed] = 1, below, high,
		k.long.init
	if short {
		state[parabolicTurn], state[parabolicStop], state[parabolicExtreme], state[parabolicSpeed] = -1, -before, -low,
			k.short.init
	}
}

// follow takes the next bar, returns its stop and moves the stop on.
func (k *parabolic) follow(state []float64, high, low float64) float64 {
	turn, stop, side := state[parabolicTurn], state[parabolicStop], &k.long
	if turn < 0 {
		side = &k.short
	}
	top, bottom := mirrored(turn, high, low)
	topBefore, bottomBefore := mirrored(turn, state[parabolicHigh], state[parabolicLow])
	var value float64
	if bottom <= stop {
		stop = max(state[parabolicExtreme], topBefore, top)
		stop += float64(float64(turn*stop) * k.offset)
		value = turn * stop

		turn, stop = -turn, -stop
		side = &k.long
		if turn < 0 {
			side = &k.short
		}
		top, bottom = mirrored(turn, high, low)
		_, bottomBefore = mirrored(turn, state[parabolicHigh], state[parabolicLow])
		state[parabolicTurn], state[parabolicSpeed], state[parabolicExtreme] = turn, side.init, top
	} else {
		value = turn * stop
		if top > state[parabolicExtreme] {
			state[parabolicExtreme] = top
			state[parabolicSpeed] = min(state[parabolicSpeed]+side.step, side.most)
		}
	}
	stop = math.FMA(state[parabolicSpeed], state[parabolicExtreme]-stop, stop)
	state[parabolicStop] = min(stop, bottomBefore, bottom)
	if k.signed {
		value *= turn
	}
	return value
}

// mirrored returns a bar's far and near price as seen from a side.
func mirrored(turn, high, low float64) (top, bottom float64) {
	if turn < 0 {
		return -low, -high
	}
	return high, low
}

package incremental

import "math"

// Kernel is an indicator with its parameters bound. It is immutable and may be
// shared by any number of series.
//
// Step advances by n = len(out[0]) bars. Every in[k] has Bound.History + n
// values: first the History values before the block, then the block, so the
// value that leaves a window of p bars at bar j is in[k][History-p+j] and the
// window itself is contiguous. The values before the first bar of a run are
// unspecified: a kernel counts its bars and never lets them into a result.
// Every out[k] has n values and shares no memory with the inputs; the kernel
// writes all of them, na (NaN) during the lookback.
//
// A zeroed state is the state before the first bar. The state holds all that
// the kernel remembers, as numbers; the same bars in other block sizes leave
// the same bits in state and out.
//
// Unless its row is NaAware a kernel never sees a value that is not finite:
// StepRuns starts it over after one.
type Kernel interface {
	Step(state []float64, in, out [][]float64)
}

// Single is a kernel that can also be stepped by one bar given by value: that is
// what live candles need, and where the headers of blocks would cost more than
// the work. The arguments are the row's inputs in order, 0 where it has fewer,
// and the results its outputs likewise; the bits, and those left in the state, are
// Step's. Only kernels of at most three inputs and outputs that read no history
// have it, and for the indicators that most formulas use it is worth its lines.
type Single interface {
	Kernel
	StepOne(state []float64, a, b, c float64) (x, y, z float64)
}

// Scalar is a kernel without memory over two values of a bar. Of is Step for one bar
// given by value.
type Scalar interface {
	Kernel
	Of(a, b float64) float64
}

// Build is what a row makes of its arguments: the kernel, the length of its
// state in float64 values, and how many bars before the block it reads of each
// input.
type Build struct {
	Kernel  Kernel
	State   int
	History int
}

// Bound is a row with its arguments, ready to step.
type Bound struct {
	Build
	Row      *Row
	Args     Args
	Lookback int // bars of input before the first value
}

// One steps a kernel by one bar given by value.
type One struct {
	kernel  Single
	naAware bool
}

// One returns the way of the kernel's own for one bar, false for kernels without one (see
// Single): those take columns.
func (b *Bound) One() (One, bool) {
	kernel, ok := b.Kernel.(Single)
	return One{kernel: kernel, naAware: b.Row.NaAware}, ok
}

// Step is StepRuns for one bar: the arguments are the row's inputs in order, 0 where it has
// fewer, and the results its outputs likewise.
func (o *One) Step(state []float64, x0, x1, x2 float64) (y0, y1, y2 float64) {
	if !o.naAware && (x0-x0)+(x1-x1)+(x2-x2) != 0 {
		clear(state)
		return math.NaN(), math.NaN(), math.NaN()
	}
	return o.kernel.StepOne(state, x0, x1, x2)
}

// Warmup returns how many bars after the lookback pass until what came before
// the first bar weighs less than eps (relative to the spread of the values, in
// 0 to 1) in every output: 0 for windowed functions, NeverForgets for those that
// keep it for good. The bound holds for the function alone; a formula adds up
// the bounds along each path of its graph.
//
// A run that began Lookback+Warmup(eps) bars ago and one that began at the
// beginning of time so agree to eps. Of functions whose speed depends on the data
// (kama, mama and the Hilbert family, sar, supertrend) it is the row's estimate
// for prices that move.
func (b *Bound) Warmup(eps float64) int {
	if b.Row.Warmup == nil {
		return 0
	}
	return b.Row.Warmup(b.Args, eps)
}

// NewInput returns a fresh tape for one input of b, with room for its history
// and n bars; the bars start at index b.History.
func (b *Bound) NewInput(n int) []float64 {
	tape := make([]float64, b.History+n)
	for i := range tape[:b.History] {
		tape[i] = math.NaN()
	}
	return tape
}

// StepRuns steps the kernel over the runs of finite input within the block. A
// bar at which any input is na (or infinite) yields na and clears the state, so
// that the function warms up again behind it and nothing is poisoned: a
// windowed function is na exactly while its window holds an na.
//
// The scratch views are overwritten; each needs the length of in and out.
func (b *Bound) StepRuns(state []float64, in, out, inScratch, outScratch [][]float64) {
	n := len(out[0])
	if b.Row.NaAware || allFinite(in, b.History) {
		b.Kernel.Step(state, in, out)
		return
	}
	for i := 0; i < n; {
		if !finiteAt(in, b.History+i) {
			clear(state)
			for k := range out {
				out[k][i] = math.NaN()
			}
			i++
			continue
		}
		end := i + 1
		for end < n && finiteAt(in, b.History+end) {
			end++
		}
		for k := range in {
			inScratch[k] = in[k][i : b.History+end]
		}
		for k := range out {
			outScratch[k] = out[k][i:end]
		}
		b.Kernel.Step(state, inScratch[:len(in)], outScratch[:len(out)])
		i = end
	}
}

// allFinite reports whether every value of the block in every input is finite.
// It adds them up, in eight sums so that no addition waits for another: a sum is
// finite only if all of it is. It may say no of values near the greatest float,
// which costs a closer look and changes nothing.
func allFinite(in [][]float64, history int) bool {
	for _, col := range in {
		x := col[history:]
		var a, b, c, d, e, f, g, h float64
		i := 0
		for ; i+8 <= len(x); i += 8 {
			v := (*[8]float64)(x[i:])
			a, b, c, d = a+v[0], b+v[1], c+v[2], d+v[3]
			e, f, g, h = e+v[4], f+v[5], g+v[6], h+v[7]
		}
		for _, v := range x[i:] {
			a += v
		}
		if sum := a + b + c + d + e + f + g + h; sum-sum != 0 {
			return false
		}
	}
	return true
}

func finiteAt(in [][]float64, i int) bool {
	for _, col := range in {
		if x := col[i]; x-x != 0 {
			return false
		}
	}
	return true
}

package incremental

import "math"

// ppoRow is the difference of two moving averages in percent.
func ppoRow() *Row {
	return &Row{
		Name: "ppo", Title: "Percentage Price Oscillator", Group: GroupMomentum,
		Scale:  ofConstant(100),
		Inputs: []Input{Real}, Params: spreadParams(), Outputs: real1,
		Doc: "A fast moving average less a slow one, in percent of the slow one, so that series of any price " +
			"compare. It is 0 where the slow one is 0. The order of the periods does not matter.",
		Source: "TA-Lib PPO",
		TALib:  "PPO",
		Differs: runningTotals + "on USO of us-daily, ppo(close, 159, 218, \"hma\") real at bar 1051 is " +
			"-0.004796597394, TA-Lib has -0.004796597388",
		Examples: []string{"crossover(ppo(close), 0)", `ppo(close, 12, 26, "ema") > 2`},
		Known: map[string]string{
			"walk fastperiod=30 matype=5 slowperiod=47": "on bar 546 the averages differ by 2e-5 of the price; by " +
				"exact fractions it is -0.0019165915332392685, TA-Lib has -0.001916591529721617",
		},
		Lookback: spreadLookback,
		Warmup:   spreadWarmup,
		Bind:     bindPPO,
	}
}

// pvoRow is the same of the volume.
func pvoRow() *Row {
	return &Row{
		Name: "pvo", Title: "Percentage Volume Oscillator", Group: GroupVolume,
		Scale:  ofConstant(100),
		Inputs: []Input{Volume}, Params: spreadParams(), Outputs: real1,
		Doc: "A fast moving average of the volume less a slow one, in percent of the slow one: above 0 while " +
			"trading is livelier than usual. It is 0 where there is no volume.",
		Source: "TA-Lib PVO",
		TALib:  "PVO",
		Differs: "the average may be an adaptive one (kama, mama), whose speed on a line that rests is that of " +
			"rounding errors: see apo",
		Examples: []string{"close > highest(close, 20)[1] and pvo() > 0"},
		Lookback: spreadLookback,
		Warmup:   spreadWarmup,
		Bind:     bindPPO,
	}
}

func bindPPO(a Args) Build {
	k := &ppo{newMASpread(a.Int(0), a.Int(1), a.MAType(2))}
	return Build{Kernel: k, State: k.Len()}
}

type ppo struct{ maSpread }

// State: that of the spread.
func (k *ppo) Step(state []float64, in, out [][]float64) {
	for j := range out[0] {
		diff, slow := k.Push(state, in[0][j], in, out)
		if math.Abs(slow) < 1e-14 {
			out[0][j] = 0
		} else {
			out[0][j] = diff / slow * 100
		}
	}
}

package incremental

// nviRow is the index of the quiet days.
func nviRow() *Row {
	return volumeIndexRow("nvi", "Negative Volume Index", "NVI", -1,
		"An index from 1000 that moves with the close only on bars whose volume fell: what the informed do on quiet "+
			"days. Fosback reads it against its own one-year average.",
		"nvi() > ema(nvi(), 255)")
}

// pviRow is the index of the busy days.
func pviRow() *Row {
	return volumeIndexRow("pvi", "Positive Volume Index", "PVI", 1,
		"An index from 1000 that moves with the close only on bars whose volume rose: what the crowd does on busy "+
			"days.",
		"pvi() < ema(pvi(), 255)")
}

func volumeIndexRow(name, title, talib string, side float64, doc, example string) *Row {
	return &Row{
		Name: name, Title: title, Group: GroupVolume,
		Inputs: []Input{Close, Volume}, Outputs: real1,
		Doc:      doc + " Its level depends on where the history begins.",
		Source:   "TA-Lib " + talib + "; Fosback, Stock Market Logic (1976)",
		TALib:    talib,
		Examples: []string{example},
		Lookback: func(Args) int { return 0 },
		Warmup:   func(Args, float64) int { return NeverForgets },
		Bind:     func(Args) Build { return Build{Kernel: volumeIndex{side: side}, State: 2, History: 1} },
	}
}

// volumeIndex moves on bars whose volume rose (side 1) or fell (side -1).
type volumeIndex struct{ side float64 }

// State: 1 after the first bar, index.
func (k volumeIndex) Step(state []float64, in, out [][]float64) {
	cls, volume := in[0], in[1]
	index := state[1]
	for j := range out[0] {
		if state[0] == 0 {
			state[0], index = 1, 1000
		} else if (volume[j+1]-volume[j])*k.side > 0 && cls[j] != 0 {
			next := index + float64((cls[j+1]-cls[j])/cls[j]*index)
			if next-next == 0 { // a product of gains may outgrow the numbers; then it stays
				index = next
			}
		}
		out[0][j] = index
	}
	state[1] = index
}

package formula

import (
	"errors"
	"strings"
	"time"

	"streamd/candle/zone"

	"streamd/candle"
	"streamd/incremental"
)

// timeRows are the functions of the candle's open time.
func timeRows() []*incremental.Row {
	zoneParam := incremental.Param{Name: "zone", Kind: incremental.Text, Text: "UTC"}
	part := func(name, doc, example string, least, greatest float64, f func(t time.Time) int) *incremental.Row {
		return &incremental.Row{
			Name: name, Title: doc, Group: incremental.GroupTime, Range: [2]float64{least, greatest},
			Inputs: []incremental.Input{incremental.Time}, Params: []incremental.Param{zoneParam},
			Outputs: []incremental.Output{{Name: "real"}},
			Doc:     doc + " of the candle's open time, in the zone (an IANA name).",
			Source:  "Pine " + name, Examples: []string{name + `("America/New_York") ` + example},
			Lookback: func(incremental.Args) int { return 0 },
			Check:    func(a incremental.Args) error { _, err := zone.Load(a.Text(0)); return err },
			Bind: func(a incremental.Args) incremental.Build {
				loc, err := zone.Load(a.Text(0))
				if err != nil {
					panic("formula: " + err.Error()) // Check has seen it
				}
				return incremental.Build{Kernel: incremental.Pointwise{F: func(ms float64) float64 {
					return float64(f(time.UnixMilli(int64(ms)).In(loc)))
				}}}
			},
		}
	}
	return []*incremental.Row{
		sessionRow(),
		part("minute", "Minute", ">= 30", 0, 59, time.Time.Minute),
		part("hour", "Hour", ">= 10", 0, 23, time.Time.Hour),
		part("dayofweek", "Day of the week, 1 for Sunday to 7 for Saturday,", "== 2", 1, 7,
			func(t time.Time) int { return int(t.Weekday()) + 1 }),
		part("dayofmonth", "Day of the month", "<= 5", 1, 31, time.Time.Day),
		part("month", "Month, 1 to 12,", "== 1", 1, 12, func(t time.Time) int { return int(t.Month()) }),
		part("year", "Year", ">= 2020", 1970, 2200, time.Time.Year),
		barIndexRow(),
	}
}

func sessionRow() *incremental.Row {
	return &incremental.Row{
		Name: "session", Title: "Within a trading session", Group: incremental.GroupTime,
		Inputs: []incremental.Input{incremental.Time},
		Params: []incremental.Param{
			{Name: "hours", Kind: incremental.Text, Required: true},
			{Name: "zone", Kind: incremental.Text, Text: "UTC"},
		},
		Outputs:  []incremental.Output{{Name: "in", Bool: true}},
		Doc:      "Whether the candle opens within the hours of the session, in the zone (an IANA name).",
		Source:   "Pine time(timeframe, session)",
		Examples: []string{`session("09:30-16:00", "America/New_York") and close > open`},
		Lookback: func(incremental.Args) int { return 0 },
		Check: func(a incremental.Args) error {
			if _, err := candle.ParseSession(a.Text(0), a.Text(1)); err != nil {
				return errors.New(strings.TrimPrefix(err.Error(), "candle: session "))
			}
			return nil
		},
		Bind: func(a incremental.Args) incremental.Build {
			s, err := candle.ParseSession(a.Text(0), a.Text(1))
			if err != nil {
				panic("formula: " + err.Error()) // Check has seen it
			}
			return incremental.Build{Kernel: incremental.Pointwise{F: func(ms float64) float64 {
				if s.Contains(int64(ms) * int64(time.Millisecond)) {
					return 1
				}
				return 0
			}}}
		},
	}
}

// barIndexRow counts the bars of the series from 0.
func barIndexRow() *incremental.Row {
	return &incremental.Row{
		Name: "bar_index", Title: "Bar index", Group: incremental.GroupTime, Word: true,
		Inputs: []incremental.Input{incremental.Close}, Outputs: []incremental.Output{{Name: "real"}},
		Doc:      "The number of the bar, 0 for the first one that the series has seen.",
		Source:   "Pine bar_index",
		Examples: []string{"bar_index % 5 == 0"},
		Warmup:   func(incremental.Args, float64) int { return incremental.NeverForgets },
		Lookback: func(incremental.Args) int { return 0 },
		Bind:     func(incremental.Args) incremental.Build { return incremental.Build{Kernel: counter{}, State: 1} },
	}
}

type counter struct{}

func (counter) Step(state []float64, _, out [][]float64) {
	for j := range out[0] {
		out[0][j] = state[0]
		state[0]++
	}
}

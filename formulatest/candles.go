package formulatest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"streamd/candle"
	"streamd/candle/wire"
)

// Generate describes a series that is made up; the same words make the same
// candles everywhere.
type Generate struct {
	Kind   string  `yaml:"kind"`   // walk, trend, sine or flat
	Bars   int     `yaml:"bars"`   // 1 to BarsMax
	Seed   uint64  `yaml:"seed"`   // of a walk
	Price  float64 `yaml:"price"`  // of the first close; 100
	Step   float64 `yaml:"step"`   // of a walk its greatest change, of a trend its change per bar; 1
	Height float64 `yaml:"height"` // of a sine, above and below the price; 10
	Period int     `yaml:"period"` // of a sine, in bars; 20
}

// BarsMax bounds the candles of one test.
const BarsMax = 1_000_000

// volume of a candle that states none.
const volume = 100

// bars makes the candles of the test.
func (t *Test) bars(read ReadCSV) (candle.Series, []bar, error) {
	key := candle.Series{Symbol: "TEST"}
	if t.Symbol != "" {
		key.Symbol = t.Symbol
	}
	if t.Timeframe != "" || t.CSV == "" {
		text := t.Timeframe
		if text == "" {
			text = "1m"
		}
		tf, err := candle.ParseTimeframe(text)
		if err != nil {
			return key, nil, fmt.Errorf("formulatest: timeframe: %w", err)
		}
		key.Timeframe = tf
	}
	return t.feed().bars(key, t.Symbol, read)
}

// feed is the candles of the formula's own series.
func (t *Test) feed() *Feed { return &Feed{t.Start, t.Candles, t.CSV, t.Generate} }

// bars makes the candles of a series. A file without a key's timeframe has its own; symbol chooses a series of it.
func (f *Feed) bars(key candle.Series, symbol string, read ReadCSV) (candle.Series, []bar, error) {
	if f.CSV != "" {
		key, candles, err := read(f.CSV, symbol, key.Timeframe)
		bars := make([]bar, len(candles))
		for i, c := range candles {
			bars[i].Candle = c
		}
		return key, bars, err
	}
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()
	if f.Start != "" {
		ns, ok := wire.ParseTime([]byte(f.Start))
		if !ok {
			return key, nil, fmt.Errorf("formulatest: start %q is no time", f.Start)
		}
		start = ns
	}
	w := &writer{tf: key.Timeframe, at: start}
	var err error
	if f.Generate != nil {
		err = f.Generate.write(w)
	} else {
		for token := range strings.FieldsSeq(f.Candles) {
			if err = w.token(token); err != nil {
				break
			}
		}
	}
	return key, w.bars, err
}

// writer puts candles behind each other.
type writer struct {
	tf   candle.Timeframe
	at   int64
	last float64 // close
	bars []bar
}

// add appends a candle; open, high and low that are not given follow from the
// closes.
func (w *writer) add(b bar) error {
	if len(w.bars) >= BarsMax {
		return fmt.Errorf("formulatest: more than %d candles", BarsMax)
	}
	b.Time = w.at
	if err := b.Check(); err != nil {
		return fmt.Errorf("formulatest: candle %d: %w", len(w.bars), err)
	}
	w.bars = append(w.bars, b)
	if !b.forming {
		w.at, w.last = w.tf.Next(w.at), b.Close
	}
	return nil
}

func (w *writer) close(price, volume float64, forming bool) error {
	open := w.last
	if len(w.bars) == 0 {
		open = price
	}
	return w.add(bar{Candle: candle.Candle{
		Open: open, High: max(open, price), Low: min(open, price), Close: price,
		Volume: volume,
	}, forming: forming})
}

// token reads one word of the shorthand.
func (w *writer) token(token string) error {
	wrong := fmt.Errorf("formulatest: candles: %q is none of 10, 10@500 (with volume), 10x5, 10..20x11, o/h/l/c, "+
		"o/h/l/c/v, ~10 (forming), +3 (missing bars)", token)
	if n, ok := strings.CutPrefix(token, "+"); ok {
		missing, err := strconv.Atoi(n)
		if err != nil || missing < 1 || missing > BarsMax {
			return wrong
		}
		for range missing {
			w.at = w.tf.Next(w.at)
		}
		return nil
	}
	body, forming := strings.CutPrefix(token, "~")
	if strings.Contains(body, "/") {
		fields := strings.Split(body, "/")
		v := [5]float64{4: volume}
		for i, f := range fields {
			x, err := strconv.ParseFloat(f, 64)
			if err != nil || i >= len(v) {
				return wrong
			}
			v[i] = x
		}
		if len(fields) < 4 {
			return wrong
		}
		return w.add(bar{
			Candle:  candle.Candle{Open: v[0], High: v[1], Low: v[2], Close: v[3], Volume: v[4]},
			forming: forming,
		})
	}
	body, times, repeated := strings.Cut(body, "x")
	n := 1
	if repeated {
		var err error
		if n, err = strconv.Atoi(times); err != nil || n < 1 || n > BarsMax {
			return wrong
		}
	}
	vol := float64(volume)
	body, text, ok := strings.Cut(body, "@")
	if ok {
		x, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return wrong
		}
		vol = x
	}
	from, to, ramp := strings.Cut(body, "..")
	if !ramp {
		to = from
	}
	a, errA := strconv.ParseFloat(from, 64)
	b, errB := strconv.ParseFloat(to, 64)
	if errA != nil || errB != nil || ramp && n < 2 {
		return wrong
	}
	for i := range n {
		price := a
		if i > 0 {
			price = a + (b-a)*float64(i)/float64(n-1)
		}
		if err := w.close(price, vol, forming); err != nil {
			return err
		}
	}
	return nil
}

// write makes up the candles.
func (g Generate) write(w *writer) error {
	for _, d := range []struct {
		value *float64
		usual float64
	}{{&g.Price, 100}, {&g.Step, 1}, {&g.Height, 10}} {
		if *d.value == 0 {
			*d.value = d.usual
		}
	}
	if g.Period == 0 {
		g.Period = 20
	}
	if g.Bars < 1 || g.Bars > BarsMax || g.Period < 1 {
		return fmt.Errorf("formulatest: generate: bars %d and period %d must be 1 to %d", g.Bars, g.Period, BarsMax)
	}
	random := rand.New(rand.NewPCG(g.Seed, 0))
	price := g.Price
	for i := range g.Bars {
		vol := float64(volume)
		switch g.Kind {
		case "walk":
			if i > 0 { // prices of two decimals, like an exchange's
				price = math.Max(0.01, math.Round((price+g.Step*(2*random.Float64()-1))*100)/100)
			}
			vol = float64(50 + random.IntN(101))
		case "trend":
			price = math.Max(0, g.Price+g.Step*float64(i))
		case "sine":
			price = g.Price + g.Height*math.Sin(2*math.Pi*float64(i%g.Period)/float64(g.Period))
		case "flat":
		default:
			return fmt.Errorf("formulatest: generate: kind %q is none of walk, trend, sine, flat", g.Kind)
		}
		if err := w.close(price, vol, false); err != nil {
			return err
		}
	}
	return nil
}

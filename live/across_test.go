package live

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"streamd/across"
	"streamd/candle"
	"streamd/closing"
	"streamd/formula"
	"streamd/history"
	"streamd/internal/scantest"
	"streamd/kafka"
	"streamd/replay"
	"streamd/stream"
	"streamd/topics"

	"github.com/rs/zerolog"
)

var acrossFormulas = []stream.Formula{
	{Name: "strong", Expression: "top(roc(close, 5), 2)"},
	{Name: "few", Expression: `rank(ema(close, 9), "few") == 1 or bottom(rank(close) + rank(volume), 1)`},
	{Name: "leader", Expression: `roc(close, 3) > sym("S3", roc(close, 3)) and sym("S5", close > close[1], "aligned")`},
	{Name: "alone", Expression: "close > sma(close, 5)", Mode: stream.Edge},
}

var acrossUniverses = []formula.Universe{{Name: "few", Symbols: []string{"S0", "S1", "S2", "S7"}}}

// acrossMarket draws the candles of symbols, bar by bar, with holes and a halt.
func acrossMarket(symbols, bars int) (byBar [][]string, tapes []history.Tape) {
	rng := rand.New(rand.NewPCG(18, 1))
	minute, _ := candle.ParseTimeframe("1m")
	tapes = make([]history.Tape, symbols)
	price := make([]int, symbols)
	for s := range tapes {
		tapes[s].Key = candle.Series{Symbol: fmt.Sprintf("S%d", s), Timeframe: minute}
		price[s] = 1000 + rng.IntN(500)
	}
	byBar = make([][]string, bars)
	start := time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC)
	for i := range bars {
		at := start.Add(time.Duration(i) * time.Minute)
		for s := range tapes {
			price[s] += rng.IntN(41) - 20
			if rng.IntN(30) == 0 || s == 4 && i > bars/3 && i < bars/2 {
				continue
			}
			c := float64(price[s]) / 10
			volume := float64(rng.IntN(1000))
			tapes[s].Block.Append(candle.Candle{Time: at.UnixNano(), Open: c, High: c, Low: c, Close: c, Volume: volume})
			byBar[i] = append(byBar[i], fmt.Sprintf(
				`S%d|{"symbol":"S%d","timeframe":"1m","timestamp":"%s","open":%g,"high":%g,"low":%g,"close":%g,"volume":%g}`,
				s, s, at.Format(time.RFC3339), c, c, c, c, volume))
		}
	}
	return byBar, tapes
}

func (r *rig) across(t *testing.T) Config {
	rules, problems := stream.NewRules(stream.RulesConfig{
		Formulas: acrossFormulas, Others: true, Universes: acrossUniverses,
	})
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	r.rules = rules
	cfg := r.config(ExactlyOnce)
	cfg.Log = zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.WarnLevel)
	cfg.Across = AcrossConfig{Topic: "g-across", Barriers: "g-barriers", Config: closing.Config{
		Admission: across.AdmissionDefault(), Lateness: 1, Grace: 500 * time.Millisecond, BarsMax: 3,
	}}
	return cfg
}

func scannedAcross(t *testing.T, tapes []history.Tape, left *replay.Omissions) string {
	lines, err := scantest.Lines(t.Context(), &replay.Job{
		Data: history.Data{Memory: tapes}, Workers: 1, Others: true, Universes: acrossUniverses, Formulas: acrossFormulas,
		LeftOut: func(context.Context) (*replay.Omissions, error) { return left, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) < 100 {
		t.Fatalf("only %d matches", len(lines))
	}
	return strings.Join(lines, "\n")
}

// TestFormulasOnOtherSeriesLive: what comes out live of a backlog, and of a feed that is followed, is what a scan of the
// same candles finds, byte for byte.
func TestFormulasOnOtherSeriesLive(t *testing.T) {
	byBar, tapes := acrossMarket(9, 80)
	want := scannedAcross(t, tapes, nil)
	check := func(r *rig) {
		t.Helper()
		got := r.read("signals")
		slices.Sort(got)
		if text := strings.Join(got, "\n"); text != want {
			t.Errorf("%d signals live, %d in the scan", len(got), strings.Count(want, "\n")+1)
		}
		keys := map[string]bool{}
		for _, key := range r.keysOf("g-across") {
			if keys[key] {
				t.Errorf("%s is closed twice", key)
			}
			keys[key] = true
		}
		if !keys["few/1m/2024-01-02T00:30:00Z"] || !keys["symbols:*/1m/2024-01-02T00:30:00Z"] {
			t.Errorf("closed bars: %d", len(keys))
		}
	}
	t.Run("backlog", func(t *testing.T) {
		r := newRig(t, 4)
		r.produce(slices.Concat(byBar...))
		r.consume(r.across(t))
		check(r)
	})
	t.Run("restarts", func(t *testing.T) {
		r := newRig(t, 3)
		for _, part := range [][2]int{{0, 25}, {25, 26}, {26, 55}, {55, 80}} {
			r.produce(slices.Concat(byBar[part[0]:part[1]]...))
			r.consume(r.across(t))
		}
		check(r)
	})
}

// keysOf returns the keys of the committed records of a topic.
func (r *rig) keysOf(topic string) []string {
	r.t.Helper()
	var keys []string
	r.each(topic, func(rec *kafka.Record) { keys = append(keys, string(rec.Key)) })
	return keys
}

// leftOut returns who was left out, of the topic of decisions.
func (r *rig) leftOut(topic string) (left *replay.Omissions, members, symbols int) {
	left = replay.NewOmissions()
	err := topics.Read(r.t.Context(), r.client, topic, func(_ kafka.TopicPartition, rec *kafka.Record) error {
		d, ok := closing.ParseOmission(rec.Value)
		switch {
		case !ok:
		case d.Symbol != "":
			symbols++
			left.AddSymbol(mustTimeframe(d.Timeframe), "sym:"+d.Symbol, d.At, *d.AsOf)
		default:
			members += len(d.LeftOut)
			left.Add(mustTimeframe(d.Timeframe), d.Universe, d.At, d.LeftOut)
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return left, members, symbols
}

func mustTimeframe(text string) candle.Timeframe {
	tf, err := candle.ParseTimeframe(text)
	if err != nil {
		panic(err)
	}
	return tf
}

// TestReplayLeavesOutWhoWasLeftOut: where candles come so late that bars are closed without them, live is what a scan
// finds that reads the decisions, and not what one finds that does not.
func TestReplayLeavesOutWhoWasLeftOut(t *testing.T) {
	byBar, tapes := acrossMarket(9, 80)
	rng := rand.New(rand.NewPCG(18, 2))
	late := map[string][]string{} // candles by symbol, that come when their turn is over
	until := map[string]int{}
	var order []string
	for i, bar := range byBar {
		for _, line := range bar {
			symbol, _, _ := strings.Cut(line, "|")
			if i > 10 && until[symbol] < i && rng.IntN(25) == 0 {
				until[symbol] = i + 2 + rng.IntN(4)
			}
			late[symbol] = append(late[symbol], line)
			if until[symbol] <= i {
				order = append(order, late[symbol]...)
				late[symbol] = nil
			}
		}
	}
	for _, lines := range late {
		order = append(order, lines...)
	}
	r := newRig(t, 3)
	for from := 0; from < len(order); from += len(order)/3 + 1 {
		r.produce(order[from:min(len(order), from+len(order)/3+1)])
		r.consume(r.across(t))
	}
	left, members, symbols := r.leftOut("g-barriers")
	if members < 10 || symbols < 2 {
		t.Errorf("%d members were left out, %d symbols", members, symbols)
	}
	got := r.read("signals")
	slices.Sort(got)
	live := strings.Join(got, "\n")
	if want := scannedAcross(t, tapes, left); live != want {
		t.Errorf("%d signals live, %d in the scan", len(got), strings.Count(want, "\n")+1)
	}
	if live == scannedAcross(t, tapes, nil) {
		t.Error("a scan without the decisions finds the same")
	}
}

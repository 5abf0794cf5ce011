package sim

import (
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"streamd/candle"
	"streamd/candle/wire"
	"streamd/history"
	"streamd/store"
	"streamd/stream"
)

// message is an input record. Its offset is its place in its partition.
type message struct {
	symbol string
	value  []byte
}

// expected is an output and the input that it belongs to.
type expected struct {
	value     string // of a dead letter: reason and value
	partition int32
	offset    int64
}

// oracle knows the input of every partition and what an uninterrupted run makes
// of it.
type oracle struct {
	input   [][]message
	order   [][2]int              // partition and offset in the order of production
	signals map[string][]expected // by symbol, and by outcomesOf it
	index   map[string]int        // place of a signal's value in its symbol's list
	dead    map[string]expected   // by partition/offset
	records map[recordAt]uint64   // hashes of the state
	tapes   []history.Tape        // of a market that is looked at as a whole
	topicID [16]byte
}

// lengths returns how many records every partition has.
func (o *oracle) lengths() map[int32]int {
	all := map[int32]int{}
	for p := range o.input {
		all[int32(p)] = len(o.input[p])
	}
	return all
}

// recordAt names a state of a series: that after the candle before a position.
type recordAt struct {
	partition int32
	symbol    string
	position  int64
}

func hashOf(b []byte) uint64 {
	h := fnv.New64a()
	h.Write(b)
	return h.Sum64()
}

const lookbackMax = 200 // candles kept; the recursive averages remember all of them

// ownFormulas are the formulas of all runs, which look at their own series. Forgetful ones end no signals.
func ownFormulas(forgetful bool) []stream.Formula {
	formulas := []stream.Formula{
		{Name: "above", Expression: "close > ema(close, 20)", Mode: stream.Edge, Resolve: true},
		{Name: "pulse", Expression: "bar_index % 4 == 1 and ema(close, 7) + atr(5) > 0"},
		{Name: "run", Expression: "close > close[1]", For: 2, Cooldown: 2},
		{Name: "ends", Expression: "close > close[2]", Mode: stream.Edge, Resolve: true, Expires: 3},
		{Name: "armed", Expression: "close > ema(close, 5)", Rearm: "close < ema(close, 9)"},
		{Name: "spike", Expression: "volume > 1.1 * sma(volume, 6) and rsi(close, 5) < 70"},
	}
	for i := range formulas {
		if forgetful {
			formulas[i].Resolve, formulas[i].Expires = false, 0
		}
	}
	return formulas
}

// simRules are the rules of a run.
func (p *Scenario) simRules(forgetful bool) (*stream.Rules, error) {
	if p.Others {
		return othersRules(ownFormulas(forgetful))
	}
	return ownRules(forgetful)
}

func ownRules(forgetful bool) (*stream.Rules, error) {
	rules, problems := stream.NewRules(stream.RulesConfig{Buffer: lookbackMax, Formulas: ownFormulas(forgetful)})
	if len(problems) > 0 {
		return nil, fmt.Errorf("sim: %w", problems[0])
	}
	return rules, nil
}

func engineOptions() stream.Options {
	return stream.Options{Buffer: lookbackMax, Outcomes: []int{1, 3, 8}}
}

// newOracle draws the candles of a plan and runs them through engines without interruption, as far as it is known
// beforehand what comes out: of formulas that look at their own series.
func newOracle(p Scenario, topicID [16]byte) (*oracle, error) {
	o := (&oracle{topicID: topicID, input: make([][]message, p.Partitions)}).blank()
	put := func(s int, m message) {
		partition := s % int(p.Partitions)
		o.order = append(o.order, [2]int{partition, len(o.input[partition])})
		o.input[partition] = append(o.input[partition], m)
	}
	if p.Others {
		o.drawMarket(&p, put)
		o.order = delayed(draw(p.Seed, "delays"), o.order, int(p.Partitions))
	} else {
		drawCandles(&p, put)
	}
	rules, err := ownRules(false)
	if err != nil {
		return nil, err
	}
	for partition := range o.input {
		if err := o.run(int32(partition), rules, engineOptions()); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// blank returns an oracle of the same input that has run nothing.
func (o *oracle) blank() *oracle {
	return &oracle{
		topicID: o.topicID, input: o.input, order: o.order, tapes: o.tapes, records: map[recordAt]uint64{},
		signals: map[string][]expected{}, index: map[string]int{}, dead: map[string]expected{},
	}
}

// drawCandles draws the same bars for every symbol, with defects.
func drawCandles(p *Scenario, put func(s int, m message)) {
	r := draw(p.Seed, "candles")
	price := make([]float64, p.Symbols)
	last := make([]message, p.Symbols)
	for i := range price {
		price[i] = 50 + r.Float64()*100
	}
	for bar := range p.Bars {
		at := time.Date(2024, 1, 2, 0, bar, 0, 0, time.UTC).Format(time.RFC3339)
		for s := range price {
			name := fmt.Sprintf("S%d", s)
			price[s] *= 1 + r.NormFloat64()*0.01
			c := price[s]
			m := message{name, fmt.Appendf(nil,
				`{"symbol":%q,"timeframe":"1m","timestamp":%q,"open":%g,"high":%g,"low":%g,"close":%g,"volume":%d}`,
				name, at, c, c*1.01, c*0.99, c, r.IntN(1000))}
			put(s, m)
			switch r.IntN(20) {
			case 0:
				put(s, m) // a duplicate
			case 1:
				if last[s].value != nil {
					put(s, last[s]) // late
				}
			case 2:
				put(s, message{name, m.value[:len(m.value)/2]}) // not parseable
			}
			last[s] = m
		}
	}
}

// run applies the input of one partition.
func (o *oracle) run(partition int32, rules *stream.Rules, options stream.Options) error {
	d, err := wire.NewDecoder(flat(), wire.Defaults{})
	if err != nil {
		return err
	}
	e := stream.New(rules, options)
	var out stream.Effects
	for offset, m := range o.input[partition] {
		at := func(v string) expected { return expected{v, partition, int64(offset)} }
		key := origin(partition, int64(offset))
		msgs, err := d.Decode(nil, []byte(m.symbol), m.value)
		var defect *candle.Defect
		if errors.As(err, &defect) {
			o.dead[key] = at(defect.Reason + " " + string(m.value))
			continue
		}
		for i := range msgs {
			switch v := e.Stage(&msgs[i], int64(offset), &out); v {
			case stream.Correction, stream.Late, stream.TooManySeries:
				o.dead[key] = at(v.String() + " " + string(m.value))
			}
		}
		e.Flush(&out)
		if s, _ := e.Oldest(); s != nil {
			origin := store.Origin{Topic: candlesTopic, Partition: partition, TopicID: o.topicID}
			record := e.Snapshot(nil, origin.Bytes())
			o.records[recordAt{partition, m.symbol, s.Position}] = hashOf(record)
		}
		for i := range out.Matches {
			v := string(out.Matches[i].AppendJSON(nil))
			o.index[v] = len(o.signals[m.symbol])
			o.signals[m.symbol] = append(o.signals[m.symbol], at(v))
		}
		for i := range out.Outcomes {
			v, key := string(out.Outcomes[i].AppendJSON(nil)), outcomesOf(m.symbol)
			o.index[v] = len(o.signals[key])
			o.signals[key] = append(o.signals[key], at(v))
		}
		out.Reset()
	}
	return nil
}

// outcomesOf is under what the outcomes of a symbol stand in oracle.signals: they have an order
// of their own.
func outcomesOf(symbol string) string { return symbol + " outcomes" }

func origin(partition int32, offset int64) string { return fmt.Sprintf("%d/%d", partition, offset) }

func flat() wire.Mapping {
	m, ok := wire.Format("flat")
	if !ok {
		panic("sim: no format flat")
	}
	return m
}

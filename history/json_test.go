package history

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"streamd/candle"
)

// TestJSONShapes reads the same three daily candles from documents of many shapes.
func TestJSONShapes(t *testing.T) {
	const (
		named    = "AAPL 1d 3 1704153600:1,4,0.5,2,10 1704326400:3,6,2.5,4,30\n"
		nameless = "f 1d 3 1704153600:1,4,0.5,2,10 1704326400:3,6,2.5,4,30\n"
	)
	for name, c := range map[string]struct{ text, want string }{
		"records": {`[
			{"date": "2024-01-02", "open": 1, "high": 4, "low": 0.5, "close": 2, "volume": 10},
			{"date": "2024-01-03", "open": 2, "high": 5, "low": 1.5, "close": 3, "volume": 20},
			{"date": "2024-01-04", "open": 3, "high": 6, "low": 2.5, "close": 4, "volume": 30}
		]`, nameless},
		"lines with names of one letter": {`{"t":1704153600000,"o":1,"h":4,"l":0.5,"c":2,"v":10}
			{"t":1704240000000,"o":2,"h":5,"l":1.5,"c":3,"v":20}
			{"t":1704326400000,"o":3,"h":6,"l":2.5,"c":4,"v":30}`, nameless},
		"results": {`{"ticker":"AAPL","status":"OK","results":[
			{"v":10,"vw":1.5,"o":1,"c":2,"h":4,"l":0.5,"t":1704153600000,"n":7},
			{"v":20,"vw":2.5,"o":2,"c":3,"h":5,"l":1.5,"t":1704240000000,"n":7},
			{"v":30,"vw":3.5,"o":3,"c":4,"h":6,"l":2.5,"t":1704326400000,"n":7}],"count":3}`, named},
		"by symbol": {`{"bars":{"AAPL":[
			{"t":"2024-01-02T00:00:00Z","o":1,"h":4,"l":0.5,"c":2,"v":10},
			{"t":"2024-01-03T00:00:00Z","o":2,"h":5,"l":1.5,"c":3,"v":20},
			{"t":"2024-01-04T00:00:00Z","o":3,"h":6,"l":2.5,"c":4,"v":30}]},"next_page_token":null}`, named},
		"values as texts beside meta": {`{"meta":{"symbol":"AAPL","interval":"1day"},"values":[
			{"datetime":"2024-01-02","open":"1","high":"4","low":"0.5","close":"2","volume":"10"},
			{"datetime":"2024-01-03","open":"2","high":"5","low":"1.5","close":"3","volume":"20"},
			{"datetime":"2024-01-04","open":"3","high":"6","low":"2.5","close":"4","volume":"30"}],"status":"ok"}`, named},
		"columns of arrays": {`{"s":"ok","t":[1704153600,1704240000,1704326400],"o":[1,2,3],"h":[4,5,6],
			"l":[0.5,1.5,2.5],"c":[2,3,4],"v":[10,20,30]}`, nameless},
		"times above the prices": {`{"chart":{"result":[{"meta":{"currency":"USD","symbol":"AAPL"},
			"timestamp":[1704153600,1704240000,1704326400],"indicators":{"quote":[{"volume":[10,20,30],"open":[1,2,3],
			"high":[4,5,6],"low":[0.5,1.5,2.5],"close":[2,3,4]}],"adjclose":[{"adjclose":[2,3,4]}]}}],"error":null}}`, named},
		"orient columns": {`{"open":{"1704153600000":1,"1704240000000":2,"1704326400000":3},
			"high":{"1704153600000":4,"1704240000000":5,"1704326400000":6},
			"low":{"1704153600000":0.5,"1704240000000":1.5,"1704326400000":2.5},
			"close":{"1704153600000":2,"1704240000000":3,"1704326400000":4},
			"volume":{"1704153600000":10,"1704240000000":20,"1704326400000":30}}`, nameless},
		"orient columns with a date": {`{"date":{"0":"2024-01-02","1":"2024-01-03","2":"2024-01-04"},
			"open":{"0":1,"1":2,"2":3},"high":{"0":4,"1":5,"2":6},"low":{"0":0.5,"1":1.5,"2":2.5},
			"close":{"0":2,"1":3,"2":4},"volume":{"0":10,"1":20,"2":30}}`, nameless},
		"orient index": {`{"1704153600000":{"open":1,"high":4,"low":0.5,"close":2,"volume":10},
			"1704240000000":{"open":2,"high":5,"low":1.5,"close":3,"volume":20},
			"1704326400000":{"open":3,"high":6,"low":2.5,"close":4,"volume":30}}`, nameless},
		"orient split": {`{"columns":["open","high","low","close","volume"],
			"index":[1704153600000,1704240000000,1704326400000],
			"data":[[1,4,0.5,2,10],[2,5,1.5,3,20],[3,6,2.5,4,30]]}`, nameless},
		"orient table": {`{"schema":{"fields":[{"name":"date","type":"datetime"},{"name":"open","type":"number"}],
			"primaryKey":["date"],"pandas_version":"1.4.0"},"data":[
			{"date":"2024-01-02T00:00:00.000","open":1,"high":4,"low":0.5,"close":2,"volume":10},
			{"date":"2024-01-03T00:00:00.000","open":2,"high":5,"low":1.5,"close":3,"volume":20},
			{"date":"2024-01-04T00:00:00.000","open":3,"high":6,"low":2.5,"close":4,"volume":30}]}`, nameless},
		"one that is forming": {`[
			{"date": "2024-01-02", "open": 1, "high": 4, "low": 0.5, "close": 2, "volume": 10, "closed": true},
			{"date": "2024-01-03", "open": 2, "high": 5, "low": 1.5, "close": 3, "volume": 20, "closed": true},
			{"date": "2024-01-04", "open": 3, "high": 6, "low": 2.5, "close": 4, "volume": 30, "closed": true},
			{"date": "2024-01-05", "open": 3, "high": 6, "low": 2.5, "close": 4, "volume": 30, "closed": false}]`, nameless},
	} {
		path := write(t, t.TempDir(), "f.json", []byte(c.text))
		tapes, _, err := Data{Paths: []string{path}}.Collect(t.Context(), 1)
		if got := show(tapes); err != nil || got != c.want {
			t.Errorf("%s: got\n%swant\n%s%v", name, got, c.want, err)
		}
	}
}

// TestJSONRefused says what is wrong with a document, and where.
func TestJSONRefused(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":[1,2,3]}`: `no candles in the JSON, whose names are ["a"]`,
		"[{\"date\":\"2024-01-02\",\"open\":1,\"high\":4,\"low\":0.5,\"close\":2},\n{\"date\":\"2024-": "JSON, line 2: it ends early",
		"[\n{\"open\" 1}]": `JSON, line 2: '1' where ':' is due`,
		`{"t":[1704153600,1704240000],"o":[1],"h":[4],"l":[0.5],"c":[2]}`: `column "o" has 1 values where others have 2`,
		`{"open":{"0":1,"1":2},"high":{"0":4,"2":5}}`:                     `column "high" has the row "2" where others have another`,
		`{"results":[{"t":1704153600,"o":1,"h":4,"l":0.5,"c":2}],"ticker":"AAPL"}` +
			`{"results":[{"t":1704153600,"o":1,"h":4,"l":0.5,"c":2}],"ticker":"MSFT"}`: `the symbol "MSFT" stands after its rows`,
		`[{"t":1704153600,"bid":{"o":1,"h":4,"l":1,"c":2},"ask":{"o":1,"h":4,"l":1,"c":2}}]`: `a row has "o" twice`,
		strings.Repeat("[", 1000):                   "nested deeper than 32",
		`[{"open":"` + strings.Repeat("1", 200_000): "a text of more than 65536 bytes",
		`[{"open":tru}]`:                            `"tru" is no value`,
	} {
		path := write(t, t.TempDir(), "f.json", []byte(text))
		tapes, _, err := Data{Paths: []string{path}}.Collect(t.Context(), 1)
		if err == nil || !strings.Contains(err.Error(), want) || len(tapes) > 0 {
			t.Errorf("%.60q: %d series, %v; want %s", text, len(tapes), err, want)
		}
	}
}

// TestSymbolAfterRows reads a file again once it knows the symbol of its rows; a pipe cannot be read again.
func TestSymbolAfterRows(t *testing.T) {
	const text = `{"bars":[{"t":1704153600,"o":1,"h":4,"l":0.5,"c":2}],"symbol":"AAPL"}`
	path := write(t, t.TempDir(), "f.json", []byte(text))
	tapes, _, err := Data{Paths: []string{path}}.Collect(t.Context(), 1)
	if err != nil || len(tapes) != 1 || tapes[0].Key.Symbol != "AAPL" || tapes[0].Block.Len() != 1 {
		t.Errorf("a file: %d series, %v", len(tapes), err)
	}
	_, _, err = Data{Paths: []string{"-"}, Stdin: strings.NewReader(text)}.Collect(t.Context(), 1)
	if want := `the symbol "AAPL" stands after its rows`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("a pipe: %v; want %s", err, want)
	}
}

// TestJSONRoundTrip writes random candles in random shapes, and reads them back bit
// for bit.
func TestJSONRoundTrip(t *testing.T) {
	dir := t.TempDir()
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 3))
		bars := make([]candle.Candle, 2+r.IntN(40))
		if seed%100 == 0 {
			bars = make([]candle.Candle, 5000) // longer than what is looked at ahead
		}
		for i := range bars {
			c := &bars[i]
			c.Time = int64(1_700_000_000+60*i) * 1e9
			c.Low = 0.001 + 1000*r.Float64()
			c.Open, c.Close = c.Low*(1+r.Float64()), c.Low*(1+r.Float64())
			c.High = max(c.Open, c.Close) * (1 + r.Float64())
			c.Volume = float64(r.IntN(1_000_000))
		}
		text := jsonOf(r, bars)
		path := write(t, dir, "f.json", []byte(text))
		tapes, report, err := Data{Paths: []string{path}}.Collect(t.Context(), 1)
		if err != nil || len(tapes) != 1 || tapes[0].Block.Len() != len(bars) {
			t.Fatalf("seed %d: %d series, %v, %v\n%.2000s", seed, len(tapes), err, report.Skipped, text)
		}
		for i := range bars {
			if got := tapes[0].Block.At(i); got != bars[i] {
				t.Fatalf("seed %d, bar %d: %v, want %v\n%.2000s", seed, i, got, bars[i], text)
			}
		}
	}
}

// jsonOf writes candles in one of the shapes.
func jsonOf(r *rand.Rand, bars []candle.Candle) string {
	names := [][]string{
		{"timestamp", "open", "high", "low", "close", "volume"},
		{"t", "o", "h", "l", "c", "v"},
		{"date", "Open", "High", "Low", "Close", "Volume"},
	}[r.IntN(3)]
	cell := func(i, k int) any {
		c := &bars[i]
		return []any{c.Time / 1e6, c.Open, c.High, c.Low, c.Close, c.Volume}[k]
	}
	columns := map[string]any{}
	for k, name := range names {
		column, byIndex := make([]any, len(bars)), &orderedObject{}
		for i := range bars {
			column[i] = cell(i, k)
			byIndex.add(fmt.Sprint(bars[i].Time/1e6), cell(i, k))
		}
		columns[name] = column
		columns["by "+name] = byIndex
	}
	rows, arrays, index := []any{}, []any{}, []any{}
	byTime := &orderedObject{}
	for i := range bars {
		row, prices, array := &orderedObject{}, &orderedObject{}, []any{}
		for _, k := range r.Perm(len(names)) {
			row.add(names[k], cell(i, k))
		}
		for k := 1; k < len(names); k++ {
			prices.add(names[k], cell(i, k))
			array = append(array, cell(i, k))
		}
		rows, arrays, index = append(rows, row), append(arrays, array), append(index, cell(i, 0))
		byTime.add(fmt.Sprint(cell(i, 0)), prices)
	}
	var shape any
	switch r.IntN(6) {
	case 0:
		shape = rows
	case 1:
		shape = map[string]any{"results": rows, "count": len(rows), "next": nil}
	case 2:
		all := &orderedObject{}
		for _, k := range r.Perm(len(names)) {
			all.add(names[k], columns[names[k]])
		}
		shape = map[string]any{"data": all}
	case 3:
		all := &orderedObject{}
		for k := 1; k < len(names); k++ {
			all.add(names[k], columns["by "+names[k]])
		}
		shape = all
	case 4:
		shape = byTime
	default:
		shape = (&orderedObject{}).add("columns", names[1:]).add("index", index).add("data", arrays)
	}
	var text []byte
	var err error
	if r.IntN(2) == 0 {
		text, err = json.Marshal(shape)
	} else {
		text, err = json.MarshalIndent(shape, "", "  ")
	}
	if err != nil {
		panic(err)
	}
	return string(text)
}

// orderedObject is an object whose members stay in their order.
type orderedObject struct {
	names  []string
	values []any
}

func (o *orderedObject) add(name string, value any) *orderedObject {
	o.names, o.values = append(o.names, name), append(o.values, value)
	return o
}

func (o *orderedObject) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, name := range o.names {
		if i > 0 {
			b = append(b, ',')
		}
		value, err := json.Marshal(o.values[i])
		if err != nil {
			return nil, err
		}
		b = append(fmt.Appendf(b, "%q:", name), value...)
	}
	return append(b, '}'), nil
}

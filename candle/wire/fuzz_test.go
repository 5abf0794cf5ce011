package wire

import (
	"bytes"
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"streamd/candle"
)

// FuzzDecode compares the decoder of the flat format with a slow one made of
// encoding/json and strconv.
// fuzzMinute is the timeframe of messages that name none.
var fuzzMinute, _ = candle.ParseTimeframe("1m")

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"symbol":"AAPL","timeframe":"1m","timestamp":"2013-10-04T13:31:00Z","open":483.1,"high":483.5,"low":482.9,"close":483.2,"volume":1200,"closed":true}`,
		`{"symbol":"A\u00e4\ud83d\ude00","timeframe":"4h","timestamp":1380893460.5,"open":"1","high":1e2,"low":0.1,"close":1,"volume":"0"}`,
		`{"Symbol":"x","symbol":"A","x":[{"y":null},1.5e-7,"\n"],"timeframe":"1d","timestamp":0,"open":1,"high":1,"low":1,"close":1,"volume":1,"closed":false}`,
		`{"symbol":"A","symbol":"B"}`, `{"open":NaN}`, `[]`, `null`, `{"symbol":"\ud800"}`, "{\"symbol\":\"\xff\"}",
	} {
		f.Add([]byte(seed))
	}
	mapping, _ := Format("flat")
	decoder, err := NewDecoder(mapping, Defaults{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		got, err := decoder.Decode(nil, nil, value)
		want, good, sure := decodeSlowly(value)
		if !sure {
			return
		}
		if good != (err == nil) {
			t.Fatalf("%q\ngot  %v, %v\nwant %v, good %v", value, got, err, want, good)
		}
		if !good {
			return
		}
		if len(got) != 1 || string(got[0].Symbol) != string(want.Symbol) || got[0].Timeframe != want.Timeframe ||
			got[0].Candle != want.Candle || got[0].Closed != want.Closed {
			t.Fatalf("%q\ngot  %v\nwant %v", value, got, want)
		}
	})
}

// decodeSlowly is the definition of the flat format. It is not sure where
// encoding/json replaces bad characters.
func decodeSlowly(value []byte) (m candle.Message, good, sure bool) {
	if !json.Valid(value) || depthOf(value) > MaxDepth {
		return m, false, true
	}
	tokens := json.NewDecoder(bytes.NewReader(value))
	if start, _ := tokens.Token(); start != json.Delim('{') {
		return m, false, true
	}
	fields := map[string]json.RawMessage{}
	duplicate := map[string]bool{}
	for tokens.More() {
		key, _ := tokens.Token()
		var raw json.RawMessage
		if err := tokens.Decode(&raw); err != nil {
			return m, false, false
		}
		if _, ok := fields[key.(string)]; ok {
			duplicate[key.(string)] = true
		}
		fields[key.(string)] = raw
	}
	text := func(name string) (string, bool) {
		if duplicate[name] || len(fields[name]) == 0 || fields[name][0] != '"' {
			return "", false
		}
		var s string
		err := json.Unmarshal(fields[name], &s)
		return s, err == nil
	}
	number := func(name string, to *float64) bool {
		s, quoted := text(name)
		if !quoted {
			s = string(fields[name])
		}
		f, err := strconv.ParseFloat(s, 64)
		*to = f
		return !duplicate[name] && jsonNumber.MatchString(s) && err == nil
	}

	symbol, ok := text("symbol")
	if strings.ContainsRune(symbol, utf8.RuneError) {
		return m, false, false
	}
	if !ok || symbol == "" || len(symbol) > candle.MaxSymbolBytes || strings.ContainsFunc(symbol, unicode.IsControl) {
		return m, false, true
	}
	m.Symbol = []byte(symbol)
	if s, _ := text("timeframe"); !strings.ContainsAny(s, " ") {
		m.Timeframe, _ = candle.ParseTimeframe(s)
	}
	for name, to := range map[string]*float64{
		"open": &m.Candle.Open, "high": &m.Candle.High, "low": &m.Candle.Low, "close": &m.Candle.Close,
		"volume": &m.Candle.Volume,
	} {
		if !number(name, to) {
			return m, false, true
		}
	}
	at, quoted := text("timestamp")
	if !quoted {
		at = string(fields["timestamp"])
	}
	ns, defect := parseMessageTime([]byte(at))
	m.Candle.Time = ns
	switch closed := string(fields["closed"]); {
	case duplicate["closed"] || duplicate["timestamp"] || duplicate["timeframe"]:
		return m, false, true
	case fields["closed"] == nil || closed == "true":
		m.Closed = true
	case closed != "false":
		return m, false, true
	}
	return m, defect == nil && !m.Timeframe.IsZero() && m.Candle.Check() == nil, true
}

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// depthOf returns the depth of valid JSON.
func depthOf(value []byte) (deepest int) {
	depth, inText := 0, false
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case !inText && (c == '{' || c == '['):
			depth++
			deepest = max(deepest, depth)
		case !inText && (c == '}' || c == ']'):
			depth--
		}
	}
	return deepest
}

// FuzzFormats holds every format to what must be true of any: no panic, good
// candles only, the same answer twice, and valid JSON where there is no defect.
func FuzzFormats(f *testing.F) {
	decoders := map[string]*Decoder{}
	for i, name := range Formats() {
		mapping, _ := Format(name)
		decoder, err := NewDecoder(mapping, Defaults{Timeframe: fuzzMinute})
		if err != nil {
			f.Fatal(err)
		}
		decoders[name] = decoder
		for _, seed := range formatSeeds {
			f.Add(uint8(i), []byte("KEY"), []byte(seed))
		}
	}
	f.Fuzz(func(t *testing.T, format uint8, key, value []byte) {
		name := Formats()[int(format)%len(decoders)]
		messages, err := decoders[name].Decode(nil, key, value)
		count := len(messages)
		if err != nil {
			if defect, ok := err.(*candle.Defect); !ok || defect.Reason == "" || defect.Detail == "" || count > 0 {
				t.Fatalf("%s %q: %d messages and %v", name, value, count, err)
			}
		} else if !json.Valid(value) {
			t.Fatalf("%s takes %q", name, value)
		}
		for _, m := range messages {
			if err := m.Candle.Check(); err != nil || candle.SymbolDefect(m.Symbol) != nil || m.Timeframe.IsZero() {
				t.Fatalf("%s %q: %v, %v", name, value, m, err)
			}
		}
		if again, err2 := decoders[name].Decode(nil, key, value); len(again) != count ||
			(err == nil) != (err2 == nil) {
			t.Fatalf("%s %q: %d messages, %v, then %d, %v", name, value, count, err, len(again), err2)
		}
	})
}

var formatSeeds = []string{
	`{"symbol":"A","timeframe":"1m","timestamp":0,"open":1,"high":1,"low":1,"close":1,"volume":1,"closed":true}`,
	`{"e":"kline","s":"BNBBTC","k":{"t":1672515780000,"s":"BNBBTC","i":"1m","o":"0.0010","c":"0.0020","h":"0.0025","l":"0.0015","v":"1000","x":false,"V":"5"}}`,
	`{"symbol":"BTC-USDT","start":1640995200.0,"interval":"1m","open":1,"close":1,"high":1,"low":1,"volume":4,"closed":true}`,
	`[[1504541580000,4235.4,4240.6,4230.0,4230.7,37.72941911],[0,1,1,1,1,1]]`,
	`{"events":[{"candles":[{"start":"1688998200","high":"2","low":"1","open":"1","close":"1","volume":"0","product_id":"ETH-USD"}]}]}`,
	`{"data":[{"symbol":"ALGO/USD","open":1,"high":1,"low":1,"close":1,"volume":2,"interval_begin":"2023-10-04T15:25:00.000000000Z","interval":5}]}`,
	`[42,["1542057314.7","1542057360.4","3.7","3.7","3.6","3.6","3.68894","0.03",2],"ohlc-5","XBT/USD"]`,
	`{"arg":{"channel":"candle1H","instId":"BTC-USDT"},"data":[["1747141200000","1","1","1","1","1","1","1","0"]]}`,
	`{"topic":"kline.5.BTCUSDT","data":[{"start":1672324800000,"interval":"5","open":"1","close":"1","high":"1","low":"1","volume":"2","confirm":false}]}`,
	`[{"ev":"AM","sym":"GTE","v":4110,"o":1,"c":1,"h":1,"l":1,"s":1610144640000}]`,
	`[{"T":"b","S":"SPY","o":1,"h":1,"l":1,"c":1,"v":49378,"t":"2021-02-22T19:15:00Z"}]`,
}

// FuzzNumber compares parseNumber with strconv, bit for bit.
func FuzzNumber(f *testing.F) {
	for _, seed := range []string{
		"0", "-0", "1", "-1.5", "483.1", "0.1", "0.3", "9007199254740993", "9007199254740992.5", "1e22", "1e23",
		"1e-400", "1e400",
		"2.2250738585072011e-308", "1.7976931348623157e308", "123456789012345678901234567890",
		"0.00000000000000000000001", "01", "1.", ".5",
		"1e", "1e+", "0x10", "1_0", "Inf", "18446744073709551616", "18446744073709551615.0",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		b := []byte(text)
		got, end := parseNumber(b, 0)
		if skipped := skipNumber(b, 0); skipped != end {
			t.Fatalf("%q: read to %d, skipped to %d", text, end, skipped)
		}
		if !jsonNumber.MatchString(text) {
			if end == len(b) {
				t.Fatalf("%q is read as %v", text, got)
			}
			return
		}
		want, _ := strconv.ParseFloat(text, 64)
		if end != len(b) || math.Float64bits(got) != math.Float64bits(want) {
			t.Fatalf("%q: %v to %d, want %v", text, got, end, want)
		}
	})
}

// FuzzTime compares parseRFC3339 with the time package.
func FuzzTime(f *testing.F) {
	for _, seed := range []string{
		"2013-10-04T13:31:00Z", "2024-02-29T23:59:59.999999999+14:00", "2023-02-29T00:00:00Z",
		"1970-01-01T00:00:00-00:01", "2200-12-31T23:59:59Z",
		"2000-02-29t00:00:00z", "2100-02-29T00:00:00Z", "2013-10-04T13:31:60Z", "2013-10-04T24:00:00Z",
		"2013-00-04T00:00:00Z", "2013-10-04T13:31:00,5Z", "2013-10-04T13:31:00.Z",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ns, defect := parseMessageTime([]byte(text))
		// RFC 3339 takes t and z too; the time package does not.
		if len(text) < 20 || text[4] != '-' || strings.ContainsAny(text, "tz,") {
			return
		}
		want, err := time.Parse(time.RFC3339Nano, text)
		if err == nil && text[10] == 'T' {
			// The time package takes offsets of 24 hours and one-digit hours.
			if zone := strings.TrimLeft(text[19:], ".0123456789"); zone != "Z" &&
				(len(zone) != 6 || zone[1:3] > "23") || text[13] != ':' {
				return
			}
		}
		inRange := err == nil && want.Unix() >= 0 && want.Unix() < candle.EndTime/int64(time.Second)
		if inRange != (defect == nil) || inRange && ns != want.UnixNano() {
			t.Fatalf("%q: %d, %v, want %v, %v", text, ns, defect, want, err)
		}
	})
}

// FuzzPath never panics, and what it takes is a place that can be built.
func FuzzPath(f *testing.F) {
	for _, seed := range []string{"a.b[0]", "$.a | b", `["x y"][*]`, "$", "a[", "a..b", "|", "$[255]", "[256]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		paths, err := parsePaths(text)
		if err != nil {
			return
		}
		root := &node{}
		for _, p := range paths {
			if _, err := root.reach(p.steps); err != nil && len(p.steps) < maxKeys {
				t.Fatalf("%q: %v", text, err)
			}
		}
	})
}

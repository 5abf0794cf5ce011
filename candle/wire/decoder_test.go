package wire_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"streamd/candle"
	"streamd/candle/wire"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

func newDecoder(t testing.TB, format string) *wire.Decoder {
	t.Helper()
	mapping, ok := wire.Format(format)
	if !ok {
		t.Fatalf("no format %q", format)
	}
	decoder, err := wire.NewDecoder(mapping, wire.Defaults{Timeframe: oneMinute})
	if err != nil {
		t.Fatal(err)
	}
	return decoder
}

func fixture(t testing.TB, format string) []byte {
	t.Helper()
	value, err := os.ReadFile(filepath.Join("testdata", "formats", format+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestFormats(t *testing.T) {
	want := []string{
		"alpaca", "binance-kline", "bybit", "ccxt", "coinbase", "cryptofeed", "flat", "kraken", "okx",
		"polygon",
	}
	if diff := cmp.Diff(want, wire.Formats()); diff != "" {
		t.Error(diff)
	}
	if _, ok := wire.Format("nope"); ok {
		t.Error("there is a format nope")
	}
}

func TestDecodeAllocatesNothing(t *testing.T) {
	for _, format := range wire.Formats() {
		t.Run(format, func(t *testing.T) {
			decoder, value, key := newDecoder(t, format), fixture(t, format), []byte("BTC/USDT")
			var messages []candle.Message
			allocs := testing.AllocsPerRun(200, func() {
				var err error
				if messages, err = decoder.Decode(messages[:0], key, value); err != nil || len(messages) == 0 {
					t.Fatal(len(messages), err)
				}
			})
			if allocs != 0 {
				t.Errorf("%v allocations per message", allocs)
			}
		})
	}
	t.Run("escapes", func(t *testing.T) {
		decoder := newDecoder(t, "flat")
		value := []byte(`{"symbol":"A\/B","timeframe":"1m","timestamp":0,"\u006fpen":1,"high":1,"low":1,"close":1,"volume":1}`)
		var messages []candle.Message
		allocs := testing.AllocsPerRun(200, func() {
			messages, _ = decoder.Decode(messages[:0], nil, value)
		})
		if allocs != 0 || string(messages[0].Symbol) != "A/B" {
			t.Errorf("%v allocations for %q", allocs, messages[0].Symbol)
		}
	})
}

func TestDecodeAppends(t *testing.T) {
	decoder := newDecoder(t, "kraken")
	messages, err := decoder.Decode(make([]candle.Message, 1, 8), nil, fixture(t, "kraken"))
	if err != nil || len(messages) != 3 {
		t.Fatalf("%d messages, %v", len(messages), err)
	}
	bad := []byte(`{"data":[{"symbol":"A","interval":5,"interval_begin":0,"open":1,"high":1,"low":1,"close":1,"volume":1},{}]}`)
	messages, err = decoder.Decode(messages, nil, bad)
	if err == nil || len(messages) != 3 {
		t.Fatalf("%d messages, %v; want 3 and a defect", len(messages), err)
	}
}

// TestLimits: the last message within a limit is good, the next is not.
func TestLimits(t *testing.T) {
	const candleText = `{"symbol":"A","timeframe":"1m","timestamp":0,"open":1,"high":1,"low":1,"close":1,"volume":1`
	nested := func(depth int, open, close string) []byte {
		return []byte(candleText + `,"x":` + strings.Repeat(open, depth-1) + "1" + strings.Repeat(close, depth-1) +
			"}")
	}
	rows := func(n int) []byte {
		return []byte("[" + strings.TrimSuffix(strings.Repeat("[0,1,1,1,1,1],", n), ",") + "]")
	}
	tests := []struct {
		name, format string
		value        []byte
		reason       string
	}{
		{"objects", "flat", nested(wire.MaxDepth, `{"a":`, "}"), ""},
		{"objects too deep", "flat", nested(wire.MaxDepth+1, `{"a":`, "}"), candle.ReasonTooDeep},
		{"arrays", "flat", nested(wire.MaxDepth, "[", "]"), ""},
		{"arrays too deep", "flat", nested(wire.MaxDepth+1, "[", "]"), candle.ReasonTooDeep},
		{"candles", "ccxt", rows(wire.MaxCandles), ""},
		{"too many candles", "ccxt", rows(wire.MaxCandles + 1), candle.ReasonTooLong},
		{"symbol", "flat", []byte(strings.Replace(candleText, `"A"`,
			`"`+strings.Repeat("A", candle.MaxSymbolBytes)+`"`,
			1) + "}"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := newDecoder(t, tt.format).Decode(nil, []byte("KEY"), tt.value)
			var defect *candle.Defect
			if errors.As(err, &defect); tt.reason == "" && err != nil || tt.reason != "" &&
				(defect == nil || defect.Reason != tt.reason) {
				t.Errorf("got %v, want reason %q", err, tt.reason)
			}
		})
	}
}

// TestManySymbolsAndTimeframes: the tables of words may overflow unnoticed.
func TestManySymbolsAndTimeframes(t *testing.T) {
	mapping, _ := wire.Format("bybit")
	mapping.Timeframe, mapping.TimeframePattern, mapping.Timeframes = "interval", `^x\d+-(.+)$`, nil
	decoder, err := wire.NewDecoder(mapping, wire.Defaults{})
	if err != nil {
		t.Fatal(err)
	}
	const words = 40_000
	for i := range words {
		name := "S" + strconv.Itoa(i)
		value := []byte(`{"topic":"kline.1.` + name + `","data":[{"start":0,"interval":"x` + strconv.Itoa(i) +
			`-5m","open":1,"high":1,"low":1,"close":1,"volume":1}]}`)
		messages, err := decoder.Decode(nil, nil, value)
		if err != nil || string(messages[0].Symbol) != name || messages[0].Timeframe.String() != "5m" {
			t.Fatalf("%s: %v, %v", value, messages, err)
		}
	}
}

// TestMappingRoundTripsThroughYAML: every format can be written into a
// configuration and read back.
func TestMappingRoundTripsThroughYAML(t *testing.T) {
	for _, format := range wire.Formats() {
		want, _ := wire.Format(format)
		text, err := yaml.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got wire.Mapping
		if err := yaml.UnmarshalWithOptions(text, &got, yaml.Strict()); err != nil {
			t.Fatalf("%s: %v\n%s", format, err, text)
		}
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b candle.Timeframe) bool { return a == b })); diff != "" {
			t.Errorf("%s: %s\n%s", format, diff, text)
		}
	}
}

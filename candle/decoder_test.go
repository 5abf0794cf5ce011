package candle_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"streamd/candle"
)

func newDecoder(t testing.TB, format string) *candle.Decoder {
	t.Helper()
	mapping, ok := candle.Format(format)
	if !ok {
		t.Fatalf("no format %q", format)
	}
	decoder, err := candle.NewDecoder(mapping, candle.Defaults{Timeframe: minute})
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
	if diff := cmp.Diff(want, candle.Formats()); diff != "" {
		t.Error(diff)
	}
	if _, ok := candle.Format("nope"); ok {
		t.Error("there is a format nope")
	}
}

func TestDecodeAllocatesNothing(t *testing.T) {
	for _, format := range candle.Formats() {
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
		return []byte(candleText + `,"x":` + strings.Repeat(open, depth-1) + "1" + strings.Repeat(close, depth-1) + "}")
	}
	rows := func(n int) []byte {
		return []byte("[" + strings.TrimSuffix(strings.Repeat("[0,1,1,1,1,1],", n), ",") + "]")
	}
	tests := []struct {
		name, format string
		value        []byte
		reason       string
	}{
		{"objects", "flat", nested(candle.MaxDepth, `{"a":`, "}"), ""},
		{"objects too deep", "flat", nested(candle.MaxDepth+1, `{"a":`, "}"), candle.ReasonTooDeep},
		{"arrays", "flat", nested(candle.MaxDepth, "[", "]"), ""},
		{"arrays too deep", "flat", nested(candle.MaxDepth+1, "[", "]"), candle.ReasonTooDeep},
		{"candles", "ccxt", rows(candle.MaxCandles), ""},
		{"too many candles", "ccxt", rows(candle.MaxCandles + 1), candle.ReasonTooLong},
		{"symbol", "flat", []byte(strings.Replace(candleText, `"A"`, `"`+strings.Repeat("A", candle.MaxSymbolBytes)+`"`,
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
	mapping, _ := candle.Format("bybit")
	mapping.Timeframe, mapping.TimeframePattern, mapping.Timeframes = "interval", `^x\d+-(.+)$`, nil
	decoder, err := candle.NewDecoder(mapping, candle.Defaults{})
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
	for _, format := range candle.Formats() {
		want, _ := candle.Format(format)
		text, err := yaml.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got candle.Mapping
		if err := yaml.UnmarshalWithOptions(text, &got, yaml.Strict()); err != nil {
			t.Fatalf("%s: %v\n%s", format, err, text)
		}
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b candle.Timeframe) bool { return a == b })); diff != "" {
			t.Errorf("%s: %s\n%s", format, diff, text)
		}
	}
}

func TestParseTime(t *testing.T) {
	const want = 1380893460 * int64(1e9)
	for _, text := range []string{
		"2013-10-04T13:31:00Z", "2013-10-04T15:31:00+02:00", "2013-10-04T13:31:00", "2013-10-04 13:31:00",
		"2013-10-04 13:31",
		"2013-10-04T13:31", "2013-10-04 15:31:00+02:00", "2013-10-04T13:31:00.000Z", "1380893460", "1380893460000",
		"1380893460.0",
	} {
		if ns, err := candle.ParseTime(text); err != nil || ns != want {
			t.Errorf("ParseTime(%q) = %d, %v", text, ns, err)
		}
	}
	if ns, err := candle.ParseTime("2013-10-04"); err != nil || ns != 1380844800*int64(1e9) {
		t.Errorf("a date: %d, %v", ns, err)
	}
	for text, reason := range map[string]string{
		"": candle.ReasonBadTime, "04/10/2013": candle.ReasonBadTime, "2013-13-04": candle.ReasonBadTime,
		"1969-12-31": candle.ReasonTimeRange, "2201-01-01": candle.ReasonTimeRange, "-5": candle.ReasonTimeRange,
	} {
		_, err := candle.ParseTime(text)
		var defect *candle.Defect
		if !errors.As(err, &defect) || defect.Reason != reason {
			t.Errorf("ParseTime(%q): %v, want reason %s", text, err, reason)
		}
	}
}

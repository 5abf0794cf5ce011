//go:build kafka

package path

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

var data = flag.String("data", "testdata/us-minute.csv.gz", "real candles: symbol,timestamp,open,high,low,close,volume")

// formulas fire on every bar on which they are true, which eval can tell.
var formulas = map[string]string{
	"cross":    "crossover(close, sma(close, 20))",
	"oversold": "close > sma(close, 200) and rsi(close, 2) < 10",
	"band":     "close < bbands(close, 20, 2).lower",
}

// TestRealSignals sends real candles with kcat over topics of 1, 4 and 16
// partitions, and again over 4: kcat reads the same bytes each time, and the
// matches are the bars on which eval says true.
func TestRealSignals(t *testing.T) {
	candles := messages(t, *data)
	want := truth(t, *data)
	var first []string
	for i, partitions := range []int32{1, 4, 16, 4} {
		d := start(t, config{partitions: partitions, formulas: formulas})
		d.produce(candles)
		d.await("streamd_candles_total", len(candles))
		d.stop()
		got := d.consume(d.signals, "%s\n")
		slices.Sort(got)
		if i == 0 {
			first = got
			if have := bars(t, got); !slices.Equal(have, want) {
				t.Errorf("%d signals, but eval is true on %d bars", len(have), len(want))
			}
		} else if !slices.Equal(got, first) {
			t.Errorf("%d partitions: the payloads differ from those of one", partitions)
		}
	}
	t.Logf("%d candles, %d signals, equal over 1, 4 and 16 partitions and twice over 4", len(candles), len(first))
}

// messages turns the CSV into key|value lines for kcat.
func messages(t *testing.T, path string) []string {
	var lines []string
	for _, r := range rows(t, path)[1:] {
		lines = append(lines, fmt.Sprintf(`%s|{"symbol":"%s","timeframe":"1m","timestamp":"%s","open":%s,"high":%s,"low":%s,"close":%s,"volume":%s}`,
			r[0], r[0], r[1], r[2], r[3], r[4], r[5], r[6]))
	}
	return lines
}

func rows(t *testing.T, path string) [][]string {
	packed, err := os.ReadFile(path)
	must(t, err)
	z, err := gzip.NewReader(bytes.NewReader(packed))
	must(t, err)
	text, err := io.ReadAll(z)
	must(t, err)
	all, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	must(t, err)
	return all
}

// truth lists the bars on which streamd eval says true.
func truth(t *testing.T, path string) []string {
	var names, args []string
	for name := range formulas {
		names = append(names, name)
	}
	args = append(args, "eval")
	for _, name := range names {
		args = append(args, formulas[name])
	}
	out := output(t, binary(t), append(args, "--data", path)...)
	table, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	must(t, err)
	var bars []string
	for _, r := range table[1:] {
		for i, v := range r[2:] {
			if v == "true" {
				bars = append(bars, r[0]+" "+r[1]+" "+names[i])
			}
		}
	}
	slices.Sort(bars)
	return bars
}

func bars(t *testing.T, payloads []string) []string {
	var bars []string
	for _, p := range payloads {
		var m struct{ Symbol, Timestamp, Formula string }
		must(t, json.Unmarshal([]byte(p), &m))
		bars = append(bars, m.Symbol+" "+m.Timestamp+" "+m.Formula)
	}
	slices.Sort(bars)
	return bars
}

// TestRealBrokerRestart kills the broker with kill -9 in mid-stream: no signal
// is lost and none comes twice. Then SIGTERM ends the daemon while there is no
// broker at all.
func TestRealBrokerRestart(t *testing.T) {
	candles := messages(t, *data)
	want := truth(t, *data)
	d := start(t, config{partitions: 4, formulas: formulas})
	for i := range 4 {
		part := candles[i*len(candles)/4 : (i+1)*len(candles)/4]
		d.produce(part)
		if i < 3 {
			d.broker("kill", "1")
			d.broker("start", "1")
		}
	}
	d.await("streamd_candles_total", len(candles))
	d.awaitSignals(len(want))
	if got := bars(t, d.consume(d.signals, "%s\n")); !slices.Equal(got, want) {
		t.Errorf("%d signals over three broker kills, eval is true on %d bars", len(got), len(want))
	}
	d.broker("kill", "1")
	d.stop()
	d.broker("start", "1")
}

// TestRealManySymbols runs 10,000 symbols on one instance and looks at its memory.
func TestRealManySymbols(t *testing.T) {
	const symbols, minutes = 10_000, 30
	d := start(t, config{partitions: 4, formulas: formulas})
	for minute := range minutes {
		var lines []string
		for s := range symbols {
			price := 100 + float64((s*7+minute*13)%100)/10
			lines = append(lines, fmt.Sprintf(`S%05d|{"symbol":"S%05d","timestamp":"2024-01-02T14:%02d:00Z","open":%g,"high":%g,"low":%g,"close":%g,"volume":%d}`,
				s, s, minute, price, price+1, price-1, price, 100+s%50))
		}
		d.produce(lines)
	}
	d.await("streamd_candles_total", symbols*minutes)
	most := d.peakMemory()
	t.Logf("%d symbols, %d candles: %d MiB at most", symbols, symbols*minutes, most>>20)
	if most >= 1<<30 {
		t.Errorf("%d bytes of memory, 1 GiB is the limit", most)
	}
	d.stop()
}

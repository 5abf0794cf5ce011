package replay

import (
	"math"
	"strconv"
	"testing"
	"time"

	"streamd/stream"
)

// TestStatisticsAreTheReturns computes every outcome a second time from the
// matches and the closes.
func TestStatisticsAreTheReturns(t *testing.T) {
	d := walks(t, 8, 900)
	j := &Job{Data: d, Formulas: oversold, Workers: 3, Statistics: true}
	results, _, err := Scan(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	stats := Statistics(results, j)
	if len(stats) != 2 || len(stats[0].BySymbol) != 8 || len(stats[0].ByYear) != 3 {
		t.Fatalf("%d formulas, %d symbols, %d years", len(stats), len(stats[0].BySymbol), len(stats[0].ByYear))
	}
	for k, f := range oversold {
		for h, bars := range Horizons {
			var all, first, year moments
			for i := range results {
				b := &d.Memory[i].Block
				for _, m := range results[i].Matches {
					bar := int(m.Candle.Time / int64(24*time.Hour))
					if m.Formula().Name != f.Name || bar+bars >= b.Len() {
						continue
					}
					r := b.Close[bar+bars]/b.Open[bar+1] - 1
					all.add(r)
					if i == 0 {
						first.add(r)
					}
					if time.Unix(0, m.Candle.Time).UTC().Year() == 1971 {
						year.add(r)
					}
				}
			}
			for _, c := range []struct {
				what string
				got  SignalOutcome
				want moments
			}{
				{"total", stats[k].Total[h], all},
				{"first symbol", stats[k].BySymbol[results[0].Key.Symbol][h], first},
				{"1971", stats[k].ByYear[strconv.Itoa(1971)][h], year},
			} {
				if c.got.Count != c.want.n || c.got.Bars != bars ||
					math.Abs(float64(c.got.Mean)-c.want.mean()) > 1e-12 ||
					float64(c.got.HitRate) != float64(c.want.hits)/float64(c.want.n) ||
					c.got.Independent > c.got.Count || c.got.Independent == 0 {
					t.Errorf("%s, %s after %d: %+v, want %+v", f.Name, c.what, bars, c.got, c.want)
				}
			}
		}
	}
}

// TestStatisticsOfNoSignal has nothing to say, and says it without numbers.
func TestStatisticsOfNoSignal(t *testing.T) {
	j := &Job{
		Data: walks(t, 1, 50), Formulas: []stream.Formula{{Name: "never", Expression: "close < 0"}},
		Statistics: true, CountOnly: true,
	}
	results, _, err := Scan(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	o := Statistics(results, j)[0].Total[0]
	if o.Count != 0 || finite(float64(o.Mean)) || finite(float64(o.T)) || !finite(float64(o.Baseline)) {
		t.Fatalf("%+v", o)
	}
}

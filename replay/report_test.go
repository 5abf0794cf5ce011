package replay

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"streamd/stream"
)

// TestReportStandsAlone wants a page with all that it promises, which loads
// nothing from elsewhere and takes no text of the user for markup.
func TestReportStandsAlone(t *testing.T) {
	d := walks(t, 3, 300)
	d.Memory[1].Key.Symbol = "<b>&\"'"
	j := &Job{Data: d, Formulas: crossing, KeepCandles: true}
	b, _, err := RunBacktest(t.Context(), j, &TradingRules{Side: Long, Cash: 1000, Size: 1})
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := WriteReport(&page, "A <title>", []Setting{{"entry", "close < open & 1 < 2"}}, b); err != nil {
		t.Fatal(err)
	}
	text := page.String()
	if strings.Contains(text, "<b>&") || strings.Contains(text, "A <title>") {
		t.Error("text of the user became markup")
	}
	if loads := regexp.MustCompile(`(src|href)="([^"]*)"`).FindAllStringSubmatch(text, -1); len(loads) != 1 ||
		loads[0][2] != "https://www.tradingview.com/" {
		t.Errorf("the page refers to %v", loads)
	}
	raw := regexp.MustCompile(`<script type="application/json" id="report">(\{.*\})</script>`).FindStringSubmatch(text)
	if raw == nil {
		t.Fatal("no data in the page")
	}
	var data reportPage
	if err := json.Unmarshal([]byte(raw[1]), &data); err != nil {
		t.Fatal(err)
	}
	entries := 0
	for _, year := range data.Calendar {
		for _, n := range year {
			entries += n
		}
	}
	if len(data.Times) != 300 || len(data.Charts) != 3 || entries != len(b.Trades) ||
		data.Charts["S00000"].Close[299] != d.Memory[0].Block.Close[299] {
		t.Errorf("%d points, %d charts, %d entries of %d trades", len(data.Times), len(data.Charts), entries,
			len(b.Trades))
	}
	marks := 0
	for _, c := range data.Charts {
		marks += len(c.Marks)
	}
	if marks != 2*len(b.Trades) || len(b.Trades) == 0 {
		t.Errorf("%d marks for %d trades", marks, len(b.Trades))
	}
}

// TestReportWithoutTrades has a page too.
func TestReportWithoutTrades(t *testing.T) {
	j := &Job{
		Data: walks(t, 1, 10), KeepCandles: true,
		Formulas: []stream.Formula{{Name: "never", Expression: "close < 0", Signal: stream.Entry}},
	}
	b, _, err := RunBacktest(t.Context(), j, &TradingRules{Side: Long, Cash: 1, Size: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteReport(&bytes.Buffer{}, "none", nil, b); err != nil {
		t.Fatal(err)
	}
}

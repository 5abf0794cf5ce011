package replay

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"streamd/internal/charts"
	"streamd/stream"
)

//go:embed report
var reportFiles embed.FS

// Limits of a report, so that a browser can show it.
const (
	reportPointsMax = 4000 // of the equity curve
	reportChartsMax = 50   // symbols with candles
	reportBarsMax   = 5000 // of each
	reportTradesMax = 2000
)

// Setting is a line about how a backtest was made.
type Setting struct{ Name, Value string }

// WriteReport writes a backtest as one HTML page that needs nothing else:
// figures, equity and drawdown, a calendar of the entries, the trades on the
// candles, and tables. The job of the backtest must have kept its candles.
func WriteReport(w io.Writer, title string, settings []Setting, b *Backtest) error {
	text := map[string]string{}
	for _, name := range []string{"page.html", "style.css", "page.js"} {
		raw, err := reportFiles.ReadFile("report/" + name)
		if err != nil {
			return fmt.Errorf("replay: report: %w", err)
		}
		text[name] = string(raw)
	}
	text["lightweight-charts.js"] = string(charts.Library)
	page, err := template.New("page").Funcs(reportFuncs).Parse(text["page.html"])
	if err != nil {
		return fmt.Errorf("replay: report: %w", err)
	}
	trades := b.Trades[max(0, len(b.Trades)-reportTradesMax):]
	data := reportData(b)
	err = page.Execute(w, map[string]any{
		"Policy": reportPolicy(text), "Title": title, "Settings": settings, "Notes": b.Notes,
		"Figures": reportFigures(&b.Stats), "Years": Years(b.Monthly), "MonthNames": monthNames(),
		"Columns": reportColumns(), "Rows": reportRows(b), "Symbols": len(b.Symbols),
		"ChartsShown": len(data.Charts), "BarsShown": reportBarsMax,
		"ChartsLeftOut": len(data.Charts) < len(b.Symbols) || longest(b) > reportBarsMax,
		"TradeColumns": []string{
			"symbol", "side", "entry", "at", "exit", "at", "size", "pnl", "return", "bars", "reason", "over",
		},
		"TimeFormat": timeFormat(data.Intraday),
		"Trades":     trades, "TradesShown": len(trades), "TradesLeftOut": len(b.Trades) - len(trades),
		// These three are files of this program, not input.
		"Style": template.CSS(text["style.css"]), "Script": template.JS(text["page.js"]),
		"Library": template.JS(text["lightweight-charts.js"]),
		"Data":    data,
	})
	if err != nil {
		return fmt.Errorf("replay: report: %w", err)
	}
	return nil
}

// reportFuncs are what the template calls.
var reportFuncs = template.FuncMap{
	"percent": func(x float64) float64 { return 100 * x },
	"share":   func(r Ratio) string { return r.text(true) },
	"sign": func(r Ratio) string {
		switch {
		case r > 0:
			return "gain"
		case r < 0:
			return "loss"
		}
		return ""
	},
	"price": func(x float64) string { // six digits, and more only before the point
		digits := 5
		if x != 0 {
			digits -= int(math.Floor(math.Log10(math.Abs(x))))
		}
		text := strconv.FormatFloat(x, 'f', max(0, digits), 64)
		if strings.Contains(text, ".") {
			text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
		}
		return text
	},
	"breaks": func(t Trade) string {
		var over []string
		if t.Splits > 0 {
			over = append(over, "split")
		}
		if t.Holes > 0 {
			over = append(over, "hole")
		}
		return strings.Join(over, ", ")
	},
}

// reportPolicy is the page's content security policy: it runs its own two scripts and its own
// style, by their hashes, and loads and sends nothing.
func reportPolicy(text map[string]string) string {
	hash := func(name string) string {
		sum := sha256.Sum256([]byte(text[name]))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; base-uri 'none'; form-action 'none'; script-src " +
		hash("lightweight-charts.js") + " " + hash("page.js") + "; style-src " + hash("style.css")
}

func timeFormat(intraday bool) string {
	if intraday {
		return "2006-01-02 15:04"
	}
	return time.DateOnly
}

func monthNames() []string {
	var names []string
	for m := time.January; m <= time.December; m++ {
		names = append(names, m.String()[:3])
	}
	return names
}

// reportPage is what the page's script draws. Times are seconds since 1970.
type reportPage struct {
	Intraday bool                      `json:"intraday"`
	Times    []int64                   `json:"times"`
	Equity   []float64                 `json:"equity"`
	Held     []float64                 `json:"held"`
	Drawdown []float64                 `json:"drawdown"` // in percent, 0 or below
	Calendar map[string]map[string]int `json:"calendar"` // entries by year and day
	Charts   map[string]*reportChart   `json:"charts"`
}

type reportChart struct {
	Time  []int64      `json:"time"`
	Open  []float64    `json:"open"`
	High  []float64    `json:"high"`
	Low   []float64    `json:"low"`
	Close []float64    `json:"close"`
	Marks []reportMark `json:"marks"`
}

type reportMark struct {
	Time  int64  `json:"time"`
	Entry bool   `json:"entry"`
	Long  bool   `json:"long"`
	Gain  bool   `json:"gain"`
	Text  string `json:"text"`
}

func reportData(b *Backtest) *reportPage {
	p := &reportPage{Calendar: map[string]map[string]int{}, Charts: map[string]*reportChart{}}
	peak := 0.0
	every := len(b.Equity)/reportPointsMax + 1
	for i, e := range b.Equity {
		peak = max(peak, e.Equity)
		if i%every != 0 && i != len(b.Equity)-1 {
			continue
		}
		p.Times = append(p.Times, e.Timestamp.Unix())
		p.Equity = append(p.Equity, e.Equity)
		p.Held = append(p.Held, b.held[i])
		p.Drawdown = append(p.Drawdown, 100*(e.Equity-peak)/peak)
	}
	for i := range b.Trades {
		t := b.Trades[i].EntryTime
		year := strconv.Itoa(t.Year())
		if p.Calendar[year] == nil {
			p.Calendar[year] = map[string]int{}
		}
		p.Calendar[year][t.Format(time.DateOnly)]++
		p.Intraday = p.Intraday || t.Hour() != 0 || t.Minute() != 0
	}
	for _, symbol := range slices.Sorted(maps.Keys(b.Symbols)) {
		if candles := b.candles[symbol]; candles != nil && len(p.Charts) < reportChartsMax {
			p.Charts[symbol] = chartOf(candles, b.Symbols[symbol].Trades)
		}
	}
	return p
}

func chartOf(b *stream.Block, trades []Trade) *reportChart {
	part := b.Slice(max(0, b.Len()-reportBarsMax), b.Len())
	c := &reportChart{Open: part.Open, High: part.High, Low: part.Low, Close: part.Close, Marks: []reportMark{}}
	for _, ns := range part.Time {
		c.Time = append(c.Time, ns/int64(time.Second))
	}
	for i := range trades {
		t := &trades[i]
		if t.EntryTime.Unix() >= c.Time[0] {
			c.Marks = append(c.Marks, reportMark{
				Time: t.EntryTime.Unix(), Entry: true, Long: t.Side == Long,
				Text: string(t.Side),
			})
		}
		if t.ExitTime.Unix() >= c.Time[0] {
			c.Marks = append(c.Marks, reportMark{
				Time: t.ExitTime.Unix(), Long: t.Side == Long, Gain: t.PnL > 0,
				Text: fmt.Sprintf("%s %+.1f%%", t.ExitReason, 100*t.Return),
			})
		}
	}
	slices.SortStableFunc(c.Marks, func(a, b reportMark) int { return int(a.Time - b.Time) })
	return c
}

func longest(b *Backtest) int {
	n := 0
	for _, c := range b.candles {
		n = max(n, c.Len())
	}
	return n
}

func reportFigures(s *Stats) []Setting {
	figures := []Setting{{"trades", strconv.Itoa(s.Trades)}}
	if !s.Start.IsZero() {
		figures = append(figures, Setting{"from", s.Start.Format(time.DateOnly)},
			Setting{"to", s.End.Format(time.DateOnly)})
	}
	for _, f := range []struct {
		name  string
		value Ratio
		share bool
	}{
		{"return", s.Return, true},
		{"held", s.BuyAndHold.Return, true},
		{"final equity", s.FinalEquity, false},
		{"CAGR", s.CAGR, true},
		{"Sharpe", s.Sharpe, false},
		{"Sortino", s.Sortino, false},
		{"Calmar", s.Calmar, false},
		{"max drawdown", s.MaxDrawdown, true},
		{"longest, days", s.LongestDrawdown, false},
		{"win rate", s.WinRate, true},
		{"profit factor", s.ProfitFactor, false},
		{"expectancy", s.Expectancy, false},
		{"best trade", s.BestTrade, true},
		{"worst trade", s.WorstTrade, true},
		{"average bars", s.AverageBars, false},
		{"SQN", s.SQN, false},
		{"Kelly", s.Kelly, true},
		{"exposure", s.Exposure, true},
		{"turnover per year", s.Turnover, false},
		{"mean MAE", s.AverageMAE, true},
		{"mean MFE", s.AverageMFE, true},
		{"fees", s.Fees, false},
		{"slippage", s.Slippage, false},
	} {
		figures = append(figures, Setting{f.name, f.value.text(f.share)})
	}
	return figures
}

func reportColumns() []string {
	return []string{
		"symbol", "trades", "win rate", "profit factor", "return", "held", "CAGR", "Sharpe", "Sortino",
		"drawdown", "exposure",
	}
}

func reportRows(b *Backtest) [][]string {
	var rows [][]string
	for _, symbol := range slices.Sorted(maps.Keys(b.Symbols)) {
		s := &b.Symbols[symbol].Stats
		rows = append(rows, []string{
			symbol, strconv.Itoa(s.Trades), s.WinRate.text(true), s.ProfitFactor.text(false), s.Return.text(true),
			s.BuyAndHold.Return.text(true),
			s.CAGR.text(true), s.Sharpe.text(false), s.Sortino.text(false), s.MaxDrawdown.text(true),
			s.Exposure.text(true),
		})
	}
	return rows
}

// text shows a ratio to a person, as a share in percent, "–" without a value.
func (r Ratio) text(share bool) string {
	x := float64(r)
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return "–"
	case share:
		return fmt.Sprintf("%.1f%%", 100*x)
	}
	return fmt.Sprintf("%.2f", x)
}

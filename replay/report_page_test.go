package replay

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"streamd/internal/browser"
)

func TestMain(m *testing.M) { os.Exit(browser.Run(m)) }

// The report works as a file that is opened: charts, logarithm, sorting, pages, both themes, and a phone.
func TestReportInABrowser(t *testing.T) {
	d := walks(t, 3, 2000)
	d.Memory[1].Key.Symbol = `<img src=x onerror="window.hit=1">`
	b, _, err := RunBacktest(t.Context(), &Job{Data: d, Formulas: crossing, KeepCandles: true},
		&TradingRules{Side: Long, Cash: 1000, Size: 1})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "report.html")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteReport(f, "Crossing", []Setting{{"entry", "crossover"}}, b); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	p := browser.Open(t, 1440, 900)
	p.Go("file://" + path)
	for _, chart := range []string{"equity", "candles"} {
		p.Wait(fmt.Sprintf(`document.querySelector("#%s canvas")?.clientWidth > 200`, chart))
	}
	p.Click("button", "Logarithmic")
	p.Wait(`document.getElementById("log").ariaPressed === "true"`)

	// Trades are sorted by what their column holds, over all pages.
	if len(b.Trades) <= 50 {
		t.Fatalf("%d trades are one page", len(b.Trades))
	}
	pnl := `[...document.querySelectorAll("#trades tbody tr")].map((r) => parseFloat(r.querySelector(".gain, .loss").textContent))`
	head := `[...document.querySelectorAll("#trades th")][document.querySelector("#trades .gain, #trades .loss").cellIndex]`
	p.Eval(`(` + head + `.querySelector("button").click(), 0)`)
	p.Wait(head + `.ariaSort === "ascending" && ` + pnl + `.every((x, i, all) => i === 0 || all[i - 1] <= x)`)
	least := p.Eval(pnl + `[0]`)
	p.Eval(`(` + head + `.querySelector("button").click(), 0)`)
	p.Wait(head + `.ariaSort === "descending" && ` + pnl + `.every((x, i, all) => i === 0 || all[i - 1] >= x)`)
	if most := p.Eval(pnl + `[0]`); most == least {
		t.Errorf("the first trade has %s in either order", most)
	}
	p.WaitText(fmt.Sprintf("1 to 50 of %d", len(b.Trades)))
	p.Click("button", "After")
	p.WaitText(fmt.Sprintf(" of %d", len(b.Trades)))
	p.Wait(`document.getElementById("page").textContent.startsWith("51 to ")`)

	for _, theme := range []string{"light", "dark"} {
		p.Wait(fmt.Sprintf(`(document.documentElement.dataset.theme === %q ||
			document.getElementById("theme").click()) && true`, theme))
		p.Resize(1440, 900)
		if found := p.Barriers(); found != "" {
			t.Errorf("%s: %s", theme, found)
		}
		p.Shoot("report-1440-" + theme)
		p.Resize(390, 844)
		if wide := p.Wide(); wide != "0" {
			t.Errorf("%s: %s pixels wider than a phone", theme, wide)
		}
		p.Shoot("report-390-" + theme)
	}
	if p.Eval(`globalThis.hit`) != "undefined" {
		t.Error("a symbol became markup")
	}
}

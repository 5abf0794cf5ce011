package web

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"streamd/internal/browser"
	"streamd/stream"
)

// rowTexts are the rows in sight, each as its cells with a bar between them.
const rowTexts = `[...document.querySelectorAll("tbody.rows tr")].map((r) => [...r.cells].map((c) => c.innerText.trim()).join("|")).join("\n")`

// The newest signal by candle time stands on top, entries and exits differ in their words, and filters narrow the list.
func TestSignalsView(t *testing.T) {
	r := newRig(t, "", rigFormulas)
	r.push("AAPL", wave(120, 100, 5)...)
	r.push("MSFT", wave(90, 50, 3)...) // published later, of earlier candles
	p := r.page("")
	p.Find("link", "AAPL 1m")
	rows := strings.Split(p.Eval(rowTexts), "\n")
	for i := 1; i < len(rows); i++ {
		if rows[i-1][:16] < rows[i][:16] {
			t.Errorf("%s stands above %s", rows[i-1], rows[i])
		}
	}
	all := len(rows)
	if text := strings.Join(rows, "\n"); !strings.Contains(text, "▲ ENTRY") || !strings.Contains(text, "▼ EXIT") ||
		!strings.Contains(text, "sma(close, 20) = ") || !strings.Contains(text, "rsi_14 = ") || strings.Contains(text, "ema_12") {
		t.Errorf("rows:\n%s", text)
	}
	for _, f := range []struct{ field, text, want, not string }{
		{"Symbol", "msf", "MSFT", "AAPL"}, {"Text", "cheap", "rsi_14", "ENTRY"},
	} {
		p.Type(map[bool]string{true: "searchbox", false: "textbox"}[f.field == "Text"], f.field, f.text)
		p.Wait(fmt.Sprintf(`(%s).includes(%q) && !(%[1]s).includes(%[3]q)`, rowTexts, f.want, f.not))
		p.Go(r.server.URL + "/")
		p.Find("link", "AAPL 1m")
	}
	p.Choose("Type", "EXIT")
	p.Wait(
		fmt.Sprintf(
			`!(%s).includes("ENTRY") && (%[1]s).includes("EXIT") && location.hash.includes("type=EXIT")`, rowTexts,
		),
	)
	p.Choose("Type", "")
	p.Click("button", "Pause")
	r.push("ZZZ", wave(200, 10, 2)...)
	p.Find("button", "Resume")
	p.Wait(`[...document.querySelectorAll(".newer button")].some((b) => b.offsetParent && /newer/.test(b.textContent))`)
	if got := len(strings.Split(p.Eval(rowTexts), "\n")); got != all {
		t.Errorf("%d rows while paused, want %d", got, all)
	}
	p.Click("button", "Resume")
	p.Find("link", "ZZZ 1m")
	// What is exported is what is listed; no cell of it is a formula of a spreadsheet.
	p.Eval(`(globalThis.blobs = [], URL.createObjectURL = (b) => (blobs.push(b), "data:,"))`)
	p.Click("button", "Export CSV")
	p.Wait(`globalThis.blobs.length === 1`)
	if csv := p.Eval(`blobs[0].text()`); !strings.HasPrefix(csv, "timestamp,symbol,") || !strings.Contains(csv, ",ZZZ,1m,up,ENTRY,") {
		t.Errorf("exported: %.300s", csv)
	}
	p.Click("button", "Alerts")
	p.Find("checkbox", "Sound for up")
	p.Find("checkbox", "Notification for down")
	// Elsewhere the title counts what has come meanwhile.
	p.Click("link", "Health")
	p.Find("region", "Partitions table")
	r.push("YYY", wave(60, 10, 2)...)
	p.Wait(`/^\(\d+\) /.test(document.title)`)
	p.Click("link", "Signals")
	p.Wait(`!/^\(/.test(document.title)`)
}

// A signal that is clicked opens the chart at its bar with the explanation; keys move the bar; new candles arrive.
func TestChartView(t *testing.T) {
	r := newRig(t, "", rigFormulas)
	r.push("AAPL", wave(300, 100, 5)...)
	p := r.page("")
	p.Choose("Formula", "up")
	p.Click("link", "AAPL 1m")
	p.Find("article", "Explanation")
	p.WaitText("Fired")
	p.Wait(`/up on AAPL 1m, 2024-03-01/.test(document.body.innerText) && location.hash.includes("at=2024-03-01")`)
	p.Wait(`/sma\(close, 20\) \d/.test(document.querySelector(".legend").innerText)`)
	at := p.Eval(`new URLSearchParams(location.hash.split("?")[1]).get("at")`)
	p.Eval(`document.querySelector("[role=group]").focus()`)
	p.Press(kb.ArrowRight)
	p.Wait(fmt.Sprintf(`new URLSearchParams(location.hash.split("?")[1]).get("at") > %q`, at))
	p.WaitText("Did not fire")
	p.Press("+")
	p.Press("-")
	p.Press(kb.End)
	p.WaitText("2024-03-01 13:59")
	r.push("AAPL", 101, 150)
	p.Press(kb.End)
	p.Wait(
		`(document.querySelector("[role=group]").dispatchEvent(new KeyboardEvent("keydown", { key: "End" })), document.body.innerText.includes("2024-03-01 14:01"))`,
	)
	p.Choose("Timeframe", "15m")
	p.Wait(`/15m/.test(document.querySelector(".legend").innerText) && location.hash.includes("as=15m")`)
	p.Wait(`/V 1,[45]00|V 200/.test(document.querySelector(".legend").innerText)`) // the volumes of fifteen minutes
	// Another formula, over a named indicator: an oscillator has a pane of its own.
	p.Choose("Timeframe", "1m")
	p.Choose("Formula", "cheap")
	p.Wait(`/rsi_14 \d/.test(document.querySelector(".legend").innerText)`)
}

// A formula typed wrong shows the error under the word; mended it shows where it would have fired; saved it is in force
// and fires; deleted it can be had back. What the configuration keeps is offered as YAML.
func TestFormulasView(t *testing.T) {
	r := newRig(t, "", rigFormulas)
	r.push("AAPL", wave(300, 100, 5)...)
	p := r.page("#/formulas")
	p.Find("link", "cheap")
	p.Type("textbox", "Name", "dip")
	p.Click("textbox", "Expression")
	p.Press("clse > 104")
	p.WaitText(`1:1 unknown name "clse"`)
	p.Wait(`document.querySelector(".editor").shadowRoot.querySelector(".cm-lintRange-error").textContent === "clse"`)
	p.Press(kb.Escape)
	p.Press("a", chromedp.KeyModifiers(2))
	p.Press("close > 104")
	p.Press(kb.Escape)
	p.Wait(`/^\d+ times/m.test(document.querySelector("[aria-label=Preview]").innerText)`)
	p.Find("link", "AAPL 1m")
	p.Click("button", "Save")
	p.WaitText("dip is in force.")
	r.push("AAPL", 140)
	p.Wait(`/1 of 1/.test(` + rowTexts + `)`)

	// What a change would add and remove stands beside what runs.
	p.Click("textbox", "Expression")
	p.Press("a", chromedp.KeyModifiers(2))
	p.Press("close > 103")
	p.Press(kb.Escape)
	p.Wait(
		`/\+\d+\s+−0/.test(document.querySelector("[aria-label=Preview]").innerText) && /added/.test(document.querySelector(".preview .rows").innerText)`,
	)
	p.Click("link", "dip")
	p.Click("button", "Pause")
	p.WaitText("‖ paused")
	r.push("AAPL", 140, 141)
	if fired := r.signals.firedOf("dip").Total; fired != 1 {
		t.Errorf("fired %d times, want once: it was paused", fired)
	}
	p.Click("button", "Resume")
	p.Wait(`!/paused/.test(` + rowTexts + `)`)
	p.Click("button", "Delete")
	p.WaitText("dip is deleted.")
	p.Click("button", "Undo")
	p.Wait(`(` + rowTexts + `).includes("dip|")`)

	p.Click("link", "cheap")
	p.WaitText("This formula is kept in the configuration")
	p.Wait(`document.querySelector("textarea").value.includes('expression: "rsi_14 < 30 and close < sma(close, 20)"')`)

	// Completion knows the functions, with their documentation.
	p.Click("link", "New formula")
	p.Click("textbox", "Expression")
	p.Press("boll")
	p.Press("\b\b\b\bbbands")
	p.Wait(`document.querySelector(".editor").shadowRoot.querySelector("[role=listbox]")?.innerText.includes("bbands")`)
}

// What became of signals stands beside their formula, and positions that are open beside the chart.
func TestOutcomesOnThePage(t *testing.T) {
	r := newRig(t, "", rigFormulas)
	r.push("AAPL", wave(115, 100, 5)...)
	p := r.page("#/formulas?name=up")
	p.WaitText("What became of its signals")
	p.Wait(`/\|\d+(\.\d)? % of \d+\|/.test(` + rowTexts + `)`)
	p.Wait(`document.querySelectorAll("[aria-label='Outcomes'] tbody tr").length === 3`)
	p.Go(r.server.URL + "/#/chart?symbol=AAPL&timeframe=1m&formula=up")
	p.Find("region", "Open positions")
	p.WaitText("entered at")
	p.WaitText("bars left")
	r.push("AAPL", wave(20, 100, 0)...)
	p.WaitText("None: no signal here is younger than 20 bars.")
}

// A screen is offered as a universe of the configuration: its condition, or the symbols that fulfil it.
func TestScreenAsUniverse(t *testing.T) {
	r := newRig(t, "", "")
	for i, symbol := range []string{"AAPL", "MSFT", "ZZZ"} {
		r.push(symbol, 100, 100+float64(i))
	}
	p := r.page("#/screener?expr=close&where=" + urlEscape("close > 100"))
	p.WaitText("2 of 3 series")
	p.Click("button", "Save as universe")
	p.Type("textbox", "Universe name", "strong")
	text := `document.querySelector("textarea").value`
	p.Wait(text + ` === 'universes:\n  strong: "close > 100"\n'`)
	p.Click("radio", "the symbols listed now")
	p.Wait(text + ` === 'universes:\n  strong: ["MSFT","ZZZ"]\n'`)
	p.Find("button", "Download")
	p.Type("textbox", "Only where", "close > 101")
	p.Press(kb.Enter)
	p.Wait(text + ` === 'universes:\n  strong: ["ZZZ"]\n'`)
}

// The explanation of a rank shows who is next to it, and how many members have a value.
func TestOthersInAnExplanation(t *testing.T) {
	r := newRig(t, "", rigFormulas)
	r.push("AAPL", wave(60, 100, 5)...)
	others := brokenPart(func(w http.ResponseWriter, req *http.Request) bool {
		if req.URL.Path != "/api/v1/explain" {
			return false
		}
		answer(w, stream.Explanation{
			Formula: "up", Symbol: "AAPL", Timeframe: "1m", Timestamp: rigStart, Reasons: []stream.Reason{},
			Others: []stream.Other{
				{Expression: "close", Symbol: "SPY", Timestamp: &rigStart, Value: 400},
				{
					Expression: "roc(close, 20)", Universe: "tech", Values: 4987, Members: 5000, Rank: 3, Value: 2,
					Above: &stream.Neighbour{Symbol: "MSFT", Value: 2.5, By: 0.5},
					Below: &stream.Neighbour{Symbol: markup, Value: 1, By: -1},
				},
			},
		})
		return true
	})
	r.broken.Store(&others)
	p := r.page("#/explain?symbol=AAPL&timeframe=1m&formula=up")
	p.Find("list", "Other series")
	p.WaitText("4,987 of 5,000 members have a value")
	p.WaitText("rank 3")
	p.WaitText("MSFT 2.5 (+0.5)")
	p.WaitText("1 (−1)")
	p.WaitText("SPY at 2024-03-01 09:00")
	p.Find("link", "MSFT")
}

// Formulas and expressions that look at other series are screened, tried and explained like all others.
func TestRanksOnThePage(t *testing.T) {
	r := newRig(t, "", "")
	for i, symbol := range []string{"AAPL", "MSFT", "SPY"} {
		r.push(symbol, wave(60, 100+float64(i), float64(5*i+1))...)
	}
	p := r.page("#/screener?expr=" + urlEscape("pctrank(roc(close, 20))") + "&sort=-1")
	p.Wait(`/^SPY 1m\|.*\|100$/m.test(` + rowTexts + `)`)
	p.WaitText("the 3 series that this instance holds (1 partition), 60 candles of each at most")
	p.Go(r.server.URL + "/#/formulas?expr=" + urlEscape("top(roc(close, 20), 1)"))
	p.WaitText("would it have fired, on 2 series of 3")
	p.WaitText("the 3 series that this instance holds")
	p.Go(r.server.URL + "/#/chart?symbol=MSFT&timeframe=1m&expr=" + urlEscape("top(roc(close, 20), 1)") +
		"&at=2024-03-01T09:59:00Z")
	p.Find("list", "Other series")
	p.WaitText("3 of 3 members have a value")
	p.WaitText("rank 2")
	p.Find("link", "SPY")
}

// Ten thousand series are ranked by an expression, and stay live.
func TestScreenerView(t *testing.T) {
	r := newRig(t, "", "")
	for i := range 10_000 {
		r.push(fmt.Sprintf("S%04d", i), 100, 100+float64(i)/100)
	}
	p := r.page("#/screener?expr=change(close)&sort=-1")
	p.WaitText("10,000 of 10,000 series")
	p.Wait(`(` + rowTexts + `).startsWith("S9999")`)
	r.push("S0042", 1000)
	p.Wait(`(` + rowTexts + `).startsWith("S0042 1m|2024-03-01 09:02|1,000|899.58")`)
	p.Click("button", "change(close)")
	p.Wait(`(` + rowTexts + `).startsWith("S0000")`)
	// The end of the list is had when it comes into sight.
	p.Eval(`document.querySelector(".scroller").scrollTop = 1e9`)
	p.Wait(`(` + rowTexts + `).includes("S0042")`)
	if n := p.Eval(`document.querySelectorAll("tbody.rows tr").length < 100`); n != "true" {
		t.Error("rows out of sight are in the document")
	}
	p.Type("textbox", "Only where", "close > 199.9")
	p.Press(kb.Enter)
	p.WaitText("of 10,000 series")
	p.Wait(`location.hash.includes("where=close") && /^\d\d? of 10,000/m.test(document.body.innerText)`)
	p.Type("textbox", "Column 1", "chnge(close)")
	p.Press(kb.Enter)
	p.WaitText(`unknown function "chnge"`)
}

// Any candle is explained, named as people type times; each comparison says how far it is from the other answer.
func TestExplainView(t *testing.T) {
	r := newRig(t, "", rigFormulas)
	r.push("AAPL", wave(300, 100, 5)...)
	p := r.page("#/explain")
	p.Choose("Formula", "cheap")
	p.Type("combobox", "Series", "AAPL 1m")
	p.Type("textbox", "Candle (UTC)", "13:01")
	p.Click("button", "Explain")
	p.WaitText("cheap on AAPL 1m, 2024-03-01 13:01")
	p.Find("list", "Values")
	p.Wait(`/flips at [+−]\d.*%/.test(document.body.innerText) && location.hash.includes("at=13%3A01")`)
	p.Type("textbox", "Candle (UTC)", "2024-03-01 9:05")
	p.Click("button", "Explain")
	p.WaitText("warming: 6 of")
	p.Type("textbox", "Candle (UTC)", "noon")
	p.Click("button", "Explain")
	p.Find("alert", "")
}

func TestHealthView(t *testing.T) {
	r := newRig(t, "", rigFormulas)
	r.push("AAPL", 1, 2)
	p := r.page("#/health")
	p.Find("region", "Status")
	p.WaitText("candles.1m / 0")
	p.WaitText("topic signals has one replica")
	p.WaitText("json on candles.1m: 7")
	p.WaitText("partition 0, offset 12")
}

// Without data, without the daemon, and where it refuses, a view says so.
func TestPageStates(t *testing.T) {
	r := newRig(t, "", "")
	p := r.page("")
	shoot := func(name string) {
		for _, size := range [][2]int64{{390, 844}, {1440, 900}} {
			p.Resize(size[0], size[1])
			p.Shoot(fmt.Sprintf("%s-%d", name, size[0]))
		}
	}
	p.WaitText("No signals yet")
	shoot("empty-signals")
	for view, want := range map[string]string{
		"formulas": "No formulas are in force", "screener": "No series yet", "chart": "No candles yet",
	} {
		p.Go(r.server.URL + "/#/" + view)
		p.WaitText(want)
		shoot("empty-" + view)
	}
	forbidden := brokenPart(func(w http.ResponseWriter, req *http.Request) bool {
		if strings.HasPrefix(req.URL.Path, "/api/v1/health") {
			fail(w, http.StatusForbidden, fmt.Errorf("not for you"))
			return true
		}
		return false
	})
	r.broken.Store(&forbidden)
	p.Go(r.server.URL + "/#/health")
	p.WaitText("Forbidden")
	p.WaitText("not for you")
	shoot("forbidden")
	r.server.CloseClientConnections()
	r.server.Listener.Close()
	p.WaitText("Not up to date: no connection to the daemon")
	p.WaitText("not connected")
	shoot("disconnected")
}

// The way from a signal to its explanation needs no mouse.
func TestKeyboardAlone(t *testing.T) {
	r := newRig(t, "", rigFormulas)
	r.push("AAPL", wave(120, 100, 5)...)
	p := r.page("")
	p.Find("link", "AAPL 1m")
	reach := func(what string) {
		t.Helper()
		for range 60 {
			p.Press(kb.Tab)
			if p.Eval(`document.activeElement.matches(`+"`"+what+"`"+`)`) == "true" {
				return
			}
		}
		t.Fatalf("Tab does not reach %s", what)
	}
	reach("tbody.rows a")
	p.Press(kb.Enter)
	p.Find("article", "Explanation")
	p.WaitText("Fired")
	reach("[role=group]")
	p.Press(kb.ArrowLeft)
	p.WaitText("Did not fire")
	reach("[aria-label='Explanation of the bar']")
}

// shots are the views as tests for barriers and pictures see them, with what they must show before.
var shots = []struct{ name, hash, ready string }{
	{"signals", "signals", "ENTRY"},
	{"chart", "chart?symbol=AAPL&timeframe=1m&formula=up&at=2024-03-01T13:01:00Z", "close"},
	{"formulas", "formulas?name=cheap", "Hit rate, 5 bars"},
	{"new", "formulas?expr=close%20%3E%20104%20and%20clse%20%3C%201", "did you mean"},
	{"preview", "formulas?expr=close%20%3E%20104", "would it have fired"},
	{"screener", "screener", "of 3 series"},
	{"condition", "screener?where=close%20%3E%20100", "of 3 series"},
	{"explain", "explain?symbol=AAPL&timeframe=1m&formula=cheap&at=13:01", "flips at"},
	{"ranks", "screener?expr=pctrank(roc(close%2C%2020))&expr=rank(close)", "that this instance holds"},
	{
		"neighbours", "chart?symbol=MSFT&timeframe=1m&at=2024-03-01T12:30:00Z&expr=top(roc(close%2C%2020)%2C%201)",
		"3 of 3 members have a value",
	},
	{"health", "health", "one replica"},
}

func shotRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, "", rigFormulas)
	r.push("AAPL", wave(300, 100, 5)...)
	r.push("MSFT", wave(280, 50, 3)...)
	r.push("BRK.B", wave(240, 410, 9)...)
	return r
}

// axe-core finds nothing wrong with any view in either theme, and no view is wider than a phone.
func TestNoBarriers(t *testing.T) {
	r := shotRig(t)
	p := r.page("")
	for _, theme := range []string{"light", "dark"} {
		p.Eval(fmt.Sprintf(`localStorage.setItem("theme", %q)`, theme))
		for _, s := range shots {
			p.Resize(1440, 900)
			p.Go(r.server.URL + "/#/" + s.hash)
			p.WaitText(s.ready)
			if found := p.Barriers(); found != "" {
				t.Errorf("%s, %s: %s", s.name, theme, found)
			}
			p.Resize(390, 844)
			if wide := p.Wide(); wide != "0" {
				t.Errorf("%s is %s pixels wider than a phone", s.name, wide)
			}
		}
	}
}

// What comes from outside is text in every view, also where it looks like markup or would turn the text around it.
func TestMarkupIsText(t *testing.T) {
	r := newRig(
		t, "",
		fmt.Sprintf(
			"\nformulas:\n  - {name: %q, expression: \"crossover(close, sma(close, 20))\", signal_type: ENTRY, metadata: {%[1]q: %[1]q}}\n",
			markup,
		),
	)
	symbol := markup
	r.push(symbol, wave(120, 100, 5)...)
	p := r.page("")
	q := strings.NewReplacer("SYMBOL", urlEscape(symbol), "FORMULA", urlEscape(markup)).Replace
	for _, view := range []string{
		"signals?text=FORMULA", "chart?symbol=SYMBOL&timeframe=1m&formula=FORMULA", "formulas?name=FORMULA", "screener?expr=close&symbol=SYMBOL",
		"explain?symbol=SYMBOL&timeframe=1m&formula=FORMULA", "health", "signals",
	} {
		p.Go(r.server.URL + "/#/" + q(view))
		p.WaitText("<img src=x")
		p.Wait(`!document.querySelector("main img, main b:not(.plain) img") && !globalThis.hit`)
		if text := p.Eval(`document.body.innerText`); strings.ContainsAny(text, "\u202e\u2066") {
			t.Errorf("%s: marks of direction are shown as they are", view)
		}
	}
}

func urlEscape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

// Pictures of every view, for people to look at.
func TestScreenshots(t *testing.T) {
	if os.Getenv("SCREENSHOTS") == "" {
		t.Skip("SCREENSHOTS names no folder")
	}
	r := shotRig(t)
	p := browser.Open(t, 1440, 900)
	p.Go(r.server.URL)
	for _, theme := range []string{"light", "dark"} {
		p.Eval(fmt.Sprintf(`localStorage.setItem("theme", %q)`, theme))
		for _, s := range shots {
			for _, size := range [][2]int64{{1440, 900}, {390, 844}} {
				p.Resize(size[0], size[1])
				p.Go(r.server.URL + "/#/" + s.hash)
				p.WaitText(s.ready)
				time.Sleep(300 * time.Millisecond) // the chart draws itself
				p.Shoot(fmt.Sprintf("%s-%d-%s", s.name, size[0], theme))
			}
		}
	}
}

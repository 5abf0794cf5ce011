// Package browser lets tests use a page as a person does: elements are found by role and accessible name, and used by
// mouse and keyboard. All tests of a package share one browser, each with a tab of its own. axe-core, which looks for
// barriers, is under the Mozilla Public License 2.0; see axe.LICENSE.
package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

//go:embed axe.min.js
var axe string

// Patience is how long a page may take for anything. It is reached only by what does not come about.
const Patience = 30 * time.Second

// shared is the browser of the process.
var shared struct {
	mu   sync.Mutex
	ctx  context.Context
	stop []func()
}

// Run runs the tests of a package and ends the browser behind them, for TestMain.
func Run(m *testing.M) int {
	code := m.Run()
	for i := len(shared.stop) - 1; i >= 0; i-- {
		shared.stop[i]()
	}
	return code
}

// start returns the context of the browser, which it starts for the first test.
func start(t *testing.T) context.Context {
	t.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.ctx != nil {
		return shared.ctx
	}
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("no browser: make tools installs one")
		}
		t.Skip("no browser")
	}
	dir, err := os.MkdirTemp("", "browser")
	if err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.UserDataDir(dir))
	ctx, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stopBrowser := chromedp.NewContext(ctx)
	shared.stop = append(shared.stop, func() { _ = os.RemoveAll(dir) }, stopAllocator, stopBrowser)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	shared.ctx = ctx
	return ctx
}

// Page is a tab with a page of the daemon in it.
type Page struct {
	t   *testing.T
	ctx context.Context

	mu     sync.Mutex
	faults []string // exceptions, and what the policy has blocked
}

// Open returns a new tab of a size. The test fails at its end if the page has thrown an exception, or wanted what its
// policy forbids.
func Open(t *testing.T, width, height int64) *Page {
	t.Helper()
	ctx, stop := chromedp.NewContext(start(t))
	p := &Page{t: t, ctx: ctx}
	t.Cleanup(func() {
		stop()
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, f := range p.faults {
			t.Errorf("the page: %s", f)
		}
	})
	err := chromedp.Listen(ctx, func(ev any) {
		p.mu.Lock()
		defer p.mu.Unlock()
		switch e := ev.(type) {
		case *runtime.EventExceptionThrown:
			text := e.ExceptionDetails.Text
			if x := e.ExceptionDetails.Exception; x != nil {
				text += " " + x.Description
			}
			p.faults = append(p.faults, text)
		case *log.EventEntryAdded:
			if strings.Contains(e.Entry.Text, "Content Security Policy") {
				at := e.Entry.URL
				if e.Entry.StackTrace != nil {
					for _, f := range e.Entry.StackTrace.CallFrames {
						at += fmt.Sprintf("\n  %s %s:%d:%d", f.FunctionName, f.URL, f.LineNumber, f.ColumnNumber)
					}
				}
				p.faults = append(p.faults, e.Entry.Text+" "+at)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	p.Resize(width, height)
	return p
}

// Resize gives the tab another size.
func (p *Page) Resize(width, height int64) {
	p.t.Helper()
	p.do(chromedp.EmulateViewport(width, height))
}

// Go opens an address. A page that is open is left first, though the addresses may differ behind the # only.
func (p *Page) Go(url string) {
	p.t.Helper()
	p.do(chromedp.Navigate("about:blank"), chromedp.Navigate(url))
}

func (p *Page) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, Patience)
	defer stop()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

// Eval returns the value of a JavaScript expression as text.
func (p *Page) Eval(expression string) string {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, Patience)
	defer stop()
	v, err := chromedp.Run(
		ctx, chromedp.Evaluate[string]("(async () => String(await ("+expression+")))()", chromedp.EvalAwaitPromise),
	)
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// Wait waits until a JavaScript expression is true.
func (p *Page) Wait(expression string) {
	p.t.Helper()
	for end := time.Now().Add(Patience); p.Eval("!!("+expression+")") != "true"; time.Sleep(30 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf(
				"it does not come about: %s\nthe page shows:\n%.2000s", expression, p.Eval("document.body.innerText"),
			)
		}
	}
}

// WaitText waits until the page shows a text.
func (p *Page) WaitText(text string) {
	p.t.Helper()
	quoted, _ := json.Marshal(text)
	p.Wait("document.body.innerText.includes(" + string(quoted) + ")")
}

// find returns the elements of a role whose name begins so, those of just that name first.
func (p *Page) find(role, name string) []cdp.BackendNodeID {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, Patience)
	defer stop()
	document, err := chromedp.Call(ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: "document"})
	if err != nil {
		p.t.Fatal(err)
	}
	found, err := chromedp.Call(ctx, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{
		ObjectID: document.Result.ObjectID, Role: role,
	})
	if err != nil {
		return nil // the document has changed meanwhile
	}
	var exact, others []cdp.BackendNodeID
	for _, n := range found.Nodes {
		if n.Ignored || n.Name == nil {
			continue
		}
		var text string
		_ = json.Unmarshal([]byte(n.Name.Value), &text) // no text is no match
		switch text = strings.TrimSpace(text); {
		case text == name:
			exact = append(exact, n.BackendDOMNodeID)
		case strings.HasPrefix(text, name):
			others = append(others, n.BackendDOMNodeID)
		}
	}
	return append(exact, others...)
}

// Find waits for an element by its role and name and returns the first.
func (p *Page) Find(role, name string) cdp.BackendNodeID {
	p.t.Helper()
	for end := time.Now().Add(Patience); ; time.Sleep(30 * time.Millisecond) {
		if all := p.find(role, name); len(all) > 0 {
			return all[0]
		}
		if time.Now().After(end) {
			p.t.Fatalf("no %s %q\nthe page shows:\n%.2000s", role, name, p.Eval("document.body.innerText"))
		}
	}
}

// Has reports whether there is such an element now.
func (p *Page) Has(role, name string) bool {
	p.t.Helper()
	return len(p.find(role, name)) > 0
}

// Click clicks in the middle of an element, again where the element has moved away from under the mouse.
func (p *Page) Click(role, name string) {
	p.t.Helper()
	for end := time.Now().Add(Patience); ; time.Sleep(30 * time.Millisecond) {
		id := p.Find(role, name)
		x, y, err := p.middle(id)
		if err == nil {
			err = p.watchClick(id)
		}
		if err == nil {
			p.do(chromedp.MouseClickXY(x, y))
			if p.Eval("window.clickMissed === true") == "false" {
				return
			}
			err = fmt.Errorf("it has moved away")
		}
		if time.Now().After(end) {
			p.t.Fatalf("click on %s %q: %v", role, name, err)
		}
	}
}

// watchClick has the page note in clickMissed that the next click meets another element.
func (p *Page) watchClick(id cdp.BackendNodeID) error {
	ctx, stop := context.WithTimeout(p.ctx, Patience)
	defer stop()
	node, err := chromedp.Call(ctx, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: id})
	if err != nil {
		return err
	}
	_, err = chromedp.Call(ctx, runtime.CallFunctionOn, runtime.CallFunctionOnParams{
		ObjectID: node.Object.ObjectID,
		FunctionDeclaration: `function () { window.clickMissed = false; window.addEventListener("click",
			(e) => { window.clickMissed = !e.composedPath().includes(this); }, { capture: true, once: true }); }`,
	})
	return err
}

func (p *Page) middle(id cdp.BackendNodeID) (x, y float64, err error) {
	ctx, stop := context.WithTimeout(p.ctx, Patience)
	defer stop()
	if _, err := chromedp.Call(
		ctx, dom.ScrollIntoViewIfNeeded, dom.ScrollIntoViewIfNeededParams{BackendNodeID: id},
	); err != nil {
		return 0, 0, err
	}
	box, err := chromedp.Call(ctx, dom.GetContentQuads, dom.GetContentQuadsParams{BackendNodeID: id})
	if err != nil {
		return 0, 0, err
	}
	if len(box.Quads) == 0 {
		return 0, 0, fmt.Errorf("it is not shown")
	}
	q := box.Quads[0]
	return (q[0] + q[4]) / 2, (q[1] + q[5]) / 2, nil
}

// Type replaces the text of a field.
func (p *Page) Type(role, name, text string) {
	p.t.Helper()
	p.Click(role, name)
	p.Press("a", chromedp.KeyModifiers(2)) // Ctrl
	p.Press("\b")
	p.Press(text)
}

// Press presses keys, wherever the focus is.
func (p *Page) Press(keys string, options ...chromedp.KeyOption) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(keys, options...))
}

// Choose chooses an option of a list by its value.
func (p *Page) Choose(name, value string) {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, Patience)
	defer stop()
	node, err := chromedp.Call(ctx, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: p.Find("combobox", name)})
	if err != nil {
		p.t.Fatal(err)
	}
	quoted, _ := json.Marshal(value)
	_, err = chromedp.Call(ctx, runtime.CallFunctionOn, runtime.CallFunctionOnParams{
		ObjectID: node.Object.ObjectID,
		FunctionDeclaration: `function () { this.value = ` + string(quoted) +
			`; this.dispatchEvent(new Event("input", { bubbles: true })); ` +
			`this.dispatchEvent(new Event("change", { bubbles: true })); }`,
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// Barriers returns what axe-core finds wrong with the page as it is.
func (p *Page) Barriers() string {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, Patience)
	defer stop()
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[string](axe+"\n;''")); err != nil {
		p.t.Fatal(err)
	}
	return p.Eval(`axe.run(document, { resultTypes: ["violations"] }).then((r) => r.violations.map((v) =>
		v.id + ": " + v.nodes.slice(0, 3).map(
			(n) => n.target.join(" ") + " " + n.html.slice(0, 160) + " " + (n.any[0] ?? n.all[0] ?? n.none[0])?.message,
		).join("\n    ")).join("\n"))`)
}

// Wide returns by how much the page is wider than the window.
func (p *Page) Wide() string {
	p.t.Helper()
	return p.Eval("document.documentElement.scrollWidth - document.documentElement.clientWidth")
}

// Shoot writes a picture of the tab where SCREENSHOTS names a folder.
func (p *Page) Shoot(name string) {
	p.t.Helper()
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		return
	}
	ctx, stop := context.WithTimeout(p.ctx, Patience)
	defer stop()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// Metric returns a figure of the tab, as ScriptDuration in seconds.
func (p *Page) Metric(name string) float64 {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, Patience)
	defer stop()
	if _, err := chromedp.Call(ctx, performance.Enable, performance.EnableParams{}); err != nil {
		p.t.Fatal(err)
	}
	all, err := chromedp.Call(ctx, performance.GetMetrics, cdp.Empty{})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, m := range all.Metrics {
		if m.Name == name {
			return m.Value
		}
	}
	p.t.Fatalf("the browser has no metric %s", name)
	return 0
}

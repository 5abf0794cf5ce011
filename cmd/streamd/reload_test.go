package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"streamd/config"
	"streamd/kafka"
)

// shownFormulas is an answer of GET /api/v1/formulas.
type shownFormulas struct {
	Formulas []struct{ Name, Expression, Canonical, Origin, Place, State, Problem string }
	Faults   []struct {
		Name, Origin, Place, Error string
		Kept                       bool
	}
}

// inForce lists what the daemon has in force beside its configuration, and its faults.
func inForce(t *testing.T, base string) (formulas, faults string) {
	t.Helper()
	var all shownFormulas
	if status := fetch(base+"/api/v1/formulas", &all); status != 200 {
		t.Fatal(status)
	}
	var good, bad []string
	for _, f := range all.Formulas {
		if f.Origin == "config" {
			continue
		}
		text := f.Name + ": " + f.Expression
		if (f.State == "kept") != (f.Problem != "") {
			t.Errorf("%+v", f)
		}
		if f.State == "kept" {
			text += " (kept)"
		}
		good = append(good, text)
	}
	for _, f := range all.Faults {
		bad = append(bad, strings.TrimPrefix(f.Place+" "+f.Name, "formulas/"))
	}
	return strings.Join(good, "; "), strings.Join(bad, "; ")
}

func writeFormulas(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll("formulas", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("formulas", name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestFormulasFolder adds, breaks, mends and removes files of a running daemon: each
// formula stands for itself, and what was good goes on to fire.
func TestFormulasFolder(t *testing.T) {
	base, client := startWebWith(t, "", func(*kafka.Client) {
		writeFormulas(t, "a.yaml", "formulas: [nonsense")
		writeFormulas(t, "b.yaml", "formulas:\n  - {name: early, expression: \"close > 1\"}\n")
	})
	bar := 0
	// fires sends the next candle and lists what fired on it.
	fires := func() string {
		at := time.Date(2018, 4, 10, 0, bar, 0, 0, time.UTC).Format(time.RFC3339)
		bar++
		produceCandle(t, client, fmt.Sprintf(`{"symbol":"BTCUSD","timeframe":"1m","timestamp":%q,"open":6600,"high":6600,"low":6600,"close":6600,"volume":1}`, at))
		var names []string
		waitFor(t, func() bool {
			var s struct {
				Signals []struct{ Formula, Timestamp string }
			}
			names = nil
			fetch(base+"/api/v1/signals", &s)
			for _, one := range s.Signals {
				if one.Timestamp == at {
					names = append(names, one.Formula)
				}
			}
			return len(names) > 0
		})
		return strings.Join(names, " ")
	}
	state := func(formulas, faults, firing string) {
		t.Helper()
		waitFor(t, func() bool {
			gotFormulas, gotFaults := inForce(t, base)
			return gotFormulas == formulas && gotFaults == faults
		})
		if got := fires(); got != firing {
			t.Errorf("fired: %s, want %s", got, firing)
		}
	}
	state("early: close > 1", "a.yaml ", "early")
	// A pipe is no file, nor is a link to one; a link that leads nowhere is told of.
	if err := syscall.Mkfifo("pipe", 0o600); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{
		"pipe.yaml": "../pipe", "zero.yaml": "/dev/zero",
		"nowhere.yaml": "../nowhere",
	} {
		if err := os.Symlink(to, filepath.Join("formulas", link)); err != nil {
			t.Fatal(err)
		}
	}
	state("early: close > 1", "a.yaml ; nowhere.yaml ", "early")
	for _, link := range []string{"pipe.yaml", "zero.yaml", "nowhere.yaml"} {
		if err := os.Remove(filepath.Join("formulas", link)); err != nil {
			t.Fatal(err)
		}
	}
	writeFormulas(t, "c.yaml", "formulas:\n  - {name: added, expression: \"close > 2\"}\n  - {name: other, "+
		"expression: \"close > 3\"}\n")
	state("early: close > 1; added: close > 2; other: close > 3", "a.yaml ", "early added other")
	// A bad edit of one, another one's name: both are told of, and the version before fires.
	writeFormulas(t, "c.yaml", "formulas:\n  - {name: added, expression: \"clse > 2\"}\n  - {name: early, "+
		"expression: \"close > 9\"}\n  - {name: other, expression: \"close > 4\"}\n")
	state("early: close > 1; added: close > 2 (kept); other: close > 4", "a.yaml ; c.yaml added; c.yaml early",
		"early added other")
	writeFormulas(t, "c.yaml", "formulas: [")
	state("early: close > 1; added: close > 2 (kept); other: close > 4 (kept)", "a.yaml ; c.yaml ", "early added other")
	writeFormulas(t, "c.yaml", "formulas:\n  - {name: added, expression: \"close < 2\"}\n")
	state("early: close > 1; added: close < 2", "a.yaml ", "early")
	if err := os.Remove("formulas/a.yaml"); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove("formulas/c.yaml"); err != nil {
		t.Fatal(err)
	}
	state("early: close > 1", "", "early")
}

// TestPutFormula puts and deletes formulas over HTTP: one is judged alone, and nobody
// else's is touched.
func TestPutFormula(t *testing.T) {
	base, client := startWebWith(t, "formulas_topic: rules\n", func(client *kafka.Client) {
		produceFormula(t, client, "topical", "expression: close >")
		writeFormulas(t, "broken.yaml", "formulas: [nonsense")
		writeFormulas(t, "wrong.yaml", "formulas:\n  - {name: wrong, expression: close > 1, colour: red}\n")
		writeFormulas(t, "mine.yaml", "formulas:\n  - {name: one, expression: close > 1}\n  - {name: two, "+
			"expression: clse > 1}\n")
	})
	at := base + "/api/v1/formulas/"
	expect := func(method, name, body string, status int, want string) {
		t.Helper()
		if got, text := send(t, method, at+name, body); got != status || !strings.Contains(text, want) {
			t.Errorf("%s %s: %d %s\nwant %d with %s", method, name, got, text, status, want)
		}
	}
	expect("PUT", "above", "expression: close > sma(close, 200)\ncooldown: 5\n", 200, "ok")
	var f struct {
		Expression, Canonical, Origin, Place, State string
		Cooldown                                    int
	}
	if status := fetch(at+"above", &f); status != 200 || f.Expression != "close > sma(close, 200)" ||
		f.Canonical == "" || f.Cooldown != 5 || f.Origin != "file" || f.Place != "formulas/above.yaml" ||
		f.State != "in_force" {
		t.Errorf("%d %+v", status, f)
	}
	// What is wrong is told with its place, and changes nothing.
	_, text := send(t, "PUT", at+"above", `{"expression": "# \ud83d\ude00\nclose > sma(clse, 200)"}`)
	var refused struct {
		Problems []struct {
			In, Message, Hint, Text string
			Line, Col, From, To     int
			EndLine                 int `json:"end_line"`
			EndCol                  int `json:"end_col"`
		}
	}
	if err := json.Unmarshal([]byte(text), &refused); err != nil || len(refused.Problems) != 1 {
		t.Fatalf("%v %s", err, text)
	}
	p := refused.Problems[0]
	if p.In != "expression" || p.Line != 2 || p.Col != 13 || p.EndLine != 2 || p.EndCol != 17 || p.From != 17 ||
		p.To != 21 || !strings.Contains(p.Message, "clse") || !strings.Contains(p.Hint, "close") ||
		!strings.Contains(p.Text, "^^^^") {
		t.Errorf("%+v", p)
	}
	expect("PUT", "x", "expression: close > 1\nmode: sometimes\n", 422,
		`"in":"settings","line":2,"col":7,"end_line":2,"end_col":16,"from":28,"to":37,"code":"settings"`)
	expect("PUT", "x", "expression: close > 1\ntimeframes: [1m, soon]\n", 422, `"line":2,"col":18`)
	expect("PUT", "x", "expression: close > 1\ncolour: red\n", 422, `"line":2,"col":1,`)
	expect("PUT", "x", "expression: close > 1\nexpression: close > 2\n", 422, "already defined")
	expect("PUT", "x", "expression: close > 1\nparams: {fast: 3}\n", 422, `"line":2,"col":16,`)
	expect("PUT", "x", "name: y\nexpression: close > 1\n", 422, "kept as")
	expect("PUT", "x", "expression: close + 1\n", 422, `"in":"expression"`)
	expect("PUT", "x", "", 422, "nothing in it")
	expect("PUT", "x", "expression: close > 1\nmetadata: {a: \"${HOME}\"}\n", 422, "${HOME}")
	expect("PUT", "x", "expression: close > 1 #"+strings.Repeat("x", config.SettingsSizeMax), 422, "bytes")
	expect("PUT", "a%2Fb", "expression: close > 1", 422, "letters")
	// What somebody keeps elsewhere, good or not, stays theirs.
	for name, where := range map[string]string{
		"spike": "config.yaml", "one": "mine.yaml", "two": "mine.yaml", "mine": "mine.yaml", "topical": "topic rules",
		"broken": "cannot be read",
	} {
		expect("PUT", name, "expression: close > 1", 409, where)
		expect("DELETE", name, "", 409, where)
	}
	// A file that is the formula's own is its own when it is broken, too.
	expect("PUT", "wrong", "expression: close > 2", 200, "ok")
	expect("DELETE", "wrong", "", 200, "ok")
	expect("DELETE", "nobody", "", 404, "nobody")
	// One that cannot be written is not in force.
	if err := os.Mkdir("formulas/blocked.yaml", 0o755); err != nil {
		t.Fatal(err)
	}
	expect("PUT", "blocked", "expression: close > 1", 500, "blocked.yaml")
	want := "above: close > sma(close, 200); one: close > 1"
	if formulas, faults := inForce(t, base); formulas != want ||
		faults != "broken.yaml ; mine.yaml two; topic rules, key topical topical" {
		t.Errorf("in force: %s\nwant: %s\nfaults: %s", formulas, want, faults)
	}
	expect("DELETE", "above", "", 200, "ok")
	expect("GET", "above", "", 404, "above")
	// The name may be told with the settings.
	all := strings.TrimSuffix(at, "/")
	for _, c := range []struct {
		method, address, body string
		status                int
	}{
		{"PUT", all, `{"name": "told", "expression": "close > 1"}`, 200},
		{"PUT", all, "expression: close > 1", 422},
		{"PUT", all, "[", 422},
		{"GET", at + "told", "", 200},
		{"DELETE", all + "?name=told", "", 200},
		{"GET", at + "told", "", 404},
	} {
		if got, text := send(t, c.method, c.address, c.body); got != c.status {
			t.Errorf("%s %s %s: %d %s", c.method, c.address, c.body, got, text)
		}
	}
	if files, _ := filepath.Glob("formulas/*"); len(files) != 3 {
		t.Errorf("files %v", files)
	}
	produceFormula(t, client, "topical", "")
	waitFor(t, func() bool { _, faults := inForce(t, base); return faults == "broken.yaml ; mine.yaml two" })
	expect("PUT", "topical", "expression: close > 1", 200, "ok")
}

// TestReloadConfig reads a configuration again: the whole of it, or nothing.
func TestReloadConfig(t *testing.T) {
	base := startWeb(t)
	raw, err := os.ReadFile("config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	reload := func(status int, want string, replaced ...string) {
		t.Helper()
		if err := os.WriteFile("config.yaml", []byte(strings.NewReplacer(replaced...).Replace(string(raw))),
			0o600); err != nil {
			t.Fatal(err)
		}
		if got, body := send(t, "POST", base+"/-/reload", ""); got != status || !strings.Contains(body, want) {
			t.Errorf("reload: %d %s\nwant %d with %s", got, body, status, want)
		}
	}
	spike := func() string {
		var f struct{ Expression string }
		fetch(base+"/api/v1/formulas/spike", &f)
		return f.Expression
	}
	reload(400, "smaa", "4 * sma", "4 * smaa", "formulas:", "formulas:\n  - {name: fine, expression: close > 1}")
	reload(400, "keeps 500", "formulas:", "buffer: 1000\nformulas:\n  - {name: long, expression: \"close > sma(close, 600)\"}") // the buffer is the running one's
	reload(400, "two formulas", "formulas:", "formulas:\n  - {name: spike, expression: close > 1}")
	if got := spike(); got != "volume > 4 * sma(volume, 20)" || fetch(base+"/api/v1/formulas/fine", nil) != 404 {
		t.Errorf("a broken configuration displaced a good one: %s", got)
	}
	reload(400, `sma 20`, "formulas:", "indicators: {\"sma 20\": \"sma(volume, 20)\"}\nformulas:")
	reload(400, "indicator spike", "formulas:", "indicators: {spike: smaa}\nformulas:")
	reload(200, "reloaded", "4 * sma(volume, 20)", "5 * own", "formulas:",
		"indicators: {own: \"sma(volume, 20)\"}\nformulas:")
	if got := spike(); got != "volume > 5 * own" {
		t.Errorf("in force: %s", got)
	}
	if status, body := send(t, "POST", base+"/api/v1/formulas/check", "volume > own"); status != 200 ||
		!strings.Contains(body, `"ok":true`) {
		t.Errorf("check with a new indicator: %d %s", status, body)
	}
	if status, body := send(t, "PUT", base+"/api/v1/formulas/put", "expression: volume > own"); status != 200 {
		t.Errorf("PUT with a new indicator: %d %s", status, body)
	}
	// A signal does the same as the request.
	if err := os.WriteFile("config.yaml", []byte(strings.Replace(string(raw), "4 * sma(volume, 20)", "7 * own",
		1)+"indicators: {own: \"sma(volume, 20)\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return spike() == "volume > 7 * own" })
	// Without the indicator no version of the formula is good.
	reload(422, "put.yaml", "4 * sma", "6 * sma")
	if fetch(base+"/api/v1/formulas/put", nil) != 404 || spike() != "volume > 6 * sma(volume, 20)" {
		t.Error("what is good is not in force, or what is not is")
	}
	reload(200, "reloaded", "formulas_dir: formulas\n", "")
	if status, body := send(t, "PUT", base+"/api/v1/formulas/put", "expression: close > 1"); status != 409 ||
		!strings.Contains(body, "formulas_dir") {
		t.Errorf("PUT without a folder: %d %s", status, body)
	}
}

// TestFormulasTopic keeps formulas in a compacted topic: there at the start, changed,
// broken and taken away.
func TestFormulasTopic(t *testing.T) {
	base, client := startWebWith(t, "formulas_topic: rules\n", func(client *kafka.Client) {
		produceFormula(t, client, "first", `{"expression": "close > sma(close, 20)"}`)
		produceFormula(t, client, "gone", `{"expression": "close > 2"}`)
		produceFormula(t, client, "gone", "")
		produceFormula(t, client, "bad", "expression: [")
		// nobody's environment is looked up
		produceFormula(t, client, "secret", `{"expression": "${SECRET:-close > 1}"}`)
		produceFormula(t, client, "poison", "A:\nmode: \nsymbols: !0000\n00") // the YAML library panics
	})
	at := func(formulas, faults string) {
		t.Helper()
		waitFor(t, func() bool {
			gotFormulas, gotFaults := inForce(t, base)
			return gotFormulas == formulas && gotFaults == faults
		})
	}
	if formulas, faults := inForce(t, base); formulas != "first: close > sma(close, 20)" ||
		faults != "topic rules, key bad ; topic rules, key poison ; topic rules, key secret secret" {
		t.Errorf("at the start: %s, faults %s", formulas, faults)
	}
	produceFormula(t, client, "secret", "")
	produceFormula(t, client, "poison", "")
	produceFormula(t, client, "first", "expression: close > sma(close, 50)")
	produceFormula(t, client, "bad", "expression: close > 3")
	at("bad: close > 3; first: close > sma(close, 50)", "")
	produceFormula(t, client, "first", "expression: close > smaa(close, 50)")
	at("bad: close > 3; first: close > sma(close, 50) (kept)", "topic rules, key first first")
	produceFormula(t, client, "bad", "expression: [")
	at("bad: close > 3 (kept); first: close > sma(close, 50) (kept)",
		"topic rules, key bad ; topic rules, key first first")
	produceFormula(t, client, "bad", "expression: close > 3")
	produceFormula(t, client, "first", "")
	at("bad: close > 3", "")
}

// TestVerifyKnowsAllPlaces verifies the signals of formulas of the configuration, the
// folder and the topic, where some are not in force.
func TestVerifyKnowsAllPlaces(t *testing.T) {
	_, client := startWebWith(t, "formulas_topic: rules\n", func(client *kafka.Client) {
		produceFormula(t, client, "topical", `{"expression": "crossover(close, sma(close, 20))"}`)
		writeFormulas(t, "a.yaml", "formulas: [nonsense")
		writeFormulas(t, "b.yaml", "formulas:\n  - {name: filed, expression: \"crossunder(close, sma(close, 20))\"}\n")
	})
	waitFor(t, func() bool {
		out, code := command(t.Context(), "verify", "-c", "config.yaml")
		return code == 0 && strings.Contains(out,
			fmt.Sprintf("%d equal to the byte", len(readAll(t, client, "signals"))))
	})
	formulas := map[string]int{}
	for _, payload := range readAll(t, client, "signals") {
		var s struct{ Formula string }
		if err := json.Unmarshal([]byte(payload), &s); err != nil {
			t.Fatal(err)
		}
		formulas[s.Formula]++
	}
	if len(formulas) != 3 || formulas["topical"] == 0 || formulas["filed"] == 0 {
		t.Errorf("signals %v", formulas)
	}
}

func produceFormula(t *testing.T, client *kafka.Client, name, settings string) {
	t.Helper()
	p, err := client.Producer(t.Context(), kafka.ProducerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	m := kafka.ProducerRecord{Topic: "rules", Key: []byte(name), Value: []byte(settings), TimestampMs: time.Now().UnixMilli()}
	if settings == "" {
		m.Value = nil
	}
	if err := p.Add(t.Context(), &m); err != nil {
		t.Fatal(err)
	}
	if err := p.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestReplayReadsFormulasTopic replays with the formulas of the topic where the brokers
// are asked anyway, and without where they are not.
func TestReplayReadsFormulasTopic(t *testing.T) {
	_, client := startWebWith(t, "formulas_topic: rules\n", func(client *kafka.Client) {
		produceFormula(t, client, "topical", "expression: |\n  param n = 20\n  crossover(close, sma(close, n))\n")
		produceFormula(t, client, "bad", "expression: [")
	})
	count := func(args ...string) int {
		t.Helper()
		out, code := command(t.Context(), append([]string{"replay", "-c", "config.yaml"}, args...)...)
		if code != 0 {
			t.Fatalf("%v: exit code %d", args, code)
		}
		return strings.Count(out, `"formula":"topical"`)
	}
	all := count("--topic", "candles.1m", "-o", "jsonl")
	if other := count("--topic", "candles.1m", "--param", "n=50", "-o", "jsonl"); all == 0 || other == 0 ||
		other == all {
		t.Errorf("%d signals, with a param %d", all, other)
	}
	if n := count("--data", "history.jsonl", "-o", "jsonl"); n != all {
		t.Errorf("%d signals from files, %d from the topic of candles", n, all)
	}
	if n := count("--data", "history.jsonl", "--without-formulas-topic", "-o", "jsonl"); n != 0 {
		t.Errorf("%d signals of a formula that was to be left out", n)
	}
	published := func() int {
		return strings.Count(strings.Join(readAll(t, client, "signals"), "\n"), `"formula":"topical"`)
	}
	waitFor(t, func() bool { return published() == all })
	count("--data", "history.jsonl") // into the daemon's sinks
	if n := published(); n != 2*all {
		t.Errorf("%d signals are in the topic, want %d twice", n, all)
	}
}

// TestReloadReceivers takes another receiver at a reload, and keeps the ones in force where the configuration is wrong.
func TestReloadReceivers(t *testing.T) {
	taken := make(chan string, 1000)
	place := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		taken <- r.URL.Path
	}))
	defer place.Close()
	section := func(name string) string {
		return "notify:\n  receivers: [{name: " + name + ", start: earliest, webhook: {url: \"" + place.URL + "/" + name +
			"\"}}]\n  routes: [{to: [" + name + "]}]\n"
	}
	base, _ := startWebWith(t, "", func(*kafka.Client) {})
	raw, err := os.ReadFile("config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	reload := func(status int, more string) {
		t.Helper()
		if err := os.WriteFile("config.yaml", append(slices.Clone(raw), more...), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, body := send(t, "POST", base+"/-/reload", ""); got != status {
			t.Fatalf("reload: %d %s, want %d", got, body, status)
		}
	}
	for _, name := range []string{"one", "two"} {
		reload(200, section(name))
		if path := <-taken; path != "/"+name {
			t.Errorf("%s got the signal of %s", path, name)
		}
		reload(400, strings.Replace(section("three"), "to: [three]", "to: [nobody]", 1))
		var status struct{ Receivers []struct{ Name string } }
		if fetch(base+"/api/v1/notify", &status); len(status.Receivers) != 1 || status.Receivers[0].Name != name {
			t.Errorf("receivers %+v, want %s", status.Receivers, name)
		}
		reload(200, "") // nobody is told any more
		for len(taken) > 0 {
			<-taken
		}
	}
}

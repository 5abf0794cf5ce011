package web

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"
)

// What the page costs, printed and never judged: FIGURES=1 go test -v -run TestFigures ./web. The script time is of a
// page with the newest signals, at about 1,000 signals a second of 10,000 series; a busy machine makes it longer.
func TestFigures(t *testing.T) {
	if os.Getenv("FIGURES") == "" {
		t.Skip("FIGURES is not set")
	}
	bytes := 0
	for _, f := range pageFiles() {
		bytes += len(f.zipped)
	}
	t.Logf("all files of the page, gzipped: %d bytes", bytes)
	r := newRig(t, "", "\nformulas:\n  - {name: every, expression: \"close > 0\"}\n")
	const series, seconds = 10_000, 10
	for i := range series {
		r.push(fmt.Sprintf("S%04d", i), 100)
	}
	begun := time.Now()
	p := r.page("")
	p.Find("link", "S")
	t.Logf("from opening the page to the first signal shown: %v", time.Since(begun).Round(time.Millisecond))
	script := func() float64 { return p.Metric("ScriptDuration") }
	for _, view := range []string{"signals", "screener"} {
		p.Go(r.server.URL + "/#/" + view)
		p.Find("link", "S")
		from, begun, sent := script(), time.Now(), 0
		for time.Since(begun) < seconds*time.Second {
			for range 100 {
				r.push("S"+fmt.Sprintf("%04d", sent%series), float64(100+sent%7))
				sent++
			}
			time.Sleep(100 * time.Millisecond)
		}
		took := time.Since(begun).Seconds()
		t.Logf("%s: %.0f ms of script a second, at %s signals/s", view, 1000*(script()-from)/took,
			strconv.Itoa(int(float64(sent)/took)))
	}
}
